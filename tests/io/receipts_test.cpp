// What commits leave under names is durable exactly when they are.

#include "io/tables/receipts.h"

#include <gtest/gtest.h>

#include "io/storage/simulated_storage.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

constexpr const char* kReceiptsPath = "/db";

void leave(Database& database, const std::string& name, const std::string& text) {
  const auto transaction = database.begin_write();
  transaction->leave_receipt(name, text);
  transaction->commit();
}

TEST(Receipts, TheNewestOfAName) {
  const auto storage = std::make_shared<SimulatedStorage>(1);
  {
    const auto database = Database::open(kReceiptsPath, storage);
    EXPECT_EQ(std::nullopt, database->receipt("job"));
    leave(*database, "job", "1");
    leave(*database, "other", "x");
    leave(*database, "job", "2");
    EXPECT_EQ("2", database->receipt("job"));
    const auto abandoned = database->begin_write();
    abandoned->leave_receipt("job", "3");
  }
  EXPECT_EQ("2", Database::open(kReceiptsPath, storage)->receipt("job"));
}

TEST(Receipts, ThereIffTheCommitIsAfterACrashAtEveryIo) {
  for (uint64_t n = 1;; ++n) {
    auto storage = std::make_shared<SimulatedStorage>(n);
    storage->crash_at(n);
    int committed = 0;
    try {
      const auto database = Database::open(kReceiptsPath, storage);
      for (int i = 1; i <= 3; ++i) {
        const auto transaction = database->begin_write();
        transaction->create_schema("s" + std::to_string(i));
        transaction->leave_receipt("job", std::to_string(i));
        transaction->commit();
        committed = i;
      }
    } catch (const Error&) {
    }
    storage->crash();
    const auto database = Database::open(kReceiptsPath, storage);
    const size_t there = database->snapshot()->schemas.size();
    EXPECT_GE(there, static_cast<size_t>(committed)) << "crash at I/O " << n;
    EXPECT_EQ(there == 0 ? std::nullopt : std::optional(std::to_string(there)), database->receipt("job")) << "crash at I/O " << n;
    if (committed == 3) break;
  }
}

TEST(Receipts, SurviveACompactedLog) {
  const auto storage = std::make_shared<SimulatedStorage>(1);
  {
    const auto database = Database::open(kReceiptsPath, storage);
    leave(*database, "job", "1");
    for (int i = 0; i < 3; ++i) leave(*database, "large", std::string(2 << 20, 'x'));
    EXPECT_LT(storage->file_size("/db/manifest"), uint64_t{5} << 20) << "the log was replaced";
    leave(*database, "large", "small");
  }
  const auto database = Database::open(kReceiptsPath, storage);
  EXPECT_EQ("1", database->receipt("job"));
  EXPECT_EQ("small", database->receipt("large"));
}

TEST(Receipts, ALargeLogIsReplacedLater) {
  const auto storage = std::make_shared<SimulatedStorage>(1);
  const auto database = Database::open(kReceiptsPath, storage);
  const std::string large(3 << 20, 'x');
  for (int i = 0; i < 2; ++i) leave(*database, "large", large);
  EXPECT_LT(storage->file_size("/db/manifest"), uint64_t{4} << 20) << "it was replaced at four megabytes";
  for (int i = 0; i < 2; ++i) leave(*database, "large", large);
  EXPECT_GT(storage->file_size("/db/manifest"), uint64_t{8} << 20) << "the next time at four times as much as it held then";
}

TEST(Receipts, BeyondAThousandTheOldestGoes) {
  Receipts receipts;
  for (size_t i = 0; i < Receipts::kCountMax; ++i) receipts.leave(std::to_string(i), "x");
  receipts.leave("0", "again");  // not the oldest any more
  receipts.leave("one more", "x");
  EXPECT_EQ(Receipts::kCountMax, receipts.all().size());
  EXPECT_EQ("again", receipts.find("0"));
  EXPECT_EQ(std::nullopt, receipts.find("1"));
  EXPECT_EQ("x", receipts.find("one more"));
}

}  // namespace
}  // namespace cairn
