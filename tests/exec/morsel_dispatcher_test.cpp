#include "exec/crew/morsel_dispatcher.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "exec/crew/worker_pool.h"
#include "tests/exec/plans.h"

namespace cairn {
namespace {

MorselDispatcher striped(uint64_t count, size_t nodes) {
  return MorselDispatcher(0, count, nodes, [=](uint64_t ordinal) { return static_cast<int>(ordinal % nodes); });
}

TEST(MorselDispatcher, GivesAWorkerItsOwnNodesMorselsFirstAndStealsLate) {
  MorselDispatcher dispatcher = striped(40, 4);
  for (int i = 0; i < 10; ++i) {
    auto taken = dispatcher.take(2);
    ASSERT_TRUE(taken);
    EXPECT_TRUE(taken->local);
    EXPECT_EQ(taken->ordinal, static_cast<uint64_t>(4 * i + 2));
  }
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(dispatcher.take(2)->local);
  EXPECT_FALSE(dispatcher.take(2));
}

TEST(MorselDispatcher, StealsFromTheNodeThatIsFurthestBehind) {
  MorselDispatcher dispatcher(0, 20, 3, [](uint64_t ordinal) { return ordinal < 2 ? 0 : ordinal < 8 ? 1 : 2; });
  dispatcher.take(0), dispatcher.take(0);
  EXPECT_EQ(dispatcher.take(0)->home, 2);
}

TEST(MorselDispatcher, MorselsWithoutAHomeAreLocalToEverybody) {
  MorselDispatcher dispatcher(5, 3, 2, [](uint64_t) { return -1; });
  for (uint64_t ordinal : {5, 6, 7}) {
    auto taken = dispatcher.take(ordinal % 2);
    EXPECT_EQ(taken->ordinal, ordinal);
    EXPECT_TRUE(taken->local);
  }
}

TEST(MorselDispatcher, FindsTheLowestMorselThatIsLeft) {
  MorselDispatcher dispatcher = striped(8, 2);
  dispatcher.take(0), dispatcher.take(0);  // 0, 2
  EXPECT_EQ(dispatcher.take_lowest(0)->ordinal, 1u);
  EXPECT_EQ(dispatcher.take_lowest(0)->ordinal, 3u);
  EXPECT_EQ(dispatcher.take_lowest(0)->ordinal, 4u);
}

TEST(MorselDispatcher, GivesEveryMorselOnceWhoeverAsks) {
  for (size_t nodes : {1, 2, 4}) {
    MorselDispatcher dispatcher(100, 10000, nodes, [=](uint64_t ordinal) {
      return ordinal % 7 == 0 ? -1 : static_cast<int>(ordinal / 100 % nodes);
    });
    std::mutex mutex;
    std::vector<uint64_t> all;
    std::vector<std::thread> workers;
    for (int i = 0; i < 4; ++i) {
      workers.emplace_back([&, i] {
        std::vector<uint64_t> mine;
        const int node = i % static_cast<int>(nodes);
        while (auto taken = mine.size() % 5 == 4 ? dispatcher.take_lowest(node) : dispatcher.take(node)) {
          mine.push_back(taken->ordinal);
        }
        std::lock_guard lock(mutex);
        all.insert(all.end(), mine.begin(), mine.end());
      });
    }
    for (std::thread& worker : workers) worker.join();
    std::sort(all.begin(), all.end());
    ASSERT_EQ(all.size(), 10000u);
    for (uint64_t i = 0; i < 10000; ++i) ASSERT_EQ(all[i], 100 + i);
  }
}

// What a query does with them: morsels of row groups have the nodes' homes, one worker per node takes its own.
TEST(MorselPlacement, ScansRunOnTheirRowGroupsNodes) {
  using namespace cairn::testing;
  FakeTable table("t", 1, std::vector<uint32_t>(16, 131072), [](uint64_t row, size_t) { return static_cast<int64_t>(row); });
  for (auto& group : table.groups) group->on_load = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  for (size_t nodes : {1, 2, 4}) {
    WorkerPool pool(Topology::synthetic(fmt::format("numa:{} core:1 pu:1", nodes)));
    auto execution = start(materialize(scan(table, {0})), {.threads = static_cast<unsigned>(nodes), .pool = &pool});
    EXPECT_EQ(drain(*execution).size(), 16u * 131072);
    const OperatorProfile& profile = *execution->profile().operators[1];
    EXPECT_EQ(profile.morsels_local + profile.morsels_remote, 64u);
    EXPECT_LE(profile.morsels_remote, nodes == 1 ? 0u : 32u);
    EXPECT_GE(profile.morsels_local, 32u) << nodes << " nodes";
  }
}

TEST(MorselPlacement, AWorkerThatIsAloneStealsEverything) {
  using namespace cairn::testing;
  FakeTable table("t", 1, std::vector<uint32_t>(8, 32768), [](uint64_t row, size_t) { return static_cast<int64_t>(row); });
  WorkerPool pool(Topology::synthetic("numa:4 core:1 pu:1"));
  for (bool to_client : {false, true}) {
    PlanPtr plan = scan(table, {0});
    auto execution = start(to_client ? plan : materialize(plan), {.threads = 1, .pool = &pool});
    Rows rows = drain(*execution);
    ASSERT_EQ(rows.size(), 8u * 32768);
    for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i], std::to_string(i));
    const OperatorProfile& profile = *execution->profile().operators.back();
    EXPECT_EQ(profile.morsels_local, 2u);
    EXPECT_EQ(profile.morsels_remote, 6u);
  }
}

}  // namespace
}  // namespace cairn
