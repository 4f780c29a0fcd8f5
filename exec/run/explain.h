#pragma once

#include <string>

#include "exec/plan/plan.h"
#include "exec/run/executor.h"

namespace cairn {

/// The plan as a tree, one line per operator, columns by their names where they have some; ends with a newline.
///
///   Aggregate by l_returnflag: sum(l_quantity)  (about 3 rows)
///   └─ Scan lineitem (l_returnflag, l_quantity)  (about 600572 rows)
///
/// A subplan that is used several times is shown once and named [1], [2], … at every further use.
std::string explain(const PlanNode& plan);

/// The same after an execution, with a second line per operator: rows beside the estimate, own time over all workers,
/// local and remote morsels, row groups that zone maps excluded, encodings of the columns read, and whether a breaker
/// was computed or came out of a checkpoint. REQUIRES: the profile is of this plan, and its query has ended.
std::string explain_analyze(const PlanNode& plan, const QueryProfile& profile);

}  // namespace cairn
