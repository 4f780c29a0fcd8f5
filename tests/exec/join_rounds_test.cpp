// The build side of a join in rounds: every row comes in the round that its key's hash names.

#include "exec/operators/join_rounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/exec/fake_store.h"
#include "tests/exec/random_rows.h"

namespace cairn {
namespace {

using namespace testing;

constexpr size_t kRows = 4 * kRowGroupRows;

class JoinRoundsTest : public ::testing::Test {
 protected:
  /// The numbers from 0 on.
  JoinRounds rounds(size_t limit_bytes) {
    memory_ = std::make_unique<MemoryBudget>(limit_bytes);
    PartitionedRows build(keys_, 0, filter_);
    for (size_t first = 0; first < kRows; first += kRowGroupRows) {
      RowSet::Chunk chunk;
      chunk.row_count = kRowGroupRows;
      auto* values = static_cast<int64_t*>(chunk.columns.emplace_back(types_[0]).append_uninitialized(kRowGroupRows));
      std::iota(values, values + kRowGroupRows, static_cast<int64_t>(first));
      build.add(chunk, store_);
    }
    return {std::move(build), types_, keys_, {memory_.get(), &store_, 2}, run_in_order};
  }

  const std::vector<Type> types_ = {Type::big_int()};
  const std::vector<uint32_t> keys_ = {0};
  FakeStore store_;
  std::shared_ptr<HashFilter> filter_;
  std::unique_ptr<MemoryBudget> memory_;
};

TEST_F(JoinRoundsTest, EachRowComesOnce) {
  for (const size_t limit_bytes : {size_t{4} << 20, size_t{1} << 30}) {
    const JoinRounds made = rounds(limit_bytes);
    EXPECT_EQ(made.count() > 1, limit_bytes < size_t{1} << 30);
    std::vector<int> seen(kRows, 0);
    for (size_t round = 0; round < made.count(); ++round) {
      const std::shared_ptr<RowSet> rows = made.load(round, run_in_order);
      for (const RowSet::Chunk& chunk : rows->chunks()) {
        Batch batch;
        batch.size = chunk.row_count;
        batch.columns = {chunk.columns[0].view()};
        std::vector<uint64_t> hashes;
        hash_keys(batch, keys_, hashes);
        for (size_t row = 0; row < chunk.row_count; ++row) {
          ASSERT_EQ(made.of(hashes[row]), round);
          ++seen[static_cast<size_t>(chunk.columns[0].values<int64_t>()[row])];
        }
      }
    }
    EXPECT_EQ(std::ranges::count(seen, 1), static_cast<ptrdiff_t>(kRows));
  }
}

TEST_F(JoinRoundsTest, RowsWithoutMatchesNeedNotWait) {
  filter_ = std::make_shared<HashFilter>(2 * kRows);
  const JoinRounds made = rounds(size_t{4} << 20);
  ASSERT_GT(made.count(), 2u);
  Batch batch;
  batch.size = 3 * kRows;
  ColumnBuffer keys(types_[0]);
  auto* const values = static_cast<int64_t*>(keys.append_uninitialized(batch.size));
  std::iota(values, values + batch.size, 0);
  batch.columns = {keys.view()};
  std::vector<uint64_t> hashes;
  hash_keys(batch, keys_, hashes);
  size_t waiting = 0;
  for (size_t row = 0; row < batch.size; ++row) {
    if (row < kRows) {
      ASSERT_EQ(made.of_probe(hashes[row]), made.of(hashes[row]));
    } else {
      waiting += made.of_probe(hashes[row]) != 0;
    }
  }
  EXPECT_LT(waiting, kRows / 10);
}

TEST_F(JoinRoundsTest, ARoundIsLoadedByManyTasksOfAChunkEach) {
  const JoinRounds made = rounds(size_t{1} << 30);
  size_t task_count = 0;
  const auto rows = made.load(0, [&](size_t tasks, const std::function<void(size_t)>& task) {
    task_count = tasks;
    run_in_order(tasks, task);
  });
  EXPECT_GE(task_count, kRows / kRowGroupRows);
  EXPECT_LE(task_count, 2 * kRows / kRowGroupRows);
  EXPECT_EQ(rows->chunks().size(), task_count);
}

}  // namespace
}  // namespace cairn
