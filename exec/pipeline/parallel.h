#pragma once

#include <cstddef>
#include <functional>

namespace cairn {

/// Runs a number of independent tasks on a query's workers, and waits for them.
using Parallel = std::function<void(size_t task_count, const std::function<void(size_t task)>&)>;

/// On one thread, for what is a task among others already.
inline void run_alone(size_t task_count, const std::function<void(size_t)>& task) {
  for (size_t i = 0; i < task_count; ++i) task(i);
}

}  // namespace cairn
