#pragma once

// What this process holds against memory_limit, in one account. Blocks of memory are counted where they come from (and so
// are counted whoever asked for them: queries of all sessions, cached columns, what waits to be written or to be read by
// a client); queries besides say what their rows take, so that each knows when it should let go of some.

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace cairn {

/// Somebody who holds memory that he can do without.
class MemoryHolder {
 public:
  /// Frees about so many bytes, if there are as many. Returns what it let go of. Called by whoever needs memory.
  virtual size_t let_go(size_t bytes) noexcept = 0;

 protected:
  ~MemoryHolder() = default;
};

/// Thread-safe.
class MemoryAccount {
 public:
  static MemoryAccount& process();

  /// memory_limit; 0: none. Of several sessions', the one that was told last.
  void set_limit(size_t bytes) noexcept;
  size_t limit_bytes() const { return limit_bytes_.load(std::memory_order_relaxed); }

  /// Blocks taken from the system. Above the limit, holders are asked to let go of as much; it never fails.
  void add_blocks(size_t bytes) noexcept {
    const size_t held = block_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    const size_t limit = limit_bytes();
    if (limit != 0 && held > limit / 2) keep_limit(held, limit);
  }
  void remove_blocks(size_t bytes) noexcept { block_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  size_t block_bytes() const { return block_bytes_.load(std::memory_order_relaxed); }
  /// The holders had nothing left when memory was last asked for: nobody should take more than he must.
  bool is_tight() const { return tight_.load(std::memory_order_relaxed) && block_bytes() > limit_bytes() / 2; }

  /// Rows of all queries together. Returns what they are now.
  size_t change_rows(size_t before, size_t after) {
    return row_bytes_.fetch_add(after - before, std::memory_order_relaxed) + (after - before);
  }
  size_t row_bytes() const { return row_bytes_.load(std::memory_order_relaxed); }

  /// Asked in the order in which they came, or `first`. Until removed, a holder may be asked at any time, from any thread.
  void add_holder(MemoryHolder& holder, bool first = false);
  void remove_holder(MemoryHolder& holder) noexcept;

 private:
  void keep_limit(size_t held, size_t limit) noexcept;
  size_t other_bytes(size_t held, size_t limit) noexcept;

  std::atomic<size_t> limit_bytes_{0}, block_bytes_{0}, row_bytes_{0};
  std::atomic<bool> tight_{false};
  std::mutex mutex_;  ///< of what follows; held while holders let go
  std::vector<MemoryHolder*> holders_;
  size_t other_bytes_ = 0;    ///< resident besides blocks, when last asked for
  size_t trimmed_bytes_ = 0;  ///< the same behind the last trim
  size_t sampled_at_ = 0;     ///< block bytes at that time
};

}  // namespace cairn
