#pragma once

#include <memory>
#include <vector>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// GROUP BY and aggregate functions: a breaker whose rows are `plan.groups`, then `plan.aggregates` (plan.types).
/// Without groups there is always one row, with groups none for empty input. The order of groups is a function of the
/// input's rows alone, that of their first rows, unless memory was too short for all of them at once: then by partition of
/// their keys, and within it as chance had it.
std::unique_ptr<Sink> make_aggregate_sink(const PlanNode& plan, std::vector<Type> input_types, SinkResources resources = {});

}  // namespace cairn
