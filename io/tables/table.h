#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "io/segments/column_chunk.h"
#include "io/tables/schema.h"
#include "vector/column_buffer.h"
#include "vector/vector.h"

namespace cairn {

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
  std::shared_ptr<TableSample> sample;       ///< io/tables/table_sample.h; nullptr: there is none to be had
};

}  // namespace cairn
