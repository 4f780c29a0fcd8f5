#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "vector/error.h"

// MERGE: the source, joined with the target. One column says which WHEN clause a joined row goes by, if any.

namespace cairn {
namespace {

ExpressionPtr identity_test(ColumnId identity, bool matched) {
  auto test = std::make_unique<Expression>();
  test->kind = matched ? Expression::Kind::kIsNotNull : Expression::Kind::kIsNull;
  test->type = Type::boolean();
  test->arguments.push_back(Expression::make_column(identity, Type::big_int()));
  return test;
}

/// An empty CASE: WHEN and THEN follow, and NULL where none is true.
ExpressionPtr make_case(const Type& type) {
  auto choice = std::make_unique<Expression>();
  choice->kind = Expression::Kind::kCase;
  choice->type = type;
  return choice;
}

BoundModification::Action action_of(const PgQuery__MergeWhenClause& clause) {
  using Action = BoundModification::Action;
  switch (clause.command_type) {
    case PG_QUERY__CMD_TYPE__CMD_UPDATE:
    case PG_QUERY__CMD_TYPE__CMD_INSERT: return Action::kStore;
    case PG_QUERY__CMD_TYPE__CMD_DELETE: return Action::kDelete;
    default: return Action::kNothing;
  }
}

/// A clause behind one of its kind that takes every row can never be used.
void check_reachable(const PgQuery__MergeStmt& merge) {
  bool taken[2] = {false, false};
  for (const pg::Node* node : pg::list(merge.merge_when_clauses, merge.n_merge_when_clauses)) {
    const PgQuery__MergeWhenClause& clause = *node->merge_when_clause;
    bool& all = taken[clause.matched ? 1 : 0];
    if (all) throw Error(sqlstate::kSyntaxError, "unreachable WHEN clause specified after unconditional WHEN clause");
    all = clause.condition == nullptr;
  }
}

}  // namespace

/// The row of WHEN NOT MATCHED THEN INSERT.
std::vector<ExpressionPtr> Binder::merge_insert_row(const PgQuery__MergeWhenClause& clause, const TableSchema& table) {
  std::vector<size_t> columns;
  const TargetNames names = TargetNames::of(table);
  for (const pg::Node* node : pg::list(clause.target_list, clause.n_target_list)) {
    columns.push_back(names.find(*node->res_target, "insert into"));
    if (std::ranges::count(columns, columns.back()) > 1)
      throw Error(sqlstate::kDuplicateColumn, "column \"" + std::string(node->res_target->name) + "\" specified more than once")
          .at(node->res_target->location);
  }
  if (clause.n_target_list == 0)
    for (size_t i = 0; i < std::min(clause.n_values, table.columns.size()); i++) columns.push_back(i);
  std::vector<ExpressionPtr> row(table.columns.size());
  if (clause.n_values > 0) {
    std::vector<ExpressionPtr> given = inserted_row(pg::list(clause.values, clause.n_values), table, columns, clause.override);
    for (size_t i = 0; i < given.size(); i++) row[columns[i]] = std::move(given[i]);
  }
  for (size_t i = 0; i < row.size(); i++)
    if (row[i] == nullptr) row[i] = default_value(table.columns[i]);
  return row;
}

/// Source and target, joined; with the number of the WHEN clause (from 1, or NULL) as one more column, `action`.
LogicalPtr Binder::merge_rows(const PgQuery__MergeStmt& merge, FromItem& source, FromItem& both, ColumnId identity,
                              ColumnId& action, QueryLevel& level) {
  level.items = {&both};
  level.clause = Clause::kOn;
  Conjunction on;
  conjuncts(*merge.join_condition, level, on);
  if (!on.pending.empty() || !on.filters.empty())
    throw_unsupported("a subquery in the condition of MERGE", pg::location(merge.join_condition));
  const bool unmatched = std::ranges::any_of(pg::list(merge.merge_when_clauses, merge.n_merge_when_clauses),
                                             [](const pg::Node* node) { return !node->merge_when_clause->matched; });
  const std::vector<ColumnId> target_columns = both.plan->outputs;
  LogicalPtr node = make_join(unmatched ? JoinKind::kLeft : JoinKind::kInner, std::move(source.plan), std::move(both.plan),
                              std::move(on.predicates));
  for (const ColumnId id : target_columns) plan_.columns[id].nullable = true;

  std::vector<Attachment> attachments;
  level.pending = &attachments;
  level.clause = Clause::kWhere;
  ExpressionPtr choice = make_case(Type::integer());
  for (size_t i = 0; i < merge.n_merge_when_clauses; i++) {
    const PgQuery__MergeWhenClause& clause = *merge.merge_when_clauses[i]->merge_when_clause;
    level.items = {clause.matched ? &both : &source};
    ExpressionPtr applies = identity_test(identity, clause.matched);
    if (clause.condition != nullptr) {
      std::vector<ExpressionPtr> parts;
      parts.push_back(std::move(applies));
      parts.push_back(boolean(*clause.condition, "WHEN"));
      applies = Expression::make_and(std::move(parts));
    }
    choice->arguments.push_back(std::move(applies));
    choice->arguments.push_back(Expression::make_constant(Value::of_integer(Type::integer(), static_cast<int128_t>(i + 1))));
  }
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, attach(std::move(node), std::move(attachments)));
  for (const ColumnId id : project->outputs)
    project->expressions.push_back(Expression::make_column(id, plan_.columns[id].type));
  action = add_column("action", Type::integer(), true);
  project->outputs.push_back(action);
  project->expressions.push_back(std::move(choice));
  return project;
}

BoundModification Binder::bind_merge(const PgQuery__MergeStmt& merge, std::shared_ptr<const TableVersion> table) {
  check_reachable(merge);
  WithGuard with(*this, merge.with_clause);
  BoundModification result;
  result.target = table;
  result.conflict = BoundModification::Conflict::kMerge;
  QueryLevel level;
  LevelGuard guard(*this, &level);
  FromItem source = from_clause(&merge.source_relation, 1, level);
  ColumnId identity, action;
  std::vector<ColumnId> before;
  FromItem both = target_item(*merge.relation, {table, {}}, ViewFilter::kApply, before, identity);
  const TargetNames names = TargetNames::of(table->schema);
  for (const ScopeRelation& relation : source.relations) {
    if (relation.name == both.relations[0].name)
      throw Error(sqlstate::kDuplicateAlias, "name \"" + relation.name + "\" specified more than once",
                  "The name is used both as MERGE target table and data source.");
    both.relations.push_back(relation);
  }
  both.visible.insert(both.visible.end(), source.visible.begin(), source.visible.end());
  LogicalPtr node = merge_rows(merge, source, both, identity, action, level);

  std::vector<Attachment> attachments;
  level.pending = &attachments;
  level.clause = Clause::kSet;
  std::vector<ExpressionPtr> row;
  for (const ColumnSchema& column : table->schema.columns) row.push_back(make_case(column.type));
  for (size_t i = 0; i < merge.n_merge_when_clauses; i++) {
    const PgQuery__MergeWhenClause& clause = *merge.merge_when_clauses[i]->merge_when_clause;
    result.actions.push_back(action_of(clause));
    if (result.actions.back() != BoundModification::Action::kStore) continue;
    level.items = {clause.matched ? &both : &source};
    std::vector<ExpressionPtr> values = clause.matched
                                            ? assigned_row(clause.target_list, clause.n_target_list, table->schema, names, before)
                                            : merge_insert_row(clause, table->schema);
    for (size_t column = 0; column < row.size(); column++) {
      row[column]->arguments.push_back(Expression::make_compare(
          Expression::Comparison::kEqual, Expression::make_column(action, Type::integer()),
          Expression::make_constant(Value::of_integer(Type::integer(), static_cast<int128_t>(i + 1)))));
      row[column]->arguments.push_back(std::move(values[column]));
    }
  }
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, attach(std::move(node), std::move(attachments)));
  project->outputs.clear();
  std::vector<ColumnId> new_row;
  for (size_t i = 0; i < row.size(); i++) {
    if (row[i]->arguments.empty()) row[i] = make_null(table->schema.columns[i].type);
    new_row.push_back(add_column(table->schema.columns[i].name, table->schema.columns[i].type, true));
    project->outputs.push_back(new_row.back());
    project->expressions.push_back(std::move(row[i]));
  }
  for (const ColumnId id : {identity, action}) {
    project->outputs.push_back(id);
    project->expressions.push_back(Expression::make_column(id, plan_.columns[id].type));
  }
  finish_modification(result, std::move(project), new_row, nullptr, 0, level, {.identity = identity, .action = action});
  return result;
}

}  // namespace cairn
