// What a transaction still takes when it has ended, and what becomes of files that nobody needs any more.

#include <new>

#include "tests/faults/failing_allocator.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

class TransactionEnd : public ::testing::Test {
 protected:
  void SetUp() override {
    create_fruit(*database_);
    insert(*database_, numbered_fruits(0, 20'000));
  }

  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>(1);
  std::shared_ptr<Database> database_ = Database::open("/db", storage_);
};

TEST_F(TransactionEnd, AnEndedOneTakesNothingMore) {
  const auto ended = database_->begin_write();
  ended->commit();
  const uint64_t row_group = database_->snapshot()->tables.at("fruit")->row_groups[0]->id();
  const std::vector<uint64_t> nothing(20'000 / 64 + 1);
  const std::vector<std::function<void()>> calls = {
      [&] { ended->create_table(fruit_schema("new")); },
      [&] { ended->drop_table("fruit"); },
      [&] { ended->create_view({"v", {}, "SELECT 1"}); },
      [&] { ended->drop_view("v"); },
      [&] { ended->alter_table("fruit", fruit_schema()); },
      [&] { ended->create_sequence({"s"}); },
      [&] { ended->alter_sequence("s", {"s"}); },
      [&] { ended->drop_sequence("s"); },
      [&] { ended->create_schema("n"); },
      [&] { ended->drop_schema("n"); },
      [&] { ended->begin_statement(); },
      [&] { ended->writer("fruit"); },
      [&] { ended->snapshot(); },
      [&] { ended->delete_rows("fruit", row_group, nothing); },
      [&] { ended->commit(); },
  };
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(error_of(calls[i]).sqlstate, sqlstate::kNoActiveTransaction) << i;
  }
  insert(*database_, numbered_fruits(20'000, 20'010));
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 20'010));
}

TEST_F(TransactionEnd, ANameIsGivenOnce) {
  const auto transaction = database_->begin_write();
  transaction->create_view({"view", {}, "SELECT 1"});
  transaction->create_sequence({"sequence"});
  for (const std::string name : {"fruit", "view", "sequence"}) {
    EXPECT_EQ(error_of([&] { transaction->create_table(fruit_schema(name)); }).sqlstate, sqlstate::kDuplicateTable) << name;
    EXPECT_EQ(error_of([&] { transaction->create_view({name, {}, "SELECT 1"}); }).sqlstate, sqlstate::kDuplicateTable) << name;
    EXPECT_EQ(error_of([&] { transaction->create_sequence({name}); }).sqlstate, sqlstate::kDuplicateTable) << name;
  }
  transaction->create_table(fruit_schema("free"));
  EXPECT_EQ(error_of([&] { transaction->alter_table("free", fruit_schema("fruit")); }).sqlstate, sqlstate::kDuplicateTable);
  transaction->commit();
  EXPECT_EQ(database_->snapshot()->tables.size(), 2u);
}

TEST_F(TransactionEnd, FilesThatNobodyNeedsGoAtOnce) {
  EXPECT_EQ(storage_->list("/db/data").size(), 1u);
  auto old = database_->snapshot();
  const auto transaction = database_->begin_write();
  transaction->drop_table("fruit");
  transaction->commit();
  EXPECT_EQ(scan(*old), numbered_fruits(0, 20'000)) << "its reader is there";
  EXPECT_EQ(storage_->list("/db/data").size(), 1u);
  old.reset();
  EXPECT_TRUE(storage_->list("/db/data").empty());
}

TEST_F(TransactionEnd, FilesOfAnAbandonedOneGoAtOnce) {
  {
    const auto transaction = database_->begin_write();
    insert(*transaction, numbered_fruits(20'000, 40'000));
  }
  EXPECT_EQ(storage_->list("/db/data").size(), 1u);
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 20'000));
}

TEST_F(TransactionEnd, FilesOfOneThatCouldNotCommitGoAtOnce) {
  const auto transaction = database_->begin_write();
  insert(*transaction, numbered_fruits(20'000, 200'000));
  EXPECT_EQ(scan(*transaction->snapshot()), numbered_fruits(0, 200'000));
  EXPECT_EQ(storage_->list("/db/data").size(), 2u);
  storage_->set_fault([](const SimulatedOperation& operation) { return operation.call == SimulatedCall::kSync ? EIO : 0; });
  EXPECT_THROW(transaction->commit(), Error);
  storage_->clear_faults();
  EXPECT_EQ(storage_->list("/db/data").size(), 1u) << "though its object is there";
}

TEST_F(TransactionEnd, OneThatCouldNotBeginKeepsNobodyWaiting) {
  int refused = 0;
  for (bool met = true; met; refused += met ? 1 : 0) {
    std::unique_ptr<WriteTransaction> transaction;
    test::FailingAllocator::arm(static_cast<uint64_t>(refused) + 1, false);
    try {
      transaction = database_->begin_write();
    } catch (const std::bad_alloc&) {
    }
    met = test::FailingAllocator::disarm();
    EXPECT_EQ(transaction == nullptr, met);
  }
  EXPECT_GT(refused, 0);
  insert(*database_, numbered_fruits(20'000, 20'010));
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 20'010));
}

TEST_F(TransactionEnd, WhatWasPinnedStaysOnDisk) {
  database_->pin_durably("pin", database_->snapshot());
  auto transaction = database_->begin_write();
  transaction->drop_table("fruit");
  transaction->commit();
  transaction.reset();
  database_.reset();
  storage_->crash(Survival::kNothing);
  database_ = Database::open("/db", storage_);
  ASSERT_TRUE(database_->pinned("pin"));
  EXPECT_EQ(scan(*database_->pinned("pin")), numbered_fruits(0, 20'000));
  database_->unpin("pin");
  EXPECT_TRUE(storage_->list("/db/data").empty());
  storage_->crash(Survival::kNothing);
  database_.reset();
  database_ = Database::open("/db", storage_);
  EXPECT_TRUE(database_->pin_names().empty());
}

}  // namespace
}  // namespace cairn
