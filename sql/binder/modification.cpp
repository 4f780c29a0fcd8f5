#include <algorithm>

#include "io/tables/row_identity.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/nearest_name.h"
#include "sql/optimizer/rewrite.h"
#include "vector/error.h"

// INSERT, UPDATE and DELETE become queries that say what to change (BoundModification), and CHECK conditions become
// queries for the rows that fail them.

namespace cairn {

std::string visible_name(const PgQuery__RangeVar& range) {
  return range.alias != nullptr ? range.alias->aliasname : range.relname;
}

FromItem row_item(const std::string& name, const TableSchema& table, const std::vector<ColumnId>& ids) {
  FromItem item;
  for (size_t i = 0; i < table.columns.size(); i++) item.visible.push_back({table.columns[i].name, ids[i]});
  item.relations.push_back({name, item.visible});
  return item;
}

TargetNames TargetNames::of(const TableSchema& table) {
  TargetNames names{table.name, {}};
  for (const ColumnSchema& column : table.columns) names.columns.emplace_back(column.name, names.columns.size());
  return names;
}

Error not_assignable(std::string_view relation, std::string_view column, std::string_view verb, int position) {
  return Error(sqlstate::kFeatureNotSupported,
               "cannot " + std::string(verb) + " column \"" + std::string(column) + "\" of view \"" + std::string(relation) + "\"",
               "View columns that are not columns of their base relation are not updatable.").at(position);
}

size_t TargetNames::find(const PgQuery__ResTarget& target, std::string_view verb) const {
  if (target.n_indirection > 0) throw_unsupported("assignment to a part of a column", target.location);
  for (const auto& [name, position] : columns) {
    if (name != target.name) continue;
    if (position) return *position;
    throw not_assignable(relation, name, verb, target.location);
  }
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.first);
  const std::string nearest = nearest_name(target.name, names);
  throw Error(sqlstate::kUndefinedColumn,
              "column \"" + std::string(target.name) + "\" of relation \"" + relation + "\" does not exist",
              nearest.empty() ? "" : "Perhaps you meant the column \"" + nearest + "\".").at(target.location);
}

FromItem Binder::plain_item(std::shared_ptr<const TableVersion> table) {
  FromItem item;
  item.plan = make_node(LogicalNode::Kind::kScan);
  item.plan->alias = table->schema.name;
  for (const ColumnSchema& column : table->schema.columns) {
    item.plan->scan_columns.push_back(static_cast<uint32_t>(item.plan->outputs.size()));
    item.plan->outputs.push_back(add_column(column.name, column.type, true));
    item.visible.push_back({column.name, item.plan->outputs.back()});
  }
  RelationName name = RelationName::of_key(table->schema.name);
  item.relations.push_back({std::move(name.name), item.visible, std::move(name.schema)});
  item.plan->table = std::move(table);
  return item;
}

void Binder::check_row_expression(const pg::Node& node, std::shared_ptr<const TableVersion> table) {
  const RowScope row(*this, std::move(table), Clause::kCheck);
  expression(node);
}

LogicalPlan Binder::bind_check(const pg::Node& condition, std::shared_ptr<const TableVersion> table) {
  BoundQuery bound;
  for (const ColumnSchema& column : table->schema.columns) bound.names.push_back(column.name);
  RowScope row(*this, std::move(table), Clause::kCheck);
  ExpressionPtr holds = boolean(condition, "CHECK");
  bound.plan = make_node(LogicalNode::Kind::kFilter, std::move(row.item.plan));
  bound.plan->predicates.push_back(Expression::make_not(std::move(holds)));
  return finish(std::move(bound));
}

ExpressionPtr Binder::bind_row_condition(const pg::Node& condition, std::shared_ptr<const TableVersion> table) {
  const RowScope row(*this, std::move(table), Clause::kCopyWhere);
  ExpressionPtr holds = boolean(condition, "WHERE");
  Renaming positions;
  for (const ScopeColumn& column : row.item.visible) positions[column.id] = static_cast<ColumnId>(positions.size());
  rename_columns(*holds, positions);
  return holds;
}

FromItem Binder::table_item(std::shared_ptr<const TableVersion> table, const std::string& alias, ColumnId& identity) {
  FromItem item;
  item.plan = make_node(LogicalNode::Kind::kScan);
  item.plan->table = with_row_identity(*table);
  item.plan->alias = alias;
  for (const ColumnSchema& column : item.plan->table->schema.columns) {
    const ColumnId id = add_column(column.name, column.type, !column.not_null);
    item.plan->scan_columns.push_back(static_cast<uint32_t>(item.plan->outputs.size()));
    item.plan->outputs.push_back(id);
    item.visible.push_back({column.name, id});
  }
  identity = item.plan->outputs.back();
  item.visible.pop_back();
  item.relations.push_back({alias, item.visible});
  return item;
}

FromItem Binder::with_target(FromItem target, pg::Node* const* from, size_t from_count, QueryLevel& level) {
  if (from_count == 0) return target;
  FromItem others = from_clause(from, from_count, level);
  for (ScopeRelation& relation : others.relations) {
    if (relation.name == target.relations[0].name)
      throw Error(sqlstate::kDuplicateAlias, "table name \"" + relation.name + "\" specified more than once",
                  "Give one of them an alias.");
    target.relations.push_back(std::move(relation));
  }
  target.visible.insert(target.visible.end(), others.visible.begin(), others.visible.end());
  target.plan = make_join(JoinKind::kInner, std::move(target.plan), std::move(others.plan), {});
  return target;
}

ExpressionPtr Binder::as_assigned(ExpressionPtr bound, const pg::Node& value, const ColumnSchema& column) {
  if (!is_untyped(*bound) && !can_cast(bound->type, column.type, CastContext::kAssignment))
    throw Error(sqlstate::kDatatypeMismatch, "column \"" + column.name + "\" is of type " + type_name(column.type) +
                                                 " but expression is of type " + type_name(bound->type),
                "You will need to rewrite or cast the expression.").at(pg::location(&value));
  return coerce(std::move(bound), column.type, CastContext::kAssignment, pg::location(&value));
}

/// (a, b) = (SELECT …): the subquery's columns. (a, b) = ROW(t.*): the row's.
std::vector<ExpressionPtr> Binder::assigned_values(const PgQuery__MultiAssignRef& reference) {
  const pg::Node& source = *reference.source;
  if (!is_row(source) && source.node_case != PG_QUERY__NODE__NODE_SUB_LINK)
    throw Error(sqlstate::kFeatureNotSupported,
                "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression").at(pg::location(&source));
  std::vector<ExpressionPtr> values = is_row(source) ? row(source)
                                                     : scalar_subquery(*source.sub_link->subselect, source.sub_link->location);
  if (values.size() != static_cast<size_t>(reference.ncolumns))
    throw Error(sqlstate::kSyntaxError, "number of columns does not match number of values").at(pg::location(&source));
  return values;
}

namespace {

bool has_star(const PgQuery__RowExpr& row) {
  return std::ranges::any_of(pg::list(row.args, row.n_args), [](const pg::Node* value) { return pg::is_star(*value); });
}

}  // namespace

/// The row after SET: assigned columns, and the others as they were, under the ids of `before`.
std::vector<ExpressionPtr> Binder::assigned_row(pg::Node* const* targets, size_t count, const TableSchema& table,
                                                const TargetNames& names, const std::vector<ColumnId>& before) {
  std::vector<ExpressionPtr> row(table.columns.size());
  std::vector<ExpressionPtr> subquery;  // the columns of the one that is being assigned
  std::vector<const pg::Node*> sources(row.size());
  const bool through_view = names.relation != table.name;  // whose columns have no defaults
  const auto bind = [&](const pg::Node& value, size_t position) {
    const ColumnSchema& column = table.columns[position];
    const bool is_default = value.node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT;
    row[position] = !is_default ? expression(value) : through_view ? make_null(column.type) : default_value(column);
    sources[position] = &value;
  };
  for (const pg::Node* node : pg::list(targets, count)) {
    const PgQuery__ResTarget& item = *node->res_target;
    const size_t position = names.find(item, "update");
    const ColumnSchema& column = table.columns[position];
    if (column.identity == Identity::kAlways && (through_view || item.val->node_case != PG_QUERY__NODE__NODE_SET_TO_DEFAULT))
      throw Error("428C9", "column \"" + column.name + "\" can only be updated to DEFAULT",
                  "Column \"" + column.name + "\" is an identity column defined as GENERATED ALWAYS.").at(item.location);
    if (row[position] != nullptr)
      throw Error(sqlstate::kSyntaxError, "multiple assignments to same column \"" + column.name + "\"").at(item.location);
    if (item.val->node_case != PG_QUERY__NODE__NODE_MULTI_ASSIGN_REF) {
      bind(*item.val, position);
      continue;
    }
    const PgQuery__MultiAssignRef& reference = *item.val->multi_assign_ref;
    const auto field = static_cast<size_t>(reference.colno - 1);
    if (is_row(*reference.source) && !has_star(*reference.source->row_expr)) {
      const PgQuery__RowExpr& fields = *reference.source->row_expr;
      if (fields.n_args != static_cast<size_t>(reference.ncolumns))
        throw Error(sqlstate::kSyntaxError, "number of columns does not match number of values").at(fields.location);
      bind(*fields.args[field], position);
      continue;
    }
    if (field == 0) subquery = assigned_values(reference);
    row[position] = coerce(std::move(subquery[field]), column.type, CastContext::kAssignment, item.location);
  }
  // A parameter gets its type from a column when all values are bound: of two columns it would have two.
  for (size_t i = 0; i < row.size(); i++) {
    if (sources[i] != nullptr) row[i] = as_assigned(std::move(row[i]), *sources[i], table.columns[i]);
    if (row[i] == nullptr) row[i] = Expression::make_column(before[i], table.columns[i].type);
  }
  return row;
}

void Binder::finish_modification(BoundModification& result, LogicalPtr node, const std::vector<ColumnId>& row,
                                 pg::Node* const* returning, size_t returning_count, QueryLevel& level, const Tail& tail) {
  std::vector<Target> targets;
  std::vector<Attachment> attachments;
  if (returning_count > 0) {
    level.clause = Clause::kReturning;
    level.pending = &attachments;
    PgQuery__SelectStmt list = PG_QUERY__SELECT_STMT__INIT;
    list.n_target_list = returning_count;
    list.target_list = const_cast<pg::Node**>(returning);
    select_list(list, level, targets);
  }
  result.has_returning = returning_count > 0;
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, attach(std::move(node), std::move(attachments)));
  project->outputs.clear();
  BoundQuery bound;
  const auto put = [&](ExpressionPtr value, std::string name) {
    project->outputs.push_back(add_column(name, value->type, nullable(*value)));
    project->expressions.push_back(std::move(value));
    bound.names.push_back(std::move(name));
    return bound.names.size() - 1;
  };
  const auto carry = [&](ColumnId id) {
    return put(Expression::make_column(id, plan_.columns[id].type), plan_.columns[id].name);
  };
  const auto carry_if = [&](std::optional<ColumnId> id) { return id ? std::optional<size_t>(carry(*id)) : std::nullopt; };
  for (const ColumnId id : row) carry(id);
  for (Target& target : targets) put(typed(std::move(target.expression)), target.name);
  result.row_columns = row.size();
  result.returning_columns = targets.size();
  result.columns = {carry_if(tail.identity), carry_if(tail.applies), carry_if(tail.action), carry_if(tail.violation), {}};
  for (const ColumnId id : tail.checks) result.columns.checks.push_back(carry(id));
  bound.plan = std::move(project);
  result.plan = finish(std::move(bound));
}

BoundModification Binder::bind_update(const PgQuery__UpdateStmt& update, const ModificationTarget& target) {
  WithGuard with(*this, update.with_clause);
  BoundModification result;
  result.target = target.table;
  const TableSchema& table = target.table->schema;
  QueryLevel level;
  LevelGuard guard(*this, &level);
  ColumnId identity;
  std::vector<ColumnId> before;
  FromItem seen = target_item(*update.relation, target, ViewFilter::kApply, before, identity);
  const TargetNames names = names_of(target, seen, before);
  const size_t own_columns = seen.visible.size();
  FromItem all = with_target(std::move(seen), update.from_clause, update.n_from_clause, level);
  level.items = {&all};
  Conjunction where;
  level.clause = Clause::kWhere;
  if (update.where_clause != nullptr) conjuncts(*update.where_clause, level, where);
  std::vector<Attachment> attachments;
  level.clause = Clause::kSet;
  level.pending = &attachments;
  std::vector<ExpressionPtr> row = assigned_row(update.target_list, update.n_target_list, table, names, before);

  LogicalPtr node = attach(apply(std::move(all.plan), std::move(where)), std::move(attachments));
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(node));
  project->outputs.clear();
  std::vector<ColumnId> new_row;
  for (size_t i = 0; i < row.size(); i++) {
    new_row.push_back(add_column(table.columns[i].name, table.columns[i].type, nullable(*row[i])));
    project->outputs.push_back(new_row.back());
    project->expressions.push_back(std::move(row[i]));
  }
  const auto carry = [&](ColumnId id) {
    project->outputs.push_back(id);
    project->expressions.push_back(Expression::make_column(id, plan_.columns[id].type));
  };
  carry(identity);
  if (update.n_returning_list > 0) {
    std::vector<ColumnId> carried;
    for (size_t i = 1; i < all.relations.size(); i++)
      for (const ScopeColumn& column : all.relations[i].columns) carried.push_back(column.id);
    for (size_t i = own_columns; i < all.visible.size(); i++) carried.push_back(all.visible[i].id);
    std::ranges::sort(carried);
    carried.erase(std::unique(carried.begin(), carried.end()), carried.end());
    for (const ColumnId id : carried) carry(id);
  }
  Tail tail{.identity = identity};
  // RETURNING sees the new row in the old one's place, and what FROM has.
  FromItem after = row_item(all.relations[0].name, table, new_row);
  after.plan = with_view_checks(target, std::move(project), new_row, result, tail);
  after = seen_through(target, std::move(after), *update.relation, ViewFilter::kIgnore);
  after.visible.insert(after.visible.end(), all.visible.begin() + static_cast<ptrdiff_t>(own_columns), all.visible.end());
  after.relations.insert(after.relations.end(), all.relations.begin() + 1, all.relations.end());
  level.items = {&after};
  finish_modification(result, std::move(after.plan), new_row, update.returning_list, update.n_returning_list, level, tail);
  return result;
}

BoundModification Binder::bind_delete(const PgQuery__DeleteStmt& statement, const ModificationTarget& target) {
  WithGuard with(*this, statement.with_clause);
  BoundModification result;
  result.target = target.table;
  QueryLevel level;
  LevelGuard guard(*this, &level);
  ColumnId identity;
  std::vector<ColumnId> before;
  FromItem all = with_target(target_item(*statement.relation, target, ViewFilter::kApply, before, identity),
                             statement.using_clause, statement.n_using_clause, level);
  level.items = {&all};
  Conjunction where;
  level.clause = Clause::kWhere;
  if (statement.where_clause != nullptr) conjuncts(*statement.where_clause, level, where);
  LogicalPtr node = apply(std::move(all.plan), std::move(where));
  finish_modification(result, std::move(node), {}, statement.returning_list, statement.n_returning_list, level,
                      {.identity = identity});
  return result;
}

BoundModification Binder::bind_insert(const PgQuery__InsertStmt& insert, const ModificationTarget& target) {
  const InsertColumns columns = InsertColumns::of(insert, target_names(target));
  WithGuard with(*this, insert.with_clause);
  BoundModification result;
  result.target = target.table;
  const TableSchema& table = target.table->schema;
  result.row_columns = table.columns.size();
  BoundQuery source =
      insert_source(insert.select_stmt == nullptr ? nullptr : insert.select_stmt->select_stmt, table, columns);
  if (insert.on_conflict_clause == nullptr && insert.n_returning_list == 0 && target.views.empty()) {
    result.plan = finish(std::move(source));
    return result;
  }
  std::vector<ColumnId> row = source.plan->outputs;
  Tail tail;
  FromItem after;
  after.plan = std::move(source.plan);
  if (insert.on_conflict_clause != nullptr)
    after.plan = bind_conflict(insert, target, result, std::move(after.plan), row, tail);
  QueryLevel level;
  LevelGuard guard(*this, &level);
  LogicalPtr checked = with_view_checks(target, std::move(after.plan), row, result, tail);
  after = row_item(visible_name(*insert.relation), table, row);
  after.plan = std::move(checked);
  after = seen_through(target, std::move(after), *insert.relation, ViewFilter::kIgnore);
  level.items = {&after};
  finish_modification(result, std::move(after.plan), row, insert.returning_list, insert.n_returning_list, level, tail);
  return result;
}

}  // namespace cairn
