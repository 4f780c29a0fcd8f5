#pragma once

#include <atomic>
#include <cstdint>

namespace cairn {

/// Where the threads of a query meet.
enum class MeetingPoint : uint8_t {
  kMorsel,     ///< between two morsels
  kSeal,       ///< before a worker gives its fragment to the sink
  kKeyFilter,  ///< before a join's keys are told to a scan
  kFinalize,   ///< before a sink merges its fragments, and before each of the tasks that do so
};

/// Tests install one that yields or sleeps, so that interleavings which are rare in production come often.
class Interleaver {
 public:
  virtual ~Interleaver() = default;
  virtual void at(MeetingPoint point) noexcept = 0;
};

/// The process's, or nullptr: the rule. Changed while no query runs.
inline std::atomic<Interleaver*> interleaver{nullptr};

inline void meet(MeetingPoint point) {
  if (Interleaver* const installed = interleaver.load(std::memory_order_relaxed)) [[unlikely]] installed->at(point);
}

}  // namespace cairn
