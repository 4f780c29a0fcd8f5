#pragma once

#include <memory>

#include "exec/pipeline.h"

namespace cairn {

/// Sorts all rows by partition and keys, and adds the columns of the window's calls.
std::unique_ptr<Sink> make_window_sink(const PlanNode& plan);

}  // namespace cairn
