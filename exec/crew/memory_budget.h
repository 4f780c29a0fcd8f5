#pragma once

#include <atomic>
#include <cstddef>

namespace cairn {

/// Bytes that one query's fragments and row sets hold, against memory_limit. Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// Something that held `before` bytes now holds `after`. Errors: kOutOfMemory above the limit; the place where
  /// fragments would be sealed and written out as partitions instead.
  void change(size_t before, size_t after) {
    if (before == after) return;
    const size_t used = used_bytes_.fetch_add(after - before, std::memory_order_relaxed) + (after - before);
    if (after < before) return;
    for (size_t peak = peak_bytes(); used > peak && !peak_bytes_.compare_exchange_weak(peak, used);) continue;
    if (limit_bytes_ != 0 && used > limit_bytes_) fail(used);
  }
  /// Whether what can leave memory should, were there `more` bytes: half of the limit is for what becomes of fragments.
  bool is_short(size_t more = 0) const { return limit_bytes_ != 0 && used_bytes() + more > limit_bytes_ / 2; }
  size_t limit_bytes() const { return limit_bytes_; }  ///< 0: none
  size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  size_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }

 private:
  [[noreturn]] void fail(size_t used) const;
  const size_t limit_bytes_;
  std::atomic<size_t> used_bytes_{0}, peak_bytes_{0};
};

}  // namespace cairn
