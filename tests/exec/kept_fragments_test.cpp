// Fragments of an earlier run: which of them a run may take over.

#include <gtest/gtest.h>

#include "io/storage/simulated_storage.h"
#include "io/tables/database.h"
#include "tests/exec/keeper.h"
#include "tests/exec/plans.h"
#include "vector/read_row.h"

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

/// What the first rows are where many are alike is decided by where they came from, in whatever process.
TEST(KeptRows, OfATopAreTakenWithTheirPositions) {
  const FakeTable table{"t", 2, {131072, 131072, 131072, 50000}, [](uint64_t row, size_t column) {
                          return static_cast<int64_t>(column == 0 ? row * 7919 % 1009 : row);
                        }};
  for (const int64_t count : {10, 3000, 100000, 200000}) {  // the last are sorted whole
    const PlanPtr plan = sort(scan(table, {0, 1}), {{0, true, false}}, count);
    const auto first = std::make_shared<Keeper>();
    first->morsels_per_seal = 3;
    const Rows whole = run(plan, {.observer = first});
    const auto again = std::make_shared<Keeper>();
    for (const auto& [key, fragments] : first->fragments_kept) {
      for (size_t i = 0; i < fragments.size(); i += 2) again->fragments_offered[key].push_back(fragments[i]);
    }
    EXPECT_EQ(run(plan, {.threads = 2, .observer = again}), whole) << count;
    EXPECT_GT(again->taken, 0u) << count;
  }
}

/// Row groups that a transaction left behind, and another one commits; of a run of morsels from the first on.
TEST(KeptRows, OfAnInsertAreItsRowGroups) {
  const auto value = [](uint64_t row, size_t column) { return static_cast<int64_t>(row * (column + 1)); };
  const FakeTable large{"s", 2, {131072, 50000, 131072, 7, 60000}, value}, small{"s", 2, {131072}, value};
  const auto storage = std::make_shared<SimulatedStorage>(1);
  const auto database = Database::open("/db", storage);
  const auto rows_of = [&](const std::string& name) {
    std::vector<std::pair<int64_t, int64_t>> rows;
    for (const auto& row_group : database->snapshot()->tables.at(name)->row_groups) {
      const auto chunks = row_group->load(std::vector<uint32_t>{0, 1});
      std::vector<uint64_t> scratch[2];
      const Vector a = chunks[0]->slice(0, row_group->row_count(), scratch[0]), b = chunks[1]->slice(0, row_group->row_count(), scratch[1]);
      for (size_t i = 0; i < row_group->row_count(); ++i) {
        rows.emplace_back(static_cast<int64_t>(read_integral(a, i)), static_cast<int64_t>(read_integral(b, i)));
      }
    }
    return rows;
  };
  enum class Shape { kAll, kFew, kManyOfEach };
  const FakeTable twenty{"f", 2, {20}, [](uint64_t row, size_t column) { return static_cast<int64_t>(column == 0 ? 0 : row); }};
  const auto plan_with = [&](const std::shared_ptr<WriteTransaction>& transaction, Shape shape) {
    PlanPtr rows = scan(shape == Shape::kManyOfEach ? small : large, {0, 1});
    if (shape == Shape::kManyOfEach) {  // morsels of several row groups
      const auto zero = Expression::make_constant(Value::of_integer(Type::big_int(), 0));
      PlanPtr keyed = project(std::move(rows), list(Expression::make_column(0, Type::big_int()), zero->clone()));
      rows = join(JoinKind::kInner, std::move(keyed), scan(twenty, {0, 1}), {1}, {0});
      rows = project(std::move(rows), list(Expression::make_column(0, Type::big_int()), Expression::make_column(3, Type::big_int())));
    }
    if (shape == Shape::kFew) {
      rows = filter(std::move(rows), Expression::make_compare(Expression::Comparison::kLess, Expression::make_column(0, Type::big_int()),
                                                              Expression::make_constant(Value::of_integer(Type::big_int(), 300000))));
    }
    PlanPtr plan = insert(std::move(rows), transaction);
    plan->target = "t";
    return plan;
  };
  const auto begin = [&](bool create) {
    std::shared_ptr<WriteTransaction> transaction = database->begin_write();
    if (create) transaction->create_table({"t", {{"a", Type::big_int(), false, ""}, {"b", Type::big_int(), false, ""}}});
    return transaction;
  };
  database->pin_durably("pin", database->snapshot());
  for (const Shape shape : {Shape::kAll, Shape::kFew, Shape::kManyOfEach}) {
    for (const auto& [threads, morsels_per_seal] : {std::pair<unsigned, size_t>{1, 3}, {3, 1}}) {
      auto transaction = begin(true);
      const Rows count = run(plan_with(transaction, shape), {.threads = threads});
      transaction->commit();
      const auto whole = rows_of("t");
      transaction = begin(false);
      transaction->drop_table("t");
      transaction->commit();

      const auto first = std::make_shared<Keeper>();
      first->morsels_per_seal = morsels_per_seal;
      transaction = begin(true);
      EXPECT_EQ(run(plan_with(transaction, shape), {.threads = threads, .observer = first}), count);
      EXPECT_TRUE(transaction->keep("pin"));
      transaction.reset();
      const auto are_names = [](const auto& kept) { return kept.second[0].saved->types() == std::vector<Type>{Type::varchar()}; };
      const auto of_insert = std::ranges::find_if(first->fragments_kept, are_names);
      ASSERT_NE(of_insert, first->fragments_kept.end());
      auto& [key, fragments] = *of_insert;
      std::ranges::sort(fragments, {}, [](const auto& fragment) { return fragment.covered; });
      for (size_t offered = 1; offered <= fragments.size(); ++offered) {
        const auto again = std::make_shared<Keeper>();
        again->fragments_offered[key].assign(fragments.begin(), fragments.begin() + static_cast<ptrdiff_t>(offered));
        const bool gap = offered == fragments.size() && offered > 2;
        if (gap) again->fragments_offered[key].erase(again->fragments_offered[key].end() - 2);
        transaction = begin(true);
        EXPECT_EQ(run(plan_with(transaction, shape), {.threads = threads, .observer = again}), count);
        transaction->commit();
        EXPECT_TRUE(rows_of("t") == whole) << "other rows, or in another order";
        EXPECT_EQ(again->taken, gap ? offered - 2 : offered);
        transaction = begin(false);
        transaction->drop_table("t");
        transaction->commit();
      }
    }
  }
}

}  // namespace
}  // namespace cairn::testing
