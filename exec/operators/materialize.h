#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// Keeps all rows, in the order of morsels. A breaker.
std::unique_ptr<Sink> make_materialize_sink(const PlanNode& plan, SinkResources resources = {});

/// Rows of morsels, in order, as one set: small pieces are copied together, large ones taken as they are.
std::shared_ptr<const RowSet> merge_in_order(const std::vector<Type>& types, std::vector<RowSet> pieces,
                                             const Sink::Parallel& parallel);

}  // namespace cairn
