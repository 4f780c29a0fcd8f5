#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "io/tables/table.h"
#include "vector/column_buffer.h"

namespace cairn {

using RowGroups = std::vector<std::shared_ptr<const RowGroup>>;
/// Makes a row group of so many rows.
using MakeRowGroup = std::function<std::shared_ptr<const RowGroup>(std::vector<ColumnBuffer> columns, size_t rows)>;

struct RowGroupSize {
  uint64_t rows = 0;
  uint64_t bytes = 0;  ///< of the values in memory
};

/// Row groups of at least so many rows, or bytes, are left alone.
inline constexpr RowGroupSize kSmallRowGroup{32768, uint64_t{64} << 20};
/// The same within a transaction, where smaller ones stay in memory.
inline constexpr RowGroupSize kOpenRowGroup{32768, uint64_t{4} << 20};

/// Merges row groups so that many small inserts leave few, without rewriting rows often: as in a binary counter, a new
/// small row group swallows the one before it while that is not larger. A table of n rows inserted one by one keeps
/// about log2(n) small row groups at its end, and every row is rewritten about log2(n) times. Those from `first_new` on
/// are new, and nothing else moves.
RowGroups merge_small(const TableSchema& schema, RowGroups row_groups, size_t first_new, const RowGroupSize& small,
                      const MakeRowGroup& make);

/// All live rows of the row groups, one behind the other.
std::vector<ColumnBuffer> collect_rows(const TableSchema& schema, const RowGroups& row_groups);

}  // namespace cairn
