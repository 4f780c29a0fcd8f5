#pragma once

#include <functional>
#include <memory>

#include "exec/crew/memory_budget.h"
#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// The rows of a kRecursion, round by round: `base`, then what `step` makes of the round before, until that is nothing.
/// A round is computed when its rows are asked for: a LIMIT above ends a recursion that has no end of its own.
std::unique_ptr<SourceSeries> make_recursion(
    const PlanNode& plan, std::shared_ptr<const RowSet> base,
    std::function<std::shared_ptr<const RowSet>(std::shared_ptr<const RowSet> working)> step, MemoryBudget& memory);

}  // namespace cairn
