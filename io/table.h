#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "io/schema.h"
#include "vector/column_buffer.h"
#include "vector/vector.h"

namespace cairn {

/// One column of a row group as execution reads it: the segment, verified and (where it was) LZ4-decompressed, but
/// still constant, dictionary or frame-of-reference encoded. Immutable; shared by all queries that have it pinned.
class ColumnChunk {
 public:
  virtual ~ColumnChunk() = default;
  /// Rows [begin, begin + rows) without inflating them. Validity is shifted into `scratch` where begin % 64 != 0.
  /// The bytes live as long as this chunk. REQUIRES: begin + rows <= the row group's row_count.
  virtual Vector slice(size_t begin, size_t rows, std::vector<uint64_t>& scratch) const = 0;
  virtual size_t bytes() const = 0;
};

/// What is known of a column in one row group without reading it.
struct ZoneMap {
  uint32_t null_count = 0;
  bool has_bounds = false;  ///< min and max are set (some value is not NULL)
  Value min, max;           ///< strings: possibly truncated prefixes: min <= all, and all <= max
};

/// An immutable horizontal piece of a table, up to kRowGroupRows rows.
class RowGroup {
 public:
  virtual ~RowGroup() = default;
  virtual uint64_t id() const = 0;  ///< unique in the database, never used again
  virtual uint32_t row_count() const = 0;
  virtual const ZoneMap& zone_map(size_t column) const = 0;
  virtual uint64_t stored_bytes(size_t column) const = 0;
  /// Loads the columns (one batch of reads), through the database's cache. Thread-safe. Errors: kDataCorrupted, which
  /// names the file and what is wrong; kIoError.
  virtual std::vector<std::shared_ptr<const ColumnChunk>> load(std::span<const uint32_t> columns) const = 0;
  /// One bit per deleted row, or nullptr: none is deleted.
  virtual const uint64_t* deleted() const { return nullptr; }
};

/// Statistics of a column over a whole table version.
struct ColumnStatistics {
  double distinct_count = 0;  ///< estimated (HyperLogLog)
  uint64_t null_count = 0;
  bool has_bounds = false;
  Value min, max;
  double average_bytes = 0;  ///< strings: mean length
};

class TableSample;

/// One table as one snapshot sees it. Immutable.
struct TableVersion {
  uint64_t table_id = 0;
  uint64_t version = 0;  ///< the snapshot number that last changed this table's rows or schema
  TableSchema schema;
  std::vector<std::shared_ptr<const RowGroup>> row_groups;
  uint64_t row_count = 0;
  std::vector<ColumnStatistics> statistics;  ///< one per column
  std::shared_ptr<TableSample> sample;       ///< io/table_sample.h; nullptr: there is none to be had
};

}  // namespace cairn
