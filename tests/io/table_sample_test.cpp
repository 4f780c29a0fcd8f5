// Which rows estimates look at.

#include "io/tables/table_sample.h"

#include <set>

#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

class TableSampleTest : public ::testing::Test {
 protected:
  std::shared_ptr<const TableVersion> table_of(const std::vector<Fruit>& fruits) {
    create_fruit(*database_);
    return insert(*database_, fruits)->tables.at("fruit");
  }
  static std::vector<int64_t> numbers(const Vector& vector) {
    std::vector<int64_t> out;
    for (size_t row = 0; row < vector.size; ++row) out.push_back(static_cast<int64_t>(read_value(vector, row).integer));
    return out;
  }

  std::shared_ptr<Storage> storage_ = std::make_shared<SimulatedStorage>(1);
  std::shared_ptr<Database> database_ = Database::open(":memory:", storage_);
};

TEST_F(TableSampleTest, ASmallTableIsItsSample) {
  const auto table = table_of(numbered_fruits(0, 500));
  TableSample sample;
  const std::vector<uint32_t> columns = {2, 0};
  const std::vector<Vector> read = sample.read(*table, columns);
  ASSERT_EQ(read.size(), 2u);
  std::vector<int64_t> ids, prices;
  for (const Fruit& fruit : numbered_fruits(0, 500)) ids.push_back(fruit.id), prices.push_back(fruit.price);
  EXPECT_EQ(numbers(read[1]), ids);
  EXPECT_EQ(numbers(read[0]), prices);
}

TEST_F(TableSampleTest, ColumnsThatAreAskedForLaterAreOfTheSameRows) {
  const auto table = table_of(numbered_fruits(0, 20'000));
  TableSample sample;
  const uint32_t id[] = {0}, both[] = {2, 0, 2};
  const std::vector<int64_t> ids = numbers(sample.read(*table, id)[0]);
  const std::vector<Vector> read = sample.read(*table, both);
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(numbers(read[1]), ids);
  EXPECT_EQ(numbers(read[0]), numbers(read[2]));
  ASSERT_EQ(read[0].size, ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(read_value(read[0], i).integer, numbered_fruit(static_cast<int32_t>(ids[i])).price);
  }
}

TEST_F(TableSampleTest, ALargeTableIsSampledEvenlyAndAtRandom) {
  const auto table = table_of(numbered_fruits(0, 250'000));
  const uint32_t id[] = {0};
  const std::vector<int64_t> ids = numbers(TableSample().read(*table, id)[0]);
  EXPECT_GT(ids.size(), TableSample::kRows * 9 / 10);
  EXPECT_LE(ids.size(), TableSample::kRows);
  EXPECT_EQ(std::set<int64_t>(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  size_t in_half = 0;
  int64_t widest = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    in_half += ids[i] < 125'000;
    if (i > 0) widest = std::max(widest, ids[i] - ids[i - 1]);
  }
  EXPECT_NEAR(static_cast<double>(in_half), static_cast<double>(ids.size()) / 2, 40);
  EXPECT_LT(widest, 2 * 62 + 2) << "one of every stratum";
  for (const int64_t period : {2, 16, 62, 64}) {  // where in the period they are does not show
    std::set<int64_t> rest;
    for (const int64_t each : ids) rest.insert(each % period);
    EXPECT_EQ(rest.size(), static_cast<size_t>(period));
  }
  EXPECT_EQ(numbers(TableSample().read(*table, id)[0]), ids) << "in every run the same";
}

TEST_F(TableSampleTest, DeletedRowsAreNoneOfIt) {
  const auto table = table_of(numbered_fruits(0, 200));
  std::vector<uint64_t> odd((200 + 63) / 64, 0xaaaa'aaaa'aaaa'aaaau);
  odd.back() &= (uint64_t{1} << (200 % 64)) - 1;
  const auto transaction = database_->begin_write();
  transaction->delete_rows("fruit", table->row_groups[0]->id(), odd);
  const auto rest = transaction->commit()->tables.at("fruit");
  const uint32_t id[] = {0};
  const std::vector<int64_t> ids = numbers(TableSample().read(*rest, id)[0]);
  EXPECT_EQ(ids.size(), 100u);
  for (const int64_t each : ids) EXPECT_EQ(each % 2, 0);
}

TEST_F(TableSampleTest, AnEmptyTableHasAnEmptySample) {
  create_fruit(*database_);
  const uint32_t id[] = {0};
  const std::vector<Vector> read = TableSample().read(*database_->snapshot()->tables.at("fruit"), id);
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].size, 0u);
}

}  // namespace
}  // namespace cairn
