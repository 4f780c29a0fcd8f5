// WITH: common tables, and those that refer to themselves.
//
// In WITH RECURSIVE every entry sees all others. One that is met before its turn is bound right there; one that is met
// while it is being bound is a recursive reference, which reads the working table: the rows of the round before.

#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/plan_columns.h"
#include "vector/error.h"

namespace cairn {
namespace {

constexpr std::string_view kInvalidRecursion = "42P19";

[[noreturn]] void throw_recursive_reference(const std::string& name, std::string_view where, int position) {
  throw Error(kInvalidRecursion, "recursive reference to query \"" + name + "\" must not appear " + std::string(where))
      .at(position);
}

void set_column_names(CteEntry& entry, std::vector<std::string> names) {
  const PgQuery__CommonTableExpr& syntax = *entry.syntax;
  if (syntax.n_aliascolnames > names.size())
    throw Error(sqlstate::kInvalidColumnReference,
                "WITH query \"" + entry.name + "\" has " + std::to_string(names.size()) + " columns available but " +
                    std::to_string(syntax.n_aliascolnames) + " columns specified").at(syntax.location);
  entry.column_names = std::move(names);
  for (size_t i = 0; i < syntax.n_aliascolnames; i++) entry.column_names[i] = pg::string_value(syntax.aliascolnames[i]);
}

void check_not_in_recursion(const PgQuery__SelectStmt& select) {
  if (select.n_sort_clause > 0)
    throw_unsupported("ORDER BY in a recursive query", pg::location(select.sort_clause[0]->sort_by->node));
  if (select.limit_offset != nullptr) throw_unsupported("OFFSET in a recursive query", pg::location(select.limit_offset));
  if (select.limit_count != nullptr) throw_unsupported("LIMIT in a recursive query", pg::location(select.limit_count));
}

}  // namespace

void Binder::common_table_expressions(const PgQuery__WithClause& with, QueryLevel* outer, CteFrame& frame) {
  frame.recursive = with.recursive;
  std::vector<std::unique_ptr<CteEntry>> later;
  for (const pg::Node* node : pg::list(with.ctes, with.n_ctes)) {
    const PgQuery__CommonTableExpr& syntax = *node->common_table_expr;
    for (const auto& other : with.recursive ? frame.entries : later)
      if (other->name == syntax.ctename)
        throw Error(sqlstate::kDuplicateAlias, "WITH query name \"" + other->name + "\" specified more than once")
            .at(syntax.location);
    if (syntax.ctequery->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
      throw_unsupported("a data-modifying statement in WITH", syntax.location);
    if (syntax.search_clause != nullptr || syntax.cycle_clause != nullptr)
      throw_unsupported("SEARCH and CYCLE", syntax.location);
    auto entry = std::make_unique<CteEntry>();
    entry->name = syntax.ctename;
    entry->syntax = &syntax;
    entry->level = outer;
    entry->frame = &frame;
    (with.recursive ? frame.entries : later).push_back(std::move(entry));
  }
  // Without RECURSIVE an entry sees those before it.
  for (auto& entry : later) {
    bind_entry(*entry);
    frame.entries.push_back(std::move(entry));
  }
  for (const auto& entry : frame.entries)
    if (entry->state == CteEntry::State::kUnbound) bind_entry(*entry);
}

void Binder::bind_entry(CteEntry& entry) {
  BoundQuery bound = entry_query(entry);
  set_column_names(entry, bound.names);
  if (!free_columns(*bound.plan).empty()) return;
  entry.table = std::make_shared<CommonTable>();
  entry.table->name = entry.name;
  entry.table->plan = std::move(bound.plan);
  plan_.common_tables.push_back(entry.table);
}

BoundQuery Binder::entry_query(CteEntry& entry) {
  Restore<CteFrame*> frame(ctes_, entry.frame);
  Restore<CteEntry*> binding(entry.frame->binding, &entry);
  Restore<std::vector<ColumnId>*> collecting(references_, nullptr);
  LevelGuard guard(*this, entry.level);
  entry.state = CteEntry::State::kBinding;
  entry.working_table = nullptr;
  BoundQuery bound = query(*entry.syntax->ctequery->select_stmt, entry.level, false);
  entry.state = CteEntry::State::kBound;
  return bound;
}

FromItem Binder::cte_use(CteEntry& entry, int position) {
  using State = CteEntry::State;
  if (entry.state == State::kUnbound) bind_entry(entry);
  if (entry.state != State::kBound) return working_table_use(entry, position);
  BoundQuery bound;
  bound.names = entry.column_names;
  if (entry.table == nullptr) {
    bound.plan = entry_query(entry).plan;
    return subquery_item(std::move(bound), entry.name);
  }
  bound.plan = make_node(LogicalNode::Kind::kCteScan);
  bound.plan->cte = entry.table;
  bound.plan->alias = entry.name;
  for (size_t i = 0; i < entry.column_names.size(); i++) {
    ColumnInfo column = plan_.columns[entry.table->plan->outputs[i]];
    bound.plan->outputs.push_back(add_column(entry.column_names[i], column.type, column.nullable));
  }
  return subquery_item(std::move(bound), entry.name);
}

FromItem Binder::working_table_use(CteEntry& entry, int position) {
  using State = CteEntry::State;
  if (entry.frame->binding != &entry) throw_unsupported("mutual recursion between WITH items", position);
  if (entry.state == State::kBinding)
    throw Error(kInvalidRecursion, "recursive query \"" + entry.name +
                                       "\" does not have the form non-recursive-term UNION [ALL] recursive-term")
        .at(position);
  if (entry.state == State::kBindingBase)
    throw_recursive_reference(entry.name, "within its non-recursive term", position);
  if (barrier_ != entry.barrier)
    throw_recursive_reference(entry.name, "within " + std::string(barrier_->what), position);
  if (entry.working_table == nullptr) {
    auto working_table = std::make_shared<WorkingTable>();
    working_table->name = entry.name;
    entry.working_table = std::move(working_table);
    entry.reference = position;
    fix_base_types(entry);
    set_column_names(entry, entry.base->names);
  }
  if (position != entry.reference) throw_recursive_reference(entry.name, "more than once", position);
  BoundQuery bound;
  bound.names = entry.column_names;
  bound.plan = make_node(LogicalNode::Kind::kWorkingTable);
  bound.plan->working_table = entry.working_table;
  for (size_t i = 0; i < entry.column_names.size(); i++)
    bound.plan->outputs.push_back(add_column(entry.column_names[i], plan_.columns[entry.base->plan->outputs[i]].type, true));
  level_->reads_working_table = true;
  return subquery_item(std::move(bound), entry.name);
}

/// The entry whose own UNION this is.
CteEntry* Binder::recursive_entry(const PgQuery__SelectStmt& select) {
  if (select.op != PG_QUERY__SET_OPERATION__SETOP_UNION) return nullptr;
  for (CteFrame* frame = ctes_; frame != nullptr; frame = frame->outer) {
    CteEntry* entry = frame->binding;
    if (entry != nullptr && entry->syntax->ctequery->select_stmt == &select) return entry;
  }
  return nullptr;
}

BoundQuery Binder::recursive_union(const PgQuery__SelectStmt& select, QueryLevel* outer, CteEntry& entry) {
  entry.state = CteEntry::State::kBindingBase;
  BoundQuery base = operand(*select.larg, outer);
  entry.base = &base;
  entry.barrier = barrier_;
  entry.state = CteEntry::State::kBindingStep;
  BoundQuery step = operand(*select.rarg, outer);
  entry.base = nullptr;
  entry.state = CteEntry::State::kBinding;
  if (entry.working_table == nullptr) return unite(select, std::move(base), std::move(step));
  check_not_in_recursion(select);
  if (!select.all && has_keys_of_its_own(*base.plan))
    throw_unsupported("a CHAR without a length in a recursive UNION", entry.syntax->location);
  std::vector<Type> types;
  for (ColumnId id : base.plan->outputs) types.push_back(plan_.columns[id].type);
  BoundQuery bound = unite(select, std::move(base), std::move(step));
  for (size_t i = 0; i < types.size(); i++) {
    const Type& type = plan_.columns[bound.plan->outputs[i]].type;
    if (type == types[i]) continue;
    throw Error(sqlstate::kDatatypeMismatch,
                "recursive query \"" + entry.name + "\" column " + std::to_string(i + 1) + " has type " +
                    type_name(types[i]) + " in non-recursive term but type " + type_name(type) + " overall",
                "Cast the output of the non-recursive term to the correct type.").at(entry.syntax->location);
  }
  for (ColumnId id : bound.plan->outputs) plan_.columns[id].nullable = true;
  bound.plan->kind = LogicalNode::Kind::kRecursion;
  bound.plan->working_table = entry.working_table;
  return bound;
}

/// The working table has the types of the non-recursive term: literals and VARCHAR(n) become text, and decimals get all
/// digits that their scale leaves, since sums grow.
void Binder::fix_base_types(CteEntry& entry) {
  std::vector<Type> types;
  for (ColumnId id : entry.base->plan->outputs) {
    const Type& type = plan_.columns[id].type;
    if (type.id == TypeId::kNull) {
      types.push_back(Type::varchar());
    } else if (type.id == TypeId::kVarchar) {
      types.push_back(without_length(type));
    } else {
      types.push_back(type.id == TypeId::kDecimal ? Type::decimal(38, type.scale) : type);
    }
  }
  entry.base->plan = cast_outputs(std::move(entry.base->plan), types, entry.base->names, CastContext::kImplicit);
}

}  // namespace cairn
