// The thread behind everybody's back.

#include "checkpoint/writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include "vector/memory_pool.h"

namespace cairn::testing {
namespace {

using namespace std::chrono_literals;

class WriterTest : public ::testing::Test {
 protected:
  /// A job that stands still until it is let go.
  Writer::Job standing() {
    return [this, gate = gate_.get_future().share()] { started_.set_value(); gate.wait(); };
  }
  void let_go() { gate_.set_value(); }
  void wait_until_started() { ASSERT_EQ(started_.get_future().wait_for(20s), std::future_status::ready); }

  std::promise<void> gate_, started_;
  std::vector<std::string> told_;
  Writer writer_{[this](std::string_view text) { told_.emplace_back(text); }};
};

TEST_F(WriterTest, DoesJobsInTheOrderInWhichTheyCame) {
  std::string done;
  for (char name = 'a'; name < 'k'; ++name) EXPECT_TRUE(writer_.enqueue([&done, name] { done += name; }));
  writer_.drain();
  EXPECT_EQ(done, "abcdefghij");
}

TEST_F(WriterTest, WhatIsQueuedIsDoneBeforeItCloses) {
  std::atomic<int> done{0};
  EXPECT_TRUE(writer_.enqueue(standing()));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(writer_.enqueue([&] { ++done; }));
  wait_until_started();
  auto closed = std::async(std::launch::async, [&] { writer_.close(); });
  EXPECT_EQ(closed.wait_for(50ms), std::future_status::timeout) << "it waits";
  let_go();
  closed.get();
  EXPECT_EQ(done, 5);
  EXPECT_FALSE(writer_.enqueue([&] { ++done; }));
  writer_.run([&] { ++done; }, {});  // is not done, and does not wait for it
  writer_.drain();
  EXPECT_EQ(done, 5);
}

TEST_F(WriterTest, RowsThatWaitHaveABound) {
  const size_t share = std::min(size_t{2} << 30, kCheckpointQueueShare.bytes());
  EXPECT_FALSE(writer_.enqueue([] {}, share + 1));
  EXPECT_TRUE(writer_.enqueue(standing(), share - 10));
  EXPECT_FALSE(writer_.enqueue([] {}, 11)) << "those of the job that runs count";
  EXPECT_TRUE(writer_.enqueue([] {}, 10));
  EXPECT_FALSE(writer_.enqueue([] {}, 1));
  EXPECT_TRUE(writer_.enqueue([] {})) << "a job without rows always fits";
  let_go();
  writer_.drain();
  EXPECT_TRUE(writer_.enqueue([] {}, share)) << "they were taken off again";
}

TEST_F(WriterTest, AJobThatFailsIsToldAndTheNextIsDone) {
  bool done = false;
  writer_.enqueue([] { throw std::runtime_error("no disk"); });
  writer_.enqueue([&] { done = true; });
  writer_.drain();
  EXPECT_TRUE(done);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0], "no disk");
}

TEST_F(WriterTest, WhoRunsAJobHearsOfItsFailure) {
  bool done = false;
  writer_.run([&] { done = true; }, {});
  EXPECT_TRUE(done);
  EXPECT_THROW(writer_.run([] { throw std::runtime_error("no disk"); }, {}), std::runtime_error);
  EXPECT_TRUE(told_.empty());
}

TEST_F(WriterTest, AJobMayRunAnotherAndDrain) {
  std::string done;
  writer_.run([&] {
    writer_.run([&] { done += "inner "; }, {});
    writer_.drain();
    done += "outer";
  }, {});
  EXPECT_EQ(done, "inner outer");
}

TEST_F(WriterTest, WhoWaitsIsAskedNowAndThen) {
  writer_.enqueue(standing());
  int asked = 0;
  const auto check = [&] {
    if (++asked == 3) throw std::runtime_error("enough");
  };
  EXPECT_THROW(writer_.drain(check), std::runtime_error);
  EXPECT_EQ(asked, 3);
  let_go();
  writer_.drain(check);
}

TEST_F(WriterTest, WaitingEndsWithTheJob) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) writer_.run([] {}, {});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s) << "not when the waiting thread happens to look";
}

TEST_F(WriterTest, WaitingIsForWhatWasQueuedBefore) {
  writer_.drain();  // nothing was
  writer_.enqueue([] {});
  writer_.drain();
  writer_.enqueue(standing());
  auto drained = std::async(std::launch::async, [&] { writer_.drain(); });
  EXPECT_EQ(drained.wait_for(50ms), std::future_status::timeout);
  let_go();
  drained.get();
}

}  // namespace
}  // namespace cairn::testing
