#include "io/row_group.h"

#include <bit>
#include <cassert>

#include "io/chunk_cache.h"
#include "io/data_directory.h"
#include "io/segment.h"
#include "io/storage.h"
#include "io/validity_slice.h"
#include "vector/error.h"

namespace cairn {

namespace {

class BufferChunk final : public ColumnChunk {
 public:
  BufferChunk(ColumnBuffer&& column, const ZoneMap& zone_map) : column_(std::move(column)) {
    if (zone_map.has_bounds && column_.type().physical() <= Physical::kInt128) {
      range_ = {zone_map.min.integer, zone_map.max.integer};
    }
  }
  Vector slice(size_t begin, size_t rows, std::vector<uint64_t>& scratch) const override {
    Vector vector = column_.view(begin, rows, &scratch);
    vector.range = range_;
    return vector;
  }
  size_t bytes() const override { return column_.bytes(); }

 private:
  ColumnBuffer column_;
  ValueRange range_;
};

}  // namespace

std::shared_ptr<const ColumnChunk> make_buffer_chunk(ColumnBuffer&& column, const ZoneMap& zone_map) {
  return std::make_shared<BufferChunk>(std::move(column), zone_map);
}

StoredRowGroup::StoredRowGroup(uint64_t id, uint32_t row_count, std::vector<Type> types,
                               std::vector<StoredColumn> columns, std::shared_ptr<DataFile> file,
                               std::shared_ptr<ChunkCache> cache)
    : id_(id), row_count_(row_count), types_(std::move(types)), columns_(std::move(columns)), file_(std::move(file)),
      cache_(std::move(cache)) {
  assert(types_.size() == columns_.size());
}

std::vector<std::shared_ptr<const ColumnChunk>> StoredRowGroup::load(std::span<const uint32_t> columns) const {
  return cache_->get(id_, columns, [this](std::span<const uint32_t> missing) { return read(missing); });
}

std::vector<std::shared_ptr<const ColumnChunk>> StoredRowGroup::read(std::span<const uint32_t> columns) const {
  File& file = file_->file();
  std::vector<AlignedBuffer> buffers;
  buffers.reserve(columns.size());
  const auto batch = file_->storage().make_batch();
  for (const uint32_t column : columns) {
    buffers.emplace_back(columns_[column].bytes);
    batch->read(file, columns_[column].offset, buffers.back().bytes());
  }
  batch->wait_all();
  std::vector<std::shared_ptr<const ColumnChunk>> chunks;
  chunks.reserve(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const StoredColumn& column = columns_[columns[i]];
    const std::string where = "segment at offset " + std::to_string(column.offset) + " of '" + file.path() + "'";
    const size_t byte_count = buffers[i].size();
    const uint64_t checksum = stored_segment_checksum(buffers[i].data());
    chunks.push_back(open_segment(share_bytes(std::move(buffers[i])), byte_count, types_[columns[i]], row_count_, where));
    if (checksum == column.checksum) continue;
    throw Error(sqlstate::kDataCorrupted, where + ": another segment than the manifest names stands here",
                "restore the file from a backup");
  }
  return chunks;
}

std::vector<std::shared_ptr<const ColumnChunk>> MemoryRowGroup::load(std::span<const uint32_t> columns) const {
  std::vector<std::shared_ptr<const ColumnChunk>> chunks;
  chunks.reserve(columns.size());
  for (const uint32_t column : columns) chunks.push_back(chunks_[column]);
  return chunks;
}

MaskedRowGroup::MaskedRowGroup(std::shared_ptr<const TableRowGroup> base, std::vector<uint64_t> deleted)
    : base_(std::move(base)), deleted_(std::move(deleted)) {
  assert(base_->deleted() == nullptr && deleted_.size() == mask_words(base_->row_count()));
  for (const uint64_t word : deleted_) deleted_count_ += static_cast<uint32_t>(std::popcount(word));
}

std::shared_ptr<const TableRowGroup> unmasked(const std::shared_ptr<const RowGroup>& group) {
  if (group->deleted() != nullptr) return static_cast<const MaskedRowGroup&>(*group).base();
  return std::static_pointer_cast<const TableRowGroup>(group);
}

}  // namespace cairn
