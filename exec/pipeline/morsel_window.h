#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>

#include "vector/memory_account.h"

namespace cairn {

/// For sinks that use rows in the order of morsels: holds back workers that run far ahead of the head, the first morsel
/// that has not ended, so that what is kept behind it stays bounded however slow it is. Nobody waits for a head that has
/// not begun, since it may be the waiting worker who has to run it next (throttled() tells workers to prefer it).
///
/// All but throttled() REQUIRES the owner's mutex to be held.
class MorselWindow {
 public:
  static constexpr size_t kBufferBytes = size_t{16} << 20;  ///< a sixteenth of memory_limit where that is less

  void begin(uint64_t ordinal) { begun_.insert(ordinal); }
  /// Morsels before `head` have ended; `held_bytes` are kept of those behind.
  void move(uint64_t head, size_t held_bytes) {
    head_ = head;
    held_bytes_ = held_bytes;
    begun_.erase(begun_.begin(), begun_.lower_bound(head));
    throttled_.store(held_bytes > buffer_bytes() / 2, std::memory_order_relaxed);
    moved_.notify_all();
  }
  /// The morsel will not end: nobody waits for it.
  void stop_behind(uint64_t ordinal) {
    if (ordinal < stopped_) stopped_ = ordinal;
    moved_.notify_all();
  }
  /// Called with rows of the morsel handed over: waits while too much is kept. `lock` holds the owner's mutex.
  void wait(std::unique_lock<std::mutex>& lock, uint64_t ordinal) {
    moved_.wait(lock, [&] {
      return ordinal <= head_ || ordinal > stopped_ || held_bytes_ <= buffer_bytes() || !begun_.contains(head_);
    });
  }
  bool throttled() const { return throttled_.load(std::memory_order_relaxed); }

 private:
  static size_t buffer_bytes() {
    const size_t limit = MemoryAccount::process().limit_bytes();
    return limit == 0 ? kBufferBytes : std::min(kBufferBytes, limit / 16);
  }

  uint64_t head_ = 0, stopped_ = UINT64_MAX;
  size_t held_bytes_ = 0;
  std::set<uint64_t> begun_;  ///< the head, where it has begun, and morsels behind it
  std::atomic<bool> throttled_{false};
  std::condition_variable moved_;
};

}  // namespace cairn
