#pragma once

#include <memory>

#include "exec/memory_budget.h"
#include "exec/pipeline.h"

namespace cairn {

/// Sorts all rows by partition and keys, and adds the columns of the window's calls. What aggregates hold meanwhile is charged to
/// `memory`, which must outlive the sink.
std::unique_ptr<Sink> make_window_sink(const PlanNode& plan, MemoryBudget& memory);

}  // namespace cairn
