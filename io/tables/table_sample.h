#pragma once

#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "io/tables/table.h"
#include "vector/column_buffer.h"

namespace cairn {

/// Some rows of a table version, for estimates: all of a small table, otherwise a stratified random sample of up to
/// kGroups of its row groups, the same in every run. Columns are read when they are first asked for, which costs what a
/// scan of those row groups would. Thread-safe.
class TableSample {
 public:
  static constexpr size_t kRows = 4096;
  static constexpr size_t kGroups = 16;

  /// The columns of the sample's rows; flat, of equal length, alive as long as the sample. Errors as RowGroup::load.
  /// REQUIRES: always the same table.
  std::vector<Vector> read(const TableVersion& table, std::span<const uint32_t> columns);

 private:
  struct Piece {
    const RowGroup* group;
    std::vector<uint32_t> rows;  ///< ascending; none is deleted
  };
  void choose_rows(const TableVersion& table);

  std::mutex mutex_;
  bool chosen_ = false;
  std::vector<Piece> pieces_;
  std::map<uint32_t, ColumnBuffer> columns_;
};

}  // namespace cairn
