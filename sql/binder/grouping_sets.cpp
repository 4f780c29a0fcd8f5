// GROUPING SETS, ROLLUP and CUBE: the input is kept once, grouped by each set, and united; columns that a set leaves out
// are NULL.

#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/plan_columns.h"
#include "sql/optimizer/rewrite.h"
#include "vector/error.h"

namespace cairn {
namespace {

constexpr size_t kMaxSets = 4096;
constexpr size_t kMaxCubeElements = 12;
constexpr size_t kMaxGroupingArguments = 31;  // bits of an INTEGER

using Sets = std::vector<std::vector<size_t>>;

void check_count(size_t sets, int position) {
  if (sets > kMaxSets)
    throw Error(sqlstate::kStatementTooComplex,
                "too many grouping sets present (maximum " + std::to_string(kMaxSets) + ")").at(position);
}

void add_missing(std::vector<size_t>& set, const std::vector<size_t>& added) {
  for (size_t group : added)
    if (std::ranges::find(set, group) == set.end()) set.push_back(group);
}

/// Every set of the one with every set of the other.
Sets product(const Sets& left, const Sets& right, int position) {
  check_count(left.size() * right.size(), position);
  Sets result;
  for (const auto& a : left)
    for (const auto& b : right) {
      result.push_back(a);
      add_missing(result.back(), b);
    }
  return result;
}

/// The elements before each of them, from all to none.
Sets rollup(const std::vector<std::vector<size_t>>& elements) {
  Sets result;
  for (size_t count = elements.size() + 1; count-- > 0;) {
    result.emplace_back();
    for (size_t i = 0; i < count; i++) add_missing(result.back(), elements[i]);
  }
  return result;
}

Sets cube(const std::vector<std::vector<size_t>>& elements, int position) {
  if (elements.size() > kMaxCubeElements)
    throw Error("54011", "CUBE is limited to " + std::to_string(kMaxCubeElements) + " elements").at(position);
  Sets result;
  for (size_t absent = 0; absent < size_t{1} << elements.size(); absent++) {
    result.emplace_back();
    for (size_t i = 0; i < elements.size(); i++)
      if ((absent >> (elements.size() - 1 - i) & 1) == 0) add_missing(result.back(), elements[i]);
  }
  return result;
}

/// Columns of the tables in FROM whose primary key is grouped by in every set (SQL's functional dependencies, T301).
void find_determined(const std::vector<ScopeTable>& tables, QueryLevel& level) {
  const auto is_grouped = [&](ColumnId id) {
    for (size_t group = 0; group < level.group_by.size(); group++) {
      const Expression& by = *level.group_by[group];
      if (by.kind != Expression::Kind::kColumn || by.column != id) continue;
      return std::ranges::all_of(level.grouping_sets, [&](const auto& set) { return std::ranges::count(set, group) > 0; });
    }
    return false;
  };
  for (const ScopeTable& scanned : tables)
    for (const IndexSchema& index : scanned.table->schema.indexes)
      if (index.kind == IndexSchema::Kind::kPrimaryKey &&
          std::ranges::all_of(index.columns, [&](uint32_t column) { return is_grouped(scanned.columns[column]); }))
        level.determined.insert(level.determined.end(), scanned.columns.begin(), scanned.columns.end());
}

}  // namespace

void Binder::group_by(const PgQuery__SelectStmt& select, QueryLevel& level) {
  Sets sets = {{}};
  for (const pg::Node* item : pg::list(select.group_clause, select.n_group_clause))
    sets = product(sets, sets_of(*item, select, level), pg::location(item));
  if (select.group_distinct) {
    for (auto& set : sets) std::ranges::sort(set);
    Sets distinct;
    for (auto& set : sets)
      if (std::ranges::find(distinct, set) == distinct.end()) distinct.push_back(std::move(set));
    sets = std::move(distinct);
  }
  if (sets.size() > 1) {
    for (size_t group = 0; group < level.group_by.size(); group++) {
      bool always = std::ranges::all_of(sets, [&](const auto& set) { return std::ranges::find(set, group) != set.end(); });
      if (!always) plan_.columns[level.group_outputs[group]].nullable = true;
    }
  }
  level.grouping_sets = std::move(sets);
  for (const FromItem* from : level.items) find_determined(from->tables, level);
}

Binder::GroupingSets Binder::sets_of(const pg::Node& item, const PgQuery__SelectStmt& select, QueryLevel& level) {
  if (item.node_case != PG_QUERY__NODE__NODE_GROUPING_SET) return {group_item(item, select, level)};
  const PgQuery__GroupingSet& syntax = *item.grouping_set;
  auto content = pg::list(syntax.content, syntax.n_content);
  std::vector<std::vector<size_t>> elements;
  switch (syntax.kind) {
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_EMPTY: return {{}};
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_ROLLUP:
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_CUBE:
      for (const pg::Node* element : content) elements.push_back(group_item(*element, select, level));
      if (syntax.kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_CUBE) return cube(elements, syntax.location);
      return rollup(elements);
    default: break;
  }
  Sets sets;
  for (const pg::Node* part : content) {
    for (auto& set : sets_of(*part, select, level)) sets.push_back(std::move(set));
    check_count(sets.size(), syntax.location);
  }
  return sets;
}

ExpressionPtr Binder::grouping_call(const PgQuery__GroupingFunc& call) {
  if (call.n_args > kMaxGroupingArguments)
    throw Error("54023", "GROUPING must have fewer than 32 arguments").at(call.location);
  const auto check_allowed = [&](const QueryLevel* level) {
    if (level != nullptr && level->aggregates_allowed()) return;
    throw Error(sqlstate::kGroupingError, "grouping operations are not allowed in " +
                                              std::string(level == nullptr ? "this place" : to_string(level->clause)))
        .at(call.location);
  };
  std::vector<ExpressionPtr> arguments;
  for (const pg::Node* argument : pg::list(call.args, call.n_args)) arguments.push_back(typed(expression(*argument)));
  for (QueryLevel* level = level_; level != nullptr; level = level->outer) {
    GroupingCall grouping;
    for (const ExpressionPtr& argument : arguments) {
      auto found = std::ranges::find_if(level->group_by, [&](const ExpressionPtr& group) { return group->equals(*argument); });
      if (found != level->group_by.end()) grouping.groups.push_back(static_cast<size_t>(found - level->group_by.begin()));
    }
    if (grouping.groups.size() != arguments.size()) continue;
    check_allowed(level);
    if (level->grouping_sets.size() <= 1) return Expression::make_constant(Value::of_integer(Type::integer(), 0));
    const auto same = std::ranges::find(level->grouping_calls, grouping.groups, &GroupingCall::groups);
    if (same != level->grouping_calls.end()) {
      grouping.output = same->output;
    } else {
      grouping.output = add_column("grouping", Type::integer(), false);
      owner(grouping.output) = level;
      level->grouping_calls.push_back(grouping);
    }
    if (references_ != nullptr) references_->push_back(grouping.output);
    return Expression::make_column(grouping.output, Type::integer());
  }
  check_allowed(level_);
  throw Error(sqlstate::kGroupingError, "arguments to GROUPING must be grouping expressions of the associated query level")
      .at(call.location);
}

/// Makes the aggregation's input a table that many can read, with keys and arguments computed; where it refers to outer
/// columns it stays what it is, and every set has its own copy.
void Binder::keep_input(LogicalNode& aggregate) {
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(aggregate.children[0]));
  project->outputs.clear();
  auto add = [&](ExpressionPtr& expression) {
    size_t known = 0;
    while (known < project->expressions.size() && !project->expressions[known]->equals(*expression)) known++;
    if (known == project->expressions.size()) {
      std::string name = expression->kind == Expression::Kind::kColumn ? plan_.columns[expression->column].name : "input";
      project->outputs.push_back(add_column(name, expression->type, nullable(*expression)));
      project->expressions.push_back(std::move(expression));
    }
    expression = Expression::make_column(project->outputs[known], project->expressions[known]->type);
  };
  // What a filter guards is computed behind it: for its columns only.
  auto add_columns_of = [&](ExpressionPtr& expression) {
    auto visit = [&](auto&& self, ExpressionPtr& e) -> void {
      if (e->kind == Expression::Kind::kColumn) add(e);
      for (ExpressionPtr& argument : e->arguments) self(self, argument);
    };
    visit(visit, expression);
  };
  for (ExpressionPtr& group : aggregate.group_by) add(group);
  for (LogicalAggregate& call : aggregate.aggregates) {
    auto add_argument = [&](ExpressionPtr& e) {
      if (e->kind != Expression::Kind::kConstant) call.filter == nullptr ? add(e) : add_columns_of(e);
    };
    for (ExpressionPtr& argument : call.arguments) add_argument(argument);
    for (auto& [key, order] : call.order_by) add_argument(key);
    if (call.filter != nullptr) add(call.filter);
  }
  if (project->expressions.empty()) {
    ExpressionPtr row = Expression::make_constant(Value::of_boolean(true));
    add(row);
  }
  if (!free_columns(*project).empty()) {
    aggregate.children[0] = std::move(project);
    return;
  }
  auto table = std::make_shared<CommonTable>();
  table->name = "grouping sets";
  Renaming renaming;
  LogicalPtr scan = make_node(LogicalNode::Kind::kCteScan);
  for (ColumnId id : project->outputs) {
    ColumnInfo column = plan_.columns[id];
    scan->outputs.push_back(add_column(column.name, column.type, column.nullable));
    renaming[id] = scan->outputs.back();
  }
  for_each_expression_slot(aggregate, [&](ExpressionPtr& e) { rename_columns(*e, renaming); });
  table->plan = std::move(project);
  scan->cte = table;
  plan_.common_tables.push_back(std::move(table));
  aggregate.children[0] = std::move(scan);
}

/// The aggregation by one of the sets, with NULLs and GROUPING()'s bits.
LogicalPtr Binder::one_set(const LogicalNode& aggregate, const std::vector<size_t>& set, const QueryLevel& level) {
  Renaming renaming;
  LogicalPtr node = clone_renamed(plan_, aggregate, renaming);
  std::vector<ExpressionPtr> keys = std::move(node->group_by);
  const std::vector<ColumnId> columns = std::move(node->outputs);
  node->group_by.clear();
  node->outputs.clear();
  LogicalPtr project = make_node(LogicalNode::Kind::kProject);
  auto add = [&](ExpressionPtr expression, const std::string& name) {
    project->outputs.push_back(add_column(name, expression->type, true));
    project->expressions.push_back(std::move(expression));
  };
  auto missing = [&](size_t group) { return std::ranges::find(set, group) == set.end(); };
  for (size_t group = 0; group < keys.size(); group++) {
    const ColumnInfo column = plan_.columns[columns[group]];
    if (missing(group)) {
      add(Expression::make_constant(Value::null_of(column.type)), column.name);
      continue;
    }
    node->group_by.push_back(std::move(keys[group]));
    node->outputs.push_back(columns[group]);
    add(Expression::make_column(columns[group], column.type), column.name);
  }
  for (size_t i = 0; i < node->aggregates.size(); i++) {
    const LogicalAggregate& call = node->aggregates[i];
    node->outputs.push_back(call.output);
    // What shows a group (keep_blanks) is NULL where the group is.
    const auto shown = std::ranges::find(level.group_outputs, aggregate.aggregates[i].output) - level.group_outputs.begin();
    const auto group = static_cast<size_t>(shown);
    add(group < level.group_outputs.size() && missing(group) ? Expression::make_constant(Value::null_of(call.type))
                                                            : Expression::make_column(call.output, call.type),
        plan_.columns[call.output].name);
  }
  for (const GroupingCall& call : level.grouping_calls) {
    int64_t bits = 0;
    for (size_t group : call.groups) bits = bits * 2 + (missing(group) ? 1 : 0);
    add(Expression::make_constant(Value::of_integer(Type::integer(), bits)), "grouping");
  }
  project->children.push_back(std::move(node));
  return project;
}

LogicalPtr Binder::aggregate_sets(LogicalPtr aggregate, QueryLevel& level) {
  std::vector<ColumnId> outputs = aggregate->outputs;
  for (const GroupingCall& call : level.grouping_calls) outputs.push_back(call.output);
  keep_input(*aggregate);
  // A balanced tree: there may be thousands.
  auto united = [&](auto&& self, size_t begin, size_t end) -> LogicalPtr {
    if (end - begin == 1) return one_set(*aggregate, level.grouping_sets[begin], level);
    const size_t middle = begin + (end - begin) / 2;
    LogicalPtr both = make_node(LogicalNode::Kind::kSetOperation, self(self, begin, middle));
    both->children.push_back(self(self, middle, end));
    both->all = true;
    both->outputs.clear();
    for (ColumnId id : outputs) {
      ColumnInfo column = plan_.columns[id];
      both->outputs.push_back(add_column(column.name, column.type, true));
    }
    return both;
  };
  LogicalPtr all = united(united, 0, level.grouping_sets.size());
  all->outputs = std::move(outputs);
  return all;
}

}  // namespace cairn
