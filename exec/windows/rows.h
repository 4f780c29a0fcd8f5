#pragma once

#include <memory>
#include <vector>

#include "exec/pipeline/pipeline.h"
#include "exec/rows/row_set.h"
#include "exec/sorting/sort_order.h"

namespace cairn {

/// Rows [begin, end).
struct RowRange {
  uint32_t begin = 0, end = 0;
  uint32_t size() const { return end > begin ? end - begin : 0; }
  bool empty() const { return end <= begin; }
};

/// The rows of a window in its order: partitions one behind another, and in them peers (rows with equal sort keys) side
/// by side. All chunks but the last are full, so that a row's number is its address, too. Immutable.
class WindowRows {
 public:
  /// REQUIRES: `rows` are sorted by `partition_keys`, then by `sort_keys`, and sealed.
  WindowRows(const RowSet& rows, const std::vector<SortKey>& partition_keys, const std::vector<SortKey>& sort_keys,
             const Sink::Parallel& parallel);

  const RowSet& rows() const { return rows_; }
  const ChunkList& chunks() const { return chunks_; }
  size_t partition_count() const { return partitions_.size() - 1; }
  RowRange partition(size_t p) const { return {partitions_[p], partitions_[p + 1]}; }
  /// Numbers of the partition's groups of peers: [first, last).
  std::pair<size_t, size_t> peer_groups(size_t p) const { return {first_groups_[p], first_groups_[p + 1]}; }
  RowRange peers(size_t group) const { return {peers_[group], peers_[group + 1]}; }

  bool has_sort_keys() const { return !sort_keys_.empty(); }
  /// REQUIRES: has_sort_keys().
  bool descends() const { return sort_keys_[0].descending; }

  bool valid(uint32_t column, RowAddress row) const { return view(column, row).valid(offset_of(row)); }
  /// REQUIRES: integral, and valid.
  int128_t integer(uint32_t column, RowAddress row) const;
  const Vector& view(uint32_t column, RowAddress row) const { return views_[column][chunk_of(row)]; }

 private:
  const RowSet& rows_;
  std::vector<SortKey> sort_keys_;
  ChunkList chunks_;
  std::vector<std::vector<Vector>> views_;  ///< [column][chunk]
  std::vector<uint32_t> partitions_;        ///< first rows, and the number of rows
  std::vector<uint32_t> peers_;             ///< first rows of groups of peers, and the number of rows
  std::vector<size_t> first_groups_;        ///< of each partition, and the number of groups
};

}  // namespace cairn
