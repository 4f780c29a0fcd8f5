// Fragments that were sealed before their breaker was complete: what comes back after the process died.

#include <thread>

#include "checkpoint/kept_matches.h"
#include "checkpoint/log.h"
#include "tests/checkpoint/store_fixture.h"
#include "tests/io/file_fixture.h"

namespace cairn::testing {
namespace {

using Wish = ExecutionObserver::Wish;

class SealedFragmentsTest : public CheckpointStoreTest {
 protected:
  static FragmentKey key(uint64_t name = 1, uint64_t morsels = 5) { return {breaker(name), {morsels, morsels}, {}}; }
  static std::shared_ptr<RowSet> rows(int64_t count) { return std::const_pointer_cast<RowSet>(make_rows(count)); }
  static MatchFlags flags(size_t count, const std::vector<size_t>& set) {
    auto made = std::make_shared<std::vector<uint8_t>>(count, uint8_t{0});
    for (const size_t row : set) (*made)[row] = 1;
    return made;
  }
  void seal(QueryCheckpoint& query, const MorselSet& covered, int64_t row_count, const FragmentKey& of = key()) {
    query.sealed(of, covered, rows(row_count));
    store->drain();
  }
  /// What a query finds, in the order of what it covers; the number of rows says which it is.
  std::vector<std::pair<MorselSet, uint64_t>> found(QueryCheckpoint& query, const FragmentKey& of = key()) {
    std::vector<std::pair<MorselSet, uint64_t>> all;
    query.fragments(of, 100, [&](MorselSet covered, std::shared_ptr<const RowSet> saved) {
      expect_equal(*saved, *make_rows(static_cast<int64_t>(saved->row_count())));
      all.emplace_back(std::move(covered), saved->row_count());
      return true;
    });
    std::sort(all.begin(), all.end());
    return all;
  }
  using Found = std::vector<std::pair<MorselSet, uint64_t>>;
};

TEST_F(SealedFragmentsTest, AFailureToWriteTurnsCheckpointsOffWithOneWarning) {
  open();
  queries.push_back(begin());
  storage->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kSync && operation.path.find("/checkpoints/") != std::string::npos ? EIO : 0;
  });
  seal(*queries[0], {{0, 2}}, 10);
  storage->clear_faults();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_TRUE(notices[0].starts_with("warning: checkpoints are off for this query: ")) << notices[0];
  seal(*queries[0], {{2, 3}}, 10);
  kill();
  queries.push_back(begin());
  EXPECT_EQ(found(*queries[1]), Found{});
}

TEST_F(SealedFragmentsTest, TheirRecordsTellTheBreaker) {
  open();
  queries.push_back(begin());
  seal(*queries[0], {{0, 2}}, 10, key(3));
  std::string log;
  for (const auto& owner : storage->list("/db/checkpoints")) log = "/db/checkpoints/" + owner.name + "/log";
  EXPECT_EQ(CheckpointLog(*storage, log, OpenMode::kRead).queries().begin()->second.durable.at(0).number, 3u);
}

TEST_F(SealedFragmentsTest, WithoutItsMatchesAChunkIsWhatWasSaved) {
  for (const bool has_ranges : {false, true}) {
    const FragmentKey with = {breaker(1), {5, 5}, {flags(100, {3, 70})}};
    RowSet all(types_in_file(with));
    all.adopt(matches_now(with));
    std::vector<RowSet::Chunk> chunks = all.take_chunks();
    ASSERT_EQ(chunks[0].columns.size(), 3u);
    chunks[0].ranges.resize(has_ranges ? 3 : 0);
    remove_matches(with, chunks[0]);
    EXPECT_EQ(chunks[0].columns.size(), 2u);
    EXPECT_EQ(chunks[0].ranges.size(), has_ranges ? 2u : 0u);
  }
}

TEST_F(SealedFragmentsTest, ComeBackWithTheMorselsThatTheyCover) {
  open();
  queries.push_back(begin());
  seal(*queries[0], {{0, 2}, {5, 6}}, 10);
  queries[0]->sealed(key(), {{2, 3}}, rows(20));  // these two may be written together
  queries[0]->sealed(key(), {{3, 5}}, rows(0));
  kill();
  EXPECT_EQ(store->interrupted().at(0).breakers_durable, 0u) << "none is complete";
  queries.push_back(begin());
  EXPECT_EQ(found(*queries[1]), (Found{{{{0, 2}, {5, 6}}, 10}, {{{2, 3}}, 20}, {{{3, 5}}, 0}}));
  EXPECT_EQ(notices.back(), "resumed: 6 of 100 morsels of breaker 2 done (join build)");
  EXPECT_FALSE(queries[1]->durable(breaker(1)));
  queries[1]->finish(true);
  store->drain();
  EXPECT_EQ(file_count(), 0u) << "nothing is left once the answer was delivered";
}

TEST_F(SealedFragmentsTest, ThatNameWhatLiesElsewhereComeInOrderAndKeepIt) {
  open();
  queries.push_back(begin());
  std::vector<std::string> pins;
  bool is_there = true;
  FragmentKey names = key();
  names.keep = [&](std::string_view pin) {
    pins.emplace_back(pin);
    return is_there;
  };
  seal(*queries[0], {{4, 6}}, 30, names);
  queries[0]->sealed(names, {{2, 4}}, rows(20));
  seal(*queries[0], {{0, 2}}, 10, names);
  is_there = false;
  seal(*queries[0], {{6, 7}}, 40, names);
  ASSERT_GE(pins.size(), 3u);
  EXPECT_EQ(database->pin_names(), std::vector<std::string>{pins[0]});
  kill();
  queries.push_back(begin());
  MorselSet in_order;
  queries[1]->fragments(names, 100, [&](MorselSet covered, std::shared_ptr<const RowSet>) {
    in_order.push_back(covered.at(0));
    return covered.at(0).first < 4;  // the last is refused
  });
  EXPECT_EQ(in_order, (MorselSet{{0, 2}, {2, 4}, {4, 6}}));
  EXPECT_EQ(notices.back(), "resumed: 4 of 100 morsels of breaker 2 done (join build)");
}

TEST_F(SealedFragmentsTest, AreOfThisBreakerOfTheseMorselsAndOfTheseColumns) {
  open();
  queries.push_back(begin());
  seal(*queries[0], {{0, 2}}, 10);
  kill();
  queries.push_back(begin());
  EXPECT_EQ(found(*queries[1], key(2)), Found{});
  EXPECT_EQ(found(*queries[1], key(1, 6)), Found{}) << "the same numbers mean other rows";
  FragmentKey other = key();
  other.breaker.types.pop_back();
  EXPECT_EQ(found(*queries[1], other), Found{});
  EXPECT_EQ(found(*queries[1]).size(), 1u);
}

TEST_F(SealedFragmentsTest, ThoseOfProcessesThatDiedOneAfterAnotherComplementEachOther) {
  open();
  queries.push_back(begin());
  seal(*queries[0], {{0, 2}}, 10);
  kill();
  queries.push_back(begin());
  EXPECT_EQ(found(*queries[1]).size(), 1u);
  seal(*queries[1], {{2, 4}}, 20);
  kill();
  queries.push_back(begin());
  EXPECT_EQ(found(*queries[2]), (Found{{{{0, 2}}, 10}, {{{2, 4}}, 20}}));
}

TEST_F(SealedFragmentsTest, AMorselIsTakenOnce) {
  open();
  queries.push_back(begin());
  queries.push_back(begin());  // the same query twice at the same time
  seal(*queries[0], {{0, 2}, {8, 9}}, 10);
  seal(*queries[1], {{3, 9}}, 20);
  seal(*queries[1], {{10, 11}}, 30);
  kill();
  queries.push_back(begin());
  const Found all = found(*queries[2]);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].second == 10 || all[0].second == 20) << all[0].second;
  EXPECT_EQ(all[1], (std::pair<MorselSet, uint64_t>{{{10, 11}}, 30}));
}

TEST_F(SealedFragmentsTest, ComeWithTheMatchesOfTheirJoins) {
  open();
  queries.push_back(begin());
  FragmentKey with = key();
  with.matches = {flags(130, {0, 64, 129}), flags(3, {1})};
  seal(*queries[0], {{0, 2}}, 10, with);
  (*with.matches[0])[70] = 1;  // after the last fragment was written: its morsel will run again
  kill();
  queries.push_back(begin());
  FragmentKey fresh = key();
  fresh.matches = {flags(130, {5}), flags(3, {})};
  EXPECT_EQ(found(*queries[1], fresh), (Found{{{{0, 2}}, 10}}));
  EXPECT_EQ(*fresh.matches[0], *flags(130, {0, 5, 64, 129}));
  EXPECT_EQ(*fresh.matches[1], *flags(3, {1}));
}

TEST_F(SealedFragmentsTest, AreNothingWithoutTheirMatches) {
  open();
  queries.push_back(begin());
  FragmentKey with = key();
  with.matches = {flags(130, {0})};
  seal(*queries[0], {{0, 2}}, 10, with);
  kill();
  queries.push_back(begin());
  EXPECT_EQ(found(*queries[1]), Found{}) << "of a query without such joins";
  FragmentKey other = key();
  other.matches = {flags(200, {})};
  EXPECT_EQ(found(*queries[1], other), Found{}) << "of other build rows";
  EXPECT_EQ(notices.back(), "warning: a checkpoint is not used: a checkpoint's matches are of other rows");
}

TEST_F(SealedFragmentsTest, WhateverFailsTheQueryGoesOnAndNothingWrongComesBack) {
  size_t came_back = 0;
  for (int failing = 0; failing < 60; ++failing) {
    SCOPED_TRACE(failing);
    storage = std::make_shared<SimulatedStorage>(static_cast<uint64_t>(failing));
    database = std::make_shared<PinnedDatabase>(storage);
    open();
    std::atomic<int> calls{0};
    storage->set_fault([&](const SimulatedOperation&) { return calls++ == failing ? EIO : 0; });
    queries.assign(1, begin());
    queries[0]->sealed(key(), {{0, 2}}, rows(10));
    store->drain();
    queries[0]->sealed(key(), {{2, 3}}, rows(20));
    store->drain();
    storage->clear_faults();
    kill();
    queries.push_back(begin());
    for (const auto& [covered, count] : found(*queries[1])) {
      EXPECT_EQ(count, covered[0].first == 0 ? 10u : 20u);
      ++came_back;
    }
    queries.clear();
    for (auto& dead : abandoned) dead->close();
    abandoned.clear();
    store->close();
    store.reset();
  }
  EXPECT_GT(came_back, 30u);
}

TEST_F(SealedFragmentsTest, ADamagedFileIsAsIfItHadNeverBeen) {
  open();
  queries.push_back(begin());
  seal(*queries[0], {{0, 2}}, 10);
  seal(*queries[0], {{2, 3}}, 20);
  for (const auto& owner : storage->list("/db/checkpoints")) {
    for (const auto& entry : storage->list("/db/checkpoints/" + owner.name)) {
      if (entry.name.ends_with("-0")) storage->flip_bit("/db/checkpoints/" + owner.name + "/" + entry.name, 4096, 3);
    }
  }
  kill();
  queries.push_back(begin());
  EXPECT_EQ(found(*queries[1]), (Found{{{{2, 3}}, 20}}));
}

/* ---- When they are sealed ---- */

TEST_F(SealedFragmentsTest, AnEpochSaysWhen) {
  open();
  CheckpointRequest made = request("SELECT 1");
  made.epoch = std::chrono::milliseconds(20);
  auto query = store->begin(std::move(made));
  const auto now = std::chrono::steady_clock::now();
  EXPECT_EQ(query->at_morsel_boundary({true, 1000, now}), Wish::kContinue);
  EXPECT_EQ(query->at_morsel_boundary({true, size_t{1} << 20, now - std::chrono::milliseconds(20)}), Wish::kSeal);
  EXPECT_EQ(query->at_morsel_boundary({false, 1000, now - std::chrono::hours(1)}), Wish::kContinue);
}

TEST_F(SealedFragmentsTest, AreNotSealedWhereTheyWouldNotBeWritten) {
  open();
  const auto before = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  CheckpointRequest made = request("SELECT 1");
  made.epoch = std::chrono::milliseconds(20);
  EXPECT_EQ(store->begin(made)->at_morsel_boundary({true, size_t{1} << 40, before}), Wish::kContinue) << "no queue is as long";
  made.bytes_max = 1000;
  auto query = store->begin(std::move(made));
  EXPECT_EQ(query->at_morsel_boundary({true, 1000, before}), Wish::kSeal);
  EXPECT_EQ(query->at_morsel_boundary({true, 1001, before}), Wish::kContinue) << "checkpoint_limit";
}

TEST_F(SealedFragmentsTest, WithoutOneTheyCostLittleOfTheTimeThatTheyStandFor) {
  open();
  auto query = begin();
  const auto now = std::chrono::steady_clock::now();
  const auto seconds = [&](int count) { return now - std::chrono::seconds(count); };
  EXPECT_EQ(query->at_morsel_boundary({true, 0, now - std::chrono::milliseconds(400)}), Wish::kContinue);
  EXPECT_EQ(query->at_morsel_boundary({true, 1000, seconds(1)}), Wish::kSeal);
  EXPECT_EQ(query->at_morsel_boundary({true, 500'000'000, seconds(10)}), Wish::kContinue);
  EXPECT_EQ(query->at_morsel_boundary({true, 500'000'000, seconds(60)}), Wish::kSeal);
  for (const CheckpointMode mode : {CheckpointMode::kOff, CheckpointMode::kAuto}) {
    CheckpointRequest made = request("SELECT 1");
    made.mode = mode;
    EXPECT_EQ(store->begin(std::move(made))->at_morsel_boundary({true, 0, seconds(60)}), Wish::kContinue)
        << "nothing is to be kept, or the query is young";
  }
}

}  // namespace
}  // namespace cairn::testing
