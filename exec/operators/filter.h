#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// Narrows every batch's selection to the rows for which all predicates are true.
std::unique_ptr<Operator> make_filter(const PlanNode& plan);

}  // namespace cairn
