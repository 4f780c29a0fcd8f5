#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "exec/pipeline/parallel.h"
#include "exec/rows/row_comparison.h"
#include "exec/sorting/sort_words.h"
#include "vector/memory_pool.h"

namespace cairn {

/// Rows by where they would stand, were they sorted by one key; few of them are. The keys become words
/// (exec/sorting/sort_words.h). Many rows are spread over buckets by the range of their words, and only the buckets that hold
/// what is looked for are gone into, by the same means, until a few rows are left, which are sorted. Every pass over rows
/// is cut into tasks. What is found does not depend on the order of the given rows: equal keys that differ in their bits
/// (-0 and 0, a month and 30 days) are ordered by these. REQUIRES: no key is NULL.
class RankSearch {
 public:
  /// `value`: the column whose bits order rows of equal keys.
  RankSearch(const SortKey& key, uint32_t value, const std::vector<Type>& types, const ChunkList& chunks, const Parallel& parallel);

  /// found[i]: the row that ranks[i] of the rows stand before. REQUIRES: ranks ascend.
  void find(std::span<const RowAddress> rows, std::span<const size_t> ranks, RowAddress* found, const Parallel& parallel) const;

  /// Rows of equal keys.
  struct Run {
    RowAddress first = 0;
    size_t rows = 0;
  };
  /// The longest run, of several the first.
  Run longest_run(std::span<const RowAddress> rows, const Parallel& parallel) const;

 private:
  /// Some rows, with word_count words each.
  struct Encoded {
    std::span<const RowAddress> rows;
    const uint64_t* words;
  };
  struct Bounds {
    uint64_t min = UINT64_MAX, max = 0;
  };
  struct Buckets;
  using Keep = std::function<bool(size_t first_rank, size_t rows)>;

  RankSearch(const RankSearch& whole, std::span<const RowAddress> rows);
  LargeVector<uint64_t> encode(std::span<const RowAddress> rows, const Parallel& parallel) const;
  /// As find. The words before `level` are equal.
  void find(const Encoded& all, size_t level, std::span<const size_t> ranks, RowAddress* found, const Parallel& parallel) const;
  Run longest_run(const Encoded& all, size_t level, const Parallel& parallel) const;
  /// As find: all words are equal.
  void find_equal(const Encoded& all, std::span<const size_t> ranks, RowAddress* found, const Parallel& parallel) const;
  void find_sorted(const Encoded& all, std::span<const size_t> ranks, RowAddress* found) const;
  Run longest_sorted_run(const Encoded& all) const;

  Bounds bounds(const Encoded& all, size_t level, const Parallel& parallel) const;
  Buckets spread(const Encoded& all, size_t level, Bounds bounds, const Keep& keep, const Parallel& parallel) const;
  /// Of the rows at positions a and b.
  int compare_keys(const Encoded& all, uint32_t a, uint32_t b) const;
  int compare_bits(RowAddress a, RowAddress b) const;

  const SortKey key_;
  const std::vector<Type>& types_;
  const ChunkList& chunks_;
  SortWords words_;
  RowComparison comparison_;
  size_t word_count_;
  bool exact_;          ///< rows of equal words have equal keys
  const uint32_t value_;
  bool values_differ_;  ///< rows of equal keys may have other values
  size_t narrowed_to_ = 0;  ///< the words leave out what so many rows have in common: these again would get no others
};

}  // namespace cairn
