#include <algorithm>

#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/plan_columns.h"
#include "vector/error.h"

namespace cairn {

void Binder::group_by(const PgQuery__SelectStmt& select, QueryLevel& level) {
  auto add = [&](ExpressionPtr expression) {
    for (size_t i = 0; i < level.group_by.size(); i++)
      if (level.group_by[i]->equals(*expression)) return i;
    std::string name = "group";
    if (expression->kind == Expression::Kind::kColumn) name = plan_.columns[expression->column].name;
    level.group_outputs.push_back(add_column(name, expression->type, nullable(*expression)));
    level.group_by.push_back(std::move(expression));
    return level.group_by.size() - 1;
  };
  auto add_target = [&](const pg::Node& target) {
    ExpressionPtr bound = typed(expression(target));
    size_t group = add(std::move(bound));
    level.group_nodes[&target] = group;
  };
  auto is_star = [](const pg::Node& target) {
    return target.node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
           target.column_ref->fields[target.column_ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
  };
  for (const pg::Node* item : pg::list(select.group_clause, select.n_group_clause)) {
    if (item->node_case == PG_QUERY__NODE__NODE_GROUPING_SET) {
      if (item->grouping_set->kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_EMPTY) continue;
      throw_unsupported(pg::describe(*item), pg::location(item));
    }
    if (item->node_case == PG_QUERY__NODE__NODE_A_CONST) {
      const PgQuery__AConst& constant = *item->a_const;
      if (constant.isnull || constant.val_case != PG_QUERY__A__CONST__VAL_IVAL)
        throw Error(sqlstate::kSyntaxError, "non-integer constant in GROUP BY").at(constant.location);
      auto ordinal = static_cast<size_t>(std::max(constant.ival->ival, 0));
      bool has_star = std::ranges::any_of(pg::list(select.target_list, select.n_target_list),
                                          [&](const pg::Node* target) { return is_star(*target->res_target->val); });
      if (has_star) throw_unsupported("GROUP BY with an ordinal beside *", constant.location);
      if (ordinal < 1 || ordinal > select.n_target_list)
        throw Error(sqlstate::kInvalidColumnReference, "GROUP BY position " + std::to_string(constant.ival->ival) +
                                                           " is not in select list").at(constant.location);
      add_target(*select.target_list[ordinal - 1]->res_target->val);
      continue;
    }
    if (item->node_case == PG_QUERY__NODE__NODE_COLUMN_REF && item->column_ref->n_fields == 1) {
      // An input column comes first, then a name of the select list.
      std::string name(pg::string_value(item->column_ref->fields[0]));
      bool is_input = false;
      for (const FromItem* from : level.items)
        for (const ScopeColumn& column : from->visible) is_input = is_input || column.name == name;
      const pg::Node* named = nullptr;
      if (!is_input)
        for (const pg::Node* target : pg::list(select.target_list, select.n_target_list))
          if (target->res_target->name == name) named = target->res_target->val;
      if (named != nullptr) {
        add_target(*named);
        continue;
      }
    }
    if (item->node_case == PG_QUERY__NODE__NODE_ROW_EXPR) {
      for (ExpressionPtr& part : row(*item)) add(typed(std::move(part)));
      continue;
    }
    add(typed(expression(*item)));
  }
}

ExpressionPtr Binder::aggregate_call(const PgQuery__FuncCall& call, std::string_view name,
                                     const AggregateFunction& function) {
  if (call.over != nullptr) throw_unsupported("a window function", call.location);
  if (call.agg_within_group) throw_unsupported("WITHIN GROUP", call.location);
  if (call.func_variadic) throw_unsupported("VARIADIC", call.location);
  if (level_ == nullptr)
    throw Error(sqlstate::kGroupingError, "aggregate functions are not allowed here").at(call.location);
  auto check_not_nested = [&](const QueryLevel& level) {
    if (level.inside_aggregate)
      throw Error(sqlstate::kGroupingError, "aggregate function calls cannot be nested").at(call.location);
  };
  check_not_nested(*level_);
  if (call.agg_star && name != "count")
    throw Error(sqlstate::kWrongObjectType, std::string(name) + "(*) is not defined: name an argument").at(call.location);
  if (!call.agg_star && call.n_args == 0)
    throw Error(sqlstate::kWrongObjectType, std::string(name) + "(*) must be used to call a parameterless aggregate")
        .at(call.location);

  LogicalAggregate aggregate;
  aggregate.function = &function;
  aggregate.distinct = call.agg_distinct;
  {
    Restore<bool> inside(level_->inside_aggregate, true);
    Restore<std::vector<Attachment>*> pending(level_->pending, &level_->below_aggregation);
    fill_aggregate(call, aggregate);
  }
  QueryLevel* level = aggregate_owner(aggregate);
  check_not_nested(*level);
  if (!level->aggregates_allowed())
    throw Error(sqlstate::kGroupingError, "aggregate functions are not allowed in " +
                                              std::string(to_string(level->clause))).at(call.location);
  std::vector<Type> types;
  for (const ExpressionPtr& argument : aggregate.arguments) types.push_back(argument->type);
  try {
    aggregate.type = function.result_type(types);
  } catch (Error& error) {
    throw std::move(error).at(call.location);
  }

  auto same = [&](const LogicalAggregate& other) {
    auto equal = [](const ExpressionPtr& a, const ExpressionPtr& b) {
      return a == nullptr || b == nullptr ? a == b : a->equals(*b);
    };
    return other.function == aggregate.function && other.distinct == aggregate.distinct &&
           other.order_by.empty() && aggregate.order_by.empty() && equal(other.filter, aggregate.filter) &&
           std::ranges::equal(other.arguments, aggregate.arguments, equal);
  };
  auto found = std::ranges::find_if(level->aggregates, same);
  if (found == level->aggregates.end()) {
    aggregate.output = add_column(std::string(name), aggregate.type, name != "count");
    owner(aggregate.output) = level;
    level->aggregates.push_back(std::move(aggregate));
    found = level->aggregates.end() - 1;
  }
  ExpressionPtr reference = Expression::make_column(found->output, found->type);
  reference->position = call.location;
  return reference;
}

void Binder::fill_aggregate(const PgQuery__FuncCall& call, LogicalAggregate& aggregate) {
  for (const pg::Node* argument : pg::list(call.args, call.n_args))
    aggregate.arguments.push_back(typed(expression(*argument)));
  if (call.agg_filter != nullptr) aggregate.filter = boolean(*call.agg_filter, "FILTER");
  for (const pg::Node* item : pg::list(call.agg_order, call.n_agg_order)) {
    const PgQuery__SortBy& syntax = *item->sort_by;
    SortKey key;
    key.descending = syntax.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
    key.nulls_first = syntax.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ||
                      (syntax.sortby_nulls != PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST && key.descending);
    aggregate.order_by.emplace_back(typed(expression(*syntax.node)), key);
    if (aggregate.distinct && std::ranges::none_of(aggregate.arguments, [&](const ExpressionPtr& argument) {
          return argument->equals(*aggregate.order_by.back().first);
        }))
      throw Error(sqlstate::kInvalidColumnReference,
                  "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
          .at(pg::location(syntax.node));
  }
}

/// An aggregate belongs to the innermost level whose columns it uses; without any, to the one that it stands on.
QueryLevel* Binder::aggregate_owner(const LogicalAggregate& aggregate) {
  std::vector<QueryLevel*> owners;
  auto collect = [&](const Expression& expression) {
    for_each_column(expression, [&](const Expression& column) { owners.push_back(owner(column.column)); });
  };
  for (const ExpressionPtr& argument : aggregate.arguments) collect(*argument);
  if (aggregate.filter != nullptr) collect(*aggregate.filter);
  if (owners.empty()) return level_;
  // Columns that no level owns come from subqueries inside the argument.
  if (std::ranges::find(owners, nullptr) != owners.end()) return level_;
  for (QueryLevel* level = level_; level != nullptr; level = level->outer)
    if (std::ranges::find(owners, level) != owners.end()) return level;
  return level_;
}

LogicalPtr Binder::aggregate_node(LogicalPtr input, QueryLevel& level) {
  if (level.group_by.empty() && level.aggregates.empty()) {
    // SELECT 42 HAVING true: one group, of which nothing is asked. An aggregation always has a column.
    LogicalAggregate count;
    count.function = find_aggregate("count");
    count.type = Type::big_int();
    count.output = add_column("count", count.type, false);
    level.aggregates.push_back(std::move(count));
  }
  LogicalPtr node = make_node(LogicalNode::Kind::kAggregate, attach(std::move(input), std::move(level.below_aggregation)));
  node->outputs = level.group_outputs;
  for (const ExpressionPtr& group : level.group_by) node->group_by.push_back(group->clone());
  for (LogicalAggregate& aggregate : level.aggregates) {
    node->outputs.push_back(aggregate.output);
    node->aggregates.push_back(std::move(aggregate));
  }
  return node;
}

void Binder::replace_grouped(QueryLevel& level, ExpressionPtr& expression, bool in_subquery) {
  DepthGuard depth(*this);
  for (size_t i = 0; i < level.group_by.size(); i++) {
    if (!expression->equals(*level.group_by[i])) continue;
    int position = expression->position;
    expression = Expression::make_column(level.group_outputs[i], level.group_by[i]->type);
    expression->position = position;
    return;
  }
  if (expression->kind == Expression::Kind::kColumn && owner(expression->column) == &level) {
    // Outputs of the aggregation itself are owned too; only FROM's columns are wrong here.
    ColumnId id = expression->column;
    if (std::ranges::find(level.aggregates, id, &LogicalAggregate::output) == level.aggregates.end())
      throw Error(sqlstate::kGroupingError,
                  in_subquery ? "subquery uses ungrouped column \"" + plan_.columns[id].name + "\" from outer query"
                              : "column \"" + plan_.columns[id].name +
                                    "\" must appear in the GROUP BY clause or be used in an aggregate function")
          .at(expression->position);
  }
  for (ExpressionPtr& argument : expression->arguments) replace_grouped(level, argument, in_subquery);
}

void Binder::replace_grouped(QueryLevel& level, std::vector<Attachment>& attachments) {
  for (Attachment& attachment : attachments) {
    for (ExpressionPtr& predicate : attachment.predicates) replace_grouped(level, predicate, false);
    for_each_expression(*attachment.plan, true,
                        [&](ExpressionPtr& expression) { replace_grouped(level, expression, true); });
  }
}

}  // namespace cairn
