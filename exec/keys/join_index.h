#pragma once

#include <memory>
#include <vector>

#include "exec/keys/group_index.h"
#include "exec/keys/join_keys.h"
#include "exec/rows/row_set.h"
#include "vector/kernels/rank_bitmap.h"

namespace cairn {

/// From keys to the rows of a build side, immutable once built. Distinct keys are numbered (groups); a group's rows
/// stand together in ascending order. By the keys:
///   none:                   everything is one group (nested loops)
///   integers lying close:   a bitmap whose ranks are the groups (RankBitmap), a quarter byte per value of the domain
///   other integers:         open addressing over their joint number (JoinKeys), 8 or 16 bytes per slot, behind a
///                           filter of one bit per hash value (a Bloom filter with one hash function)
///   everything else:        HashGroups
class JoinIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// `rows` is sealed and outlives the index.
  JoinIndex(const RowSet& rows, const std::vector<uint32_t>& key_columns, bool nulls_match);

  /// Memory of find; one per worker.
  struct Scratch {
    std::vector<uint64_t> numbers;
    std::vector<uint32_t> groups;
    HashGroups::Scratch hash;
    std::vector<FlatScratch> keys;
    std::vector<uint32_t> candidates, open;
    std::vector<uint64_t> positions;
    uint64_t filtered = 0, passed = 0;  ///< rows that the filter saw, and let pass: whether it is worth its while
  };
  /// Looks up the batch's (selected) rows by the key columns `columns`. The i-th row with a match, ascending, is
  /// rows[i], its group groups[i]; returns how many. Both have room for batch.row_count() + 1.
  size_t find(const Batch& batch, const std::vector<uint32_t>& columns, Scratch& scratch, uint32_t* rows,
              uint32_t* groups) const;

  /// No two build rows have equal keys.
  bool unique() const { return unique_; }
  /// unique(): the group's row.
  uint32_t row(uint32_t group) const { return rows_.empty() ? group : rows_[group]; }
  bool group_is_row() const { return unique_ && rows_.empty(); }
  /// The group's rows are at(i), begin(group) <= i < end(group).
  uint32_t begin(uint32_t group) const { return unique_ ? group : firsts_[group]; }
  uint32_t end(uint32_t group) const { return unique_ ? group + 1 : firsts_[group + 1]; }
  uint32_t at(uint32_t i) const { return rows_.empty() ? i : rows_[i]; }

  /// Build rows with a NULL in some key column, where NULLs don't match.
  const std::vector<uint32_t>& null_rows() const { return null_rows_; }
  uint64_t row_count() const { return row_count_; }
  size_t bytes() const;
  /// Sideways information for scans: the integers that the key columns of a build row number to, and how; nullptr where
  /// keys are not integers, or lie too far apart for a bitmap.
  const RankBitmap* members() const { return kind_ == Kind::kBitmap ? &bitmap_ : nullptr; }
  const JoinKeys* numbering() const { return keys_ != nullptr && keys_->usable() ? keys_.get() : nullptr; }
  /// "bitmap", "integers", "hash" or "all", for EXPLAIN ANALYZE.
  const char* kind_name() const;

 private:
  enum class Kind : uint8_t { kAll, kBitmap, kNarrow, kWide, kHash };

  void build_integers(const RowSet& rows, const std::vector<uint32_t>& key_columns);
  void build_hash(const RowSet& rows, const std::vector<uint32_t>& key_columns);
  void note_null_rows(const RowSet& rows, const std::vector<uint32_t>& key_columns);
  void build_bitmap(const RowSet& rows, const std::vector<uint32_t>& key_columns);
  template <typename Slot>
  void build_slots(const RowSet& rows, const std::vector<uint32_t>& key_columns, LargeVector<Slot>& slots);
  /// groups[row], kNone for rows that are in none.
  void arrange_rows(const LargeVector<uint32_t>& groups, size_t group_count);
  template <typename Slot>
  size_t find_slots(const LargeVector<Slot>& slots, const uint64_t* numbers, size_t count, Scratch& scratch,
                    uint32_t* rows, uint32_t* groups) const;
  size_t filter_numbers(const uint64_t* numbers, size_t count, uint32_t* candidates) const;
  size_t find_numbers(const uint64_t* numbers, size_t count, Scratch& scratch, uint32_t* rows, uint32_t* groups) const;

  struct NarrowSlot {
    uint32_t number = 0;
    uint32_t group = 0;  ///< plus 1; 0: empty
  };
  struct WideSlot {
    uint64_t number = 0;
    uint64_t group = 0;
  };

  Kind kind_ = Kind::kAll;
  bool nulls_match_;
  bool unique_ = false;
  uint64_t row_count_;
  std::unique_ptr<JoinKeys> keys_;
  RankBitmap bitmap_;
  LargeVector<NarrowSlot> narrow_;
  LargeVector<WideSlot> wide_;
  LargeVector<uint64_t> filter_;  ///< kNarrow, kWide: a bit per hash value that is there, about eight per key
  unsigned filter_shift_ = 0;     ///< hash >> filter_shift_ is the bit
  std::unique_ptr<HashGroups> hash_;
  LargeVector<uint32_t> firsts_;  ///< not unique: per group, and one more
  LargeVector<uint32_t> rows_;    ///< empty: 0, 1, 2, …
  std::vector<uint32_t> null_rows_;
};

}  // namespace cairn
