#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/parser/column_references.h"
#include "sql/parser/same_tree.h"
#include "vector/error.h"

namespace cairn {

BoundQuery Binder::query(const PgQuery__SelectStmt& select, QueryLevel* outer, bool keep_untyped) {
  DepthGuard depth(*this);
  if (select.into_clause != nullptr)
    throw Error(sqlstate::kSyntaxError, "SELECT ... INTO is not allowed here").at(select.into_clause->rel->location);
  if (select.with_clause == nullptr) return query_body(select, outer, keep_untyped);
  WithGuard with(*this, select.with_clause, outer);
  return query_body(select, outer, keep_untyped);
}

BoundQuery Binder::query_body(const PgQuery__SelectStmt& select, QueryLevel* outer, bool keep_untyped) {
  if (select.op != PG_QUERY__SET_OPERATION__SETOP_NONE || select.n_values_lists > 0) check_locking(select, nullptr);
  if (select.op != PG_QUERY__SET_OPERATION__SETOP_NONE) {
    BoundQuery bound = set_operation(select, outer);
    bound.plan = limit(select, sort_by_outputs(select, std::move(bound.plan), bound.names), outer);
    return bound;
  }
  if (select.n_values_lists > 0) {
    BoundQuery bound = values(select, outer, keep_untyped);
    bound.plan = limit(select, sort_by_outputs(select, std::move(bound.plan), bound.names), outer);
    return bound;
  }
  return plain_select(select, outer, keep_untyped);
}

BoundQuery Binder::plain_select(const PgQuery__SelectStmt& select, QueryLevel* outer, bool keep_untyped) {
  QueryLevel level;
  level.outer = outer;
  level.window_clause = pg::list(select.window_clause, select.n_window_clause);
  LevelGuard guard(*this, &level);
  level.pending = nullptr;
  FromItem from = from_clause(select.from_clause, select.n_from_clause, level);
  level.items = {&from};
  if (!keep_untyped) type_parameters(select, from, outer);

  Conjunction where, having;
  level.clause = Clause::kWhere;
  if (select.where_clause != nullptr) conjuncts(*select.where_clause, level, where);

  level.clause = Clause::kGroupBy;
  level.pending = &level.below_aggregation;
  group_by(select, level);

  level.clause = Clause::kHaving;
  if (select.having_clause != nullptr) conjuncts(*select.having_clause, level, having);

  std::vector<Attachment> attachments;
  level.pending = &attachments;
  level.clause = Clause::kSelect;
  std::vector<Target> targets;
  select_list(select, level, targets);
  check_window_clause(level);
  const bool has_distinct = select.n_distinct_clause > 0;
  const bool has_distinct_on = has_distinct && select.distinct_clause[0] != nullptr &&
                               select.distinct_clause[0]->node_case != PG_QUERY__NODE__NODE__NOT_SET;
  const auto settle = [&](Target& target) { target.expression = typed(std::move(target.expression)); };
  if (!keep_untyped || (has_distinct && !has_distinct_on)) std::ranges::for_each(targets, settle);

  std::vector<size_t> distinct_on;
  level.clause = Clause::kDistinctOn;
  if (has_distinct_on)
    for (const pg::Node* node : pg::list(select.distinct_clause, select.n_distinct_clause)) {
      size_t target = order_target(*node, level, targets, false, "DISTINCT ON");
      if (std::ranges::find(distinct_on, target) == distinct_on.end()) distinct_on.push_back(target);
    }
  level.clause = Clause::kOrderBy;
  std::vector<TargetKey> keys = order_by(select, level, targets);
  // What rows are compared by has a type of its own; all else may take one from outside.
  for (const size_t target : distinct_on) settle(targets[target]);
  for (const TargetKey& key : keys) settle(targets[key.target]);

  check_locking(select, &level);
  LogicalPtr node = apply(std::move(from.plan), std::move(where));
  if (level.reads_working_table && !level.aggregates.empty())
    throw Error("42P19", "aggregate functions are not allowed in a recursive query's recursive term");
  bool aggregated = !level.aggregates.empty() || select.n_group_clause > 0 || select.having_clause != nullptr;
  if (aggregated) {
    for (ExpressionPtr& predicate : having.predicates) replace_grouped(level, predicate, false);
    replace_grouped(level, having.pending);
    replace_grouped(level, having.filters);
    for (Target& target : targets) replace_grouped(level, target.expression, false);
    for (ExpressionPtr& argument : level.direct_arguments) replace_grouped(level, argument, false);
    replace_grouped(level, attachments);
    replace_grouped(level, level.below_windows);
    replace_grouped(level, level.windows);
    node = aggregate_node(std::move(node), level);
    node = apply(std::move(node), std::move(having));
  } else {
    // Without grouping nothing but FROM lies below the select list.
    node = attach(std::move(node), std::move(level.below_aggregation));
  }
  node = attach(window_nodes(std::move(node), level), std::move(attachments));

  BoundQuery bound;
  for (const Target& target : targets)
    if (target.visible) bound.names.push_back(target.name);
  bound.plan = limit(select, finish_select(select, std::move(node), targets, keys, distinct_on), outer);
  return bound;
}

/// PostgreSQL binds the select list before WHERE: what it says of a parameter's type comes first. It is bound for that
/// alone, on a level of its own.
void Binder::type_parameters(const PgQuery__SelectStmt& select, const FromItem& from, QueryLevel* outer) {
  const auto targets = pg::list(select.target_list, select.n_target_list);
  const bool asks = context_.parameter_values == nullptr && !types_parameters_;
  if (!asks || std::ranges::none_of(targets, [](const pg::Node* target) { return has_parameter(*target); })) return;
  Restore<bool> inside(types_parameters_, true);
  Restore<std::vector<ColumnId>*> nobody_asks(references_, nullptr);
  QueryLevel level;
  level.outer = outer;
  level.window_clause = pg::list(select.window_clause, select.n_window_clause);
  level.items = {&from};
  level.clause = Clause::kSelect;
  std::vector<Attachment> unused;
  std::vector<Target> bound;
  LevelGuard guard(*this, &level);
  level.pending = &unused;
  select_list(select, level, bound);
  // A parameter that is a column itself becomes a text, and may be nothing else in another column.
  for (Target& target : bound)
    if (target.expression->kind == Expression::Kind::kParameter && parameter_types_[target.expression->column].id != TypeId::kNull)
      typed(std::move(target.expression));
}

LogicalPtr Binder::finish_select(const PgQuery__SelectStmt& select, LogicalPtr node, std::vector<Target>& targets,
                                 std::vector<TargetKey>& keys, const std::vector<size_t>& distinct_on) {
  std::vector<Type> types;
  std::vector<ColumnId> visible;
  auto project = make_node(LogicalNode::Kind::kProject, std::move(node));
  project->outputs.clear();
  for (Target& target : targets) {
    types.push_back(target.expression->type);
    ColumnId id = add_column(target.name, target.expression->type, nullable(*target.expression));
    if (target.visible) visible.push_back(id);
    project->outputs.push_back(id);
    project->expressions.push_back(std::move(target.expression));
  }
  std::vector<ColumnId> ids = project->outputs;
  auto reference = [&](size_t target) { return Expression::make_column(ids[target], types[target]); };
  LogicalPtr result = std::move(project);

  if (select.n_distinct_clause > 0 && distinct_on.empty()) result = distinct_rows(std::move(result));
  if (!distinct_on.empty())
    for (size_t i = 0; i < keys.size() && i < distinct_on.size(); i++)
      if (std::ranges::find(distinct_on, keys[i].target) == distinct_on.end())
        throw Error(sqlstate::kInvalidColumnReference,
                    "SELECT DISTINCT ON expressions must match initial ORDER BY expressions");
  auto sort_keys = [&] {
    std::vector<LogicalSortKey> copy;
    for (const TargetKey& key : keys)
      copy.push_back({as_key(reference(key.target)), key.key.descending, key.key.nulls_first});
    return copy;
  };
  if (!distinct_on.empty()) {
    std::vector<ExpressionPtr> groups;
    for (size_t target : distinct_on) groups.push_back(as_key(reference(target)));
    result = distinct_on_targets(std::move(result), std::move(groups), sort_keys());
  }
  if (!keys.empty()) {
    result = make_node(LogicalNode::Kind::kSort, std::move(result));
    result->sort_keys = sort_keys();
  }
  if (result->kind != LogicalNode::Kind::kProject && result->kind != LogicalNode::Kind::kDistinct) result->outputs = visible;
  return result;
}

void Binder::select_list(const PgQuery__SelectStmt& select, QueryLevel& level, std::vector<Target>& targets) {
  for (const pg::Node* node : pg::list(select.target_list, select.n_target_list)) {
    const PgQuery__ResTarget& syntax = *node->res_target;
    if (pg::is_star(*syntax.val)) {
      expand_star(*syntax.val->column_ref, level, targets);
      continue;
    }
    Target target;
    target.expression = expression(*syntax.val);
    int strength;
    target.name = syntax.name[0] != '\0' ? std::string(syntax.name) : column_name(*syntax.val, strength);
    target.syntax = syntax.val;
    targets.push_back(std::move(target));
  }
}

void Binder::expand_star(const PgQuery__ColumnRef& reference, QueryLevel& level, std::vector<Target>& targets) {
  auto add = [&](const ScopeColumn& column) {
    targets.push_back({column_expression(column.id, &level, reference.location), column.name, nullptr, true});
  };
  if (reference.n_fields == 1) {
    const FromItem& from = *level.items[0];
    if (from.relations.empty())
      throw Error(sqlstate::kSyntaxError, "SELECT * with no tables specified is not valid").at(reference.location);
    for (const ScopeColumn& column : from.visible) add(column);
    return;
  }
  for (auto& [column, name] : star_columns(reference)) targets.push_back({std::move(column), name, nullptr, true});
}

/// Of t.*, with their names.
std::vector<std::pair<ExpressionPtr, std::string>> Binder::star_columns(const PgQuery__ColumnRef& reference) {
  if (reference.n_fields < 2) throw Error(sqlstate::kSyntaxError, "* is not allowed in this place").at(reference.location);
  std::string table(pg::string_value(reference.fields[reference.n_fields - 2]));
  std::string schema = reference.n_fields > 2 ? canonical_schema(pg::string_value(reference.fields[0])) : "";
  for (QueryLevel* at = level_; at != nullptr; at = at->outer)
    for (const FromItem* item : at->items)
      for (const ScopeRelation& relation : item->relations) {
        if (!relation.is_called(schema, table)) continue;
        std::vector<std::pair<ExpressionPtr, std::string>> columns;
        for (const ScopeColumn& column : relation.columns)
          columns.emplace_back(column_expression(column.id, at, reference.location), column.name);
        return columns;
      }
  throw Error(sqlstate::kUndefinedTable, "missing FROM-clause entry for table \"" + table + "\"").at(reference.location);
}

size_t Binder::order_target(const pg::Node& node, QueryLevel& level, std::vector<Target>& targets, bool distinct,
                            std::string_view clause) {
  // A bare name is an output column first (SQL-92), then an input column; a bare integer is an ordinal.
  if (node.node_case == PG_QUERY__NODE__NODE_COLUMN_REF && node.column_ref->n_fields == 1) {
    std::string_view name = pg::string_value(node.column_ref->fields[0]);
    std::optional<size_t> found;
    for (size_t i = 0; i < targets.size(); i++) {
      if (!targets[i].visible || targets[i].name != name) continue;
      if (found && !targets[*found].expression->equals(*targets[i].expression))
        throw Error(sqlstate::kAmbiguousColumn, std::string(clause) + " \"" + std::string(name) + "\" is ambiguous")
            .at(node.column_ref->location);
      if (!found) found = i;
    }
    if (found) return *found;
  }
  if (node.node_case == PG_QUERY__NODE__NODE_A_CONST) {
    const PgQuery__AConst& constant = *node.a_const;
    if (constant.isnull || constant.val_case != PG_QUERY__A__CONST__VAL_IVAL)
      throw Error(sqlstate::kSyntaxError, "non-integer constant in " + std::string(clause)).at(constant.location);
    size_t visible = static_cast<size_t>(std::ranges::count_if(targets, &Target::visible));
    if (constant.ival->ival < 1 || static_cast<size_t>(constant.ival->ival) > visible)
      throw Error(sqlstate::kInvalidColumnReference, std::string(clause) + " position " +
                                                         std::to_string(constant.ival->ival) +
                                                         " is not in select list").at(constant.location);
    return static_cast<size_t>(constant.ival->ival) - 1;
  }
  if (has_subquery(node))
    for (size_t i = 0; i < targets.size(); i++)
      if (targets[i].syntax != nullptr && same_tree(*targets[i].syntax, node)) return i;
  ExpressionPtr bound = expression(node);
  const auto is_bound = [&](const Target& target) { return target.expression->equals_as_written(*bound); };
  auto known = std::ranges::find_if(targets, is_bound);
  if (known == targets.end() && is_untyped(*bound)) {
    bound = typed(std::move(bound));
    known = std::ranges::find_if(targets, is_bound);
  }
  if (known != targets.end()) return static_cast<size_t>(known - targets.begin());
  if (distinct)
    throw Error(sqlstate::kInvalidColumnReference,
                "for SELECT DISTINCT, ORDER BY expressions must appear in select list").at(pg::location(&node));
  (void)level;
  Target hidden;
  hidden.expression = std::move(bound);
  int strength;
  hidden.name = column_name(node, strength);
  hidden.visible = false;
  hidden.syntax = &node;
  targets.push_back(std::move(hidden));
  return targets.size() - 1;
}

LogicalSortKey sort_key(const PgQuery__SortBy& syntax) {
  if (syntax.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING)
    throw_unsupported("ORDER BY … USING", pg::location(syntax.node));
  LogicalSortKey key;
  key.descending = syntax.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
  key.nulls_first = syntax.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ||
                    (syntax.sortby_nulls != PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST && key.descending);
  return key;
}

std::vector<Binder::TargetKey> Binder::order_by(const PgQuery__SelectStmt& select, QueryLevel& level,
                                                std::vector<Target>& targets) {
  std::vector<TargetKey> keys;
  bool distinct = select.n_distinct_clause > 0 &&
                  select.distinct_clause[0]->node_case == PG_QUERY__NODE__NODE__NOT_SET;
  for (const pg::Node* node : pg::list(select.sort_clause, select.n_sort_clause)) {
    const PgQuery__SortBy& syntax = *node->sort_by;
    TargetKey key;
    key.key = sort_key(syntax);
    key.target = order_target(*syntax.node, level, targets, distinct, "ORDER BY");
    // A column that was a key before decides nothing any more.
    if (std::ranges::none_of(keys, [&](const TargetKey& other) { return other.target == key.target; }))
      keys.push_back(std::move(key));
  }
  return keys;
}

LogicalPtr Binder::sort_by_outputs(const PgQuery__SelectStmt& select, LogicalPtr node,
                                   const std::vector<std::string>& names) {
  if (select.n_sort_clause == 0) return node;
  LogicalPtr result = make_node(LogicalNode::Kind::kSort, std::move(node));
  for (const pg::Node* item : pg::list(select.sort_clause, select.n_sort_clause)) {
    const pg::Node& by = *item->sort_by->node;
    std::optional<size_t> position;
    if (by.node_case == PG_QUERY__NODE__NODE_COLUMN_REF && by.column_ref->n_fields == 1) {
      const std::string name(pg::string_value(by.column_ref->fields[0]));
      auto found = std::ranges::find(names, name);
      if (found == names.end())
        throw Error(sqlstate::kUndefinedColumn, "column \"" + name + "\" does not exist in the result").at(by.column_ref->location);
      if (std::ranges::count(names, name) > 1)
        throw Error(sqlstate::kAmbiguousColumn, "ORDER BY \"" + name + "\" is ambiguous").at(by.column_ref->location);
      position = static_cast<size_t>(found - names.begin());
    } else if (by.node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
      throw Error(sqlstate::kUndefinedTable, "missing FROM-clause entry for table \"" +
                                                 std::string(pg::string_value(by.column_ref->fields[0])) + "\"")
          .at(by.column_ref->location);
    } else if (by.node_case == PG_QUERY__NODE__NODE_A_CONST) {
      if (by.a_const->isnull || by.a_const->val_case != PG_QUERY__A__CONST__VAL_IVAL)
        throw Error(sqlstate::kSyntaxError, "non-integer constant in ORDER BY").at(by.a_const->location);
      int ordinal = by.a_const->ival->ival;
      if (ordinal < 1 || static_cast<size_t>(ordinal) > names.size())
        throw Error(sqlstate::kInvalidColumnReference, "ORDER BY position " + std::to_string(ordinal) +
                                                           " is not in select list").at(by.a_const->location);
      position = static_cast<size_t>(ordinal) - 1;
    }
    if (!position)
      throw Error(sqlstate::kFeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
                  "Only result column names can be used, not expressions or functions; put the set operation into a "
                  "subquery in FROM.").at(pg::location(&by));
    LogicalSortKey key = sort_key(*item->sort_by);
    ColumnId id = result->outputs[*position];
    key.expression = as_key(Expression::make_column(id, plan_.columns[id].type));
    result->sort_keys.push_back(std::move(key));
  }
  return result;
}

LogicalPtr Binder::row_of(std::vector<ExpressionPtr> row, std::vector<Attachment> pending) {
  LogicalPtr one = make_node(LogicalNode::Kind::kValues);
  one->rows.emplace_back();
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, attach(std::move(one), std::move(pending)));
  project->outputs.clear();
  for (size_t i = 0; i < row.size(); i++)
    project->outputs.push_back(add_column("column" + std::to_string(i + 1), row[i]->type, nullable(*row[i])));
  project->expressions = std::move(row);
  return project;
}

BoundQuery Binder::values(const PgQuery__SelectStmt& select, QueryLevel* outer, bool keep_untyped) {
  QueryLevel level;
  level.outer = outer;
  level.clause = Clause::kValues;
  LevelGuard guard(*this, &level);
  std::vector<std::vector<ExpressionPtr>> rows;
  std::vector<std::vector<Attachment>> pending(select.n_values_lists);
  bool has_subqueries = false;
  for (const pg::Node* list : pg::list(select.values_lists, select.n_values_lists)) {
    level.pending = &pending[rows.size()];
    std::vector<ExpressionPtr> row;
    for (const pg::Node* item : pg::list(list->list->items, list->list->n_items)) {
      if (item->node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT)
        throw Error(sqlstate::kSyntaxError, "DEFAULT is not allowed in this context").at(pg::location(item));
      row.push_back(expression(*item));
    }
    if (!rows.empty() && rows[0].size() != row.size())
      throw Error(sqlstate::kSyntaxError, "VALUES lists must all be the same length").at(pg::location(list->list->items[0]));
    has_subqueries = has_subqueries || !level.pending->empty();
    rows.push_back(std::move(row));
  }
  keep_untyped = keep_untyped && !has_subqueries && select.n_sort_clause == 0 && select.limit_count == nullptr &&
                 select.limit_offset == nullptr;
  BoundQuery bound;
  bound.plan = make_node(LogicalNode::Kind::kValues);
  for (size_t column = 0; column < rows[0].size(); column++) {
    std::vector<ExpressionPtr*> cells;
    bool all_untyped = true, any_null = false;
    for (auto& row : rows) {
      cells.push_back(&row[column]);
      all_untyped = all_untyped && is_untyped(*row[column]);
    }
    Type type;
    if (!(keep_untyped && all_untyped)) type = unify(cells, "VALUES", -1);
    for (auto& row : rows) any_null = any_null || nullable(*row[column]);
    bound.names.push_back("column" + std::to_string(column + 1));
    bound.plan->outputs.push_back(add_column(bound.names.back(), type, any_null));
  }
  if (!has_subqueries) {
    bound.plan->rows = std::move(rows);
    return bound;
  }
  LogicalPtr all;
  for (size_t i = 0; i < rows.size(); i++) {
    LogicalPtr row = row_of(std::move(rows[i]), std::move(pending[i]));
    if (all == nullptr) {
      all = std::move(row);
      continue;
    }
    LogicalPtr both = make_node(LogicalNode::Kind::kSetOperation);
    both->all = true;
    for (ColumnId id : row->outputs) both->outputs.push_back(add_column(plan_.columns[id].name, plan_.columns[id].type, true));
    both->children.push_back(std::move(all));
    both->children.push_back(std::move(row));
    all = std::move(both);
  }
  bound.plan = std::move(all);
  return bound;
}

}  // namespace cairn
