// Queries that are canceled, given up and failed at random moments while others run: nothing may hang, crash, or harm
// a neighbour. CAIRN_SEED sets the seed.

#include <cstdlib>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/exec/plans.h"
#include "tests/support/random_yields.h"

namespace cairn::testing {
namespace {

uint64_t test_seed() {
  const char* text = std::getenv("CAIRN_SEED");
  static const uint64_t drawn = std::random_device{}();
  return text == nullptr ? drawn : std::strtoull(text, nullptr, 10);
}

struct Stress : ::testing::Test {
  FakeTable table{"t", 2, std::vector<uint32_t>(6, 70000), [](uint64_t row, size_t column) {
                    return static_cast<int64_t>(column == 0 ? row % 1000 : row);
                  }};
  FakeTable failing{"f", 2, std::vector<uint32_t>(6, 70000), [](uint64_t row, size_t) { return static_cast<int64_t>(row); }};

  PlanPtr plan(uint64_t which) {
    switch (which % 7) {
      case 0: return scan(table, {0, 1});
      case 1: return aggregate(scan(table, {0, 1}), {0}, {1});
      case 2: return sort(scan(table, {0, 1}), {{0, true, false}, {1, false, false}}, which % 3 == 0 ? 100 : -1);
      case 3: return limit(scan(table, {1}), 1000, 100000);
      case 4: return join(JoinKind::kFull, scan(table, {0, 1}), scan(table, {1}), {1}, {0});
      // Every row meets 420 others: only the end of the query ends this.
      case 5: return aggregate(join(JoinKind::kInner, scan(table, {0, 1}), scan(table, {0}), {0}, {0}), {}, {});
      default: return materialize(union_all({scan(table, {0, 1}), scan(failing, {0, 1})}));
    }
  }
};

TEST_F(Stress, QueriesEndAtAnyMoment) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE(fmt::format("CAIRN_SEED={}", seed));
  failing.groups[3]->on_load = [] { throw Error(sqlstate::kDataCorrupted, "bad segment"); };
  std::vector<std::thread> clients;
  for (unsigned client = 0; client < 4; ++client) {
    clients.emplace_back([&, client] {
      std::mt19937_64 random(seed + client);
      for (int i = 0; i < 25; ++i) {
        const uint64_t which = random();
        auto execution = start(plan(which), {.threads = static_cast<unsigned>(1 + random() % 8), .capacity = 64 + random() % 5000});
        const uint64_t end = random() % 3;
        std::thread canceler;
        if (end == 0) {
          canceler = std::thread([&execution, wait = random() % 3000] {
            std::this_thread::sleep_for(std::chrono::microseconds(wait));
            execution->cancel();
          });
        }
        try {
          for (uint64_t pulls = end == 1 || which % 7 == 5 ? random() % 3 : UINT64_MAX; pulls > 0; --pulls) {
            if (which % 7 == 5 && end != 0) break;
            if (execution->next() == nullptr) break;
          }
        } catch (const Error& error) {
          EXPECT_TRUE(error.sqlstate == sqlstate::kQueryCanceled || error.sqlstate == sqlstate::kDataCorrupted) << error.message;
        }
        if (canceler.joinable()) canceler.join();
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

/// Sealed fragments, the keys that a join tells a scan, and what finalizes its table come in another order each time.
TEST_F(Stress, JoinsGiveTheSameRowsInWhateverOrderTheirThreadsMeet) {
  constexpr int kTimes = 30;
  const FakeTable probe{"p", 2, std::vector<uint32_t>(9, 5000), [](uint64_t row, size_t column) {
                          return static_cast<int64_t>(column == 0 ? row % 3001 : row);
                        }};
  const FakeTable build{"b", 2, std::vector<uint32_t>(5, 400), [](uint64_t row, size_t column) {
                          return static_cast<int64_t>(column == 0 ? row * 7 % 5003 : row);
                        }};
  for (const JoinKind kind : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kFull, JoinKind::kSemi, JoinKind::kAnti, JoinKind::kRightAnti}) {
    SCOPED_TRACE(static_cast<int>(kind));
    const PlanPtr probe_scan = scan(probe, {0, 1});
    const PlanPtr joined = join(kind, probe_scan, scan(build, {0, 1}), {0}, {0});
    if (kind == JoinKind::kInner || kind == JoinKind::kSemi) probe_scan->reductions.push_back({joined.get(), 0, 0, true});
    const Rows expected = run(joined);
    EXPECT_GT(expected.size(), 0u);
    for (int i = 0; i < kTimes; ++i) {
      const cairn::test::RandomYields yields(test_seed() + static_cast<uint64_t>(i));
      ASSERT_EQ(run(joined, {.threads = 2 + static_cast<unsigned>(i) % 4, .capacity = 500}), expected) << "seed " << test_seed() + static_cast<uint64_t>(i);
    }
  }
}

TEST_F(Stress, AJoinThatExplodesIsCanceledWithinItsMorsel) {
  for (unsigned threads : {1u, 4u}) {
    auto execution = start(plan(5), {.threads = threads});
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    const auto begin = std::chrono::steady_clock::now();
    execution->cancel();
    execution.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(400));
  }
}

TEST_F(Stress, ALimitStopsAJoinThatExplodes) {
  const auto begin = std::chrono::steady_clock::now();
  PlanPtr exploding = join(JoinKind::kInner, scan(table, {0, 1}), scan(table, {0}), {0}, {0});
  EXPECT_EQ(run(limit(exploding, 10), {.threads = 2}).size(), 10u);
  EXPECT_EQ(run(materialize(limit(exploding, 10)), {.threads = 2}).size(), 10u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(Stress, AJoinThatExplodesMeetsTheMemoryLimitWithinItsMorsel) {
  PlanPtr exploding = materialize(join(JoinKind::kInner, scan(table, {0, 1}), scan(table, {0}), {0}, {0}));
  EXPECT_EQ(failure(exploding, {.threads = 2, .memory_limit_bytes = size_t{64} << 20}), sqlstate::kOutOfMemory);
}

}  // namespace
}  // namespace cairn::testing
