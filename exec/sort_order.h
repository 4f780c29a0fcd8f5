#pragma once

#include <cstdint>
#include <vector>

#include "exec/pipeline.h"
#include "exec/plan.h"
#include "exec/row_set.h"

namespace cairn {

/// A row among chunks: [chunk number][offset, 17 bits].
using RowAddress = uint32_t;
inline constexpr unsigned kAddressOffsetBits = 17;
static_assert(kRowGroupRows == size_t{1} << kAddressOffsetBits);

inline size_t chunk_of(RowAddress row) { return row >> kAddressOffsetBits; }
inline size_t offset_of(RowAddress row) { return row & (kRowGroupRows - 1); }

using ChunkList = std::vector<const RowSet::Chunk*>;

/// ORDER BY over rows in chunks. Keys become normalized words that compare as the rows do: leading integral keys are
/// packed into 64 bits by their ranges, strings give a prefix. Where all keys fit, rows are radix-sorted by that word
/// alone; otherwise equal words are decided by comparing values.
class SortOrder {
 public:
  SortOrder(std::vector<SortKey> keys, std::vector<Type> types) : keys_(std::move(keys)), types_(std::move(types)) {}

  /// The rows in order; equal ones keep their order in `rows`. NaN is greater than all numbers.
  std::vector<RowAddress> sort(const ChunkList& chunks, const std::vector<RowAddress>& rows,
                               const Sink::Parallel& parallel) const;
  const std::vector<SortKey>& keys() const { return keys_; }

 private:
  std::vector<SortKey> keys_;
  std::vector<Type> types_;
};

/// Appends one column's values at `count` addresses to `out`, which is empty.
void gather_column(const ChunkList& chunks, size_t column, const RowAddress* rows, size_t count, ColumnBuffer& out);

/// The rows at `addresses`, in that order, as a sealed set of full chunks.
std::shared_ptr<RowSet> gather_rows(const std::vector<Type>& types, const ChunkList& chunks,
                                    const std::vector<RowAddress>& addresses, const Sink::Parallel& parallel);

}  // namespace cairn
