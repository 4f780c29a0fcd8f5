#include "io/database.h"

#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

/// Each test runs on a simulated disk, on the real one, and in memory.
class DatabaseTest : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    if (!IsSkipped()) open();
  }
  void TearDown() override {
    database_.reset();
    StorageTest::TearDown();
  }
  std::string database_path() const { return path("db"); }
  void open(DatabaseOptions options = {}) {
    database_.reset();
    database_ = Database::open(database_path(), storage_, options);
  }

  std::shared_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Storages, DatabaseTest, ::testing::ValuesIn(all_storages()), name_of_storage);

TEST_P(DatabaseTest, KeepsRowsOverReopening) {
  create_fruit(*database_);
  const auto fruits = numbered_fruits(0, 300'000);
  const auto snapshot = insert(*database_, fruits);
  EXPECT_EQ(snapshot->tables.at("fruit")->row_count, 300'000);
  EXPECT_EQ(snapshot->tables.at("fruit")->row_groups.size(), 3);
  EXPECT_EQ(scan(*snapshot), fruits);
  const std::string identity = database_->identity();
  open();
  EXPECT_EQ(database_->identity(), identity);
  EXPECT_EQ(database_->snapshot()->number, 2);
  EXPECT_EQ(scan(*database_->snapshot()), fruits);
}

}  // namespace
}  // namespace cairn
