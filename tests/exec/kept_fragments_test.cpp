// Fragments of an earlier run: which of them a run may take over.

#include <gtest/gtest.h>

#include "io/storage/simulated_storage.h"
#include "tests/exec/keeper.h"
#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

/// Morsels of `probe` match rows of `kept` one behind another; `large` takes the memory, and cannot leave it.
class KeptFragments : public ::testing::Test {
 protected:
  PlanPtr plan() const {
    PlanPtr marked = join(JoinKind::kRight, scan(probe, {0, 1}), scan(kept, {0, 1}), {1}, {0});
    return aggregate(join(JoinKind::kSemi, std::move(marked), scan(large, {0, 1}), {}, {}), {}, {0, 2, 3});
  }
  /// What the first run kept, but for the last of its fragments.
  std::shared_ptr<Keeper> resumed(const Keeper& first) const {
    auto again = std::make_shared<Keeper>();
    again->contents = first.contents;
    for (const auto& [breaker, rows] : first.kept) {
      const bool of_kept = rows->row_count() == kKeptRows;
      if (of_kept) again->offer(breaker, *rows, true);
    }
    for (const auto& [key, fragments] : first.fragments_kept) {
      if (fragments.size() < kProbeMorsels || fragments[0].matches.empty()) continue;
      again->fragments_offered[key].assign(fragments.begin(), fragments.begin() + kProbeMorsels - 2);
    }
    return again;
  }

  static constexpr size_t kProbeMorsels = 8, kKeptRows = 16384;
  const FakeTable probe{"t", 2, {131072, 131072}, [](uint64_t row, size_t column) {
                          return static_cast<int64_t>(column == 0 ? row * 7 % 90001 : row / 20);
                        }};
  const FakeTable kept{"s", 2, {kKeptRows}, [](uint64_t row, size_t column) { return static_cast<int64_t>(row * (column + 1)); }};
  const FakeTable large{"m", 2, {131072, 131072}, [](uint64_t row, size_t column) { return static_cast<int64_t>(row + column); }};
};

TEST_F(KeptFragments, AreTakenWithTheMatchesOfTheirMorsels) {
  const auto first = std::make_shared<Keeper>();
  const Rows whole = run(plan(), {.observer = first});
  const auto again = resumed(*first);
  EXPECT_EQ(run(plan(), {.threads = 2, .observer = again}), whole);
  EXPECT_EQ(again->taken_with_matches, kProbeMorsels - 2);
}

/// With less memory the rows of `kept` come back by partitions, and their numbers mean others, even in one round.
TEST_F(KeptFragments, AreNotTakenWhereTheMatchesAreOfRowsInAnotherOrder) {
  const auto first = std::make_shared<Keeper>();
  const Rows whole = run(plan(), {.observer = first});
  size_t right = 0, taken = 0;
  for (size_t limit_bytes = size_t{5} << 20; limit_bytes < size_t{8} << 20; limit_bytes += 16 << 10) {
    const auto again = resumed(*first);
    const auto storage = std::make_shared<SimulatedStorage>(1);
    try {
      ASSERT_EQ(run(plan(), {.memory_limit_bytes = limit_bytes, .observer = again, .storage = storage}), whole) << limit_bytes;
      ++right;
      taken += again->taken_with_matches > 0;
    } catch (const Error& error) {
      ASSERT_EQ(error.sqlstate, sqlstate::kOutOfMemory) << error.message;
    }
  }
  EXPECT_GT(taken, 0u) << "with memory enough";
  EXPECT_GT(right, taken) << "with less";
}

/// What keeps rows, or values, of each group: of fragments with more groups than values, and the other way round.
TEST(KeptLists, AreTakenWithTheValuesOfTheirMorsels) {
  const FakeTable table{"t", 3, {131072, 131072, 131072, 131072, 50000}, [](uint64_t row, size_t column) {
                          return static_cast<int64_t>(column == 0 ? row % 11 : column == 1 ? row * 7 % 300007 : row / 2);
                        }};
  const auto call_of = [](std::string_view function, uint32_t argument, Type type, bool distinct) {
    AggregateCall call;
    call.function = find_aggregate(function);
    call.arguments = {argument};
    call.type = type;
    call.distinct = distinct;
    return call;
  };
  for (const std::vector<uint32_t>& groups : {std::vector<uint32_t>{}, {0}, {2}}) {
    PlanPtr plan = node(PlanNode::Kind::kAggregate, {scan(table, {0, 1, 2})});
    plan->groups = groups;
    plan->aggregates = {call_of("count", 1, Type::big_int(), true), call_of("sum", 2, Type::huge_int(), true),
                        call_of("percentile_disc", 1, Type::big_int(), false), call_of("count", 2, Type::big_int(), false)};
    plan->aggregates[2].order = {{1, false, false}};
    plan->aggregates[2].constants = {Value::of_double(0.25)};
    plan->types.assign(groups.size(), Type::big_int());
    for (const AggregateCall& call : plan->aggregates) plan->types.push_back(call.type);
    const auto first = std::make_shared<Keeper>();
    first->morsels_per_seal = 5;  // more rows than a chunk has
    const Rows whole = run(plan, {.observer = first});
    const auto again = std::make_shared<Keeper>();
    for (const auto& [key, fragments] : first->fragments_kept) {
      for (size_t i = 0; i < fragments.size(); i += 2) again->fragments_offered[key].push_back(fragments[i]);
    }
    EXPECT_EQ(run(plan, {.threads = 2, .observer = again}), whole) << groups.size();
    EXPECT_GT(again->taken, 0u) << groups.size();
  }
}

}  // namespace
}  // namespace cairn::testing
