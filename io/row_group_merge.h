#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "io/table.h"
#include "vector/column_buffer.h"

namespace cairn {

/// A run of adjacent row groups [begin, end) that become one.
struct MergedRun {
  size_t begin = 0;
  size_t end = 0;
};

/// Row groups of at least this many rows are left alone.
inline constexpr uint64_t kSmallRowGroupRows = 32768;

/// Which row groups to merge so that many small inserts leave few row groups, without rewriting rows often: as in a
/// binary counter, a new small row group swallows the one before it while that is not larger. A table of n rows inserted
/// one by one keeps about log2(n) small row groups at its end, and every row is rewritten about log2(n) times.
/// `live_rows` of all row groups in order; those from `first_new` on are new, and nothing else moves.
std::vector<MergedRun> plan_merges(const std::vector<uint64_t>& live_rows, size_t first_new);

/// All live rows of the row groups, one behind the other.
std::vector<ColumnBuffer> collect_rows(const TableSchema& schema,
                                       const std::vector<std::shared_ptr<const RowGroup>>& row_groups);

}  // namespace cairn
