#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// The rows of plan.function_source, from the first one, as one morsel: only the function knows how to make them.
std::unique_ptr<Source> make_table_function_scan(const PlanNode& plan);

}  // namespace cairn
