// Sorts and windows of which part is on disk give what they give in memory.

#include <gtest/gtest.h>

#include "exec/operators/sort.h"
#include "exec/operators/top_n.h"
#include "exec/operators/window.h"
#include "tests/exec/fake_store.h"
#include "tests/exec/random_rows.h"

namespace cairn {
namespace {

using namespace testing;

const std::vector<Type> kTypes = {Type::integer(),  Type::varchar(),   Type::boolean(), Type::decimal(12, 2),
                                  Type::double_(),  Type::big_int(),   Type::huge_int(), Type::date(),
                                  Type::interval(), Type::small_int(), Type::real(),    Type::decimal(30, 4)};
/// Pieces and ranges are as small as can be.
constexpr size_t kLimitBytes = size_t{8} << 20;
constexpr unsigned kThreads = 8;

PlanNode make_plan(PlanNode::Kind kind, const std::vector<Type>& types, std::vector<SortKey> keys) {
  PlanNode plan{};
  plan.kind = kind;
  plan.types = types;
  plan.children.push_back(std::make_shared<PlanNode>());
  plan.children[0]->types = types;
  plan.sort_keys = std::move(keys);
  return plan;
}

std::vector<SortKey> random_keys(Random& random) {
  std::vector<SortKey> keys;
  for (size_t n = 1 + below(random, 3); n > 0; --n) {
    keys.push_back({static_cast<uint32_t>(below(random, kTypes.size())), chance(random, 50), chance(random, 50)});
  }
  return keys;
}

/// The plan's sink.
std::unique_ptr<Sink> make_sink(const PlanNode& plan, SinkResources resources) {
  return plan.kind == PlanNode::Kind::kSort ? make_sort_sink(plan, resources) : make_window_sink(plan, resources);
}

std::vector<std::string> in_memory(Random& random, const PlanNode& plan, const std::vector<Row>& rows) {
  MemoryBudget memory(0);
  const std::unique_ptr<Sink> sink = make_sink(plan, {&memory});
  feed_sink(random, *sink, plan.children[0]->types, rows, {1, 1000, 1000});
  std::vector<std::string> texts = texts_of(rows_of(*sink->rows()));
  EXPECT_EQ(texts.size(), rows.size());
  return texts;
}

/// With `held_bytes` of the limit taken by others.
std::vector<std::string> spilled(Random& random, const PlanNode& plan, const std::vector<Row>& rows, size_t held_bytes) {
  MemoryBudget memory(kLimitBytes);
  memory.change(0, held_bytes);
  FakeStore store;
  std::vector<std::string> texts;
  {
    const std::unique_ptr<Sink> sink = make_sink(plan, {&memory, &store, kThreads});
    EXPECT_EQ(sink->spill_store(), &store);
    Feed feed = random_feed(random, 1 + below(random, 400));
    feed.store = &store;
    feed.memory = &memory;
    feed_sink(random, *sink, plan.children[0]->types, rows, feed);
    texts = texts_of(rows_of(*sink->rows()));
    EXPECT_EQ(memory.used_bytes(), held_bytes);
  }
  EXPECT_EQ(store.living, 0u);
  return texts;
}

class SortSpillTest : public ::testing::Test {
 protected:
  void SetUp() override { std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(test_seed())); }
};

TEST_F(SortSpillTest, RandomKeysInRunsSortAsInMemory) {
  Random random(test_seed());
  for (int round = 0; round < 40; ++round) {
    const std::vector<size_t> distincts = random_distincts(random, kTypes.size(), 60, 8, 3000);
    const size_t row_count = 1 + below(random, chance(random, 50) ? 300 : 5000);
    const std::vector<Row> rows = random_rows(random, kTypes, distincts, row_count, chance(random, 50) ? 0 : 20);
    PlanNode plan = make_plan(PlanNode::Kind::kSort, kTypes, random_keys(random));
    SCOPED_TRACE("round " + std::to_string(round) + ": " + plan.describe());
    std::vector<std::string> expected = in_memory(random, plan, rows);
    if (chance(random, 50)) {
      plan.offset = static_cast<int64_t>(below(random, row_count + 10));
      expected.erase(expected.begin(), expected.begin() + std::min<int64_t>(plan.offset, static_cast<int64_t>(row_count)));
    }
    ASSERT_EQ(spilled(random, plan, rows, chance(random, 50) ? 0 : kLimitBytes / 2), expected);
  }
}

/// More rows than a top-N keeps.
TEST_F(SortSpillTest, LimitsCutRuns) {
  Random random(test_seed() + 1);
  const std::vector<Type> types = {Type::integer(), Type::big_int()};
  std::vector<Row> rows;
  for (int64_t i = 0; i < 220000; ++i) {
    rows.push_back({Value::of_integer(types[0], static_cast<int64_t>(below(random, 1000))), Value::of_integer(types[1], i)});
  }
  PlanNode plan = make_plan(PlanNode::Kind::kSort, types, {{0, true}});
  const std::vector<std::string> all = in_memory(random, plan, rows);
  for (const auto& [offset, limit] : {std::pair{0, 140000}, {70000, 131073}, {150000, 60000}, {219990, 150000}, {300000, 10}, {150000, 0}}) {
    plan.offset = offset;
    plan.limit = limit;
    const auto row_count = static_cast<ptrdiff_t>(all.size());
    const ptrdiff_t begin = std::min<ptrdiff_t>(offset, row_count), end = std::min<ptrdiff_t>(begin + limit, row_count);
    const std::vector<std::string> expected(all.begin() + begin, all.begin() + end);
    EXPECT_TRUE(spilled(random, plan, rows, chance(random, 50) ? 0 : kLimitBytes / 2) == expected) << offset << " " << limit;
  }
}

/// Every thread keeps up to twice as many rows as are wanted.
TEST_F(SortSpillTest, TopRowsStayInMemoryWhereTheyFit) {
  MemoryBudget memory(kLimitBytes);
  FakeStore store;
  PlanNode plan = make_plan(PlanNode::Kind::kSort, {Type::integer(), Type::big_int()}, {{0, true}});
  constexpr int64_t kRowBytes = 4 + 8, kFit = kLimitBytes / 4 / (2 * kThreads * kRowBytes);
  for (const int64_t offset : {0, 1000}) {
    plan.offset = offset;
    plan.limit = kFit - offset;
    EXPECT_EQ(make_sink(plan, {&memory, &store, kThreads})->spill_store(), nullptr);
    plan.limit = kFit - offset + 1;
    EXPECT_EQ(make_sink(plan, {&memory, &store, kThreads})->spill_store(), &store);
  }
}

/// Splitters know but the beginning of their strings.
TEST_F(SortSpillTest, LongStringsWithMuchInCommon) {
  Random random(test_seed() + 2);
  const std::vector<Type> types = {Type::varchar(), Type::integer(), Type::big_int()};
  std::vector<Row> rows;
  for (int64_t i = 0; i < 3000; ++i) {
    const std::string common(250 + below(random, 10), 'x');
    rows.push_back({Value::of_string(common + std::to_string(below(random, 500))),
                    Value::of_integer(types[1], static_cast<int64_t>(below(random, 5))), Value::of_integer(types[2], i)});
    rows.back()[0].type = types[0];
  }
  for (const bool descending : {false, true}) {
    const PlanNode plan = make_plan(PlanNode::Kind::kSort, types, {{0, descending}, {1, !descending}});
    EXPECT_EQ(spilled(random, plan, rows, 0), in_memory(random, plan, rows));
  }
}

WindowCall call_of(WindowFunction function, Type type) {
  WindowCall call;
  call.function = function;
  call.call.type = type;
  return call;
}

TEST_F(SortSpillTest, WindowsInRunsAreWhatTheyAreInMemory) {
  Random random(test_seed() + 3);
  for (int round = 0; round < 30; ++round) {
    const std::vector<size_t> distincts = random_distincts(random, kTypes.size(), 60, 8, 3000);
    const std::vector<Row> rows = random_rows(random, kTypes, distincts, 1 + below(random, 5000), chance(random, 50) ? 0 : 20);
    PlanNode plan = make_plan(PlanNode::Kind::kWindow, kTypes, random_keys(random));
    for (size_t n = 1 + below(random, 2); n > 0; --n) plan.groups.push_back(static_cast<uint32_t>(below(random, kTypes.size())));
    plan.window_calls = {call_of(WindowFunction::kRowNumber, Type::big_int()), call_of(WindowFunction::kRank, Type::big_int()),
                         call_of(WindowFunction::kLag, kTypes[1])};
    plan.window_calls[2].call.arguments = {1};
    for (const WindowCall& call : plan.window_calls) plan.types.push_back(call.call.type);
    SCOPED_TRACE("round " + std::to_string(round) + ": " + plan.describe());
    ASSERT_EQ(spilled(random, plan, rows, chance(random, 50) ? 0 : kLimitBytes / 2), in_memory(random, plan, rows));
  }
}

TEST_F(SortSpillTest, StoreThatFailsLeavesNothing) {
  Random random(test_seed() + 4);
  const std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 100), 2500, 5);
  for (const auto kind : {PlanNode::Kind::kSort, PlanNode::Kind::kWindow}) {
    PlanNode plan = make_plan(kind, kTypes, {{1}, {4}});
    if (kind == PlanNode::Kind::kWindow) {
      plan.groups = {0};
      plan.window_calls = {call_of(WindowFunction::kRowNumber, Type::big_int())};
      plan.types.push_back(Type::big_int());
    }
    bool failed = true;
    for (uint64_t call = 1; failed; call += 1 + call / 4) {
      MemoryBudget memory(kLimitBytes);
      memory.change(0, kLimitBytes / 2);
      FakeStore store;
      store.fails_on = call;
      {
        Feed feed{2, 300, 100, false, true};
        feed.store = &store;
        feed.memory = &memory;
        const std::unique_ptr<Sink> sink = make_sink(plan, {&memory, &store, kThreads});
        try {
          feed_sink(random, *sink, kTypes, rows, feed);
          failed = false;
          EXPECT_EQ(sink->rows()->row_count(), rows.size());
        } catch (const Error& error) {
          EXPECT_EQ(error.sqlstate, sqlstate::kDiskFull);
        }
      }
      EXPECT_EQ(store.living, 0u) << call;
      EXPECT_EQ(memory.used_bytes(), kLimitBytes / 2) << call;
    }
  }
}

}  // namespace
}  // namespace cairn
