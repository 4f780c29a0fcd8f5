#pragma once

#include <atomic>
#include <cstdint>
#include <map>

namespace cairn {

/// Counts the rows of the unbroken run of morsels from the first one, to know when it has `target` rows: whatever
/// later morsels hold is then of no use to a LIMIT. Not thread-safe but for reached().
class MorselPrefix {
 public:
  explicit MorselPrefix(uint64_t target_rows) : target_rows_(target_rows) { check(); }

  /// The morsel has given `rows` so far, and more may come.
  void progress(uint64_t ordinal, uint64_t rows) {
    if (ordinal != next_) return;
    rows_of_next_ = rows;
    check();
  }
  /// The morsel has ended with `rows` rows.
  void end(uint64_t ordinal, uint64_t rows) {
    ended_[ordinal] = rows;
    for (auto first = ended_.begin(); first != ended_.end() && first->first == next_; first = ended_.erase(first)) {
      rows_ += first->second;
      rows_of_next_ = 0;
      ++next_;
    }
    check();
  }
  uint64_t next() const { return next_; }  ///< the first morsel that has not ended
  bool reached() const { return reached_.load(std::memory_order_relaxed); }

 private:
  void check() {
    if (rows_ + rows_of_next_ >= target_rows_) reached_.store(true, std::memory_order_relaxed);
  }
  const uint64_t target_rows_;
  uint64_t next_ = 0;
  uint64_t rows_ = 0, rows_of_next_ = 0;
  std::map<uint64_t, uint64_t> ended_;  ///< rows of those behind it that have
  std::atomic<bool> reached_{false};
};

/// LIMIT and OFFSET as a number of rows from the first one; limit -1: all.
inline uint64_t rows_wanted(int64_t limit, int64_t offset) {
  if (limit < 0) return UINT64_MAX;
  return static_cast<uint64_t>(limit) + static_cast<uint64_t>(offset);
}

}  // namespace cairn
