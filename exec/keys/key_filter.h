#pragma once

#include <cstdint>
#include <vector>

#include "exec/rows/row_set.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/rank_bitmap.h"

namespace cairn {

/// The values of one integral column of a join's build side, as scans on the probe side ask for them: may this value be
/// among them? Their bounds; and a bitmap where they lie close, or else a register-blocked Bloom filter, whose bits of
/// one value stand in one word (Putze, Sanders, Singler: "Cache-, Hash- and Space-Efficient Bloom Filters", WEA 2007).
/// The same rows make the same filter, false positives included. Immutable once built.
class KeyFilter {
 public:
  /// Whether columns of this type can be filtered by.
  static bool understands(const Type& type);

  /// REQUIRES: understands(rows.types()[column]).
  KeyFilter(const RowSet& rows, uint32_t column);

  /// Some value within [low, high] may be a member.
  bool may_contain(int64_t low, int64_t high) const;

  struct Scratch {
    FlatScratch flat;
    std::vector<uint32_t> ranks;
  };
  /// The vector's (selected) rows whose value may be a member, ascending, into `rows`, which has room for all; returns
  /// how many. NULL is no member.
  size_t select(const Vector& vector, const Selection* selection, Scratch& scratch, uint32_t* rows) const;

  size_t bytes() const { return bitmap_.bytes() + words_.capacity() * sizeof(uint64_t); }

 private:
  void add_to_bitmap(const RowSet& rows, uint32_t column);
  void add_to_bloom(const RowSet& rows, uint32_t column);
  size_t select_by_bloom(const Vector& vector, const Selection* selection, uint32_t* rows) const;

  bool empty_ = true;
  int64_t min_ = 0, max_ = 0;
  RankBitmap bitmap_;               ///< of value - min_; where words_ is empty
  LargeVector<uint64_t> words_;     ///< a power of two
  unsigned word_shift_ = 0;         ///< hash >> word_shift_ is the word
};

}  // namespace cairn
