#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// Writes the rows to plan.target in the order of morsels, as row groups that are the same whatever the threads:
/// whoever completes the next kRowGroupRows rows of the unbroken run of morsels encodes them. rows(): one BIGINT, the
/// number of rows written. What its fragments save is the names of row groups that are written, those of the morsels since
/// the last ones were saved; they are cut at the end of a morsel then.
std::unique_ptr<Sink> make_insert_sink(const PlanNode& plan);

}  // namespace cairn
