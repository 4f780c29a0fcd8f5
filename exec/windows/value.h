#pragma once

#include "exec/plan/plan.h"
#include "exec/windows/rows.h"

namespace cairn {

/// Appends the results of a function that is no aggregate for the rows of partitions [first, last).
/// Errors: arguments of ntile and nth_value that are not positive.
void append_window_values(const WindowRows& rows, const WindowCall& call, size_t first, size_t last, ColumnBuffer& out);

}  // namespace cairn
