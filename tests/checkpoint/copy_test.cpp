// A copy of a database knows its original's checkpoints, which are outside of both. It may use them; they stay the
// original's.

#include "tests/checkpoint/store_fixture.h"

namespace cairn::testing {
namespace {

class CopiedDatabaseTest : public CheckpointStoreTest {
 protected:
  /// Two interrupted queries; the copy is made when nobody runs.
  void SetUp() override {
    open("/nvme");
    for (const char* text : {"SELECT 1", "SELECT 22"}) {
      queries.push_back(store->begin(own_request(text, "/nvme")));
      complete(*queries.back(), queries.size(), rows_);
    }
    store->drain();
    abandoned.push_back(std::exchange(store, nullptr));
    storage->crash(Survival::kEverything);
    copied_->pins = database->pins;
  }
  void TearDown() override {
    queries.clear();
    if (copy_) copy_->close();
    CheckpointStoreTest::TearDown();
  }
  void open_copy() {
    copy_ = CheckpointStore::open(copied_, "", [this](std::string_view text) { note(warnings, text); }, told);
    copy_->drain();
  }
  void close_copy() {
    copy_->close();
    copy_.reset();
  }
  void expect_the_original_has_everything() {
    open();
    store->drain();
    EXPECT_EQ(store->interrupted().size(), 2u);
    EXPECT_EQ(database->pins.size(), 2u);
    const auto query = begin();
    for (const uint64_t name : {1, 2}) {
      ASSERT_TRUE(query->durable(breaker(name)));
      const auto loaded = query->load(breaker(name), SIZE_MAX);
      ASSERT_TRUE(loaded);
      expect_equal(*loaded, *rows_);
    }
  }

  const std::shared_ptr<const RowSet> rows_ = make_rows(100);
  std::shared_ptr<PinnedDatabase> copied_ = std::make_shared<PinnedDatabase>(storage, "/db2");
  std::shared_ptr<CheckpointStore> copy_;
};

TEST_F(CopiedDatabaseTest, AnAnswerOfTheCopyTakesNothingFromTheOriginal) {
  open_copy();
  EXPECT_EQ(copy_->interrupted().size(), 2u);
  auto query = copy_->begin(own_request("SELECT 1"));
  const auto loaded = query->load(breaker(1), SIZE_MAX);
  ASSERT_TRUE(loaded);
  expect_equal(*loaded, *rows_);
  query->finish(true);
  copy_->drain();
  EXPECT_EQ(copy_->interrupted().size(), 1u);
  EXPECT_EQ(copied_->pins.size(), 1u);
  ASSERT_EQ(warnings.size(), 1u) << "that something stays";
  EXPECT_NE(warnings[0].find("/nvme/"), std::string::npos) << warnings[0];
  query.reset();
  close_copy();
  expect_the_original_has_everything();
}

TEST_F(CopiedDatabaseTest, WhatTheCopyDiscardsTheOriginalKeeps) {
  const size_t files = file_count("/nvme");
  open_copy();
  for (const InterruptedQuery& query : copy_->interrupted()) EXPECT_TRUE(copy_->discard(query.id));
  EXPECT_TRUE(copy_->interrupted().empty());
  EXPECT_TRUE(copied_->pins.empty());
  close_copy();
  EXPECT_EQ(file_count("/nvme"), files);
  expect_the_original_has_everything();
}

TEST_F(CopiedDatabaseTest, ACopyThatKnowsOnlySomeQueriesLeavesTheOthers) {
  copied_->pins.erase(copied_->pins.begin());
  open_copy();
  ASSERT_EQ(copy_->interrupted().size(), 1u);
  EXPECT_TRUE(copy_->discard(copy_->interrupted()[0].id));
  close_copy();
  expect_the_original_has_everything();
}

TEST_F(CopiedDatabaseTest, BothMayBeOpen) {
  open_copy();
  EXPECT_EQ(copy_->interrupted().size(), 2u);
  expect_the_original_has_everything();
  const InterruptedQuery query = store->interrupted()[0];
  EXPECT_TRUE(store->discard(query.id));
  auto again = copy_->begin(own_request(query.text));
  EXPECT_EQ(again->load(breaker(1), SIZE_MAX), nullptr) << "it is computed anew";
  EXPECT_EQ(notices.size(), 1u);
  again->finish(true);
  copy_->drain();
  EXPECT_EQ(copied_->pins.size(), 1u);
  EXPECT_EQ(store->interrupted().size(), 1u);
}

TEST_F(CopiedDatabaseTest, WhatTheCopyWritesTheOriginalLeavesAlone) {
  copied_->pins.clear();
  open_copy();
  auto query = copy_->begin(own_request("SELECT 333", "/nvme"));
  complete(*query, 3, rows_);
  copy_->drain();
  abandoned.push_back(std::exchange(copy_, nullptr));
  storage->crash(Survival::kEverything);
  open("/nvme");
  for (const InterruptedQuery& each : store->interrupted()) EXPECT_TRUE(store->discard(each.id));
  store->close();
  open_copy();
  EXPECT_EQ(copy_->interrupted().size(), 1u);
  EXPECT_TRUE(copy_->begin(own_request("SELECT 333"))->load(breaker(3), SIZE_MAX));
}

}  // namespace
}  // namespace cairn::testing
