#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// Rows of constant expressions, evaluated at once. Errors: as the expressions raise them.
std::unique_ptr<Source> make_values_source(const PlanNode& plan);

}  // namespace cairn
