#include "exec/windows/rows.h"

#include <algorithm>

#include "exec/rows/row_comparison.h"
#include "vector/read_row.h"

namespace cairn {
namespace {

enum Change : uint8_t { kSamePeers = 0, kNewPeers = 1, kNewPartition = 2 };

/// Adds `change` to the rows of a chunk whose value by the key is not that of the row before, but for its first row.
void mark_changes(const SortKey& key, const Vector& values, uint8_t change, uint8_t* changes) {
  const auto mark = [&](auto differs) {
    for (size_t row = 1; row < values.size; ++row) changes[row] |= differs(row - 1, row) ? change : uint8_t{0};
  };
  const auto plain = [&]<typename T>(const T* data) { mark([=](size_t a, size_t b) { return !(data[a] == data[b]); }); };
  if (values.validity == nullptr) {
    switch (values.type.physical()) {
      case Physical::kBool: return plain(values.values<uint8_t>());
      case Physical::kInt16: return plain(values.values<int16_t>());
      case Physical::kInt32: return plain(values.values<int32_t>());
      case Physical::kInt64: return plain(values.values<int64_t>());
      case Physical::kInt128: return plain(values.values<int128_t>());
      case Physical::kString: return plain(values.values<StringRef>());
      default: break;
    }
  }
  mark([&](size_t a, size_t b) { return compare_by(key, values, a, values, b) != 0; });
}

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
    const size_t begin = chunk * kRowGroupRows;
    uint8_t* const of_chunk = changes.data() + begin;
    for (const SortKey& key : partition_keys) mark_changes(key, views_[key.column][chunk], kNewPartition, of_chunk);
    for (const SortKey& key : sort_keys) mark_changes(key, views_[key.column][chunk], kNewPeers, of_chunk);
    if (chunk == 0) return;
    const auto here = static_cast<RowAddress>(begin), before = static_cast<RowAddress>(begin - 1);
    if (partitions.compare(before, here) != 0) of_chunk[0] = kNewPartition;
    if (peers.compare(before, here) != 0) of_chunk[0] |= kNewPeers;
  });
  if (row_count > 0) changes[0] = kNewPartition;
  for (uint32_t row = 0; row < row_count; ++row) {
    if ((changes[row] & kNewPartition) != 0) {
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
