#include <algorithm>

#include "exec/functions/function.h"
#include "sql/optimizer/rewrite.h"
#include "sql/physical/physical_planner.h"
#include "vector/error.h"

namespace cairn {
namespace {

bool depends_on_order(const LogicalAggregate& call) {
  const std::string_view name = call.function->name;
  return name == "string_agg" || name == "any_value" || name == "first" || name == "array_agg";
}

/// The order that the input must come in for the calls that have one; nullptr where none has. Only one can be had.
const LogicalAggregate* ordered_call(const LogicalNode& node) {
  const LogicalAggregate* ordered = nullptr;
  for (const auto& call : node.aggregates) {
    if (call.order_by.empty() || !depends_on_order(call)) continue;
    if (ordered == nullptr) {
      ordered = &call;
      continue;
    }
    bool same = call.order_by.size() == ordered->order_by.size();
    for (size_t i = 0; same && i < call.order_by.size(); ++i) {
      const auto &[a, a_key] = call.order_by[i];
      const auto &[b, b_key] = ordered->order_by[i];
      same = a->equals(*b) && a_key.descending == b_key.descending && a_key.nulls_first == b_key.nulls_first;
    }
    if (!same) {
      throw Error(sqlstate::kFeatureNotSupported, "aggregates with different ORDER BY in one SELECT are not supported");
    }
  }
  return ordered;
}

}  // namespace

size_t column_argument_count(const LogicalAggregate& call) {
  return call.function->name == "string_agg" ? 1 : call.arguments.size();
}

AggregateCall make_call(const LogicalAggregate& logical) {
  AggregateCall call;
  call.function = logical.function;
  call.distinct = logical.distinct;
  call.type = logical.type;
  for (size_t i = column_argument_count(logical); i < logical.arguments.size(); ++i) {
    const Expression& argument = *logical.arguments[i];
    if (argument.kind != Expression::Kind::kConstant) {
      throw Error(sqlstate::kFeatureNotSupported, "the separator of string_agg must be a constant").at(argument.position);
    }
    call.constants.push_back(argument.value);
  }
  return call;
}

PlannedNode PhysicalPlanner::build_aggregate(const LogicalNode& node) {
  PlannedNode child = build(*node.children[0]);
  const LogicalAggregate* ordered = ordered_call(node);
  // Every expression that the aggregate reads: keys, arguments, filters, then the order's keys.
  std::vector<const Expression*> expressions;
  for (const auto& key : node.group_by) expressions.push_back(key.get());
  for (const auto& call : node.aggregates) {
    for (size_t i = 0; i < column_argument_count(call); ++i) expressions.push_back(call.arguments[i].get());
    if (call.filter) expressions.push_back(call.filter.get());
  }
  if (ordered != nullptr) {
    for (const auto& [key, order] : ordered->order_by) expressions.push_back(key.get());
  }
  const double input_rows = child.node->estimated_rows;
  std::vector<uint32_t> positions;
  child = with_expressions(std::move(child), expressions, positions);

  PlannedNode result = make(PlanNode::Kind::kAggregate, {}, node.outputs, std::min(rows_of(node), std::max(1.0, input_rows)));
  size_t next = 0;
  for (size_t i = 0; i < node.group_by.size(); ++i) result.node->groups.push_back(positions[next++]);
  for (const auto& logical : node.aggregates) {
    AggregateCall call = make_call(logical);
    for (size_t i = 0; i < column_argument_count(logical); ++i) call.arguments.push_back(positions[next++]);
    if (logical.filter) call.filter = static_cast<int32_t>(positions[next++]);
    result.node->aggregates.push_back(std::move(call));
  }
  for (size_t i = 0; i < node.group_by.size(); ++i) result.node->types[i] = node.group_by[i]->type;
  for (size_t i = 0; i < node.aggregates.size(); ++i) result.node->types[node.group_by.size() + i] = node.aggregates[i].type;
  if (ordered != nullptr) {
    PlannedNode sort = make(PlanNode::Kind::kSort, {child.node}, child.columns, input_rows);
    sort.node->types = child.node->types;
    for (const auto& [key, order] : ordered->order_by) {
      sort.node->sort_keys.push_back({positions[next++], order.descending, order.nulls_first});
    }
    child = std::move(sort);
  }
  result.node->children.push_back(child.node);
  return result;
}

PlannedNode PhysicalPlanner::build_distinct(const LogicalNode& node) {
  return grouped_by_all(narrowed(build(*node.children[0]), node.outputs), rows_of(node));
}

PlannedNode PhysicalPlanner::build_set_operation(const LogicalNode& node) {
  std::vector<PlannedNode> sides;
  for (const auto& child : node.children) sides.push_back(narrowed(build(*child), child->outputs));
  const double rows = rows_of(node);
  if (node.set_operation == LogicalNode::SetOperation::kUnion) {
    std::vector<PlanPtr> children;
    double input_rows = 0;
    for (const auto& side : sides) {
      input_rows += side.node->estimated_rows;
      children.push_back(side.node);
    }
    PlannedNode all = make(PlanNode::Kind::kUnionAll, std::move(children), node.outputs, input_rows);
    all.node->types = sides[0].node->types;
    return node.all ? all : grouped_by_all(std::move(all), rows);
  }
  // Rows as a whole are keys, and NULL is equal to NULL.
  const double left_rows = std::min(rows_of(*node.children[0]), sides[0].node->estimated_rows);
  const PlannedNode left = grouped_by_all(std::move(sides[0]), left_rows);
  PlannedNode join = make(PlanNode::Kind::kJoin, {left.node, sides[1].node}, node.outputs, rows);
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
