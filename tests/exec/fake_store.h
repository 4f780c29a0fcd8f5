#pragma once

#include <atomic>
#include <memory>

#include "exec/rows/chunk_store.h"
#include "vector/error.h"

namespace cairn {

/// Keeps chunks in memory, counts them, and fails on the n-th where asked to.
class FakeStore final : public ChunkStore {
 public:
  std::vector<std::shared_ptr<const StoredChunk>> store(std::span<const RowSet::Chunk> chunks) override {
    std::vector<std::shared_ptr<const StoredChunk>> kept;
    for (const RowSet::Chunk& chunk : chunks) {
      if (++stored == fails_on) throw Error(sqlstate::kDiskFull, "no space left in the fake store");
      kept.push_back(std::make_shared<Kept>(*this, copy(chunk)));
    }
    return kept;
  }
  using ChunkStore::store;

  std::atomic<uint64_t> stored{0};    ///< chunks, ever
  std::atomic<uint64_t> living{0};    ///< chunks that somebody holds
  std::atomic<uint64_t> fails_on{0};  ///< number of the chunk from 1; 0: none

 private:
  static RowSet::Chunk copy(const RowSet::Chunk& chunk) {
    RowSet::Chunk copied;
    copied.row_count = chunk.row_count;
    for (const ColumnBuffer& column : chunk.columns) copied.columns.emplace_back(column.type()).append(column.view());
    return copied;
  }
  struct Kept final : StoredChunk {
    Kept(FakeStore& owner, RowSet::Chunk kept) : store(owner), chunk(std::move(kept)) { ++store.living; }
    ~Kept() override { --store.living; }
    uint64_t bytes() const override { return chunk.row_count; }
    size_t memory_bytes() const override { return chunk.bytes(); }
    RowSet::Chunk load() const override { return copy(chunk); }

    FakeStore& store;
    RowSet::Chunk chunk;
  };
};

}  // namespace cairn
