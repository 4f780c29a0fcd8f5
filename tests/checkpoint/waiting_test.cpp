// Nobody waits for checkpoint I/O but the writer thread: the disk stands still in the midst of each operation in turn, and
// everything else goes on.

#include <atomic>
#include <future>
#include <thread>

#include "tests/checkpoint/store_fixture.h"
#include "vector/error.h"

namespace cairn::testing {
namespace {

using namespace std::chrono_literals;

/// A place where whoever comes by stands still until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    reached_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  bool wait_until_reached() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return reached_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = false, open_ = false;
};

class WaitingTest : public CheckpointStoreTest {
 protected:
  /// An interrupted query is there, and another one runs.
  void SetUp() override {
    open();
    queries.push_back(begin("SELECT 1"));
    complete(*queries[0], 1, make_rows(10));
    kill();
    ASSERT_EQ(store->interrupted().size(), 1u);
    queries.push_back(begin("SELECT 22"));
  }
  void stall_at(SimulatedCall call) {
    storage->set_fault([this, call](const SimulatedOperation& operation) {
      if (operation.call == call) gate.pass();
      return 0;
    });
  }
  /// What queries and users do, on another thread, while the writer stands still.
  void everything_else_goes_on() {
    ASSERT_TRUE(gate.wait_until_reached());
    auto others = std::async(std::launch::async, [this] {
      for (int i = 0; i < 3; ++i) {
        auto query = begin("SELECT 333");
        complete(*query, 3, make_rows(10));
        EXPECT_FALSE(query->durable(breaker(4)));
        EXPECT_LE(store->interrupted().size(), 1u);
        store->bytes();
        query->finish(true);
      }
      complete(*queries[1], 5, make_rows(10));
    });
    const bool went_on = others.wait_for(20s) == std::future_status::ready;
    gate.open();
    others.get();
    EXPECT_TRUE(went_on) << "somebody waited for the disk";
    store->drain();
  }

  Gate gate;
};

class StalledWrite : public WaitingTest, public ::testing::WithParamInterface<SimulatedCall> {};

TEST_P(StalledWrite, HoldsUpNobody) {
  stall_at(GetParam());
  complete(*queries[1], 2, make_rows(10));
  everything_else_goes_on();
  EXPECT_EQ(queries[1]->state(breaker(2)).substr(0, 7), "durable");
}

INSTANTIATE_TEST_SUITE_P(Each, StalledWrite,
                         ::testing::Values(SimulatedCall::kCreateDirectory, SimulatedCall::kLock, SimulatedCall::kOpen,
                                           SimulatedCall::kWrite, SimulatedCall::kSync, SimulatedCall::kSyncDirectory));

TEST_F(WaitingTest, ACommitThatPinsHoldsUpNobody) {
  database->committing = [this] { gate.pass(); };
  complete(*queries[1], 2, make_rows(10));
  everything_else_goes_on();
}

TEST_F(WaitingTest, TheEndOfAQueryHoldsUpNobody) {
  for (const SimulatedCall call : {SimulatedCall::kSync, SimulatedCall::kRemove}) {
    auto query = begin("SELECT 4444");
    complete(*query, 2, make_rows(10));
    store->drain();
    stall_at(call);
    query->finish(true);
    everything_else_goes_on();
  }
}

TEST_F(WaitingTest, DiscardingOneHoldsUpNobodyElse) {
  stall_at(SimulatedCall::kRemove);
  const std::string id = store->interrupted()[0].id;
  auto discarded = std::async(std::launch::async, [&] { return store->discard(id); });
  everything_else_goes_on();
  EXPECT_TRUE(discarded.get());
  EXPECT_TRUE(store->interrupted().empty());
}

TEST_F(WaitingTest, WhoWaitsForTheWriterMayGiveUp) {
  stall_at(SimulatedCall::kSync);
  complete(*queries[1], 2, make_rows(10));
  ASSERT_TRUE(gate.wait_until_reached());
  const auto give_up = [] { throw Error(sqlstate::kQueryCanceled, "no longer"); };
  EXPECT_THROW(store->drain(give_up), Error);
  const std::string id = store->interrupted()[0].id;
  EXPECT_THROW(store->discard(id, give_up), Error);
  gate.open();
  store->drain();
  EXPECT_TRUE(store->interrupted().empty()) << "it was discarded nevertheless";
}

TEST_F(WaitingTest, ABreakerSaysThatItIsBeingWritten) {
  stall_at(SimulatedCall::kSync);
  complete(*queries[1], 2, make_rows(10));
  ASSERT_TRUE(gate.wait_until_reached());
  EXPECT_EQ(queries[1]->state(breaker(2)), "being written");
  gate.open();
}

TEST_F(WaitingTest, AQueryThatEndsMeanwhileLeavesNoFile) {
  const size_t files = file_count();
  stall_at(SimulatedCall::kOpen);
  complete(*queries[1], 2, make_rows(10));
  ASSERT_TRUE(gate.wait_until_reached());
  queries[1]->finish(false);
  gate.open();
  store->drain();
  storage->clear_faults();
  EXPECT_EQ(database->pins.size(), 1u);
  store->close();
  EXPECT_EQ(file_count(), files);
}

TEST_F(WaitingTest, AFileThatIsNoLongerWantedGoesAtOnce) {
  complete(*queries[1], 2, make_rows(10));  // makes the directory
  store->drain();
  const size_t files = file_count();
  stall_at(SimulatedCall::kWrite);
  auto query = begin("SELECT 333");
  complete(*query, 3, make_rows(10));
  ASSERT_TRUE(gate.wait_until_reached());
  query->finish(false);
  gate.open();
  store->drain();
  EXPECT_EQ(file_count(), files);
  EXPECT_EQ(query->state(breaker(3)), "being written");
}

TEST_F(WaitingTest, ANoticeHandlerMayAskForAnything) {
  CheckpointRequest asking = request("SELECT 55555");
  asking.verbose = true;
  bool asked = false;
  asking.notice = [&](std::string_view) {
    EXPECT_EQ(store->interrupted().size(), 1u);
    store->drain();
    EXPECT_TRUE(store->discard(store->interrupted()[0].id));
    asked = true;
  };
  auto query = store->begin(std::move(asking));
  complete(*query, 2, make_rows(10));
  store->drain();
  EXPECT_TRUE(asked);
}

TEST_F(WaitingTest, ANoticeHandlerMayClose) {
  CheckpointRequest closing = request("SELECT 55555");
  closing.verbose = true;
  auto closed = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<QueryCheckpoint> query;
  closing.notice = [&](std::string_view) {
    if (*closed) return;
    gate.pass();
    query.reset();
    store->close();
    store.reset();
    *closed = true;
  };
  query = store->begin(std::move(closing));
  const std::weak_ptr<CheckpointStore> alive = store;
  complete(*query, 2, make_rows(10));
  complete(*query, 3, make_rows(10));
  ASSERT_TRUE(gate.wait_until_reached());
  queries.pop_back();
  gate.open();
  for (int i = 0; i < 2000 && (!*closed || !alive.expired()); ++i) std::this_thread::sleep_for(10ms);
  ASSERT_TRUE(*closed);
  EXPECT_TRUE(alive.expired()) << "the thread has done what was left, and gone";
  // Expired is it as soon as it begins to go.
  for (int i = 0; i < 500 && storage->list("/db/checkpoints").size() > 1; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(database->pin_names().size(), 1u) << "that of the interrupted query";
  EXPECT_EQ(storage->list("/db/checkpoints").size(), 1u);
}

}  // namespace
}  // namespace cairn::testing
