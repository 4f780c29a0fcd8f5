#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "vector/memory_account.h"

namespace cairn {

/// Bytes that one query's fragments and row sets hold, against its share of memory_limit. Queries share by need: each is
/// short of memory when all together are. Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit_bytes, MemoryAccount& account = MemoryAccount::process())
      : limit_bytes_(limit_bytes), account_(account) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;
  ~MemoryBudget() { account_.change_rows(used_bytes(), 0); }

  /// Something that held `before` bytes now holds `after`. Errors: kOutOfMemory above the limit; above half of it where
  /// all queries together are above the process's.
  void change(size_t before, size_t after) {
    if (before == after) return;
    const size_t used = used_bytes_.fetch_add(after - before, std::memory_order_relaxed) + (after - before);
    const size_t all = account_.change_rows(before, after);
    if (after < before) return;
    for (size_t peak = peak_bytes(); used > peak && !peak_bytes_.compare_exchange_weak(peak, used);) continue;
    if (used > limit_bytes_ / 2 && limit_bytes_ != 0 && is_beyond(used, all)) fail(used, all);
  }
  /// The same for what waits until its client takes it: it makes all queries short of memory, and fails none.
  void change_waiting(size_t before, size_t after) { account_.change_rows(before, after); }
  /// Whether what can leave memory should, were there `more` bytes: half of the limit is for what becomes of fragments.
  bool is_short(size_t more = 0) const {
    if (limit_bytes_ == 0) return false;
    const size_t rows = account_.row_bytes() + more;
    return rows > limit_bytes_ / 2 || (rows > limit_bytes_ / 4 && account_.is_tight());
  }
  size_t limit_bytes() const { return limit_bytes_; }  ///< 0: none
  size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  size_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }
  /// What this query may still take, were nobody else to take more.
  size_t left_bytes() const { return limit_bytes_ - std::min(limit_bytes_, std::max(used_bytes(), account_.row_bytes())); }

 private:
  bool is_beyond(size_t used, size_t all) const {
    const size_t most = account_.limit_bytes();
    return used > limit_bytes_ || (most != 0 && all > std::max(limit_bytes_, most));
  }
  [[noreturn]] void fail(size_t used, size_t all) const;
  const size_t limit_bytes_;
  MemoryAccount& account_;
  std::atomic<size_t> used_bytes_{0}, peak_bytes_{0};
};

}  // namespace cairn
