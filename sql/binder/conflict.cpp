#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/choice.h"
#include "sql/binder/guards.h"
#include "vector/error.h"

// INSERT … ON CONFLICT: the new rows, left-joined with those in their way.

namespace cairn {
namespace {

std::vector<ExpressionPtr> one(ExpressionPtr expression) {
  std::vector<ExpressionPtr> result;
  result.push_back(std::move(expression));
  return result;
}

std::vector<uint32_t> key_of_constraint(std::string_view name, int position, const TableSchema& table) {
  for (const IndexSchema& index : table.indexes)
    if (index.of_constraint() && index.name == name) return index.columns;
  for (const CheckSchema& check : table.checks)
    if (check.name == name)
      throw Error(sqlstate::kWrongObjectType, "constraint in ON CONFLICT clause has no associated index").at(position);
  throw Error(sqlstate::kUndefinedObject,
              "constraint \"" + std::string(name) + "\" for table \"" + table.name + "\" does not exist").at(position);
}

}  // namespace

std::vector<size_t> check_order(const TableSchema& table) {
  std::vector<size_t> order(table.checks.size());
  for (size_t i = 0; i < order.size(); i++) order[i] = i;
  std::ranges::sort(order, {}, [&](size_t i) -> const std::string& { return table.checks[i].name; });
  return order;
}

/// The keys that the clause speaks of: its own, or all.
std::vector<std::vector<uint32_t>> Binder::arbiters_of(const PgQuery__OnConflictClause& clause, const TableSchema& table,
                                                       const TargetNames& names) {
  std::vector<std::vector<uint32_t>> keys;
  if (clause.infer == nullptr) {
    for (const IndexSchema& index : table.indexes)
      if (index.unique()) keys.push_back(index.columns);
    return keys;
  }
  const PgQuery__InferClause& infer = *clause.infer;
  if (infer.conname != nullptr && infer.conname[0] != '\0') return {key_of_constraint(infer.conname, infer.location, table)};
  std::vector<uint32_t> wanted;
  bool has_expression = false;
  for (const pg::Node* node : pg::list(infer.index_elems, infer.n_index_elems)) {
    const PgQuery__IndexElem& element = *node->index_elem;
    if (element.expr != nullptr) {  // no key of ours is over one
      expression(*element.expr);
      has_expression = true;
      continue;
    }
    PgQuery__ResTarget column = PG_QUERY__RES_TARGET__INIT;
    column.name = element.name;
    const bool known = std::ranges::any_of(names.columns, [&](const auto& other) { return other.first == element.name; });
    if (!known)
      throw Error(sqlstate::kUndefinedColumn, "column \"" + std::string(element.name) + "\" does not exist").at(infer.location);
    wanted.push_back(static_cast<uint32_t>(names.find(column, "infer from")));
  }
  // Which rows a partial key would be of; ours are of all rows, and so of those, too.
  if (infer.where_clause != nullptr) boolean(*infer.where_clause, "WHERE");
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (const IndexSchema& index : table.indexes) {
    std::vector<uint32_t> key = index.columns;
    std::ranges::sort(key);
    if (index.unique() && key == wanted && !has_expression) return {index.columns};
  }
  throw Error(sqlstate::kInvalidColumnReference,
              "there is no unique or exclusion constraint matching the ON CONFLICT specification").at(infer.location);
}

/// The rows, with the number of the first constraint that each of them breaks before any conflict is looked for: a NOT
/// NULL (of the column, from 1), or a CHECK (behind them); NULL where none is broken.
LogicalPtr Binder::with_violation(const TableSchema& table, LogicalPtr node, const std::vector<ColumnId>& row, Tail& tail) {
  auto choice = std::make_unique<Expression>();
  choice->kind = Expression::Kind::kCase;
  choice->type = Type::integer();
  const auto add = [&](ExpressionPtr broken, size_t number) {
    choice->arguments.push_back(std::move(broken));
    choice->arguments.push_back(Expression::make_constant(Value::of_integer(Type::integer(), static_cast<int128_t>(number))));
  };
  for (size_t i = 0; i < row.size(); i++)
    if (table.columns[i].not_null)
      add(Expression::make_not(is_not_null(Expression::make_column(row[i], table.columns[i].type))), i + 1);
  RelationName name = RelationName::of_key(table.name);
  FromItem proposed = row_item(name.name, table, row);
  proposed.relations[0].schema = name.schema;
  QueryLevel level;
  LevelGuard guard(*this, &level);
  level.items = {&proposed};
  level.clause = Clause::kCheck;
  for (const size_t i : check_order(table)) {
    auto tree = parse_statement("SELECT " + table.checks[i].sql);
    view_trees_.push_back(tree);
    add(Expression::make_not(boolean(stored_expression(*tree), "CHECK")), row.size() + i + 1);
  }
  if (choice->arguments.empty()) return node;
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(node));
  project->outputs = project->children[0]->outputs;
  for (const ColumnId id : project->outputs)
    project->expressions.push_back(Expression::make_column(id, plan_.columns[id].type));
  tail.violation = add_column("violation", Type::integer(), true);
  project->outputs.push_back(*tail.violation);
  project->expressions.push_back(std::move(choice));
  return project;
}

LogicalPtr Binder::conflict_join(LogicalPtr node, const std::vector<ColumnId>& row, LogicalPtr present,
                                 const std::vector<ColumnId>& present_row, const std::vector<uint32_t>& key) {
  std::vector<ExpressionPtr> predicates;
  for (const uint32_t column : key) {
    const ColumnId proposed = row[column], there = present_row[column];
    predicates.push_back(Expression::make_compare(Expression::Comparison::kEqual,
                                                  Expression::make_column(proposed, plan_.columns[proposed].type),
                                                  Expression::make_column(there, plan_.columns[there].type)));
  }
  const std::vector<ColumnId> right = present->outputs;
  node = make_join(JoinKind::kLeft, std::move(node), std::move(present), std::move(predicates));
  for (const ColumnId id : right) plan_.columns[id].nullable = true;
  return node;
}

LogicalPtr Binder::do_nothing(const BoundModification& result, LogicalPtr node, const std::vector<ColumnId>& row, Tail& tail) {
  auto in_the_way = std::make_unique<Expression>();
  in_the_way->kind = Expression::Kind::kCoalesce;
  in_the_way->type = Type::big_int();
  for (const std::vector<uint32_t>& key : result.arbiters) {
    ColumnId identity;
    FromItem present = table_item(result.target, result.target->schema.name, identity);
    std::vector<ColumnId> present_row;
    for (const ScopeColumn& column : present.visible) present_row.push_back(column.id);
    node = conflict_join(std::move(node), row, std::move(present.plan), present_row, key);
    in_the_way->arguments.push_back(Expression::make_column(identity, Type::big_int()));
  }
  if (in_the_way->arguments.size() == 1) {
    tail.identity = in_the_way->arguments[0]->column;
    return node;
  }
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(node));
  project->outputs = row;
  if (tail.violation) project->outputs.push_back(*tail.violation);
  for (const ColumnId id : project->outputs)
    project->expressions.push_back(Expression::make_column(id, plan_.columns[id].type));
  tail.identity = add_column("row identity", Type::big_int(), true);
  project->outputs.push_back(*tail.identity);
  project->expressions.push_back(std::move(in_the_way));
  return project;
}

/// The rows with a column that says whether the one in the way is to be updated: there is one, and WHERE, which is asked
/// for no other row, is true.
LogicalPtr Binder::with_applies(const PgQuery__OnConflictClause& clause, QueryLevel& level, LogicalPtr joined, ColumnId identity,
                                ColumnId applies) {
  const auto conflicts = [&] { return is_not_null(Expression::make_column(identity, Type::big_int())); };
  ExpressionPtr updates = conflicts();
  std::vector<Attachment> attachments;
  const std::vector<ColumnId> outputs = joined->outputs;
  if (clause.where_clause != nullptr) {
    level.clause = Clause::kWhere;
    level.pending = &attachments;
    BranchGuard branch(*this, true);
    ExpressionPtr holds = Expression::make_compare(Expression::Comparison::kNotDistinct, boolean(*clause.where_clause, "WHERE"),
                                                   Expression::make_constant(Value::of_boolean(true)));
    guard_subqueries(0, one(conflicts()));
    updates = choose(std::move(updates), std::move(holds), Expression::make_constant(Value::of_boolean(false)));
  }
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, attach(std::move(joined), std::move(attachments)));
  project->outputs = outputs;
  for (const ColumnId id : outputs) project->expressions.push_back(Expression::make_column(id, plan_.columns[id].type));
  project->outputs.push_back(applies);
  project->expressions.push_back(std::move(updates));
  return project;
}

LogicalPtr Binder::do_update(const PgQuery__InsertStmt& insert, const ModificationTarget& target, const BoundModification& result,
                             LogicalPtr node, std::vector<ColumnId>& row, Tail& tail) {
  const PgQuery__OnConflictClause& clause = *insert.on_conflict_clause;
  const TableSchema& table = target.table->schema;
  if (visible_name(*insert.relation) == "excluded")
    throw Error(sqlstate::kDuplicateAlias, "table name \"excluded\" specified more than once", "Give the table an alias.")
        .at(insert.relation->location);
  ColumnId identity;
  std::vector<ColumnId> before;
  FromItem both = target_item(*insert.relation, target, ViewFilter::kIgnore, before, identity);
  const TargetNames names = names_of(target, both, before);
  // `excluded` has the proposed row, as the target shows it.
  FromItem excluded = row_item("excluded", table, row);
  excluded.plan = std::move(node);
  PgQuery__RangeVar excluded_name = PG_QUERY__RANGE_VAR__INIT;
  static char excluded_text[] = "excluded";
  excluded_name.relname = excluded_text;
  excluded = seen_through(target, std::move(excluded), excluded_name, ViewFilter::kIgnore);
  LogicalPtr joined = conflict_join(std::move(excluded.plan), row, std::move(both.plan), before, result.arbiters[0]);
  both.visible.insert(both.visible.end(), excluded.visible.begin(), excluded.visible.end());
  both.relations.push_back({"excluded", excluded.visible});

  QueryLevel level;
  LevelGuard guard(*this, &level);
  level.items = {&both};
  std::vector<Attachment> attachments;
  const ColumnId applies = add_column("applies", Type::boolean(), false);
  level.clause = Clause::kSet;
  level.pending = &attachments;
  std::vector<ExpressionPtr> updated;
  {
    // What SET says is asked for no row that is stored as it is or dropped.
    BranchGuard branch(*this, true);
    updated = assigned_row(clause.target_list, clause.n_target_list, table, names, before);
    guard_subqueries(0, one(Expression::make_column(applies, Type::boolean())));
  }
  joined = with_applies(clause, level, std::move(joined), identity, applies);

  LogicalPtr project = make_node(LogicalNode::Kind::kProject, attach(std::move(joined), std::move(attachments)));
  project->outputs.clear();
  const auto put = [&](ExpressionPtr value, const std::string& name) {
    project->outputs.push_back(add_column(name, value->type, true));
    project->expressions.push_back(std::move(value));
    return project->outputs.back();
  };
  for (size_t i = 0; i < row.size(); i++) {
    ExpressionPtr proposed = Expression::make_column(row[i], table.columns[i].type);
    row[i] = put(choose(Expression::make_column(applies, Type::boolean()), std::move(updated[i]), std::move(proposed)),
                 table.columns[i].name);
  }
  tail.identity = put(Expression::make_column(identity, Type::big_int()), "row identity");
  if (clause.where_clause != nullptr) tail.applies = put(Expression::make_column(applies, Type::boolean()), "applies");
  if (tail.violation) tail.violation = put(Expression::make_column(*tail.violation, Type::integer()), "violation");
  return project;
}

LogicalPtr Binder::bind_conflict(const PgQuery__InsertStmt& insert, const ModificationTarget& target, BoundModification& result,
                                 LogicalPtr node, std::vector<ColumnId>& row, Tail& tail) {
  const PgQuery__OnConflictClause& clause = *insert.on_conflict_clause;
  const TableSchema& table = target.table->schema;
  const bool update = clause.action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE;
  if (update && clause.infer == nullptr)
    throw Error(sqlstate::kSyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                "For example, ON CONFLICT (column_name).").at(clause.location);
  {
    QueryLevel level;
    LevelGuard guard(*this, &level);
    const FromItem proposed = row_item(visible_name(*insert.relation), table, row);
    level.items = {&proposed};
    result.arbiters = arbiters_of(clause, table, target_names(target));
  }
  node = with_violation(table, std::move(node), row, tail);
  if (result.arbiters.empty()) return node;  // nothing can be in the way
  result.conflict = update ? BoundModification::Conflict::kDoUpdate : BoundModification::Conflict::kDoNothing;
  return update ? do_update(insert, target, result, std::move(node), row, tail)
                : do_nothing(result, std::move(node), row, tail);
}

}  // namespace cairn
