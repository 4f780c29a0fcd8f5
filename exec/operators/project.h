#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// Computes the plan's expressions. Mere renaming and reordering of columns moves no value and keeps the selection.
std::unique_ptr<Operator> make_project(const PlanNode& plan);

}  // namespace cairn
