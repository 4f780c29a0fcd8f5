#include "io/tables/row_group_writer.h"

#include <numeric>

#include "io/segments/column_analysis.h"
#include "io/segments/segment.h"
#include "io/tables/row_group.h"

namespace cairn {

namespace {

/// A row group whose segments take no more than this stands in the manifest itself: a small insert then is one write
/// and one sync, and leaves no file of whole blocks.
constexpr size_t kInlineBytesMax = 16384;

}  // namespace

std::shared_ptr<const RowGroup> RowGroupWriter::make(uint64_t table_id, const TableSchema& schema,
                                                     std::vector<ColumnBuffer> columns, size_t rows) {
  size_t bytes = 0;
  for (const ColumnBuffer& column : columns) bytes += column.bytes();
  const bool stays_open =
      rows < kOpenRowGroup.rows && bytes < kOpenRowGroup.bytes && open_bytes_.fetch_add(bytes) < kOpenBytesMax;
  return stays_open ? make_in_memory(schema, std::move(columns), rows)
                    : make_committed(table_id, schema, std::move(columns), rows);
}

std::shared_ptr<const RowGroup> RowGroupWriter::make_committed(uint64_t table_id, const TableSchema& schema,
                                                               std::vector<ColumnBuffer> columns, size_t rows) {
  return database_.in_memory() ? make_in_memory(schema, std::move(columns), rows)
                               : make_stored(table_id, schema, std::move(columns), rows);
}

std::vector<uint64_t> RowGroupWriter::sync() {
  std::vector<std::shared_ptr<DataFile>> files;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [table_id, table] : files_) files.push_back(table.file);
  }
  drain();
  std::vector<uint64_t> file_ids;
  for (const auto& file : files) {  // others may be writing to it
    file->file().sync();
    file_ids.push_back(file->id());
  }
  if (!file_ids.empty()) database_.data()->sync();
  return file_ids;
}

std::shared_ptr<const RowGroup> RowGroupWriter::make_in_memory(const TableSchema& schema,
                                                               std::vector<ColumnBuffer> columns, size_t rows) {
  constexpr size_t kLeastEncodedRows = 2048;
  std::vector<std::shared_ptr<const ColumnChunk>> chunks;
  std::vector<ColumnSummary> summaries;
  for (ColumnBuffer& column : columns) {
    if (rows < kLeastEncodedRows) {
      ColumnAnalysis analysis = analyze_column(column, 0, rows, EncodeEffort::kResident);
      summaries.push_back({analysis.zone_map, analysis.sketch, analysis.string_bytes});
      chunks.push_back(make_buffer_chunk(std::move(column), analysis.zone_map));
      continue;
    }
    EncodedSegment segment = encode_segment(column, 0, rows, EncodeEffort::kResident);
    summaries.push_back({segment.zone_map, segment.sketch, segment.text_bytes});
    const size_t byte_count = segment.bytes.size();
    const Type& type = schema.columns[chunks.size()].type;
    chunks.push_back(open_segment(share_bytes(std::move(segment.bytes)), byte_count, type, static_cast<uint32_t>(rows),
                                  std::string(TableDatabase::kMemoryPath)));
    column = ColumnBuffer(type);  // frees its memory
  }
  return std::make_shared<MemoryRowGroup>(database_.take_row_group_id(), static_cast<uint32_t>(rows),
                                          std::move(chunks), std::move(summaries));
}

std::shared_ptr<const RowGroup> RowGroupWriter::make_stored(uint64_t table_id, const TableSchema& schema,
                                                            std::vector<ColumnBuffer> columns, size_t rows) {
  StoredRows stored;
  stored.id = database_.take_row_group_id();
  stored.row_count = static_cast<uint32_t>(rows);
  std::vector<AlignedBuffer> segments;
  std::vector<size_t> used_bytes;
  for (ColumnBuffer& column : columns) {
    EncodedSegment segment = encode_segment(column, 0, rows, EncodeEffort::kSmall);
    stored.types.push_back(schema.columns[segments.size()].type);
    stored.columns.push_back(
        {0, segment.bytes.size(), segment.checksum, {std::move(segment.zone_map), segment.sketch, segment.text_bytes}});
    used_bytes.push_back(segment.used_bytes);
    segments.push_back(std::move(segment.bytes));
    column = ColumnBuffer(column.type());  // frees its memory
  }
  if (std::accumulate(used_bytes.begin(), used_bytes.end(), size_t{0}) <= kInlineBytesMax) {
    for (size_t i = 0; i < segments.size(); ++i) {
      stored.columns[i].bytes = used_bytes[i];
      stored.inline_segments.emplace_back(segments[i].data(), segments[i].data() + used_bytes[i]);
    }
  } else {
    write_segments(table_id, stored, std::move(segments));
  }
  return std::make_shared<StoredRowGroup>(std::move(stored), database_.cache());
}

void RowGroupWriter::write_segments(uint64_t table_id, StoredRows& stored, std::vector<AlignedBuffer> segments) {
  uint64_t bytes = 0;
  for (StoredColumn& column : stored.columns) {
    column.offset = bytes;
    bytes += column.bytes;
  }
  uint64_t offset;
  {
    const std::lock_guard lock(mutex_);
    TableFile& table = files_[table_id];
    if (table.file == nullptr) table.file = database_.create_data_file();
    stored.file = table.file;
    offset = table.bytes;
    table.bytes += bytes;
  }
  for (StoredColumn& column : stored.columns) column.offset += offset;
  segments_.write(stored.file, offset, std::move(segments));
}

}  // namespace cairn
