#include "sql/row_numbers.h"

#include <algorithm>

#include "exec/functions/function.h"
#include "sql/optimizer/rewrite.h"

namespace cairn {
namespace {

using Comparison = Expression::Comparison;

ExpressionPtr big_int(int64_t value) { return Expression::make_constant(Value::of_integer(Type::big_int(), value)); }

ExpressionPtr or_else(const Expression& count, int64_t otherwise) {
  if (count.kind == Expression::Kind::kConstant) return count.value.null ? big_int(otherwise) : count.clone();
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kCoalesce;
  result->type = Type::big_int();
  result->arguments.push_back(count.clone());
  result->arguments.push_back(big_int(otherwise));
  return result;
}

/// Both are not negative: their difference is a BIGINT.
ExpressionPtr difference(ExpressionPtr a, ExpressionPtr b) {
  const std::vector<TypeId> wanted{TypeId::kBigInt, TypeId::kBigInt};
  const std::vector<const Function*> overloads = find_functions("-");
  const auto minus = std::ranges::find(overloads, wanted, &Function::arguments);
  std::vector<ExpressionPtr> operands;
  operands.push_back(std::move(a));
  operands.push_back(std::move(b));
  return Expression::make_call(*minus, Type::big_int(), std::move(operands));
}

}  // namespace

ColumnId add_window_column(LogicalPlan& plan, LogicalNode& window, WindowFunction function) {
  LogicalWindowCall& added = window.window_calls.emplace_back();
  added.function = function;
  added.call.type = Type::big_int();
  added.call.output = plan.add_column(std::string(to_string(function)), Type::big_int(), false);
  window.outputs.push_back(added.call.output);
  return added.call.output;
}

LogicalPtr number_rows(LogicalPlan& plan, std::vector<ExpressionPtr> partition_by, std::vector<LogicalSortKey> keys,
                       LogicalPtr child) {
  const std::vector<ColumnId> outputs = child->outputs;
  LogicalPtr window = make_node(LogicalNode::Kind::kWindow, outputs, std::move(child));
  window->partition_by = std::move(partition_by);
  window->sort_keys = std::move(keys);
  add_window_column(plan, *window, WindowFunction::kRowNumber);
  return window;
}

ExpressionPtr before_limit(const LogicalPlan& plan, ColumnId number, const Expression& limit, const Expression* offset) {
  ExpressionPtr counted = column_reference(plan, number);
  if (offset != nullptr) counted = difference(std::move(counted), or_else(*offset, 0));
  return Expression::make_compare(Comparison::kLessEqual, std::move(counted), or_else(limit, INT64_MAX));
}

std::vector<ExpressionPtr> within_limit(const LogicalPlan& plan, ColumnId number, const Expression* limit,
                                        const Expression* offset) {
  std::vector<ExpressionPtr> predicates;
  if (offset != nullptr) {
    predicates.push_back(
        Expression::make_compare(Comparison::kGreater, column_reference(plan, number), or_else(*offset, 0)));
  }
  if (limit != nullptr) predicates.push_back(before_limit(plan, number, *limit, offset));
  return predicates;
}

}  // namespace cairn
