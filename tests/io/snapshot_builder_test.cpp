// Copies of what a transaction defines, in which it sees its rows.

#include "io/tables/snapshot_builder.h"

#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

TEST(SnapshotBuilder, ACopyAndItsOriginalGoTheirOwnWays) {
  const auto rows = std::make_shared<MemoryRowGroup>(1, 10, std::vector<std::shared_ptr<const ColumnChunk>>(3),
                                                     std::vector<ColumnSummary>(3));
  SnapshotBuilder original;
  original.create_table(1, fruit_schema());
  SnapshotBuilder copy(original);
  copy.set_row_groups("fruit", {rows});
  EXPECT_EQ(copy.find_table("fruit")->row_groups.size(), 1u);
  EXPECT_TRUE(original.find_table("fruit")->row_groups.empty());
  original.drop_table("fruit");
  EXPECT_EQ(copy.finish(1, 1)->tables.at("fruit")->row_count, 10);
  EXPECT_TRUE(original.finish(1, 1)->tables.empty());
}

TEST(SnapshotBuilder, ATransactionSeesRowsOfATableThatItCreates) {
  const auto database = Database::open(":memory:", std::make_shared<SimulatedStorage>(1));
  const auto transaction = database->begin_write();
  transaction->create_table(fruit_schema());
  insert(*transaction, numbered_fruits(0, 100));
  EXPECT_EQ(scan(*transaction->snapshot()), numbered_fruits(0, 100));
  transaction->alter_table("fruit", fruit_schema("renamed"));
  insert(*transaction, numbered_fruits(100, 200), "renamed");
  EXPECT_EQ(scan(*transaction->snapshot(), "renamed"), numbered_fruits(0, 200));
  EXPECT_EQ(scan(*transaction->commit(), "renamed"), numbered_fruits(0, 200));
}

}  // namespace
}  // namespace cairn
