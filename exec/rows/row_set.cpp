#include "exec/rows/row_set.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

#include "exec/rows/chunk_store.h"
#include "vector/kernels/kernels.h"

namespace cairn {
namespace {

RowSet::Chunk make_chunk(const std::vector<Type>& types) {
  RowSet::Chunk chunk;
  chunk.columns.reserve(types.size());
  for (const Type& type : types) chunk.columns.emplace_back(type);
  return chunk;
}

}  // namespace

size_t RowSet::Chunk::bytes() const {
  size_t total = 0;
  for (const ColumnBuffer& column : columns) total += column.bytes();
  return total;
}

size_t RowSet::Chunk::memory_bytes() const { return is_resident() ? bytes() : stored->memory_bytes(); }

size_t RowSet::memory_bytes() const {
  size_t total = 0;
  for (const Chunk& chunk : chunks_) total += chunk.memory_bytes();
  return total;
}

size_t RowSet::bytes() const {
  size_t total = 0;
  for (const Chunk& chunk : chunks_) total += chunk.bytes();
  return total;
}

bool RowSet::is_resident() const {
  return std::all_of(chunks_.begin(), chunks_.end(), [](const Chunk& chunk) { return chunk.is_resident(); });
}

void RowSet::append(const Batch& batch) {
  assert(batch.columns.size() == types_.size());
  const size_t rows = batch.row_count();
  std::vector<uint32_t> positions;  // only for an unselected batch that crosses a chunk's end
  for (size_t done = 0; done < rows;) {
    if (chunks_.empty() || chunks_.back().row_count >= kRowGroupRows || !chunks_.back().is_resident()) chunks_.push_back(make_chunk(types_));
    Chunk& chunk = chunks_.back();
    const size_t count = std::min(rows - done, kRowGroupRows - chunk.row_count);
    Selection part = batch.selection;
    const bool whole = count == rows;
    if (!whole) {
      if (!batch.selected && positions.empty()) {
        positions.resize(rows);
        std::iota(positions.begin(), positions.end(), 0u);
      }
      part = {(batch.selected ? batch.selection.indices : positions.data()) + done, count, nullptr};
    }
    for (size_t i = 0; i < types_.size(); ++i) {
      chunk.columns[i].append(batch.columns[i], whole && !batch.selected ? nullptr : &part);
    }
    chunk.row_count += count;
    chunk.ranges.clear();
    done += count;
  }
  row_count_ += rows;
}

void RowSet::append(const Chunk& chunk) {
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  view(chunk, 0, chunk.row_count, batch, scratch);
  append(batch);
}

void RowSet::adopt(RowSet&& other) {
  assert(other.types_.size() == types_.size());
  row_count_ += other.row_count_;
  if (chunks_.empty()) {
    chunks_ = std::move(other.chunks_);
  } else {
    chunks_.insert(chunks_.end(), std::make_move_iterator(other.chunks_.begin()),
                   std::make_move_iterator(other.chunks_.end()));
  }
  other.chunks_.clear();
  other.row_count_ = 0;
}

void RowSet::append_chunk(Chunk chunk) {
  assert(!chunk.is_resident() || chunk.columns.size() == types_.size());
  row_count_ += chunk.row_count;
  chunks_.push_back(std::move(chunk));
}

std::vector<RowSet::Chunk> RowSet::take_chunks() {
  row_count_ = 0;
  return std::exchange(chunks_, {});
}

void RowSet::seal() {
  for (Chunk& chunk : chunks_) seal(chunk);
}

void RowSet::seal(Chunk& chunk) const {
  if (chunk.ranges.size() == types_.size() || !chunk.is_resident()) return;
  chunk.ranges.assign(types_.size(), {});
  for (size_t i = 0; i < types_.size(); ++i) {
    if (types_[i].is_integral()) chunk.ranges[i] = compute_range(chunk.columns[i].view());
  }
}

void RowSet::evict(size_t index, ChunkStore& store) {
  Chunk& chunk = chunks_[index];
  if (!chunk.is_resident() || chunk.columns.empty()) return;
  seal(chunk);
  if (chunk.stored == nullptr) chunk.stored = store.store(chunk);
  chunk.columns.clear();
}

void RowSet::evict_all(ChunkStore& store) {
  for (size_t chunk = 0; chunk < chunks_.size(); ++chunk) evict(chunk, store);
}

void RowSet::evict_together(std::span<RowSet> sets, ChunkStore& store) {
  std::vector<Chunk*> from;
  std::vector<Chunk> leaving;
  for (RowSet& set : sets) {
    for (Chunk& chunk : set.chunks_) {
      set.seal(chunk);
      if (chunk.stored != nullptr) chunk.columns.clear();
      if (chunk.columns.empty()) continue;
      from.push_back(&chunk);
      leaving.push_back(std::move(chunk));
    }
  }
  if (from.empty()) return;
  std::vector<std::shared_ptr<const StoredChunk>> stored;
  try {
    stored = store.store(leaving);
  } catch (...) {
    for (size_t i = 0; i < from.size(); ++i) *from[i] = std::move(leaving[i]);
    throw;
  }
  for (size_t i = 0; i < from.size(); ++i) *from[i] = {leaving[i].row_count, {}, std::move(leaving[i].ranges), stored[i]};
}

void RowSet::evict_stored() {
  for (Chunk& chunk : chunks_) {
    if (chunk.stored != nullptr) chunk.columns.clear();
  }
}

std::shared_ptr<const RowSet::Chunk> RowSet::pin(size_t index) const {
  const Chunk& chunk = chunks_[index];
  if (chunk.is_resident()) return {std::shared_ptr<const Chunk>(), &chunk};  // owned by the set
  auto loaded = std::make_shared<Chunk>(chunk.stored->load());
  loaded->ranges = chunk.ranges;
  return loaded;
}

void RowSet::view(const Chunk& chunk, size_t begin, size_t rows, Batch& batch,
                  std::vector<std::vector<uint64_t>>& scratch) {
  assert(begin + rows <= chunk.row_count && chunk.is_resident());
  const size_t columns = chunk.columns.size();
  if (scratch.size() < columns) scratch.resize(columns);
  batch.size = rows;
  batch.selected = false;
  batch.columns.resize(columns);
  for (size_t i = 0; i < columns; ++i) {
    batch.columns[i] = chunk.columns[i].view(begin, rows, &scratch[i]);
    if (i < chunk.ranges.size()) batch.columns[i].range = chunk.ranges[i];
  }
}

}  // namespace cairn
