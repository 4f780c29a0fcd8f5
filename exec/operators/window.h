#pragma once

#include <memory>

#include "exec/crew/memory_budget.h"
#include "exec/pipeline/pipeline.h"

namespace cairn {

/// Sorts all rows by partition and keys, and adds the columns of the window's calls. What memory has no room for is sorted
/// in runs, which are merged in ranges of whole partitions; one partition at a time has to fit. What aggregates hold
/// meanwhile is charged to resources.memory, which must outlive the sink.
std::unique_ptr<Sink> make_window_sink(const PlanNode& plan, SinkResources resources);

}  // namespace cairn
