#include <algorithm>

#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/overload.h"
#include "sql/binder/plan_columns.h"
#include "sql/parser/column_references.h"
#include "sql/parser/deparse.h"
#include "sql/parser/same_tree.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// Of PostgreSQL's aggregates of that name.
size_t argument_count(std::string_view name) {
  constexpr std::string_view kOfTwo[] = {"corr", "covar_", "regr_", "percentile_", "string_agg"};
  return std::ranges::any_of(kOfTwo, [&](std::string_view prefix) { return name.starts_with(prefix); }) ? 2 : 1;
}

/// An untyped fraction might be the array that PostgreSQL takes, too, but for the rule that it has the values' type.
bool might_be_fractions(const pg::Node& fraction, const AggregateFunction& function, TypeId values) {
  const bool untyped = fraction.node_case == PG_QUERY__NODE__NODE_A_CONST &&
                       (fraction.a_const->isnull || fraction.a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL);
  const bool takes_values = function.name == "percentile_disc" || converts_implicitly(values, TypeId::kInterval);
  return untyped && takes_values && !converts_implicitly(values, TypeId::kDouble);
}

[[noreturn]] void throw_ambiguous_aggregate(const LogicalAggregate& aggregate, const PgQuery__FuncCall& call) {
  throw Error(sqlstate::kAmbiguousFunction, "function " + std::string(aggregate.function->name) + "(unknown) is not unique",
              "Could not choose a best candidate function; add explicit type casts.").at(call.location);
}

const pg::Node& target_at(const PgQuery__AConst& constant, const PgQuery__SelectStmt& select) {
  if (constant.isnull || constant.val_case != PG_QUERY__A__CONST__VAL_IVAL)
    throw Error(sqlstate::kSyntaxError, "non-integer constant in GROUP BY").at(constant.location);
  auto ordinal = static_cast<size_t>(std::max(constant.ival->ival, 0));
  bool has_star = std::ranges::any_of(pg::list(select.target_list, select.n_target_list),
                                      [&](const pg::Node* target) { return pg::is_star(*target->res_target->val); });
  if (has_star) throw_unsupported("GROUP BY with an ordinal beside *", constant.location);
  if (ordinal < 1 || ordinal > select.n_target_list)
    throw Error(sqlstate::kInvalidColumnReference, "GROUP BY position " + std::to_string(constant.ival->ival) +
                                                       " is not in select list").at(constant.location);
  return *select.target_list[ordinal - 1]->res_target->val;
}

/// The select-list entry that a bare name in GROUP BY means: an input column comes first. nullptr: none.
const pg::Node* target_named(const PgQuery__ColumnRef& reference, const PgQuery__SelectStmt& select,
                             const QueryLevel& level) {
  if (reference.n_fields != 1) return nullptr;
  std::string name(pg::string_value(reference.fields[0]));
  for (const FromItem* from : level.items)
    for (const ScopeColumn& column : from->visible)
      if (column.name == name) return nullptr;
  const pg::Node* named = nullptr;
  for (const pg::Node* target : pg::list(select.target_list, select.n_target_list)) {
    const PgQuery__ResTarget& entry = *target->res_target;
    if (entry.name != name) continue;
    if (named != nullptr && deparse_expression(*named) != deparse_expression(*entry.val))
      throw Error(sqlstate::kAmbiguousColumn, "GROUP BY \"" + name + "\" is ambiguous").at(reference.location);
    named = entry.val;
  }
  return named;
}

}  // namespace

size_t Binder::add_group(ExpressionPtr expression, QueryLevel& level) {
  for (size_t i = 0; i < level.group_by.size(); i++)
    if (level.group_by[i]->equals_as_written(*expression)) return i;
  std::string name = "group";
  if (expression->kind == Expression::Kind::kColumn) name = plan_.columns[expression->column].name;
  level.group_outputs.push_back(add_column(name, expression->type, nullable(*expression)));
  level.group_by.push_back(std::move(expression));
  return level.group_by.size() - 1;
}

size_t Binder::add_group(const pg::Node& syntax, QueryLevel& level) {
  const size_t group = add_group(typed(expression(syntax)), level);
  if (has_subquery(syntax)) level.group_subqueries.emplace_back(&syntax, group);
  return group;
}

/// The group that the innermost level has for the node; nullopt: none is known by its syntax.
std::optional<size_t> Binder::known_group(const pg::Node& node) {
  if (auto group = level_->group_nodes.find(&node); group != level_->group_nodes.end()) return group->second;
  for (const auto& [known, group] : level_->group_subqueries) {
    if (!same_tree(node, *known)) continue;
    name_subqueries_as(node, *known);
    return group;
  }
  return std::nullopt;
}

/// The subqueries of a tree that is not bound, since an equal one was, have the names of that one's.
void Binder::name_subqueries_as(const pg::Node& node, const pg::Node& known) {
  std::vector<const pg::Node*> subqueries;
  for_each_subquery(node, [&](const PgQuery__SubLink& link) { subqueries.push_back(link.subselect); });
  size_t next = 0;
  for_each_subquery(known, [&](const PgQuery__SubLink& link) {
    const pg::Node* same = subqueries[next++];
    if (auto name = subquery_names_.find(link.subselect); name != subquery_names_.end())
      subquery_names_[same] = std::string(name->second);
  });
}

/// Positions in level.group_by of an entry of GROUP BY that is no grouping set: several for a row.
std::vector<size_t> Binder::group_item(const pg::Node& item, const PgQuery__SelectStmt& select, QueryLevel& level) {
  const pg::Node* target = nullptr;
  if (item.node_case == PG_QUERY__NODE__NODE_A_CONST) target = &target_at(*item.a_const, select);
  if (item.node_case == PG_QUERY__NODE__NODE_COLUMN_REF) target = target_named(*item.column_ref, select, level);
  if (target != nullptr) {
    const size_t group = add_group(*target, level);
    level.group_nodes[target] = group;
    return {group};
  }
  std::vector<size_t> groups;
  if (pg::is_star(item)) {
    for (auto& [column, name] : star_columns(*item.column_ref)) groups.push_back(add_group(std::move(column), level));
  } else if (item.node_case == PG_QUERY__NODE__NODE_ROW_EXPR) {
    for (const pg::Node* part : pg::list(item.row_expr->args, item.row_expr->n_args))
      for (size_t group : group_item(*part, select, level)) groups.push_back(group);
  } else {
    groups.push_back(add_group(item, level));
  }
  return groups;
}

void check_aggregate_form(const PgQuery__FuncCall& call, const AggregateFunction& function) {
  const std::string name(function.name);
  if (name == "count" && call.agg_star) return;
  const bool ordered_set = function.form == AggregateFunction::Form::kOrderedSet;
  if (name == "count" && call.n_args == 0 && !call.agg_within_group)
    throw Error(sqlstate::kWrongObjectType, "count(*) must be used to call a parameterless aggregate").at(call.location);
  const size_t given = call.n_args + (call.agg_within_group ? call.n_agg_order : 0);
  if (given != argument_count(name))
    throw Error(sqlstate::kUndefinedFunction, "function " + name + "(" + (call.agg_star ? "*" : "") + ") does not exist" +
                                                  (given == 0 ? "" : " with " + std::to_string(given) + " arguments"),
                given == 0 ? "Name an argument." : "").at(call.location);
  if (call.agg_within_group && !ordered_set)
    throw Error(sqlstate::kWrongObjectType, name + " is not an ordered-set aggregate, so it cannot have WITHIN GROUP").at(call.location);
  if (ordered_set && !call.agg_within_group)
    throw Error(sqlstate::kWrongObjectType, "WITHIN GROUP is required for ordered-set aggregate " + name).at(call.location);
}

ExpressionPtr Binder::aggregate_call(const PgQuery__FuncCall& call, const AggregateFunction& function) {
  check_aggregate_form(call, function);
  LogicalAggregate aggregate;
  aggregate.function = &function;
  aggregate.distinct = call.agg_distinct;
  QueryLevel& level = bind_aggregate(call, [&] { fill_aggregate(call, aggregate); });
  set_type(aggregate, call);
  return of_any_length(add_aggregate(std::move(aggregate), level, call.location));
}

/// Errors: where the arguments' types do not fit.
void Binder::set_type(LogicalAggregate& aggregate, const PgQuery__FuncCall& call) {
  std::vector<Type> types;
  for (const ExpressionPtr& argument : aggregate.arguments) types.push_back(argument->type);
  if (call.n_args == 1 && aggregate.function->name == "count") types.resize(1);  // a row's fields are one argument
  try {
    aggregate.type = aggregate.function->result_type(types);
  } catch (Error& error) {
    throw std::move(error).at(call.location);
  }
}

/// Calls `bind` for what stands in an aggregate's call; returns the level that this makes the aggregate belong to.
QueryLevel& Binder::bind_aggregate(const PgQuery__FuncCall& call, const std::function<void()>& bind) {
  if (call.func_variadic) throw_unsupported("VARIADIC", call.location);
  if (level_ == nullptr)
    throw Error(sqlstate::kGroupingError, "aggregate functions are not allowed here").at(call.location);
  std::vector<ColumnId> references;
  std::vector<Attachment> subqueries;
  {
    Restore<bool> inside(level_->inside_aggregate, true);
    Restore<std::vector<Attachment>*> pending(level_->pending, &subqueries);
    Restore<std::vector<ColumnId>*> collecting(references_, &references);
    bind();
  }
  if (references_ != nullptr) references_->insert(references_->end(), references.begin(), references.end());
  QueryLevel* level = aggregate_owner(references);
  const auto named = [&](ColumnId id) { return std::ranges::find(references, id) != references.end(); };
  if (level->inside_aggregate || std::ranges::any_of(level->grouping_calls, named, &GroupingCall::output) ||
      std::ranges::any_of(level->aggregates, named, &LogicalAggregate::output))
    throw Error(sqlstate::kGroupingError, "aggregate function calls cannot be nested").at(call.location);
  for (Attachment& subquery : subqueries) level->below_aggregation.push_back(std::move(subquery));
  if (!level->aggregates_allowed())
    throw Error(sqlstate::kGroupingError, "aggregate functions are not allowed in " +
                                              std::string(to_string(level->clause))).at(call.location);
  return *level;
}

/// The column of the aggregate, which may be one that the level has already.
ExpressionPtr Binder::add_aggregate(LogicalAggregate aggregate, QueryLevel& level, int position) {
  auto same = [&](const LogicalAggregate& other) {
    auto equal = [](const ExpressionPtr& a, const ExpressionPtr& b) {
      return a == nullptr || b == nullptr ? a == b : a->equals(*b);
    };
    return other.function == aggregate.function && other.distinct == aggregate.distinct &&
           other.order_by.empty() && aggregate.order_by.empty() && equal(other.filter, aggregate.filter) &&
           std::ranges::equal(other.arguments, aggregate.arguments, equal);
  };
  auto found = std::ranges::find_if(level.aggregates, same);
  if (found == level.aggregates.end()) {
    aggregate.output = add_column(std::string(aggregate.function->name), aggregate.type, !aggregate.function->counts);
    owner(aggregate.output) = &level;
    level.aggregates.push_back(std::move(aggregate));
    found = level.aggregates.end() - 1;
  }
  if (references_ != nullptr) references_->push_back(found->output);
  ExpressionPtr reference = Expression::make_column(found->output, found->type);
  reference->position = position;
  return reference;
}

void Binder::fill_aggregate(const PgQuery__FuncCall& call, LogicalAggregate& aggregate) {
  const bool ordered_set = aggregate.function->form == AggregateFunction::Form::kOrderedSet;
  std::vector<ExpressionPtr> written;  // the arguments before casts
  auto argument = [&](const pg::Node& syntax) {
    ExpressionPtr bound = expression(syntax);
    ExpressionPtr uncast = bound->kind == Expression::Kind::kParameter ? nullptr : bound->clone();
    if (ordered_set && aggregate.function->argument_type == nullptr && is_untyped(*bound))
      throw Error(sqlstate::kDatatypeMismatch, "could not determine polymorphic type because input has type unknown",
                  "Cast it to a type.").at(pg::location(&syntax));
    if (aggregate.function->argument_type == nullptr) {
      bound = aggregate.function->name == "count" ? determined(std::move(bound)) : typed(std::move(bound));
    } else {
      const Type type = aggregate.function->argument_type(is_untyped(*bound) ? Type{} : bound->type);
      if (type.id == TypeId::kNull)
        throw_ambiguous_aggregate(aggregate, call);
      bound = coerce(std::move(bound), type, CastContext::kImplicit, pg::location(&syntax));
    }
    written.push_back(uncast == nullptr ? bound->clone() : std::move(uncast));
    return aggregate.distinct ? as_key(std::move(bound)) : std::move(bound);
  };
  if (call.agg_filter != nullptr) aggregate.filter = boolean(*call.agg_filter, "FILTER");
  if (ordered_set) {
    for (const pg::Node* item : pg::list(call.agg_order, call.n_agg_order))
      aggregate.arguments.push_back(argument(*item->sort_by->node));
    for (const pg::Node* direct : pg::list(call.args, call.n_args)) {
      aggregate.arguments.push_back(fraction(*direct));
      if (might_be_fractions(*direct, *aggregate.function, aggregate.arguments[0]->type.id)) throw_ambiguous_aggregate(aggregate, call);
    }
  } else {
    if (aggregate.function->name == "count" && call.n_args == 1) aggregate.arguments = row_argument(*call.args[0], aggregate.distinct);
    if (aggregate.arguments.empty())
      for (const pg::Node* syntax : pg::list(call.args, call.n_args)) aggregate.arguments.push_back(argument(*syntax));
  }
  for (const pg::Node* item : pg::list(call.agg_order, call.n_agg_order)) {
    const PgQuery__SortBy& syntax = *item->sort_by;
    SortKey key;
    key.descending = syntax.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
    key.nulls_first = syntax.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ||
                      (syntax.sortby_nulls != PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST && key.descending);
    ExpressionPtr by = ordered_set ? aggregate.arguments[0]->clone() : expression(*syntax.node);
    if (aggregate.distinct) set_type(aggregate, call);  // its errors come before what is wrong with DISTINCT
    by = aggregate.distinct ? distinct_key(aggregate, written, *by, pg::location(syntax.node)) : as_key(typed(std::move(by)));
    aggregate.order_by.emplace_back(std::move(by), key);
  }
}

/// The argument that ORDER BY names in the words of the call, as it came to be by casts. A literal that a cast gave its
/// type is no more what was written.
ExpressionPtr Binder::distinct_key(const LogicalAggregate& aggregate, const std::vector<ExpressionPtr>& written,
                                   const Expression& by, int position) {
  const auto same = [&](const ExpressionPtr& argument) { return argument->equals_as_written(by); };
  if (const auto found = std::ranges::find_if(written, same);
      found != written.end() && (!is_untyped(by) || aggregate.function->name == "count"))
    return aggregate.arguments[static_cast<size_t>(found - written.begin())]->clone();
  throw Error(sqlstate::kInvalidColumnReference,
              "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list").at(position);
}

/// The direct argument of a percentile.
ExpressionPtr Binder::fraction(const pg::Node& syntax) {
  const int position = pg::location(&syntax);
  ExpressionPtr bound = fold(coerce(expression(syntax), Type::double_(), CastContext::kImplicit, position));
  if (contains(*bound, Expression::Kind::kParameter)) return bound;  // its value comes with EXECUTE
  if (bound->kind != Expression::Kind::kConstant) throw_unsupported("a percentile that is not a constant", position);
  const double value = bound->value.floating;
  if (!bound->value.null && !(value >= 0 && value <= 1))
    throw Error(sqlstate::kNumericOutOfRange, "percentile value " + bound->value.to_string() + " is not between 0 and 1")
        .at(position);
  return bound;
}

/// An aggregate belongs to the innermost level whose columns it names, itself or in the subqueries of its arguments (but
/// not in the WITH items that these read); without any, to the one that it stands on.
QueryLevel* Binder::aggregate_owner(const std::vector<ColumnId>& references) {
  for (QueryLevel* level = level_; level != nullptr; level = level->outer)
    if (std::ranges::any_of(references, [&](ColumnId id) { return owner(id) == level; })) return level;
  return level_;
}

/// A group of CHARs that differ in the blanks at their end shows the longest.
void Binder::keep_blanks(QueryLevel& level, size_t group, LogicalNode& node) {
  const ExpressionPtr& shown = level.group_by[group];
  node.outputs[group] = add_column("key", node.group_by[group]->type, nullable(*shown));
  LogicalAggregate longest;
  longest.function = find_aggregate("max");
  longest.type = shown->type;
  longest.output = level.group_outputs[group];
  longest.arguments.push_back(shown->clone());
  level.aggregates.push_back(std::move(longest));
}

LogicalPtr Binder::aggregate_node(LogicalPtr input, QueryLevel& level) {
  const bool has_empty_set = level.group_by.empty() || std::ranges::any_of(level.grouping_sets, &std::vector<size_t>::empty);
  if (has_empty_set && level.aggregates.empty()) {
    // SELECT 42 HAVING true: one group, of which nothing is asked. An aggregation always has a column.
    LogicalAggregate count;
    count.function = find_aggregate("count");
    count.type = Type::big_int();
    count.output = add_column("count", count.type, false);
    level.aggregates.push_back(std::move(count));
  }
  LogicalPtr node = make_node(LogicalNode::Kind::kAggregate, attach(std::move(input), std::move(level.below_aggregation)));
  node->outputs = level.group_outputs;
  for (size_t i = 0; i < level.group_by.size(); i++) {
    node->group_by.push_back(as_key(level.group_by[i]->clone()));
    if (level.group_by[i]->type != node->group_by[i]->type) keep_blanks(level, i, *node);
  }
  for (LogicalAggregate& aggregate : level.aggregates) {
    node->outputs.push_back(aggregate.output);
    node->aggregates.push_back(std::move(aggregate));
  }
  return level.grouping_sets.size() > 1 ? aggregate_sets(std::move(node), level) : std::move(node);
}

void Binder::replace_grouped(QueryLevel& level, ExpressionPtr& expression, bool in_subquery) {
  DepthGuard depth(*this);
  for (size_t i = 0; i < level.group_by.size(); i++) {
    if (in_subquery && is_constant_tree(*expression)) break;  // no reference to the group: a LIMIT's 1, perhaps
    if (!expression->equals_as_written(*level.group_by[i])) continue;
    int position = expression->position;
    expression = Expression::make_column(level.group_outputs[i], level.group_by[i]->type);
    expression->position = position;
    return;
  }
  if (expression->kind == Expression::Kind::kColumn && std::ranges::count(level.determined, expression->column) > 0) {
    const size_t group = add_group(expression->clone(), level);
    for (auto& set : level.grouping_sets) set.push_back(group);
    return replace_grouped(level, expression, in_subquery);
  }
  if (expression->kind == Expression::Kind::kColumn && owner(expression->column) == &level) {
    // Outputs of the aggregation itself are owned too; only FROM's columns are wrong here.
    ColumnId id = expression->column;
    if (std::ranges::find(level.aggregates, id, &LogicalAggregate::output) == level.aggregates.end() &&
        std::ranges::find(level.grouping_calls, id, &GroupingCall::output) == level.grouping_calls.end())
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
