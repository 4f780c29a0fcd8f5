#include "io/tables/row_group.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "io/segments/segment.h"
#include "io/segments/validity_slice.h"
#include "io/storage/storage.h"
#include "io/tables/chunk_cache.h"
#include "io/tables/data_directory.h"
#include "vector/counted_work.h"
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

StoredRowGroup::StoredRowGroup(StoredRows rows, std::shared_ptr<ChunkCache> cache)
    : rows_(std::move(rows)), cache_(std::move(cache)) {
  assert(rows_.types.size() == rows_.columns.size());
}

std::vector<std::shared_ptr<const ColumnChunk>> StoredRowGroup::load(std::span<const uint32_t> columns) const {
  return cache_->get(rows_.id, columns, [this](std::span<const uint32_t> missing) { return open(missing); });
}

std::vector<AlignedBuffer> StoredRowGroup::read(std::span<const uint32_t> columns) const {
  std::vector<AlignedBuffer> buffers;
  buffers.reserve(columns.size());
  if (rows_.file == nullptr) {
    assert(rows_.inline_segments.size() == rows_.columns.size());
    for (const uint32_t column : columns) buffers.push_back(pad_segment(rows_.inline_segments[column]));
    return buffers;
  }
  File& file = rows_.file->file();
  const auto batch = rows_.file->storage().make_batch();
  for (const uint32_t column : columns) {
    buffers.emplace_back(rows_.columns[column].bytes);
    batch->read(file, rows_.columns[column].offset, buffers.back().bytes());
  }
  batch->wait_all();
  return buffers;
}

std::string StoredRowGroup::place_of(uint32_t column) const {
  if (rows_.file == nullptr) return "segment of row group " + std::to_string(rows_.id) + " in the manifest";
  return "segment at offset " + std::to_string(rows_.columns[column].offset) + " of '" + rows_.file->file().path() +
         "'";
}

std::vector<std::shared_ptr<const ColumnChunk>> StoredRowGroup::open(std::span<const uint32_t> columns) const {
  std::vector<AlignedBuffer> buffers = read(columns);
  std::vector<std::shared_ptr<const ColumnChunk>> chunks;
  chunks.reserve(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const uint32_t column = columns[i];
    const std::string where = place_of(column);
    const size_t byte_count = buffers[i].size();
    const uint64_t checksum = stored_segment_checksum(buffers[i].data());
    chunks.push_back(
        open_segment(share_bytes(std::move(buffers[i])), byte_count, rows_.types[column], rows_.row_count, where));
    if (checksum == rows_.columns[column].checksum) continue;
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
  if (const auto* const masked = dynamic_cast<const MaskedRowGroup*>(group.get())) return masked->base();
  return {group, &as_table_row_group(*group)};
}

const TableRowGroup& as_table_row_group(const RowGroup& group) {
  count_work(1);
  if (const auto* const own = dynamic_cast<const TableRowGroup*>(&group)) return *own;
  throw Error(sqlstate::kInternalError, "row group " + std::to_string(group.id()) + " belongs to no table of a database");
}

bool fits_schema(const StoredRows& rows, const TableSchema& schema) {
  return std::ranges::equal(rows.types, schema.columns, [](const Type& type, const ColumnSchema& column) {
    return type.physical() == column.type.physical();
  });
}

bool same_stored_rows(const StoredRows& described, uint64_t file_id, const StoredRows& stored) {
  const auto same_column = [](const StoredColumn& a, const StoredColumn& b) {
    return a.offset == b.offset && a.bytes == b.bytes && a.checksum == b.checksum &&
           a.summary.zone_map.null_count == b.summary.zone_map.null_count;
  };
  return described.id == stored.id && described.row_count == stored.row_count && described.types == stored.types &&
         file_id == (stored.file == nullptr ? 0 : stored.file->id()) &&
         std::ranges::equal(described.columns, stored.columns, same_column) &&
         described.inline_segments == stored.inline_segments;
}

}  // namespace cairn
