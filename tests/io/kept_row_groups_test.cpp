// Row groups that were written, kept for a pin, and not committed: another process finds them, and commits them.

#include <gtest/gtest.h>

#include "io/storage/simulated_storage.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

constexpr const char* kKeptPath = "/db";
constexpr int32_t kMany = 40000;  // too many to stand in the manifest

std::string describe_new(WriteTransaction& transaction, const std::vector<Fruit>& fruits, uint64_t order = 0) {
  insert(transaction, fruits, "fruit", order);
  return transaction.describe("fruit", order);
}

void add_described(Database& database, const std::vector<std::string>& descriptions) {
  const auto transaction = database.begin_write();
  for (size_t i = 0; i < descriptions.size(); ++i) transaction->add("fruit", i, transaction->described("fruit", descriptions[i]));
  transaction->commit();
}

size_t count_data_files(Storage& storage) { return storage.list(std::string(kKeptPath) + "/data").size(); }

class KeptRowGroups : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = Database::open(kKeptPath, storage_);
    create_fruit(*database_);
    insert(*database_, numbered_fruits(0, 10));
    database_->pin_durably("pin", database_->snapshot());
  }
  void reopen() {
    database_ = nullptr;
    storage_->crash();
    database_ = Database::open(kKeptPath, storage_);
  }
  /// Of a large and a small writer, kept by a transaction that never commits.
  std::vector<std::string> keep_two() {
    const auto transaction = database_->begin_write();
    std::vector<std::string> descriptions{describe_new(*transaction, numbered_fruits(10, kMany), 0),
                                          describe_new(*transaction, numbered_fruits(kMany, kMany + 5), 1)};
    EXPECT_TRUE(transaction->keep("pin"));
    return descriptions;
  }

  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>(1);
  std::shared_ptr<Database> database_;
};

TEST_F(KeptRowGroups, AreCommittedByAnotherProcess) {
  const std::vector<std::string> descriptions = keep_two();
  reopen();
  EXPECT_EQ(10u, scan(*database_->snapshot()).size());
  add_described(*database_, descriptions);
  EXPECT_EQ(numbered_fruits(0, kMany + 5), scan(*database_->snapshot()));
  database_->unpin("pin");
  reopen();
  EXPECT_EQ(numbered_fruits(0, kMany + 5), scan(*database_->snapshot()));
}

TEST_F(KeptRowGroups, GoWithTheirPin) {
  const size_t before = count_data_files(*storage_);
  keep_two();
  EXPECT_EQ(before + 1, count_data_files(*storage_));
  database_->unpin("pin");
  EXPECT_EQ(before, count_data_files(*storage_));
  database_->pin_durably("pin", database_->snapshot());
  const std::vector<std::string> descriptions = keep_two();
  reopen();
  EXPECT_EQ(before + 1, count_data_files(*storage_));
  database_->unpin("pin");
  EXPECT_EQ(before, count_data_files(*storage_));
  const auto transaction = database_->begin_write();
  EXPECT_THROW(transaction->described("fruit", descriptions[0]), Error);
}

TEST_F(KeptRowGroups, OutliveANewManifest) {
  const std::vector<std::string> descriptions = keep_two();
  insert(*database_, {numbered_fruit(1)});
  database_->pin_durably("older", database_->snapshot());
  insert(*database_, {numbered_fruit(2)});
  database_->pin_durably("of an older snapshot", database_->pinned("older"));  // writes the whole state
  reopen();
  add_described(*database_, descriptions);
  EXPECT_EQ(static_cast<size_t>(kMany + 5 + 2), scan(*database_->snapshot()).size());
}

TEST_F(KeptRowGroups, WithoutAPinOrATransactionNothingIsKept) {
  auto transaction = database_->begin_write();
  describe_new(*transaction, numbered_fruits(0, kMany));
  EXPECT_THROW(transaction->keep("no such pin"), Error);
  transaction->commit();
  EXPECT_FALSE(transaction->keep("pin"));
  const auto in_memory = Database::open(":memory:", storage_);
  create_fruit(*in_memory);
  transaction = in_memory->begin_write();
  EXPECT_EQ("", describe_new(*transaction, numbered_fruits(0, 10)));
  EXPECT_FALSE(transaction->keep("pin"));
}

TEST_F(KeptRowGroups, DamageAndOtherTablesAreNoticed) {
  const std::vector<std::string> descriptions = keep_two();
  const auto refused = [&](const std::string& description, const std::string& table = "fruit") {
    const auto transaction = database_->begin_write();
    try {
      transaction->described(table, description);
    } catch (const Error& error) {
      return error.sqlstate == sqlstate::kDataCorrupted;
    }
    return false;
  };
  const auto transaction = database_->begin_write();
  transaction->create_table({"other", {{"id", Type::integer(), false, ""}}});
  transaction->commit();
  EXPECT_TRUE(refused(descriptions[0], "other"));
  EXPECT_TRUE(refused(descriptions[0] + "x"));
  EXPECT_TRUE(refused(descriptions[0].substr(0, descriptions[0].size() / 2)));
  EXPECT_FALSE(refused(descriptions[0]));
  std::string newest;
  for (const DirectoryEntry& entry : storage_->list(std::string(kKeptPath) + "/data")) newest = std::max(newest, entry.name);
  const auto file = storage_->open(std::string(kKeptPath) + "/data/" + newest, OpenMode::kReadWrite);
  const std::string nothing(64, '\0');
  file->write(128, std::as_bytes(std::span(nothing)));
  file->sync();
  reopen();
  EXPECT_TRUE(refused(descriptions[0]));
  EXPECT_FALSE(refused(descriptions[1]));
}

TEST(KeptRowGroupsFaults, WhatWasKeptIsThereAfterACrashAtEveryIo) {
  for (uint64_t n = 1;; ++n) {
    const auto storage = std::make_shared<SimulatedStorage>(n);
    storage->crash_at(n);
    std::vector<std::string> kept;
    bool ended = false;
    try {
      const auto database = Database::open(kKeptPath, storage);
      create_fruit(*database);
      database->pin_durably("pin", database->snapshot());
      const auto transaction = database->begin_write();
      for (int32_t i = 0; i < 3; ++i) {
        const std::string description = describe_new(*transaction, numbered_fruits(i * kMany, (i + 1) * kMany), static_cast<uint64_t>(i));
        if (transaction->keep("pin")) kept.push_back(description);
      }
      ended = true;
    } catch (const Error&) {
    }
    storage->crash();
    const auto database = Database::open(kKeptPath, storage);
    if (!kept.empty()) {
      add_described(*database, kept);
      EXPECT_EQ(numbered_fruits(0, static_cast<int32_t>(kept.size()) * kMany), scan(*database->snapshot())) << "crash at I/O " << n;
    }
    if (ended) break;
  }
}

}  // namespace
}  // namespace cairn
