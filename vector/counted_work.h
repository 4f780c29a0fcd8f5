#pragma once

#include <atomic>
#include <cstdint>

namespace cairn {

/// Units of work (expressions compared, pairs of rows looked at, words written) where a slip would make the work grow
/// faster than the input. Tests double an input and compare what was counted, which no load on the machine changes.
inline std::atomic<uint64_t> counted_work{0};
/// Called once per batch or per expression, never per row.
inline void count_work(uint64_t units) { counted_work.fetch_add(units, std::memory_order_relaxed); }

}  // namespace cairn
