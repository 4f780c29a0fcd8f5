#include "exec/rows/row_set.h"

#include <gtest/gtest.h>

#include "exec/operators/materialize.h"
#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

/// A batch over BIGINTs first, first + 1, …
struct Numbers {
  Numbers(int64_t first, size_t rows) : buffer(Type::big_int()) {
    auto* values = static_cast<int64_t*>(buffer.append_uninitialized(rows));
    for (size_t i = 0; i < rows; ++i) values[i] = first + static_cast<int64_t>(i);
    batch.size = rows;
    batch.columns = {buffer.view()};
  }
  ColumnBuffer buffer;
  Batch batch;
};

std::vector<int64_t> values_of(const RowSet& rows) {
  std::vector<int64_t> values;
  for (const auto& chunk : rows.chunks()) {
    const auto* column = chunk.columns[0].values<int64_t>();
    values.insert(values.end(), column, column + chunk.row_count);
  }
  return values;
}

TEST(Materialize, RowsOfAMorselUnderWayCount) {
  PlanNode plan;
  plan.types = {Type::big_int()};
  const std::unique_ptr<Sink> sink = make_materialize_sink(plan);
  const ExecutionSettings settings;
  const std::unique_ptr<Fragment> fragment = sink->open({&settings});
  size_t before = 0;
  for (uint64_t morsel = 0; morsel < 3; ++morsel) {
    Numbers numbers(0, 1000);
    fragment->consume(numbers.batch, {morsel});
    const size_t bytes = fragment->bytes();
    EXPECT_GE(bytes, before + 1000 * sizeof(int64_t));
    EXPECT_LT(bytes, before + 100 * 1000 * sizeof(int64_t));
    fragment->end_morsel({morsel});
    EXPECT_EQ(fragment->bytes(), bytes);
    before = bytes;
  }
}

TEST(RowSet, FillsChunksToTheBrim) {
  RowSet rows({Type::big_int()});
  for (int i = 0; i < 3; ++i) rows.append(Numbers(i * 100000, 100000).batch);
  ASSERT_EQ(rows.chunks().size(), 3u);
  EXPECT_EQ(rows.chunks()[0].row_count, kRowGroupRows);
  EXPECT_EQ(rows.chunks()[1].row_count, kRowGroupRows);
  EXPECT_EQ(rows.row_count(), 300000u);
  auto values = values_of(rows);
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], static_cast<int64_t>(i));
}

TEST(RowSet, AppendsSelectedRowsOnly) {
  RowSet rows({Type::big_int()});
  rows.append(Numbers(0, kRowGroupRows - 2).batch);
  Numbers more(1000000, 10);
  const uint32_t selected[] = {1, 3, 5, 9};
  more.batch.selected = true;
  more.batch.selection = {selected, 4, nullptr};
  rows.append(more.batch);
  ASSERT_EQ(rows.chunks().size(), 2u);
  auto values = values_of(rows);
  EXPECT_EQ((std::vector<int64_t>(values.end() - 4, values.end())), (std::vector<int64_t>{1000001, 1000003, 1000005, 1000009}));
}

TEST(RowSet, SealingComputesRangesAndViewsCarryThem) {
  RowSet rows({Type::big_int()});
  rows.append(Numbers(50, 100).batch);
  rows.seal();
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  rows.view(0, 10, 20, batch, scratch);
  EXPECT_EQ(batch.size, 20u);
  EXPECT_TRUE(batch.columns[0].range.min == 50 && batch.columns[0].range.max == 149);
  EXPECT_EQ(batch.columns[0].values<int64_t>()[0], 60);
}

TEST(RowSet, RowsWithoutColumnsAreCounted) {
  RowSet rows({});
  Batch batch;
  batch.size = 7;
  rows.append(batch);
  EXPECT_EQ(rows.row_count(), 7u);
  ASSERT_EQ(rows.chunks().size(), 1u);
  EXPECT_EQ(rows.chunks()[0].row_count, 7u);
}

TEST(MergeInOrder, KeepsTheOrderAndCopiesSmallPiecesTogether) {
  std::vector<RowSet> pieces;
  int64_t next = 0;
  for (size_t rows : {1u, 5u, 20000u, 3u, 0u, 4u, 200000u, 7u}) {
    pieces.emplace_back(std::vector<Type>{Type::big_int()});
    if (rows > 0) pieces.back().append(Numbers(next, rows).batch);
    next += static_cast<int64_t>(rows);
  }
  auto inline_tasks = [](size_t count, const std::function<void(size_t)>& task) {
    for (size_t i = 0; i < count; ++i) task(i);
  };
  auto merged = merge_in_order({Type::big_int()}, std::move(pieces), inline_tasks);
  auto values = values_of(*merged);
  ASSERT_EQ(values.size(), static_cast<size_t>(next));
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], static_cast<int64_t>(i));
  EXPECT_EQ(merged->chunks().size(), 6u);
}

}  // namespace
}  // namespace cairn::testing
