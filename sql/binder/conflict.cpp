#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "vector/error.h"

// INSERT … ON CONFLICT: the new rows, left-joined with those in their way.

namespace cairn {
namespace {

ExpressionPtr is_not_null(ExpressionPtr argument) {
  auto test = std::make_unique<Expression>();
  test->kind = Expression::Kind::kIsNotNull;
  test->type = Type::boolean();
  test->arguments.push_back(std::move(argument));
  return test;
}

ExpressionPtr choose(ExpressionPtr condition, ExpressionPtr yes, ExpressionPtr no) {
  auto choice = std::make_unique<Expression>();
  choice->kind = Expression::Kind::kCase;
  choice->type = no->type;
  choice->arguments.push_back(std::move(condition));
  choice->arguments.push_back(std::move(yes));
  choice->arguments.push_back(std::move(no));
  return choice;
}

/// The keys that the clause speaks of: its own, or all.
std::vector<std::vector<uint32_t>> arbiters_of(const PgQuery__OnConflictClause& clause, const TableSchema& table) {
  std::vector<std::vector<uint32_t>> keys;
  if (clause.infer == nullptr) {
    for (const IndexSchema& index : table.indexes)
      if (index.unique()) keys.push_back(index.columns);
    return keys;
  }
  const PgQuery__InferClause& infer = *clause.infer;
  if (infer.conname != nullptr && infer.conname[0] != '\0') {
    for (const IndexSchema& index : table.indexes)
      if (index.of_constraint() && index.name == infer.conname) return {index.columns};
    throw Error(sqlstate::kUndefinedObject, "constraint \"" + std::string(infer.conname) + "\" for table \"" + table.name +
                                                "\" does not exist").at(infer.location);
  }
  std::vector<uint32_t> wanted;
  for (const pg::Node* node : pg::list(infer.index_elems, infer.n_index_elems)) {
    const PgQuery__IndexElem& element = *node->index_elem;
    if (element.expr != nullptr) throw_unsupported("an expression in ON CONFLICT", pg::location(element.expr));
    const std::optional<size_t> column = table.find(element.name);
    if (!column)
      throw Error(sqlstate::kUndefinedColumn, "column \"" + std::string(element.name) + "\" does not exist").at(infer.location);
    wanted.push_back(static_cast<uint32_t>(*column));
  }
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (const IndexSchema& index : table.indexes) {
    std::vector<uint32_t> key = index.columns;
    std::ranges::sort(key);
    if (index.unique() && key == wanted) return {index.columns};
  }
  throw Error(sqlstate::kInvalidColumnReference,
              "there is no unique or exclusion constraint matching the ON CONFLICT specification").at(infer.location);
}

}  // namespace

LogicalPtr Binder::conflict_join(LogicalPtr node, const std::vector<ColumnId>& row, FromItem& target,
                                 const std::vector<uint32_t>& key) {
  std::vector<ExpressionPtr> predicates;
  for (const uint32_t column : key) {
    const ColumnId proposed = row[column], present = target.visible[column].id;
    predicates.push_back(Expression::make_compare(Expression::Comparison::kEqual,
                                                  Expression::make_column(proposed, plan_.columns[proposed].type),
                                                  Expression::make_column(present, plan_.columns[present].type)));
  }
  const std::vector<ColumnId> right = target.plan->outputs;
  node = make_join(JoinKind::kLeft, std::move(node), std::move(target.plan), std::move(predicates));
  for (const ColumnId id : right) plan_.columns[id].nullable = true;
  return node;
}

LogicalPtr Binder::do_nothing(const PgQuery__RangeVar& range, const BoundModification& result, LogicalPtr node,
                              const std::vector<ColumnId>& row, std::vector<ColumnId>& tail) {
  auto in_the_way = std::make_unique<Expression>();
  in_the_way->kind = Expression::Kind::kCoalesce;
  in_the_way->type = Type::big_int();
  for (const std::vector<uint32_t>& key : result.arbiters) {
    ColumnId identity;
    FromItem target = target_item(range, result.target, identity);
    node = conflict_join(std::move(node), row, target, key);
    in_the_way->arguments.push_back(Expression::make_column(identity, Type::big_int()));
  }
  if (in_the_way->arguments.size() == 1) {
    tail = {in_the_way->arguments[0]->column};
    return node;
  }
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(node));
  project->outputs = row;
  for (const ColumnId id : row) project->expressions.push_back(Expression::make_column(id, plan_.columns[id].type));
  tail = {add_column("row identity", Type::big_int(), true)};
  project->outputs.push_back(tail[0]);
  project->expressions.push_back(std::move(in_the_way));
  return project;
}

LogicalPtr Binder::do_update(const PgQuery__OnConflictClause& clause, const PgQuery__RangeVar& range,
                             const BoundModification& result, LogicalPtr node, std::vector<ColumnId>& row,
                             std::vector<ColumnId>& tail) {
  const TableSchema& table = result.target->schema;
  ColumnId identity;
  FromItem both = target_item(range, result.target, identity);
  LogicalPtr joined = conflict_join(std::move(node), row, both, result.arbiters[0]);
  ScopeRelation excluded{"excluded", {}};
  if (both.relations[0].name == excluded.name)
    throw Error(sqlstate::kDuplicateAlias, "table name \"excluded\" specified more than once",
                "Give the table an alias.").at(range.location);
  for (size_t i = 0; i < row.size(); i++) excluded.columns.push_back({table.columns[i].name, row[i]});
  both.visible.insert(both.visible.end(), excluded.columns.begin(), excluded.columns.end());
  both.relations.push_back(std::move(excluded));

  QueryLevel level;
  LevelGuard guard(*this, &level);
  level.items = {&both};
  std::vector<Attachment> attachments;
  level.pending = &attachments;
  level.clause = Clause::kSet;
  std::vector<ExpressionPtr> updated = assigned_row(clause.target_list, clause.n_target_list, table, both);
  level.clause = Clause::kWhere;
  ExpressionPtr applies = clause.where_clause == nullptr ? nullptr : boolean(*clause.where_clause, "WHERE");

  LogicalPtr project = make_node(LogicalNode::Kind::kProject, attach(std::move(joined), std::move(attachments)));
  project->outputs.clear();
  const auto put = [&](ExpressionPtr value, const std::string& name) {
    project->outputs.push_back(add_column(name, value->type, true));
    project->expressions.push_back(std::move(value));
    return project->outputs.back();
  };
  for (size_t i = 0; i < row.size(); i++) {
    ExpressionPtr proposed = Expression::make_column(row[i], table.columns[i].type);
    row[i] = put(choose(is_not_null(Expression::make_column(identity, Type::big_int())), std::move(updated[i]),
                        std::move(proposed)),
                 table.columns[i].name);
  }
  tail = {put(Expression::make_column(identity, Type::big_int()), "row identity")};
  if (applies != nullptr) tail.push_back(put(std::move(applies), "applies"));
  return project;
}

LogicalPtr Binder::bind_conflict(const PgQuery__OnConflictClause& clause, const PgQuery__RangeVar& range,
                                 BoundModification& result, LogicalPtr node, std::vector<ColumnId>& row,
                                 std::vector<ColumnId>& tail) {
  const bool update = clause.action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE;
  if (update && clause.infer == nullptr)
    throw Error(sqlstate::kSyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                "For example, ON CONFLICT (column_name).").at(clause.location);
  if (clause.infer != nullptr && clause.infer->where_clause != nullptr)
    throw_unsupported("WHERE of an ON CONFLICT target", clause.infer->location);
  result.arbiters = arbiters_of(clause, result.target->schema);
  if (result.arbiters.empty()) return node;  // nothing can be in the way
  result.conflict = update ? BoundModification::Conflict::kDoUpdate : BoundModification::Conflict::kDoNothing;
  return update ? do_update(clause, range, result, std::move(node), row, tail)
                : do_nothing(range, result, std::move(node), row, tail);
}

}  // namespace cairn
