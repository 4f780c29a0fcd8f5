#pragma once

#include "sql/logical_plan.h"

namespace cairn {

// LIMIT, DISTINCT ON and the set operations that count duplicates, said with row numbers: where a plain limit does not
// do because it would have to count anew for every row of an outer query, or for every group.

/// The child with its rows numbered from 1 in each partition, in the order of the keys. The number is the last output.
LogicalPtr number_rows(LogicalPlan& plan, std::vector<ExpressionPtr> partition_by, std::vector<LogicalSortKey> keys,
                       LogicalPtr child);
/// One more call over a window that orders its rows: BIGINT, never NULL. Returns its column.
ColumnId add_window_column(LogicalPlan& plan, LogicalNode& window, WindowFunction function);

/// What is true of the numbers that LIMIT and OFFSET let through; either may be null, or NULL: no limit.
std::vector<ExpressionPtr> within_limit(const LogicalPlan& plan, ColumnId number, const Expression* limit,
                                        const Expression* offset);
/// number <= offset + limit, alone.
ExpressionPtr before_limit(const LogicalPlan& plan, ColumnId number, const Expression& limit, const Expression* offset);

}  // namespace cairn
