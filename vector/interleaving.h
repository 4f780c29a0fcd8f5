#pragma once

#include <atomic>
#include <cstdint>

namespace cairn {

/// Where threads of a query meet, and where a process that dies leaves most to be told apart.
enum class MeetingPoint : uint8_t {
  kMorsel,        ///< between two morsels
  kSeal,          ///< before a worker gives its fragment to the sink
  kKeyFilter,     ///< before a join's keys are told to a scan
  kFinalize,      ///< before a sink merges its fragments, and before each of the tasks that do so
  kRestore,       ///< a breaker's durable rows have been loaded
  kFragmentFile,  ///< a checkpoint's file is written, and no record names it
  kRecord,        ///< the record that names it is durable
  kCommit,        ///< before the manifest's record
  kCommitted,     ///< it is durable, and nobody knows
  kEnded,         ///< a query has ended in the log, and its files are there
};

/// Tests install one that yields, sleeps or kills the process, so that what is rare in production comes often.
class Interleaver {
 public:
  virtual ~Interleaver() = default;
  virtual void at(MeetingPoint point) noexcept = 0;
};

/// The process's, or nullptr: the rule. Threads may be in the one that was there before for a while: it stays.
inline std::atomic<Interleaver*> interleaver{nullptr};

inline void meet(MeetingPoint point) {
  if (Interleaver* const installed = interleaver.load(std::memory_order_acquire)) [[unlikely]] installed->at(point);
}

}  // namespace cairn
