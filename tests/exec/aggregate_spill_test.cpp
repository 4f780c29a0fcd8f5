// Aggregates whose fragments leave memory: whatever was spilled, and when, the rows are the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <iterator>
#include <mutex>
#include <utility>

#include "exec/functions/function.h"
#include "exec/operators/aggregate.h"
#include "exec/operators/aggregate_saved.h"
#include "tests/exec/fake_store.h"
#include "tests/exec/random_rows.h"
#include "vector/error.h"

namespace cairn {
namespace {

using namespace testing;

const std::vector<Type> kTypes = {Type::integer(),  Type::varchar(),      Type::boolean(), Type::decimal(12, 2),
                                  Type::double_(),  Type::big_int(),      Type::huge_int(), Type::date(),
                                  Type::character(10), Type::small_int(), Type::interval(), Type::decimal(30, 4),
                                  Type::real(),     Type::double_(),      Type::timestamp()};

Type as_argument(const AggregateFunction& function, const Type& type) {
  return function.argument_type == nullptr ? type : function.argument_type(type);
}

/// A call of the function over random columns of types that it takes, as a plan would have it.
AggregateCall random_call(Random& random, const AggregateFunction& function) {
  const std::string_view name = function.name;
  const bool percentile = name.starts_with("percentile");
  const bool pairs = name.starts_with("regr_") || name.starts_with("covar_") || name == "corr";
  for (;;) {
    AggregateCall call;
    call.function = &function;
    call.arguments = {static_cast<uint32_t>(below(random, kTypes.size()))};
    if (pairs) call.arguments.push_back(static_cast<uint32_t>(below(random, kTypes.size())));
    if (name == "string_agg" && chance(random, 50)) call.arguments.push_back(8);
    if (name == "string_agg" && call.arguments.size() == 1) call.constants.push_back(Value::of_string("; "));
    if (percentile) call.constants = {Value::of_double(static_cast<double>(below(random, 5)) / 4)};
    std::vector<Type> types;
    bool fits = true;
    for (const uint32_t argument : call.arguments) {
      types.push_back(kTypes[argument]);
      fits &= as_argument(function, kTypes[argument]).physical() == kTypes[argument].physical();
    }
    for (const Value& constant : call.constants) types.push_back(constant.type);
    if (!fits) continue;
    try {
      call.type = function.result_type(types);
    } catch (const Error&) {
      continue;
    }
    if (function.form == AggregateFunction::Form::kOrderedSet) {
      call.order = {{call.arguments[0], chance(random, 50), false}};
    } else {
      call.distinct = chance(random, 25);
      if (call.distinct && (pairs || name == "string_agg")) call.order = {{call.arguments[0]}};  // as the binder does
      const auto any = static_cast<uint32_t>(below(random, kTypes.size()));
      if (!call.distinct && chance(random, 25)) call.order = {{any, chance(random, 50), true}};
    }
    if (chance(random, 25)) call.filter = 2;
    return call;
  }
}

PlanNode make_plan(std::vector<uint32_t> groups, std::vector<AggregateCall> calls) {
  PlanNode plan{};
  plan.kind = PlanNode::Kind::kAggregate;
  plan.groups = std::move(groups);
  for (const uint32_t column : plan.groups) plan.types.push_back(kTypes[column]);
  for (const AggregateCall& call : calls) plan.types.push_back(call.type);
  plan.aggregates = std::move(calls);
  return plan;
}

std::vector<Row> random_input(Random& random, size_t row_count) {
  const std::vector<size_t> distincts = random_distincts(random, kTypes.size(), 50, 30, 3000);
  std::vector<Row> rows = random_rows(random, kTypes, distincts, row_count, chance(random, 30) ? 0 : 15);
  const int exponents = chance(random, 50) ? 3 : 300;
  for (Row& row : rows) {
    for (const size_t column : {4, 13}) {  // numbers near and far apart, a few that are none
      if (row[column].null) continue;
      const int exponent = static_cast<int>(below(random, exponents)) - exponents / 2;
      row[column].floating = std::ldexp(static_cast<double>(below(random, 1000)) - 500.25, exponent);
      if (chance(random, 1) && chance(random, 5)) row[column].floating = chance(random, 50) ? std::nan("") : HUGE_VAL;
    }
  }
  return rows;
}

struct Spills {
  int percent = 0;  ///< of batches that are followed by one
  size_t memory_limit = size_t{64} << 20;
  uint64_t store_fails_on = 0;
  unsigned threads = 2;
  int saved_percent = 0;  ///< of morsels behind which a fragment is saved, and what it saved takes its place
};

struct Outcome {
  std::vector<std::string> rows;  ///< sorted; or the error
  uint64_t stored = 0, living = 0;
};

std::vector<std::string> sorted_texts(const RowSet& set) {
  std::vector<std::string> texts;
  for (size_t chunk = 0; chunk < set.chunks().size(); ++chunk) {
    const auto pinned = set.pin(chunk);
    for (size_t row = 0; row < pinned->row_count; ++row) {
      Row values;
      for (const ColumnBuffer& column : pinned->columns) values.push_back(read_value(column.view(), row));
      texts.push_back(text_of(values));
    }
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

/// In two threads; of several errors one comes out.
void run_in_two(size_t tasks, const std::function<void(size_t)>& task) {
  std::mutex mutex;
  std::exception_ptr failed;
  run_in_threads(tasks, [&](size_t number) {
    try {
      task(number);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failed = std::current_exception();
    }
  });
  if (failed != nullptr) std::rethrow_exception(failed);
}

/// A fragment of what the other one saved, by way of the store. What has spilled cannot be saved.
std::unique_ptr<Fragment> saved_and_reopened(Sink& sink, std::unique_ptr<Fragment> fragment, FakeStore& store) {
  const std::shared_ptr<const RowSet> saved = fragment->save();
  if (saved == nullptr) return fragment;
  EXPECT_EQ(saved->types(), sink.saved_types());
  const auto stored = std::make_shared<RowSet>(saved->types());
  for (const RowSet::Chunk& chunk : saved->chunks()) stored->append(chunk);
  stored->evict_all(store);
  return sink.reopen(stored);
}

/// The plan's rows, from fragments some of which spill at random instants, added in random order.
Outcome run(uint64_t seed, const PlanNode& plan, const std::vector<Row>& rows, const Spills& spills) {
  Random random(seed);
  FakeStore store;
  store.fails_on = spills.store_fails_on;
  Outcome outcome;
  try {
    MemoryBudget memory(spills.memory_limit);
    const std::unique_ptr<Sink> sink = make_aggregate_sink(plan, kTypes, {&memory, &store, spills.threads});
    const ExecutionSettings settings;
    const WorkerContext worker{&settings};
    std::vector<std::unique_ptr<Fragment>> open, sealed;
    for (size_t f = 0; f < 4; ++f) open.push_back(sink->open(worker));
    const size_t morsel_rows = 1 + rows.size() / 20, batch_rows = 1 + below(random, 400);
    Random spilling(seed + 1);
    for (size_t begin = 0, ordinal = 0; begin < rows.size(); begin += morsel_rows, ++ordinal) {
      const size_t number = below(random, open.size());
      const size_t end = std::min(rows.size(), begin + morsel_rows);
      for (size_t at = begin; at < end; at += batch_rows) {
        const std::vector<Row> part(rows.begin() + static_cast<ptrdiff_t>(at),
                                    rows.begin() + static_cast<ptrdiff_t>(std::min(end, at + batch_rows)));
        OwnedBatch owned(random, kTypes, part, false);
        open[number]->consume(owned.batch, {ordinal});
        const bool spill = number > 0 && sink->spill_store() != nullptr && chance(spilling, spills.percent);
        if (spill) open[number]->spill(store);
      }
      open[number]->end_morsel({ordinal});
      if (!chance(spilling, spills.saved_percent)) continue;
      sealed.push_back(saved_and_reopened(*sink, std::exchange(open[number], sink->open(worker)), store));
    }
    std::move(sealed.begin(), sealed.end(), std::back_inserter(open));
    std::shuffle(open.begin(), open.end(), spilling);
    size_t charged = 0;
    for (auto& fragment : open) {
      charged += fragment->bytes();
      sink->add(std::move(fragment));
    }
    memory.change(0, charged);
    sink->finalize(run_in_two);
    outcome.rows = sorted_texts(*sink->rows());
    for (const RowSet::Chunk& chunk : sink->rows()->chunks()) {
      EXPECT_EQ(chunk.ranges.size(), plan.types.size()) << "ranges are known, wherever the rows lie";
    }
    EXPECT_EQ(memory.used_bytes(), charged);
  } catch (const Error& error) {
    outcome.rows = {std::string(error.sqlstate)};
  }
  outcome.stored = store.stored;
  outcome.living = store.living;
  return outcome;
}

class AggregateSpillTest : public ::testing::Test {
 protected:
  void SetUp() override { std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(test_seed())); }
};

TEST_F(AggregateSpillTest, EveryFunctionGivesTheSameBitsWhateverWasSpilled) {
  Random random(test_seed());
  const std::vector<std::vector<uint32_t>> keys = {{0}, {5}, {1}, {2, 8}, {7, 1}, {10}, {2}};
  size_t runs = 0, spilling_runs = 0;
  for (const std::string_view name : aggregate_names()) {
    for (int round = 0; round < 4; ++round) {
      std::vector<AggregateCall> calls = {random_call(random, *find_aggregate(name))};
      if (chance(random, 50)) {
        const std::vector<std::string_view> names = aggregate_names();
        calls.push_back(random_call(random, *find_aggregate(names[below(random, names.size())])));
      }
      const PlanNode plan = make_plan(keys[below(random, keys.size())], calls);
      const std::vector<Row> rows = random_input(random, 1 + below(random, 2500));
      const uint64_t seed = random();
      const Outcome kept = run(seed, plan, rows, {0, size_t{1} << 30});
      for (const int percent : {5, 40}) {
        const Outcome spilled = run(seed, plan, rows, {percent});
        ASSERT_EQ(spilled.rows, kept.rows) << name << "(" << plan.aggregates[0].arguments[0] << "), round " << round
                                           << ", group by " << plan.groups[0];
        ASSERT_EQ(spilled.living, 0u);
        ++runs;
        spilling_runs += spilled.stored > 0;
      }
      EXPECT_EQ(kept.stored, 0u);
    }
  }
  EXPECT_GT(spilling_runs * 2, runs);
}

TEST_F(AggregateSpillTest, EveryFunctionGivesTheSameBitsFromWhatFragmentsSaved) {
  Random random(test_seed() + 4);
  const std::vector<std::vector<uint32_t>> keys = {{}, {0}, {1}, {2, 8}, {10}};
  for (const std::string_view name : aggregate_names()) {
    for (int round = 0; round < 2; ++round) {
      const std::vector<std::string_view> names = aggregate_names();
      std::vector<AggregateCall> calls = {random_call(random, *find_aggregate(name))};
      while (chance(random, 60)) calls.push_back(random_call(random, *find_aggregate(names[below(random, names.size())])));
      const PlanNode plan = make_plan(keys[below(random, keys.size())], calls);
      const std::vector<Row> rows = random_input(random, 1 + below(random, 2500));
      const uint64_t seed = random();
      const Outcome whole = run(seed, plan, rows, {0, size_t{1} << 30});
      for (const int spilled_percent : {0, 10}) {
        const Outcome saved = run(seed, plan, rows, {spilled_percent, size_t{1} << 30, 0, 2, 60});
        ASSERT_EQ(saved.rows, whole.rows) << name << ", round " << round << ", " << calls.size() << " calls, " << plan.groups.size()
                                          << " keys, " << spilled_percent << " % spilled";
        ASSERT_EQ(saved.living, 0u);
      }
    }
  }
}

TEST_F(AggregateSpillTest, PartitionsThatAreTooLargeAreSplit) {
  Random random(test_seed() + 1);
  std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 20000), 30000, 1);
  for (size_t row = 0; row < rows.size(); ++row) {
    rows[row][1] = Value::of_string(std::string(300, 'x') + std::to_string(below(random, 25000)));
    if (row % 3 == 0) rows[row][5] = Value::of_integer(kTypes[5], 1);  // a giant group
  }
  AggregateCall sum;
  sum.function = find_aggregate("sum");
  sum.arguments = {5};
  sum.type = Type::huge_int();
  AggregateCall text = sum;
  text.function = find_aggregate("string_agg");
  text.arguments = {1};
  text.constants = {Value::of_string(",")};
  text.type = Type::varchar();
  for (const auto& [group, call] : {std::pair{uint32_t{1}, sum}, std::pair{uint32_t{5}, text}}) {
    const PlanNode plan = make_plan({group}, {call});
    const Outcome kept = run(7, plan, rows, {0, size_t{1} << 30});
    const Outcome spilled = run(7, plan, rows, {20, size_t{1} << 30});
    const Outcome split = run(7, plan, rows, {20, size_t{32} << 20, 0, 64});
    EXPECT_TRUE(spilled.rows == kept.rows);
    EXPECT_TRUE(split.rows == kept.rows) << split.rows[0].substr(0, 100);
    EXPECT_GT(split.stored, spilled.stored);
  }
}

TEST_F(AggregateSpillTest, ASpillWithinAMorselLeavesNextToNothing) {
  constexpr size_t kTextBytes = size_t{1} << 20;
  Random random(test_seed() + 3);
  std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 1), 1, 0);
  rows[0][1] = Value::of_string(std::string(kTextBytes, 'x'));
  AggregateCall longest;
  longest.function = find_aggregate("max");
  longest.arguments = {1};
  longest.type = Type::varchar();
  const PlanNode plan = make_plan({2}, {longest});
  FakeStore store;
  MemoryBudget memory(size_t{64} << 20);
  const std::unique_ptr<Sink> sink = make_aggregate_sink(plan, kTypes, {&memory, &store, 1});
  const ExecutionSettings settings;
  const WorkerContext worker{&settings};
  const std::unique_ptr<Fragment> fragment = sink->open(worker);
  OwnedBatch owned(random, kTypes, rows, false);
  ColumnBuffer key(Type::boolean());
  key.append_value(Value::of_boolean(true));
  owned.batch.columns[2] = key.view();  // flat BOOLEANs are the numbers of their groups
  fragment->consume(owned.batch, {0});
  ASSERT_GT(fragment->bytes(), kTextBytes);
  fragment->spill(store);
  EXPECT_LT(fragment->bytes(), kTextBytes / 4);
}

TEST_F(AggregateSpillTest, WhatIsSavedIsCountedWhileItIsInMemory) {
  constexpr size_t kKeys = 1000, kKeyBytes = 200;
  const PlanNode plan = make_plan({1}, {});
  const AggregateShape shape(plan, kTypes);
  Groups groups = shape.make_groups();
  ColumnBuffer keys(Type::varchar());
  for (size_t key = 0; key < kKeys; ++key) {
    keys.append_value(Value::of_string(std::string(kKeyBytes, 'x') + std::to_string(key)));
  }
  std::vector<uint32_t> ids(kKeys);
  const std::vector<Vector> columns = {keys.view()};
  groups.index->find_or_add(columns, kKeys, ids.data());
  groups.states->resize(kKeys);
  FakeStore store;
  SavedPartitions in_memory(shape, 0), stored(shape, 0);
  in_memory.add(groups, nullptr);
  stored.add(groups, &store);
  EXPECT_GT(in_memory.bytes(), kKeys * kKeyBytes);
  EXPECT_GT(stored.bytes(), 0u) << "to know of it takes some, too";
  EXPECT_LT(stored.bytes(), kKeys * kKeyBytes / 4);
}

TEST_F(AggregateSpillTest, KeysThatAreInNoIndexFallIntoTheSamePartitions) {
  Random random(test_seed() + 6);
  const std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 3000), 2000, 5);
  for (const std::vector<uint32_t>& groups : {std::vector<uint32_t>{0}, {1}, {5}, {6}, {7}, {2}, {13}, {10}, {0, 1}, {8, 2, 11}}) {
    const AggregateShape shape(make_plan(groups, {}), kTypes);
    const std::unique_ptr<GroupIndex> index = GroupIndex::make(shape.key_types);
    OwnedBatch owned(random, kTypes, rows, false);
    std::vector<Vector> keys;
    for (const uint32_t column : groups) keys.push_back(owned.batch.columns[column]);
    std::vector<uint32_t> ids(rows.size());
    index->find_or_add(keys, rows.size(), ids.data());
    std::vector<ColumnBuffer> flat;
    for (size_t c = 0; c < groups.size(); ++c) flat.emplace_back(shape.key_types[c]).append(keys[c]);
    for (size_t c = 0; c < groups.size(); ++c) keys[c] = flat[c].view();
    for (const auto& [bits, level] : {std::pair{0u, 0u}, {5u, 0u}, {8u, 1u}, {8u, 3u}}) {
      std::vector<uint8_t> of_groups(index->size()), of_rows(rows.size());
      index->partitions(bits, of_groups.data(), level);
      GroupIndex::partitions(keys, rows.size(), bits, of_rows.data(), level);
      for (size_t row = 0; row < rows.size(); ++row) ASSERT_EQ(of_rows[row], of_groups[ids[row]]) << groups[0] << ", " << row;
    }
  }
}

TEST_F(AggregateSpillTest, AStoreThatFailsGivesItsErrorAndKeepsNothing) {
  Random random(test_seed() + 2);
  const AggregateCall sum = random_call(random, *find_aggregate("sum"));
  const PlanNode plan = make_plan({1}, {sum, random_call(random, *find_aggregate("string_agg"))});
  const std::vector<Row> rows = random_input(random, 600);
  const Outcome whole = run(3, plan, rows, {30});
  ASSERT_GT(whole.stored, 10u);
  for (uint64_t fails_on = 1; fails_on <= whole.stored; fails_on += 1 + fails_on / 10) {
    const Outcome failed = run(3, plan, rows, {30, size_t{64} << 20, fails_on});
    EXPECT_EQ(failed.rows, std::vector<std::string>{std::string(sqlstate::kDiskFull)}) << fails_on;
    EXPECT_EQ(failed.living, 0u);
  }
}

}  // namespace
}  // namespace cairn
