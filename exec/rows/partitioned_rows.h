#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exec/rows/chunk_store.h"
#include "exec/rows/hash_filter.h"

namespace cairn {

/// Of each of the batch's selected rows: the hash of its key columns, equal for equal keys of every encoding.
void hash_keys(const Batch& batch, const std::vector<uint32_t>& keys, std::vector<uint64_t>& hashes);

/// Rows on disk, by the leading bits of their keys' hashes: 64 partitions, each of which can be cut by the next six bits.
class PartitionedRows {
 public:
  static constexpr unsigned kBits = 6, kLevels = 2;
  static constexpr size_t kPartitions = size_t{1} << kBits;
  /// Of level 0: the hash's first six bits.
  static size_t partition_of(uint64_t hash, unsigned level) { return hash >> (64 - kBits * (level + 1)) & (kPartitions - 1); }

  struct Partition {
    std::vector<RowSet::Chunk> chunks;  ///< none is in memory
    size_t memory_bytes = 0;            ///< that its rows take there
  };

  /// `filter`: learns the hashes of all keys; nullptr: none does.
  PartitionedRows(std::vector<uint32_t> keys, unsigned level, std::shared_ptr<HashFilter> filter = nullptr)
      : keys_(std::move(keys)), level_(level), filter_(std::move(filter)), parts_(kPartitions) {}

  /// Writes the chunk's rows.
  void add(const RowSet::Chunk& chunk, ChunkStore& store);
  void add(PartitionedRows&& other);
  std::vector<Partition>& partitions() { return parts_; }
  const std::shared_ptr<HashFilter>& filter() const { return filter_; }

 private:
  std::vector<uint32_t> keys_;
  unsigned level_;
  std::shared_ptr<HashFilter> filter_;
  std::vector<Partition> parts_;
};

}  // namespace cairn
