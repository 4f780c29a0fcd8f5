#pragma once

#include <chrono>
#include <cstdint>

namespace cairn::bench {

/// Ticks of the processor's reference clock, which runs at one rate whatever the core does; nanoseconds where there is
/// none.
inline uint64_t cycle_count() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

}  // namespace cairn::bench
