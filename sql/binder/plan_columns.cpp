#include "sql/binder/plan_columns.h"

#include <algorithm>
#include <unordered_set>

namespace cairn {
namespace {

using ColumnSet = std::unordered_set<ColumnId>;

void collect(LogicalNode& node, ColumnSet& produced, ColumnSet& used) {
  for (ColumnId id : node.outputs) produced.insert(id);
  for_each_expression(node, false, [&](ExpressionPtr& expression) {
    for_each_column(*expression, [&](const Expression& column) { used.insert(column.column); });
  });
  for (auto& child : node.children) collect(*child, produced, used);
}

}  // namespace

void for_each_expression(LogicalNode& node, bool recurse, const std::function<void(ExpressionPtr&)>& visit) {
  auto visit_all = [&](std::vector<ExpressionPtr>& list) {
    for (ExpressionPtr& expression : list) visit(expression);
  };
  visit_all(node.predicates);
  for (auto& row : node.rows) visit_all(row);
  visit_all(node.expressions);
  visit_all(node.group_by);
  for (LogicalAggregate& aggregate : node.aggregates) {
    visit_all(aggregate.arguments);
    if (aggregate.filter != nullptr) visit(aggregate.filter);
    for (auto& [expression, key] : aggregate.order_by) visit(expression);
  }
  for (LogicalSortKey& key : node.sort_keys) visit(key.expression);
  if (node.limit != nullptr) visit(node.limit);
  if (node.offset != nullptr) visit(node.offset);
  visit_all(node.distinct_on);
  if (recurse)
    for (auto& child : node.children) for_each_expression(*child, true, visit);
}

void for_each_column(const Expression& expression, const std::function<void(const Expression&)>& visit) {
  if (expression.kind == Expression::Kind::kColumn) visit(expression);
  for (const ExpressionPtr& argument : expression.arguments) for_each_column(*argument, visit);
}

std::vector<ColumnId> free_columns(const LogicalNode& plan) {
  ColumnSet produced, used;
  collect(const_cast<LogicalNode&>(plan), produced, used);  // only reads
  std::vector<ColumnId> result;
  for (ColumnId id : used)
    if (!produced.contains(id)) result.push_back(id);
  std::ranges::sort(result);
  return result;
}

bool uses_columns(const LogicalNode& plan, const std::vector<ColumnId>& columns) {
  std::vector<ColumnId> free = free_columns(plan);
  return std::ranges::any_of(columns, [&](ColumnId id) { return std::ranges::binary_search(free, id); });
}

}  // namespace cairn
