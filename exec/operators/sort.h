#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// Sorts the rows of plan.children[0] by plan.sort_keys; rows equal in all keys keep their input's order (morsel, then
/// row). With plan.limit >= 0 keeps only that many rows behind plan.offset (top-N). rows(): the sorted rows, in order.
std::unique_ptr<Sink> make_sort_sink(const PlanNode& plan, SinkResources resources = {});

}  // namespace cairn
