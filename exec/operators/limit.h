#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// LIMIT and OFFSET inside a plan (the result keeps one at the root itself): collects the first rows in the order of
/// morsels, and is satisfied once an unbroken run of morsels from the first one has given enough.
std::unique_ptr<Sink> make_limit_sink(const PlanNode& plan);

}  // namespace cairn
