#include "exec/row_set.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

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

size_t RowSet::bytes() const {
  size_t total = 0;
  for (const Chunk& chunk : chunks_) {
    for (const ColumnBuffer& column : chunk.columns) total += column.bytes();
  }
  return total;
}

void RowSet::append(const Batch& batch) {
  assert(batch.columns.size() == types_.size());
  const size_t rows = batch.row_count();
  std::vector<uint32_t> positions;  // only for an unselected batch that crosses a chunk's end
  for (size_t done = 0; done < rows;) {
    if (chunks_.empty() || chunks_.back().row_count >= kRowGroupRows) chunks_.push_back(make_chunk(types_));
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
  assert(chunk.columns.size() == types_.size());
  row_count_ += chunk.row_count;
  chunks_.push_back(std::move(chunk));
}

std::vector<RowSet::Chunk> RowSet::take_chunks() {
  row_count_ = 0;
  return std::exchange(chunks_, {});
}

void RowSet::seal() {
  for (Chunk& chunk : chunks_) {
    if (chunk.ranges.size() == types_.size()) continue;
    chunk.ranges.assign(types_.size(), {});
    for (size_t i = 0; i < types_.size(); ++i) {
      if (types_[i].is_integral()) chunk.ranges[i] = compute_range(chunk.columns[i].view());
    }
  }
}

void RowSet::view(size_t chunk_index, size_t begin, size_t rows, Batch& batch,
                  std::vector<std::vector<uint64_t>>& scratch) const {
  const Chunk& chunk = chunks_[chunk_index];
  assert(begin + rows <= chunk.row_count);
  if (scratch.size() < types_.size()) scratch.resize(types_.size());
  batch.size = rows;
  batch.selected = false;
  batch.columns.resize(types_.size());
  for (size_t i = 0; i < types_.size(); ++i) {
    batch.columns[i] = chunk.columns[i].view(begin, rows, &scratch[i]);
    if (i < chunk.ranges.size()) batch.columns[i].range = chunk.ranges[i];
  }
}

}  // namespace cairn
