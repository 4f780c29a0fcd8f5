#pragma once

#include <functional>

#include "sql/logical_plan.h"

namespace cairn {

/// Calls `visit` on every expression of this node, and of the nodes below where `recurse`. The visitor may replace them.
void for_each_expression(LogicalNode& node, bool recurse, const std::function<void(ExpressionPtr&)>& visit);

/// Calls `visit` on every column reference in the expression.
void for_each_column(const Expression& expression, const std::function<void(const Expression&)>& visit);

/// Column references of the plan that nothing inside it produces: what it takes from outside. Ascending.
std::vector<ColumnId> free_columns(const LogicalNode& plan);

/// Whether the plan refers to any of the columns.
bool uses_columns(const LogicalNode& plan, const std::vector<ColumnId>& columns);

}  // namespace cairn
