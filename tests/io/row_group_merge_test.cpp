// Which row groups become one, by rows and by bytes.

#include "io/tables/row_group_merge.h"

#include "io/tables/row_group.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

class RowGroupMerge : public ::testing::Test {
 protected:
  void SetUp() override { create_fruit(*database_); }

  /// Row groups of so many rows each, whose names are `text_bytes` long.
  RowGroups made(const std::vector<size_t>& rows, size_t text_bytes = 5) {
    transaction_ = nullptr;  // one at a time
    transaction_ = database_->begin_write();
    int32_t id = 0;
    for (const size_t count : rows) {
      std::vector<Fruit> fruits;
      for (size_t i = 0; i < count; ++i) fruits.push_back({id++, std::string(text_bytes, 'x'), 1});
      insert(*transaction_, fruits);
    }
    return transaction_->snapshot()->tables.at("fruit")->row_groups;
  }
  /// Rows of the row groups that are left.
  std::vector<size_t> merged(const std::vector<size_t>& rows, size_t first_new, RowGroupSize small, size_t text_bytes = 5) {
    std::vector<size_t> left;
    const auto make = [](std::vector<ColumnBuffer> columns, size_t count) -> std::shared_ptr<const RowGroup> {
      for (size_t i = 0; i < count; ++i) {  // they stay in order
        const auto* ids = columns[0].values<int32_t>();
        EXPECT_EQ(ids[i], ids[0] + static_cast<int32_t>(i));
      }
      return std::make_shared<MemoryRowGroup>(99, static_cast<uint32_t>(count), std::vector<std::shared_ptr<const ColumnChunk>>(3),
                                              std::vector<ColumnSummary>(3));
    };
    for (const auto& row_group : merge_small(fruit_schema(), made(rows, text_bytes), first_new, small, make))
      left.push_back(row_group->row_count());
    return left;
  }
  using Sizes = std::vector<size_t>;

  std::shared_ptr<Database> database_ = Database::open(":memory:", std::make_shared<SimulatedStorage>());
  std::shared_ptr<WriteTransaction> transaction_;
};

TEST_F(RowGroupMerge, ANewOneSwallowsThoseBeforeItThatAreNotLarger) {
  EXPECT_EQ(merged({8, 4, 2, 1, 1}, 4, kSmallRowGroup), Sizes({16}));
  EXPECT_EQ(merged({8, 4, 2, 1}, 3, kSmallRowGroup), Sizes({8, 4, 2, 1}));
  EXPECT_EQ(merged({1, 1, 1, 1, 1}, 0, kSmallRowGroup), Sizes({4, 1}));
}

TEST_F(RowGroupMerge, WhatIsNotNewStaysUnlessANewOneSwallowsIt) {
  EXPECT_EQ(merged({1, 1, 1}, 3, kSmallRowGroup), Sizes({1, 1, 1}));
  EXPECT_EQ(merged({1, 5, 2}, 2, kSmallRowGroup), Sizes({1, 5, 2}));
}

TEST_F(RowGroupMerge, LargeOnesStay) {
  EXPECT_EQ(merged({10, 3, 3}, 1, {10, 1 << 20}), Sizes({10, 6}));
  EXPECT_EQ(merged({3, 10, 3}, 0, {10, 1 << 20}), Sizes({3, 10, 3}));
}

/// Long strings: a merge never needs much more memory than the limit twice.
TEST_F(RowGroupMerge, BytesCountAsRowsDo) {
  EXPECT_EQ(merged(Sizes(64, 1), 0, {32768, 10000}, 1000), Sizes(4, 16));
  EXPECT_EQ(merged(Sizes(64, 1), 0, {32768, 10000}, 10), Sizes({64}));
}

}  // namespace
}  // namespace cairn
