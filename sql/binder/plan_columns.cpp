#include "sql/binder/plan_columns.h"

#include <algorithm>
#include <unordered_set>

#include "sql/optimizer/rewrite.h"

namespace cairn {
namespace {

using IdSet = std::unordered_set<ColumnId>;

void collect(LogicalNode& node, IdSet& produced, IdSet& used) {
  for (ColumnId id : node.outputs) produced.insert(id);
  for_each_expression(node, false, [&](ExpressionPtr& expression) {
    for_each_column(*expression, [&](const Expression& column) { used.insert(column.column); });
  });
  for (auto& child : node.children) collect(*child, produced, used);
}

}  // namespace

void for_each_expression(LogicalNode& node, bool recurse, const std::function<void(ExpressionPtr&)>& visit) {
  for_each_expression_slot(node, visit);
  if (recurse)
    for (auto& child : node.children) for_each_expression(*child, true, visit);
}

void for_each_column(const Expression& expression, const std::function<void(const Expression&)>& visit) {
  if (expression.kind == Expression::Kind::kColumn) visit(expression);
  for (const ExpressionPtr& argument : expression.arguments) for_each_column(*argument, visit);
}

std::vector<ColumnId> free_columns(const LogicalNode& plan) {
  IdSet produced, used;
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
