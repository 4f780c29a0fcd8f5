#include "exec/windows/rows.h"

#include <algorithm>

#include "exec/rows/row_comparison.h"
#include "vector/read_row.h"

namespace cairn {
namespace {

enum Change : uint8_t { kSamePeers, kNewPeers, kNewPartition };

}  // namespace

WindowRows::WindowRows(const RowSet& rows, const std::vector<SortKey>& partition_keys,
                       const std::vector<SortKey>& sort_keys, const Sink::Parallel& parallel)
    : rows_(rows), sort_keys_(sort_keys), views_(rows.types().size()) {
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    chunks_.push_back(&chunk);
    for (size_t column = 0; column < views_.size(); ++column) views_[column].push_back(chunk.columns[column].view());
  }
  const auto row_count = static_cast<uint32_t>(rows.row_count());
  std::vector<uint8_t> changes(row_count, kSamePeers);
  const RowComparison partitions(partition_keys, chunks_), peers(sort_keys, chunks_);
  parallel(chunks_.size(), [&](size_t chunk) {
    const size_t begin = chunk * kRowGroupRows, end = begin + chunks_[chunk]->row_count;
    for (size_t row = std::max<size_t>(begin, 1); row < end; ++row) {
      const auto here = static_cast<RowAddress>(row), before = static_cast<RowAddress>(row - 1);
      if (partitions.compare(before, here) != 0) {
        changes[row] = kNewPartition;
      } else if (peers.compare(before, here) != 0) {
        changes[row] = kNewPeers;
      }
    }
  });
  if (row_count > 0) changes[0] = kNewPartition;
  for (uint32_t row = 0; row < row_count; ++row) {
    if (changes[row] == kNewPartition) {
      partitions_.push_back(row);
      first_groups_.push_back(peers_.size());
    }
    if (changes[row] != kSamePeers) peers_.push_back(row);
  }
  partitions_.push_back(row_count);
  first_groups_.push_back(peers_.size());
  peers_.push_back(row_count);
}

int128_t WindowRows::integer(uint32_t column, RowAddress row) const { return read_integral(view(column, row), offset_of(row)); }

}  // namespace cairn
