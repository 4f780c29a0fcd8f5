#include "exec/rows/partitioned_rows.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "vector/kernels/kernels.h"

namespace cairn {

void hash_keys(const Batch& batch, const std::vector<uint32_t>& keys, std::vector<uint64_t>& hashes) {
  hashes.resize(batch.row_count());
  const Selection* selection = batch.selected ? &batch.selection : nullptr;
  for (size_t k = 0; k < keys.size(); ++k) hash_vector(batch.columns[keys[k]], selection, k > 0, hashes.data());
}

void PartitionedRows::add(const RowSet::Chunk& chunk, ChunkStore& store) {
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  RowSet::view(chunk, 0, chunk.row_count, batch, scratch);
  std::vector<uint64_t> hashes;
  hash_keys(batch, keys_, hashes);
  if (filter_ != nullptr) std::ranges::for_each(hashes, [this](uint64_t hash) { filter_->add(hash); });
  std::array<size_t, kPartitions + 1> begins{};
  for (const uint64_t hash : hashes) ++begins[partition_of(hash, level_) + 1];
  for (size_t p = 0; p < kPartitions; ++p) begins[p + 1] += begins[p];
  std::vector<uint32_t> rows(hashes.size());
  auto next = begins;
  for (uint32_t row = 0; row < hashes.size(); ++row) rows[next[partition_of(hashes[row], level_)]++] = row;

  std::vector<RowSet::Chunk> parts;
  std::vector<size_t> partitions;
  for (size_t p = 0; p < kPartitions; ++p) {
    const Selection selection{rows.data() + begins[p], begins[p + 1] - begins[p], nullptr};
    if (selection.count == 0) continue;
    RowSet::Chunk& part = parts.emplace_back();
    partitions.push_back(p);
    part.row_count = selection.count;
    for (const Vector& column : batch.columns) part.columns.emplace_back(column.type).append(column, &selection);
    parts_[p].memory_bytes += part.bytes();
  }
  const auto stored = store.store(parts);
  for (size_t i = 0; i < parts.size(); ++i) parts_[partitions[i]].chunks.push_back({parts[i].row_count, {}, {}, stored[i]});
}

void PartitionedRows::add(PartitionedRows&& other) {
  for (size_t p = 0; p < kPartitions; ++p) {
    Partition& from = other.parts_[p];
    std::move(from.chunks.begin(), from.chunks.end(), std::back_inserter(parts_[p].chunks));
    parts_[p].memory_bytes += from.memory_bytes;
  }
}

}  // namespace cairn
