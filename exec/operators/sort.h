#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// Sorts the rows of plan.children[0] by plan.sort_keys; rows equal in all keys keep their input's order (morsel, then
/// row). Keeps only what is behind plan.offset, and of that, where plan.limit >= 0, so many rows (top-N). What memory has no
/// room for is sorted in runs, which are merged range by range. rows(): the sorted rows, in order.
std::unique_ptr<Sink> make_sort_sink(const PlanNode& plan, SinkResources resources = {});

}  // namespace cairn
