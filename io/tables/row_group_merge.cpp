#include "io/tables/row_group_merge.h"

#include <numeric>

#include "io/tables/row_group.h"
#include "vector/counted_work.h"

namespace cairn {

namespace {

/// Adjacent row groups [begin, end) that become one.
struct Run {
  size_t begin, end;
  RowGroupSize size;
};

RowGroupSize size_of(const RowGroup& row_group, const TableSchema& schema) {
  const TableRowGroup& rows = as_table_row_group(row_group);
  RowGroupSize size{rows.live_row_count(), 0};
  for (size_t i = 0; i < schema.columns.size(); ++i)
    size.bytes += rows.summary(i).text_bytes + size.rows * physical_bytes(schema.columns[i].type.physical());
  return size;
}

}  // namespace

RowGroups merge_small(const TableSchema& schema, RowGroups row_groups, size_t first_new, const RowGroupSize& small,
                      const MakeRowGroup& make) {
  const auto is_small = [&small](const Run& run) { return run.size.rows < small.rows && run.size.bytes < small.bytes; };
  std::vector<Run> runs;
  // What stands before the new ones and is not small ends every run.
  size_t begin = first_new;
  while (begin > 0 && is_small({0, 0, size_of(*row_groups[begin - 1], schema)})) --begin;
  for (size_t i = begin; i < row_groups.size(); ++i) {
    runs.push_back({i, i + 1, size_of(*row_groups[i], schema)});
    while (i >= first_new && runs.size() >= 2) {
      const Run &before = runs[runs.size() - 2], &last = runs.back();
      if (!is_small(before) || !is_small(last) || before.size.rows > last.size.rows) break;
      const RowGroupSize both{before.size.rows + last.size.rows, before.size.bytes + last.size.bytes};
      runs[runs.size() - 2] = {before.begin, last.end, both};
      runs.pop_back();
    }
  }
  count_work(row_groups.size() - begin);
  RowGroups result(row_groups.begin(), row_groups.begin() + static_cast<ptrdiff_t>(begin));
  for (const Run& run : runs) {
    const auto first = row_groups.begin() + static_cast<ptrdiff_t>(run.begin);
    if (run.end - run.begin == 1) {
      result.push_back(*first);
      continue;
    }
    count_work(run.size.rows);
    std::vector<ColumnBuffer> rows = collect_rows(schema, {first, row_groups.begin() + static_cast<ptrdiff_t>(run.end)});
    const size_t row_count = rows.front().size();
    result.push_back(make(std::move(rows), row_count));
  }
  return result;
}

std::vector<ColumnBuffer> collect_rows(const TableSchema& schema, const RowGroups& row_groups) {
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
      columns[i].append(chunks[i]->slice(0, row_group->row_count(), scratch),
                        deleted == nullptr ? nullptr : &selection);
    }
  }
  return columns;
}

}  // namespace cairn
