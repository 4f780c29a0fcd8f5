// Who may run ahead of a slow morsel, and how far: what sinks that use rows in order keep behind it stays bounded.

#include "exec/pipeline/morsel_window.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

using std::chrono::milliseconds;

struct MorselWindowTest : ::testing::Test {
  static constexpr size_t kFull = MorselWindow::kBufferBytes + 1;

  void tell(const std::function<void()>& what) {
    const std::lock_guard lock(mutex);
    what();
  }
  /// A worker that hands over rows of the morsel.
  std::thread worker(uint64_t ordinal) {
    return std::thread([this, ordinal] {
      std::unique_lock lock(mutex);
      window.wait(lock, ordinal);
      passed = true;
    });
  }
  /// Whether a worker waits until `event`; without one, whether it goes on at once.
  void expect_waits_for(uint64_t ordinal, const std::function<void()>& event) {
    passed = false;
    std::thread waiting = worker(ordinal);
    std::this_thread::sleep_for(milliseconds(20));
    EXPECT_FALSE(passed);
    tell(event);
    waiting.join();
  }
  void expect_goes_on(uint64_t ordinal) { worker(ordinal).join(); }

  std::mutex mutex;
  std::atomic<bool> passed{false};
  MorselWindow window;
};

TEST_F(MorselWindowTest, NobodyWaitsWhileLittleIsKept) {
  tell([&] { window.begin(0), window.begin(1), window.move(0, MorselWindow::kBufferBytes); });
  expect_goes_on(1);
}

TEST_F(MorselWindowTest, WhoIsBehindTheHeadWaitsUntilItMoves) {
  tell([&] { window.begin(0), window.begin(5), window.move(0, kFull); });
  expect_goes_on(0);
  expect_waits_for(5, [&] { window.move(5, kFull); });
}

TEST_F(MorselWindowTest, OrUntilLessIsKept) {
  tell([&] { window.begin(0), window.begin(5), window.move(0, kFull); });
  expect_waits_for(5, [&] { window.move(0, 10); });
}

/// It may be the one who would wait that has to run it next.
TEST_F(MorselWindowTest, NobodyWaitsForAHeadThatHasNotBegun) {
  tell([&] { window.begin(5), window.move(4, kFull); });
  expect_goes_on(5);
  tell([&] { window.begin(4); });
  expect_waits_for(5, [&] { window.move(5, kFull); });
}

TEST_F(MorselWindowTest, NobodyWaitsForAMorselThatWillNotEnd) {
  tell([&] { window.begin(0), window.begin(5), window.move(0, kFull); });
  expect_waits_for(5, [&] { window.stop_behind(0); });
  tell([&] { window.stop_behind(7); });  // the first one counts
  expect_goes_on(5);
}

TEST_F(MorselWindowTest, TellsWorkersEarlyToPreferTheHead) {
  EXPECT_FALSE(window.throttled());
  tell([&] { window.move(0, MorselWindow::kBufferBytes / 2 + 1); });
  EXPECT_TRUE(window.throttled());
  tell([&] { window.move(1, MorselWindow::kBufferBytes / 2); });
  EXPECT_FALSE(window.throttled());
}

/// A table whose first row group comes only when all workers but one have waited for a while.
struct SlowHead : ::testing::Test {
  static constexpr size_t kGroups = 60;
  static constexpr uint32_t kRows = 65536;
  static constexpr size_t kGroupBytes = size_t{kRows} * 2 * sizeof(int64_t);

  FakeTable table{"t", 2, std::vector<uint32_t>(kGroups, kRows),
                  [](uint64_t row, size_t) { return static_cast<int64_t>(row); }, false};
  std::atomic<int> ahead{0};  ///< row groups that were read before the first one came

  void SetUp() override {
    table.groups[0]->on_load = [this] {
      for (int before = -1; before != loads();) {
        before = loads();
        std::this_thread::sleep_for(milliseconds(300));
      }
      ahead = loads();
    };
  }
  int loads() const {
    int count = 0;
    for (size_t i = 1; i < kGroups; ++i) count += table.groups[i]->loads;
    return count;
  }
  /// What is kept, one that each thread has in its hands, and the one that fills the window.
  void expect_bounded(int threads) const {
    EXPECT_GT(ahead, 0);
    EXPECT_LE(ahead, static_cast<int>(MorselWindow::kBufferBytes / kGroupBytes) + 1 + 2 * threads);
  }
};

TEST_F(SlowHead, AnInsertKeepsABoundedPart) {
  const auto transaction = std::make_shared<FakeTransaction>();
  EXPECT_EQ(run(insert(scan(table, {0, 1}), transaction), {.threads = 3}), Rows{std::to_string(kGroups * kRows)});
  expect_bounded(3);
  int64_t next = 0;
  for (const auto& [order, rows] : transaction->written)
    for (const auto& row : rows) ASSERT_EQ(row[0], next++);
}

TEST_F(SlowHead, ALimitKeepsABoundedPart) {
  const int64_t wanted = (kGroups - 1) * kRows;
  EXPECT_EQ(run(aggregate(limit(scan(table, {0, 1}), wanted), {}, {}), {.threads = 3}), Rows{std::to_string(wanted)});
  expect_bounded(3);
}

TEST_F(SlowHead, AnErrorInItLetsTheOthersGo) {
  const auto wait = table.groups[0]->on_load;
  table.groups[0]->on_load = [wait] {
    wait();
    throw Error(sqlstate::kDataCorrupted, "bad segment");
  };
  EXPECT_EQ(failure(insert(scan(table, {0, 1}), std::make_shared<FakeTransaction>()), {.threads = 3}), sqlstate::kDataCorrupted);
  expect_bounded(3);
}

}  // namespace
}  // namespace cairn::testing
