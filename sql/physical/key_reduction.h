#pragma once

#include "exec/plan/plan.h"

namespace cairn {

/// Tells the scans below the join's probe side which values of its key `key` will find a match: through filters,
/// projections, groups, other joins and their equalities, as far as rows that the join would reject can be left out
/// without anybody noticing. `share` of the probe's rows are expected to pass; estimates below are scaled by it.
/// REQUIRES: the join drops probe rows without a match.
void reduce_probe_side(PlanNode& join, size_t key, double share);

}  // namespace cairn
