// What a query and its user are told of its checkpoints, and how much room these may take.

#include <chrono>
#include <ctime>
#include <thread>

#include "tests/checkpoint/store_fixture.h"
#include "tests/io/file_fixture.h"

namespace cairn::testing {
namespace {

class CheckpointAccountTest : public CheckpointStoreTest {
 protected:
  /// A query that wants to hear of every breaker, and may keep so many bytes (0: any number).
  std::shared_ptr<QueryCheckpoint> begin_verbose(uint64_t bytes_max, const std::string& text = "SELECT 1") {
    CheckpointRequest made = request(text);
    made.verbose = true;
    made.bytes_max = bytes_max;
    return store->begin(std::move(made));
  }
  /// Of all files with rows.
  uint64_t fragment_bytes(const std::string& directory = "/db/checkpoints") {
    uint64_t bytes = 0;
    if (!storage->exists(directory)) return 0;
    for (const auto& entry : storage->list(directory)) {
      const std::string path = directory + "/" + entry.name;
      if (entry.kind == EntryKind::kDirectory) bytes += fragment_bytes(path);
      else if (entry.name.find('-') != std::string::npos) bytes += storage->file_size(path);
    }
    return bytes;
  }
  /// "durable, 0.1 MB"
  std::string state(QueryCheckpoint& query, uint64_t name) { return query.state(breaker(name)); }
};

/* ---- Bytes ---- */

TEST_F(CheckpointAccountTest, BytesAreThoseOfTheFiles) {
  open();
  EXPECT_EQ(store->bytes(), 0u);
  auto query = begin();
  complete(*query, 1, make_rows(1000));
  store->drain();
  const uint64_t first = store->bytes();
  EXPECT_GT(first, 0u);
  EXPECT_EQ(first, fragment_bytes());
  complete(*query, 2, make_rows(3000));
  store->drain();
  EXPECT_GT(store->bytes(), first);
  EXPECT_EQ(store->bytes(), fragment_bytes());
  EXPECT_EQ(query->bytes_written(), fragment_bytes());
  query->finish(true);
  store->drain();
  EXPECT_EQ(store->bytes(), 0u);
  EXPECT_EQ(fragment_bytes(), 0u);
}

TEST_F(CheckpointAccountTest, BytesOfInterruptedQueriesCountUntilTheyAreForgotten) {
  open();
  for (const std::string text : {"SELECT 1", "SELECT 22"}) {
    queries.push_back(begin(text));
    complete(*queries.back(), 1, make_rows(1000));
    complete(*queries.back(), 2, make_rows(10));
  }
  store->drain();
  const uint64_t bytes = store->bytes();
  kill();
  EXPECT_EQ(store->bytes(), bytes);
  auto interrupted = store->interrupted();
  ASSERT_EQ(interrupted.size(), 2u);
  EXPECT_EQ(interrupted[0].bytes + interrupted[1].bytes, bytes);
  EXPECT_TRUE(store->discard(interrupted[0].id));
  EXPECT_EQ(store->bytes(), interrupted[1].bytes);
  EXPECT_EQ(store->bytes(), fragment_bytes());
  EXPECT_FALSE(store->discard(interrupted[0].id)) << "it is gone";
  EXPECT_FALSE(store->find(interrupted[0].id));
  ASSERT_TRUE(store->find(interrupted[1].id));
  EXPECT_EQ(store->find(interrupted[1].id)->id, interrupted[1].id);
  begin(interrupted[1].text)->finish(true);  // has been answered anew
  store->drain();
  EXPECT_EQ(store->bytes(), 0u);
  EXPECT_EQ(fragment_bytes(), 0u);
}

TEST_F(CheckpointAccountTest, ALimitIsKeptToTheByte) {
  open();
  const auto rows = make_rows(500);
  auto tight = begin_verbose(rows->bytes() - 1);
  complete(*tight, 1, rows);
  store->drain();
  EXPECT_EQ(state(*tight, 1), "skipped: checkpoint_limit reached");
  EXPECT_EQ(store->bytes(), 0u);
  auto enough = begin_verbose(rows->bytes(), "SELECT 22");
  complete(*enough, 1, rows);
  store->drain();
  EXPECT_TRUE(state(*enough, 1).starts_with("durable, ")) << state(*enough, 1);
}

TEST_F(CheckpointAccountTest, ALimitCountsWhatAllQueriesKeep) {
  open();
  const auto rows = make_rows(500);
  auto first = begin_verbose(0);
  complete(*first, 1, rows);
  store->drain();
  auto second = begin_verbose(rows->bytes() + 1, "SELECT 22");
  complete(*second, 1, rows);
  store->drain();
  EXPECT_EQ(state(*second, 1), "skipped: checkpoint_limit reached");
  first->finish(true);
  complete(*second, 2, rows);
  store->drain();
  EXPECT_TRUE(state(*second, 2).starts_with("durable, ")) << "there is room again";
}

/* ---- Notices and states ---- */

TEST_F(CheckpointAccountTest, AVerboseQueryHearsOfEachBreaker) {
  open();
  const auto rows = make_rows(20000);
  auto query = begin_verbose(rows->bytes() + 1);
  EXPECT_EQ(state(*query, 1), "");
  complete(*query, 1, rows);
  store->drain();
  const std::string megabytes = std::to_string((fragment_bytes() + 50000) / 100000);  // in tenths
  const std::string size = (megabytes.size() > 1 ? megabytes.substr(0, megabytes.size() - 1) : "0") + "." + megabytes.back() + " MB";
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0], "checkpoint: breaker 2 of 0 durable (join build, " + size + ")");
  EXPECT_EQ(state(*query, 1), "durable, " + size);
  complete(*query, 2, rows);
  store->drain();
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_EQ(notices[1], "checkpoint: breaker 3 of 0 skipped (join build): checkpoint_limit reached");
}

TEST_F(CheckpointAccountTest, BreakersAreCountedInItsPlan) {
  open();
  CheckpointRequest made = request("SELECT 1");
  auto sort = std::make_shared<PlanNode>(), aggregate = std::make_shared<PlanNode>();
  sort->kind = PlanNode::Kind::kSort;
  sort->children = {made.plan};
  aggregate->kind = PlanNode::Kind::kAggregate;
  aggregate->children = {sort};
  made.plan = aggregate;
  made.verbose = true;
  queries.push_back(store->begin(std::move(made)));
  complete(*queries[0], 0, make_rows(10));
  kill();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_CONTAINS(notices[0], "breaker 1 of 2 durable");
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->interrupted()[0].breakers_total, 2u);
}

TEST_F(CheckpointAccountTest, AQuietQueryHearsOfNothingThatGoesWell) {
  open();
  CheckpointRequest made = request("SELECT 1");
  made.bytes_max = make_rows(500)->bytes();
  auto query = store->begin(std::move(made));
  complete(*query, 1, make_rows(500));
  complete(*query, 2, make_rows(500));
  store->drain();
  EXPECT_TRUE(notices.empty());
}

TEST_F(CheckpointAccountTest, AResumedQueryHearsWhatItWasSpared) {
  open();
  auto query = begin();
  query->planned(0, 5);
  EXPECT_TRUE(notices.empty()) << "nothing was";
  query->planned(3, 5);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0], "resumed: 3 of 5 pipelines skipped");
  query->planned(1, 5);
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_EQ(notices[1], "resumed: 1 of 5 pipelines skipped");
}

TEST_F(CheckpointAccountTest, ADamagedFileIsToldAndNotUsed) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(100));
  complete(*queries[0], 2, make_rows(100));
  kill();
  queries.push_back(begin());
  ASSERT_TRUE(queries[1]->load(breaker(2), SIZE_MAX));
  EXPECT_EQ(state(*queries[1], 2), "durable, loaded");
  EXPECT_TRUE(notices.empty());
  EXPECT_FALSE(queries[1]->load(breaker(3), SIZE_MAX)) << "there is none";
  EXPECT_TRUE(notices.empty());
  const std::string owner = "/db/checkpoints/" + storage->list("/db/checkpoints")[0].name;
  for (const auto& entry : storage->list(owner)) {
    if (entry.name.ends_with("-1")) storage->flip_bit(owner + "/" + entry.name, 33, 2);
  }
  EXPECT_FALSE(queries[1]->load(breaker(1), SIZE_MAX));
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_CONTAINS(notices[0], "warning: a checkpoint is not used: checkpoint file \"" + owner);
  EXPECT_EQ(state(*queries[1], 1), "");
}

TEST_F(CheckpointAccountTest, ABreakerWithOtherColumnsIsAnother) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(100));
  kill();
  queries.push_back(begin());
  Breaker other = breaker(1);
  other.types.pop_back();
  EXPECT_FALSE(queries[1]->durable(other));
  EXPECT_FALSE(queries[1]->load(other, SIZE_MAX));
  EXPECT_TRUE(queries[1]->durable(breaker(1)));
}

TEST_F(CheckpointAccountTest, ItSaysWhenItBegan) {
  open();
  const auto now = [] {
    char text[32];
    const std::time_t time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());  // std::time() lags
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", std::gmtime(&time));
    return std::string(text);
  };
  const std::string before = now();
  queries.push_back(begin());
  const std::string after = now();
  complete(*queries[0], 1, make_rows(10));
  kill();
  const std::string started = store->interrupted().at(0).started.substr(0, 19);
  EXPECT_GE(started, before);
  EXPECT_LE(started, after);
}

TEST_F(CheckpointAccountTest, WhatCannotBeRemovedIsTold) {
  open();
  auto query = begin();
  complete(*query, 1, make_rows(10));
  complete(*query, 2, make_rows(10));
  store->drain();
  storage->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kRemove && operation.path.ends_with("-1") ? EACCES : 0;
  });
  query->finish(true);
  store->drain();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warnings[0].starts_with("warning: checkpoints: ")) << warnings[0];
  EXPECT_EQ(file_count(), 3u) << "the lock, the log and the one that stays";
  storage->clear_faults();
  store->close();
  EXPECT_EQ(file_count(), 0u);
}

/* ---- Pins ---- */

TEST_F(CheckpointAccountTest, ASnapshotIsPinnedOnce) {
  open();
  int commits = 0;
  database->committing = [&] { ++commits; };
  auto query = begin();
  for (const uint64_t name : {1, 2, 3}) complete(*query, name, make_rows(10));
  store->drain();
  EXPECT_EQ(commits, 1);
  query->finish(true);
  store->drain();
  EXPECT_EQ(commits, 2);
  EXPECT_TRUE(database->pins.empty());
}

TEST_F(CheckpointAccountTest, APinGoesThoughNothingBecameDurable) {
  open();
  storage->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kSync && operation.path.ends_with("/log") ? EIO : 0;
  });
  auto query = begin();
  complete(*query, 1, make_rows(10));
  store->drain();
  EXPECT_EQ(database->pins.size(), 1u);
  query->finish(false);
  store->drain();
  EXPECT_TRUE(database->pins.empty());
  EXPECT_EQ(fragment_bytes(), 0u);
}

TEST_F(CheckpointAccountTest, ABrokenLogsDirectoryStaysWhileAQueryHasFilesThere) {
  open();
  auto first = begin("SELECT 1"), second = begin("SELECT 22");
  complete(*first, 1, make_rows(10));
  store->drain();
  storage->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kSync && operation.path.ends_with("/log") ? EIO : 0;
  });
  complete(*first, 2, make_rows(10));
  store->drain();
  storage->clear_faults();
  complete(*second, 3, make_rows(10));
  store->drain();
  ASSERT_EQ(storage->list("/db/checkpoints").size(), 2u);
  second->finish(true);
  store->drain();
  EXPECT_GT(fragment_bytes(), 0u) << "the first one's";
  first->finish(true);
  store->drain();
  EXPECT_EQ(fragment_bytes(), 0u);
  EXPECT_EQ(storage->list("/db/checkpoints").size(), 1u) << "with the sound log";
}

/* ---- Whether anything is kept ---- */

TEST_F(CheckpointAccountTest, AutoKeepsOnlyWhatTookAWhile) {
  open();
  CheckpointRequest made = request("SELECT 1");
  made.mode = CheckpointMode::kAuto;
  const auto begun = std::chrono::steady_clock::now();
  auto query = store->begin(std::move(made));
  complete(*query, 1, make_rows(10));
  store->drain();
  if (std::chrono::steady_clock::now() - begun > std::chrono::milliseconds(950)) GTEST_SKIP() << "the machine stood still";
  EXPECT_EQ(state(*query, 1), "not kept");
  EXPECT_FALSE(storage->exists("/db/checkpoints"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1050));
  complete(*query, 2, make_rows(10));
  store->drain();
  EXPECT_TRUE(state(*query, 2).starts_with("durable, ")) << state(*query, 2);
}

TEST_F(CheckpointAccountTest, OffWritesNothingButUsesWhatIsThere) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(10));
  kill();
  const size_t files = file_count();
  CheckpointRequest made = request("SELECT 1");
  made.mode = CheckpointMode::kOff;
  queries.push_back(store->begin(std::move(made)));
  complete(*queries[1], 2, make_rows(10));
  store->drain();
  EXPECT_EQ(file_count(), files);
  EXPECT_TRUE(queries[1]->load(breaker(1), SIZE_MAX));
}

TEST_F(CheckpointAccountTest, AnEndedQueryWritesNothing) {
  open();
  auto query = begin();
  query->finish(true);
  complete(*query, 1, make_rows(10));
  store->drain();
  EXPECT_FALSE(storage->exists("/db/checkpoints"));
}

TEST_F(CheckpointAccountTest, AQueryThatFailedLeavesTheInterruptedOneAndNothingElse) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(10));
  kill();
  const uint64_t bytes = store->bytes();
  const size_t pins = database->pins.size();
  auto query = begin();
  complete(*query, 2, make_rows(10));
  store->drain();
  EXPECT_GT(store->bytes(), bytes);
  query->finish(false);
  store->drain();
  EXPECT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->bytes(), bytes);
  EXPECT_EQ(fragment_bytes(), bytes);
  EXPECT_EQ(database->pins.size(), pins);
  query = begin();
  EXPECT_TRUE(query->load(breaker(1), SIZE_MAX));
  query->finish(true);
  EXPECT_TRUE(store->interrupted().empty()) << "from that moment on";
  queries.push_back(begin());
  EXPECT_FALSE(queries.back()->durable(breaker(1)));
  store->drain();
  EXPECT_EQ(fragment_bytes(), 0u);
}

TEST_F(CheckpointAccountTest, AFailureToWriteIsToldOnceAndLeavesNoFile) {
  open();
  auto query = begin();
  complete(*query, 1, make_rows(10));
  store->drain();
  const uint64_t bytes = fragment_bytes();
  storage->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kSync && operation.path.ends_with("-2") ? EIO : 0;
  });
  complete(*query, 2, make_rows(10));
  complete(*query, 3, make_rows(10));
  store->drain();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_TRUE(notices[0].starts_with("warning: checkpoints are off for this query: ")) << notices[0];
  EXPECT_EQ(fragment_bytes(), bytes) << "what was not finished went";
  storage->clear_faults();
  complete(*query, 4, make_rows(10));
  store->drain();
  EXPECT_EQ(fragment_bytes(), bytes);
  query->finish(true);
  store->drain();
  EXPECT_EQ(fragment_bytes(), 0u);
  EXPECT_TRUE(warnings.empty());
}

}  // namespace
}  // namespace cairn::testing
