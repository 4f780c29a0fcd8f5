#include "sql/physical/physical_planner.h"

namespace cairn {
namespace {

size_t argument_count(const LogicalWindowCall& window) {
  return window.function == WindowFunction::kAggregate ? column_argument_count(window.call) : window.call.arguments.size();
}

/// Filter, frame sizes and values: each may be missing.
std::vector<const Expression*> optional_expressions(const LogicalWindowCall& window) {
  return {window.call.filter.get(), window.start_size.get(),  window.end_size.get(),
          window.range_key.get(),   window.start_value.get(), window.end_value.get()};
}

}  // namespace

PlannedNode PhysicalPlanner::build_window(const LogicalNode& node) {
  if (node.window_calls.empty()) return build(*node.children[0]);
  ColumnSet used(node.outputs);
  used.insert(columns_used_by(node));
  PlannedNode child = narrowed_to_used(build(*node.children[0]), used);
  std::vector<const Expression*> expressions;
  for (const auto& key : node.partition_by) expressions.push_back(key.get());
  for (const auto& key : node.sort_keys) expressions.push_back(key.expression.get());
  for (const auto& window : node.window_calls) {
    for (size_t i = 0; i < argument_count(window); ++i) expressions.push_back(window.call.arguments[i].get());
    for (const Expression* e : optional_expressions(window)) {
      if (e != nullptr) expressions.push_back(e);
    }
  }
  std::vector<uint32_t> positions;
  child = with_expressions(std::move(child), expressions, positions);

  std::vector<ColumnId> columns = child.columns;
  for (const auto& window : node.window_calls) columns.push_back(window.call.output);
  PlannedNode result = make(PlanNode::Kind::kWindow, {child.node}, std::move(columns), rows_of(node));
  std::copy(child.node->types.begin(), child.node->types.end(), result.node->types.begin());
  size_t next = 0;
  for (size_t i = 0; i < node.partition_by.size(); ++i) result.node->groups.push_back(positions[next++]);
  for (const auto& key : node.sort_keys) result.node->sort_keys.push_back({positions[next++], key.descending, key.nulls_first});
  for (const auto& window : node.window_calls) {
    const bool aggregates = window.function == WindowFunction::kAggregate;
    WindowCall call{window.function, aggregates ? make_call(window.call) : AggregateCall{}, window.frame};
    call.call.type = window.call.type;
    for (size_t i = 0; i < argument_count(window); ++i) call.call.arguments.push_back(positions[next++]);
    int32_t* const places[] = {&call.call.filter, &call.start_size,  &call.end_size,
                               &call.range_key,   &call.start_value, &call.end_value};
    const std::vector<const Expression*> optional = optional_expressions(window);
    for (size_t i = 0; i < optional.size(); ++i) {
      if (optional[i] != nullptr) *places[i] = static_cast<int32_t>(positions[next++]);
    }
    result.node->types[child.columns.size() + result.node->window_calls.size()] = window.call.type;
    result.node->window_calls.push_back(std::move(call));
  }
  return result;
}

}  // namespace cairn
