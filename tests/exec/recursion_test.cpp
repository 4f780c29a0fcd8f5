#include <atomic>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "exec/plan/pipeline_graph.h"
#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

PlanPtr working_table(uint32_t number, std::vector<Type> types = {Type::big_int()}) {
  PlanPtr plan = node(PlanNode::Kind::kWorkingTable);
  plan->recursion = number;
  plan->types = std::move(types);
  return plan;
}

PlanPtr recursion(uint32_t number, PlanPtr base, PlanPtr step, bool distinct = false) {
  PlanPtr plan = node(PlanNode::Kind::kRecursion, {materialize(std::move(base)), materialize(std::move(step))});
  plan->recursion = number;
  plan->distinct = distinct;
  return plan;
}

/// 0, 1, 2, … without an end.
PlanPtr naturals() { return recursion(1, values({0}), project(working_table(1), list(call("+", column(0), number(1))))); }

PlanPtr naturals_below(int64_t end) {
  return recursion(1, values({0}), project(filter(working_table(1), less(column(0), number(end - 1))),
                                           list(call("+", column(0), number(1)))));
}

TEST(Recursion, GivesRoundAfterRound) {
  EXPECT_EQ(run(naturals_below(4)), (Rows{"0", "1", "2", "3"}));
  EXPECT_EQ(run(recursion(1, values({}), values({1}))), Rows{});
}

TEST(Recursion, UnionGivesEachRowOnceAndSoEnds) {
  PlanPtr step = project(working_table(1), list(call("%", call("+", column(0), number(2)), number(5))));
  EXPECT_EQ(run(recursion(1, values({1, 1, 3}), step, true)), (Rows{"1", "3", "0", "2", "4"}));
}

TEST(Recursion, ALimitEndsWhatHasNoEnd) {
  for (unsigned threads : {1u, 8u}) {
    EXPECT_EQ(run(limit(naturals(), 3, 1), {.threads = threads}), (Rows{"1", "2", "3"}));
    EXPECT_EQ(run(materialize(limit(filter(naturals(), less(number(9), column(0))), 1)), {.threads = threads}), Rows{"10"});
  }
}

TEST(Recursion, RowsBeforeAndBehindItKeepTheirOrder) {
  PlanPtr plan = union_all({values({7}), naturals_below(3), values({8}), values({9})});
  for (unsigned threads : {1u, 2u, 8u}) EXPECT_EQ(run(plan, {.threads = threads}), (Rows{"7", "0", "1", "2", "8", "9"}));
}

TEST(Recursion, IsTheSameForAllThreadsAndCapacities) {
  FakeTable table("t", 2, {60000, 131072, 5}, [](uint64_t row, size_t column) {
    return static_cast<int64_t>(column == 0 ? row % 300 : row % 7 + 1);
  });
  // From each number on to itself plus what the table says, below 300.
  auto plan = [&] {
    PlanPtr next = join(JoinKind::kInner, working_table(1), aggregate(scan(table, {0, 1}), {0, 1}, {}), {0}, {0});
    PlanPtr step = project(filter(next, less(column(0), number(290))), list(call("+", column(0), column(2))));
    return recursion(1, values({0, 100}), step, true);
  };
  const Rows expected = run(plan());
  EXPECT_EQ(expected.size(), 297u);
  for (auto [threads, capacity] : std::vector<std::pair<unsigned, size_t>>{{2, 2048}, {8, 7}, {8, 100000}}) {
    EXPECT_EQ(run(plan(), {.threads = threads, .capacity = capacity}), expected);
  }
}

TEST(Recursion, WhatDoesNotDependOnTheWorkingTableRunsOnce) {
  FakeTable table("t", 1, {50}, [](uint64_t row, size_t) { return static_cast<int64_t>(row); });
  PlanPtr step = project(filter(join(JoinKind::kInner, working_table(1), scan(table, {0}), {0}, {0}), less(column(0), number(20))),
                         list(call("+", column(0), number(1))));
  EXPECT_EQ(run(recursion(1, values({0}), step)).size(), 21u);
  EXPECT_EQ(table.groups[0]->loads.load(), 1);
}

TEST(Recursion, OneInsideAnotherBeginsAnewEveryTime) {
  // The inner one counts from the outer row up to 3.
  PlanPtr inner = recursion(2, working_table(1), project(filter(working_table(2), less(column(0), number(3))),
                                                         list(call("+", column(0), number(1)))));
  PlanPtr step = project(filter(inner, less(column(0), number(3))), list(call("+", column(0), number(1))));
  EXPECT_EQ(run(recursion(1, values({0}), step, true)), (Rows{"0", "1", "2", "3"}));
  PipelineGraph graph(*recursion(1, values({0}), step, true));
  EXPECT_EQ(graph.pipelines.back().loop, 0u);
}

TEST(Recursion, AnErrorOfALaterRoundReachesTheClientUnlessALimitCameBefore) {
  PlanPtr step = project(working_table(1), list(call("/", number(6), call("-", column(0), number(1)))));
  EXPECT_EQ(failure(recursion(1, values({7}), step)), sqlstate::kDivisionByZero);  // 7, 1, error
  EXPECT_EQ(run(limit(recursion(1, values({7}), step), 2)), (Rows{"7", "1"}));
}

TEST(Recursion, KeepsTheMemoryLimit) {
  PlanPtr twice = union_all({working_table(1), working_table(1)});
  EXPECT_EQ(failure(recursion(1, values({1}), twice), {.threads = 2, .memory_limit_bytes = 8 << 20}), sqlstate::kOutOfMemory);
}

TEST(Recursion, CancelEndsItSoon) {
  auto execution = start(aggregate(naturals(), {}, {0}), {.threads = 2});
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  execution->cancel();
  EXPECT_THROW(drain(*execution), Error);
}

/// Keeps what completes, and offers it.
struct Memory : ExecutionObserver {
  std::optional<Content> durable(const Breaker& breaker) override {
    if (!kept.contains(breaker.fingerprint)) return std::nullopt;
    return Content{breaker.fingerprint, {}};
  }
  std::shared_ptr<const RowSet> load(const Breaker& breaker, size_t) override { return kept.at(breaker.fingerprint); }
  void completed(const Breaker& breaker, const Content&, std::shared_ptr<const RowSet> rows) override {
    ++completions;
    kept[breaker.fingerprint] = std::move(rows);
  }
  std::map<Fingerprint, std::shared_ptr<const RowSet>> kept;
  std::atomic<int> completions{0};
};

TEST(Recursion, OnlyWhatIsFinishedIsMadeDurable) {
  auto memory = std::make_shared<Memory>();
  const Rows expected = run(materialize(naturals_below(50)), {.observer = memory});
  EXPECT_EQ(memory->completions, 2);  // the base and the whole, no round
  EXPECT_EQ(run(materialize(naturals_below(50)), {.observer = memory}), expected);
  EXPECT_EQ(memory->completions, 2);
  EXPECT_NE(fingerprint(*naturals_below(50)), fingerprint(*naturals_below(51)));
  EXPECT_NE(fingerprint(*recursion(1, values({0}), working_table(1))), fingerprint(*recursion(1, values({0}), working_table(1), true)));
}

}  // namespace
}  // namespace cairn::testing
