#include <algorithm>

#include "exec/functions/function.h"
#include "sql/optimizer/rewrite.h"
#include "sql/physical/physical_planner.h"
#include "vector/error.h"

namespace cairn {

size_t column_argument_count(const LogicalAggregate& call) {
  if (call.function->form == AggregateFunction::Form::kOrderedSet) return 1;
  const bool separated = call.function->name == "string_agg" && call.arguments.size() == 2 &&
                         call.arguments[1]->kind == Expression::Kind::kConstant;
  return separated ? 1 : call.arguments.size();
}

AggregateCall make_call(const LogicalAggregate& logical) {
  AggregateCall call;
  call.function = logical.function;
  call.distinct = logical.distinct;
  call.type = logical.type;
  for (size_t i = column_argument_count(logical); i < logical.arguments.size(); ++i) {
    call.constants.push_back(logical.arguments[i]->value);
  }
  return call;
}

namespace {

bool depends_on_order(const LogicalAggregate& call) {
  const std::string_view name = call.function->name;
  return name == "string_agg" || name == "any_value" || call.function->form == AggregateFunction::Form::kOrderedSet;
}

/// The expression where the filter is true: its errors on other rows are nobody's.
ExpressionPtr guarded(const Expression& expression, const Expression* filter) {
  ExpressionPtr result = expression.clone();
  if (filter == nullptr || !may_raise(expression)) return result;
  auto choice = std::make_unique<Expression>();
  choice->kind = Expression::Kind::kCase;
  choice->type = expression.type;
  choice->arguments.push_back(filter->clone());
  choice->arguments.push_back(std::move(result));
  return choice;
}

/// One call's expressions in the order in which the planner reads their positions again: arguments, the order's keys,
/// the filter.
struct CallColumns {
  std::vector<ExpressionPtr> expressions;
  size_t arguments;
  std::vector<SortKey> order;  ///< columns: positions in `expressions`

  explicit CallColumns(const LogicalAggregate& call) : arguments(column_argument_count(call)) {
    for (size_t i = 0; i < arguments; ++i) expressions.push_back(guarded(*call.arguments[i], call.filter.get()));
    if (depends_on_order(call)) {
      for (const auto& [expression, key] : call.order_by) {
        order.push_back({static_cast<uint32_t>(expressions.size()), key.descending, key.nulls_first});
        expressions.push_back(guarded(*expression, call.filter.get()));
      }
    }
    // Distinct arguments come sorted, as in PostgreSQL, where it can be seen. (Several are only ever told apart so.)
    if (call.distinct && (depends_on_order(call) || arguments > 1)) {
      for (uint32_t i = 0; i < arguments; ++i) order.push_back({i, false, false});
    }
    if (call.filter) expressions.push_back(call.filter->clone());
  }
};

AggregateCall make_call(const LogicalAggregate& logical, const CallColumns& columns, const uint32_t* positions) {
  AggregateCall call = make_call(logical);
  call.arguments.assign(positions, positions + columns.arguments);
  for (SortKey key : columns.order) {
    key.column = positions[key.column];
    const bool known = std::ranges::any_of(call.order, [&](const SortKey& k) { return k.column == key.column; });
    if (!known) call.order.push_back(key);
  }
  if (logical.filter) call.filter = static_cast<int32_t>(positions[columns.expressions.size() - 1]);
  return call;
}

}  // namespace

PlannedNode PhysicalPlanner::build_aggregate(const LogicalNode& node) {
  PlannedNode child = build(*node.children[0]);
  std::vector<CallColumns> calls(node.aggregates.begin(), node.aggregates.end());
  std::vector<const Expression*> expressions;
  for (const auto& key : node.group_by) expressions.push_back(key.get());
  for (const CallColumns& call : calls) {
    for (const auto& expression : call.expressions) expressions.push_back(expression.get());
  }
  const double input_rows = child.node->estimated_rows;
  std::vector<uint32_t> positions;
  child = with_expressions(std::move(child), expressions, positions);

  PlannedNode result = make(PlanNode::Kind::kAggregate, {child.node}, node.outputs,
                            std::min(rows_of(node), std::max(1.0, input_rows)));
  const size_t groups = node.group_by.size();
  result.node->groups.assign(positions.begin(), positions.begin() + static_cast<std::ptrdiff_t>(groups));
  const uint32_t* next = positions.data() + groups;
  for (size_t i = 0; i < node.aggregates.size(); ++i) {
    result.node->aggregates.push_back(make_call(node.aggregates[i], calls[i], next));
    next += calls[i].expressions.size();
  }
  for (size_t i = 0; i < groups; ++i) result.node->types[i] = node.group_by[i]->type;
  for (size_t i = 0; i < node.aggregates.size(); ++i) result.node->types[groups + i] = node.aggregates[i].type;
  return result;
}

PlannedNode PhysicalPlanner::build_distinct(const LogicalNode& node) {
  return grouped_by_all(narrowed(build(*node.children[0]), node.outputs), rows_of(node));
}

PlannedNode PhysicalPlanner::build_set_operation(const LogicalNode& node) {
  std::vector<PlannedNode> sides;
  for (const auto& child : node.children) sides.push_back(with_column(narrowed(build(*child), child->outputs)));
  const double rows = rows_of(node);
  const std::vector<ColumnId> columns = node.outputs.empty() ? sides[0].columns : node.outputs;
  if (node.set_operation == LogicalNode::SetOperation::kUnion) {
    std::vector<PlanPtr> children;
    double input_rows = 0;
    for (const auto& side : sides) {
      input_rows += side.node->estimated_rows;
      children.push_back(side.node);
    }
    PlannedNode all = make(PlanNode::Kind::kUnionAll, std::move(children), columns, input_rows);
    all.node->types = sides[0].node->types;
    return node.all ? all : grouped_by_all(std::move(all), rows);
  }
  // Rows as a whole are keys, and NULL is equal to NULL.
  const double left_rows = std::min(rows_of(*node.children[0]), sides[0].node->estimated_rows);
  const PlannedNode left = grouped_by_all(std::move(sides[0]), left_rows);
  PlannedNode join = make(PlanNode::Kind::kJoin, {left.node, sides[1].node}, columns, rows);
  join.node->types = left.node->types;
  join.node->join =
      node.set_operation == LogicalNode::SetOperation::kIntersect ? JoinKind::kSemi : JoinKind::kAnti;
  join.node->null_keys_match = true;
  for (uint32_t i = 0; i < left.columns.size(); ++i) {
    join.node->probe_keys.push_back(i);
    join.node->build_keys.push_back(i);
  }
  return join;
}

}  // namespace cairn
