#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/segments/distinct_sketch.h"
#include "io/storage/aligned_buffer.h"
#include "io/tables/table.h"
#include "vector/column_buffer.h"

namespace cairn {

class ChunkCache;
class DataFile;
struct StoredRows;

/// What is kept of a column of a row group beside its values, and adds up to the table's statistics.
struct ColumnSummary {
  ZoneMap zone_map;
  DistinctSketch sketch;
  uint64_t text_bytes = 0;  ///< of all strings
};

/// Row groups as this layer makes them.
///
///   StoredRowGroup   segments in a data file, or, if small, in the manifest; opened through the chunk cache
///   MemoryRowGroup   opened segments, or flat buffers where there are few rows
///   MaskedRowGroup   another row group of which some rows are deleted
class TableRowGroup : public RowGroup {
 public:
  virtual const ColumnSummary& summary(size_t column) const = 0;
  virtual size_t column_count() const = 0;
  virtual uint32_t live_row_count() const { return row_count(); }
  /// Where it lies on disk; nullptr: it does not, and no manifest can name it.
  virtual const StoredRows* stored() const { return nullptr; }
  const ZoneMap& zone_map(size_t column) const final { return summary(column).zone_map; }
};

/// REQUIRES: one that this layer made, as those of every snapshot are; kInternalError for others.
const TableRowGroup& as_table_row_group(const RowGroup& group);

/// Where a column of a row group lies, and what is known of it.
struct StoredColumn {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t checksum = 0;  ///< as in the segment's header: a sound segment in the wrong place is noticed
  ColumnSummary summary;
};

/// What a StoredRowGroup is made of.
struct StoredRows {
  uint64_t id = 0;
  uint32_t row_count = 0;
  std::vector<Type> types;
  std::vector<StoredColumn> columns;
  std::shared_ptr<DataFile> file;                       ///< or nullptr, then
  std::vector<std::vector<std::byte>> inline_segments;  ///< of each column, without its padding
};

/// Whether these can be rows of such a table: as many columns, which are stored alike.
bool fits_schema(const StoredRows& rows, const TableSchema& schema);

/// They lie in the same place and hold the same. Of a row group that has only been described the file is not known:
/// `file_id` is (0: inline).
bool same_stored_rows(const StoredRows& described, uint64_t file_id, const StoredRows& stored);

class StoredRowGroup final : public TableRowGroup {
 public:
  StoredRowGroup(StoredRows rows, std::shared_ptr<ChunkCache> cache);

  uint64_t id() const override { return rows_.id; }
  uint32_t row_count() const override { return rows_.row_count; }
  size_t column_count() const override { return rows_.columns.size(); }
  const ColumnSummary& summary(size_t column) const override { return rows_.columns[column].summary; }
  uint64_t stored_bytes(size_t column) const override { return rows_.columns[column].bytes; }
  std::vector<std::shared_ptr<const ColumnChunk>> load(std::span<const uint32_t> columns) const override;

  const StoredRows* stored() const override { return &rows_; }

 private:
  std::vector<AlignedBuffer> read(std::span<const uint32_t> columns) const;
  std::vector<std::shared_ptr<const ColumnChunk>> open(std::span<const uint32_t> columns) const;
  std::string place_of(uint32_t column) const;

  const StoredRows rows_;
  const std::shared_ptr<ChunkCache> cache_;
};

class MemoryRowGroup final : public TableRowGroup {
 public:
  MemoryRowGroup(uint64_t id, uint32_t row_count, std::vector<std::shared_ptr<const ColumnChunk>> chunks,
                 std::vector<ColumnSummary> summaries)
      : id_(id), row_count_(row_count), chunks_(std::move(chunks)), summaries_(std::move(summaries)) {}

  uint64_t id() const override { return id_; }
  uint32_t row_count() const override { return row_count_; }
  size_t column_count() const override { return chunks_.size(); }
  const ColumnSummary& summary(size_t column) const override { return summaries_[column]; }
  uint64_t stored_bytes(size_t column) const override { return chunks_[column]->bytes(); }
  std::vector<std::shared_ptr<const ColumnChunk>> load(std::span<const uint32_t> columns) const override;

 private:
  const uint64_t id_;
  const uint32_t row_count_;
  const std::vector<std::shared_ptr<const ColumnChunk>> chunks_;
  const std::vector<ColumnSummary> summaries_;
};

class MaskedRowGroup final : public TableRowGroup {
 public:
  /// `deleted`: mask_words(base->row_count()) words. REQUIRES: `base` is not masked itself.
  MaskedRowGroup(std::shared_ptr<const TableRowGroup> base, std::vector<uint64_t> deleted);

  uint64_t id() const override { return base_->id(); }
  uint32_t row_count() const override { return base_->row_count(); }
  uint32_t live_row_count() const override { return row_count() - deleted_count_; }
  const StoredRows* stored() const override { return base_->stored(); }
  size_t column_count() const override { return base_->column_count(); }
  const ColumnSummary& summary(size_t column) const override { return base_->summary(column); }
  uint64_t stored_bytes(size_t column) const override { return base_->stored_bytes(column); }
  std::vector<std::shared_ptr<const ColumnChunk>> load(std::span<const uint32_t> columns) const override {
    return base_->load(columns);
  }
  const uint64_t* deleted() const override { return deleted_.data(); }

  const std::shared_ptr<const TableRowGroup>& base() const { return base_; }

 private:
  const std::shared_ptr<const TableRowGroup> base_;
  const std::vector<uint64_t> deleted_;
  uint32_t deleted_count_ = 0;
};

/// `group` without its mask. REQUIRES: as as_table_row_group.
std::shared_ptr<const TableRowGroup> unmasked(const std::shared_ptr<const RowGroup>& group);

/// A flat column that stays as it was collected; for row groups too small to be worth encoding.
std::shared_ptr<const ColumnChunk> make_buffer_chunk(ColumnBuffer&& column, const ZoneMap& zone_map);

}  // namespace cairn
