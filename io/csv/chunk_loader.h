#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/csv/column_parser.h"
#include "io/csv/csv_reader.h"
#include "io/csv/field_index.h"
#include "io/tables/database.h"
#include "vector/column_buffer.h"

namespace cairn {

/// Which field goes into which column of a table.
struct CsvTarget {
  TableSchema schema;
  std::vector<size_t> columns;   ///< per field of the file: its column in the table
  std::vector<Value> defaults;   ///< per column of the table, for those that have no field; empty: NULLs
  std::function<RowStep()> make_step;  ///< CsvInput::make_step
};

/// Parses chunks into batches, column by column. One per worker.
class ChunkLoader {
 public:
  ChunkLoader(const CsvTarget& target, const CsvFormat& format, std::string error_prefix);

  /// Appends the chunk's rows to a table writer, which `make_writer` gives at the first row. `between` is called
  /// before each batch; it may throw. Returns the rows.
  /// Errors: "<error_prefix>, line 17, column l_quantity: …", of the first row that is wrong, and in it of the first
  /// column.
  uint64_t load(const RecordChunk& chunk, const std::function<std::unique_ptr<TableWriter>()>& make_writer,
                const std::function<void()>& between);

 private:
  const CsvTarget& target_;
  CsvFormat format_;
  std::string error_prefix_;
  FieldIndex index_;
  std::vector<ColumnParser> parsers_;   ///< per field
  std::vector<ColumnBuffer> values_;    ///< per field
  std::vector<ColumnBuffer> defaults_;  ///< per column of the table: one value for all rows
  RowStep step_;

  void check_defaults(const RecordChunk& chunk) const;
  void check_not_null(const RecordChunk& chunk, const Batch& batch) const;
  void skip_header(const RecordChunk& chunk);
  void parse(const RecordChunk& chunk, size_t rows, bool check_encoding);
  Batch batch_of(size_t rows) const;
  Batch stepped(const RecordChunk& chunk, size_t rows);
  Error located(const Error& error, const RecordChunk& chunk, size_t at, std::string_view column) const;
  Error bad_record_error(const RecordChunk& chunk) const;
  Error line_end_error(const RecordChunk& chunk, const FieldIndex::BadRecord& bad) const;
};

}  // namespace cairn
