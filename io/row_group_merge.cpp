#include "io/row_group_merge.h"

#include <numeric>

#include "vector/vector.h"

namespace cairn {

std::vector<MergedRun> plan_merges(const std::vector<uint64_t>& live_rows, size_t first_new) {
  struct Run {
    size_t begin, end;
    uint64_t rows;
  };
  std::vector<Run> stack;
  for (size_t i = 0; i < live_rows.size(); ++i) {
    stack.push_back({i, i + 1, live_rows[i]});
    if (i < first_new) continue;
    while (stack.size() >= 2) {
      const Run &before = stack[stack.size() - 2], &last = stack.back();
      const bool both_small = before.rows < kSmallRowGroupRows && last.rows < kSmallRowGroupRows;
      if (!both_small || before.rows > last.rows) break;
      stack[stack.size() - 2] = {before.begin, last.end, before.rows + last.rows};
      stack.pop_back();
    }
  }
  std::vector<MergedRun> merges;
  for (const Run& run : stack) {
    if (run.end - run.begin > 1) merges.push_back({run.begin, run.end});
  }
  return merges;
}

std::vector<ColumnBuffer> collect_rows(const TableSchema& schema,
                                       const std::vector<std::shared_ptr<const RowGroup>>& row_groups) {
  std::vector<ColumnBuffer> columns;
  for (const ColumnSchema& column : schema.columns) columns.emplace_back(column.type);
  std::vector<uint32_t> all(schema.columns.size());
  std::iota(all.begin(), all.end(), 0);
  std::vector<uint64_t> scratch;
  std::vector<uint32_t> live;
  for (const auto& row_group : row_groups) {
    const uint64_t* deleted = row_group->deleted();
    live.clear();
    for (uint32_t row = 0; deleted != nullptr && row < row_group->row_count(); ++row) {
      if (((deleted[row / 64] >> (row % 64)) & 1) == 0) live.push_back(row);
    }
    const Selection selection{live.data(), live.size()};
    const auto chunks = row_group->load(all);
    for (size_t i = 0; i < chunks.size(); ++i) {
      columns[i].append(chunks[i]->slice(0, row_group->row_count(), scratch), deleted == nullptr ? nullptr : &selection);
    }
  }
  return columns;
}

}  // namespace cairn
