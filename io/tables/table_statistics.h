#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "io/segments/distinct_sketch.h"
#include "io/tables/table.h"

namespace cairn {

/// Adds up what is known of row groups to the statistics of tables. Row groups that were added up once are not looked at
/// again while they stay where they are: a table that grows by a row group costs a few, not all. Not thread-safe.
class TableStatistics {
 public:
  /// One per column.
  std::vector<ColumnStatistics> of(const TableVersion& table);

 private:
  struct Column {
    DistinctSketch sketch;
    ColumnStatistics sum;  ///< null_count, and the bounds of what has some
    uint64_t text_bytes = 0;
    uint64_t row_count = 0;
    bool bounded = true;  ///< every row group that has values knows their bounds
  };
  /// The first row groups of a table.
  struct Prefix {
    std::vector<uint64_t> row_group_ids;
    std::vector<Column> columns;
  };

  void add(const RowGroup& row_group, std::vector<Column>& columns);

  std::map<uint64_t, Prefix> prefixes_;  ///< by table id
};

}  // namespace cairn
