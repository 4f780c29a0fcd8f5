#include "exec/operators/sort.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/exec/random_rows.h"

namespace cairn {
namespace {

using namespace testing;

const std::vector<Type> kTypes = {Type::integer(),  Type::varchar(),    Type::boolean(),  Type::decimal(12, 2),
                                  Type::double_(),  Type::big_int(),    Type::huge_int(), Type::date(),
                                  Type::interval(), Type::small_int(),  Type::real(),     Type::decimal(30, 4)};

int compare_values(const Value& a, const Value& b) {
  const auto three_way = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
  if (a.type.is_string()) return three_way(a.string, b.string);
  if (a.type.id == TypeId::kInterval) {
    const auto micros = [](const Interval& i) { return (int128_t{i.months} * 30 + i.days) * 86400000000 + i.micros; };
    return three_way(micros(a.interval), micros(b.interval));
  }
  if (!a.type.is_floating()) return three_way(a.integer, b.integer);
  if (std::isnan(a.floating) || std::isnan(b.floating)) return std::isnan(a.floating) - std::isnan(b.floating);
  return three_way(a.floating, b.floating);
}

bool row_less(const std::vector<SortKey>& keys, const Row& a, const Row& b) {
  for (const SortKey& key : keys) {
    const Value& x = a[key.column];
    const Value& y = b[key.column];
    if (x.null || y.null) {
      if (x.null != y.null) return x.null == key.nulls_first;
      continue;
    }
    const int order = compare_values(x, y);
    if (order != 0) return key.descending ? order > 0 : order < 0;
  }
  return false;
}

PlanNode make_plan(std::vector<SortKey> keys, int64_t limit = -1, int64_t offset = 0) {
  PlanNode plan{};
  plan.kind = PlanNode::Kind::kSort;
  plan.types = kTypes;
  plan.children.push_back(std::make_shared<PlanNode>());
  plan.children[0]->types = kTypes;
  plan.sort_keys = std::move(keys);
  plan.limit = limit;
  plan.offset = offset;
  return plan;
}

std::vector<std::string> oracle(const PlanNode& plan, std::vector<Row> rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Row& a, const Row& b) { return row_less(plan.sort_keys, a, b); });
  rows.erase(rows.begin(), rows.begin() + std::min<int64_t>(plan.offset, static_cast<int64_t>(rows.size())));
  if (plan.limit >= 0) rows.resize(std::min<size_t>(rows.size(), static_cast<size_t>(plan.limit)));
  return texts_of(rows);
}

std::vector<std::string> sorted(Random& random, const PlanNode& plan, const std::vector<Row>& rows, const Feed& feed) {
  const std::unique_ptr<Sink> sink = make_sort_sink(plan);
  feed_sink(random, *sink, kTypes, rows, feed);
  return texts_of(rows_of(*sink->rows()));
}

class SortTest : public ::testing::Test {
 protected:
  void SetUp() override { std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(test_seed())); }
};

TEST_F(SortTest, RandomKeysSortStablyWhateverTheFragments) {
  Random random(test_seed());
  for (int round = 0; round < 200; ++round) {
    const std::vector<size_t> distincts = random_distincts(random, kTypes.size(), 60, 8, 3000);
    const size_t row_count = chance(random, 5) ? 0 : 1 + below(random, chance(random, 80) ? 300 : 3000);
    const std::vector<Row> rows = random_rows(random, kTypes, distincts, row_count, chance(random, 50) ? 0 : 20);
    std::vector<SortKey> keys;
    for (size_t n = 1 + below(random, 4); n > 0; --n) {
      keys.push_back({static_cast<uint32_t>(below(random, kTypes.size())), chance(random, 50), chance(random, 50)});
    }
    const bool limited = chance(random, 60);
    const PlanNode plan = make_plan(keys, limited ? static_cast<int64_t>(below(random, 60)) : -1,
                                    chance(random, 30) ? static_cast<int64_t>(below(random, 60)) : 0);
    std::string trace = "round " + std::to_string(round) + " limit " + std::to_string(plan.limit) + " keys";
    for (const SortKey& key : keys) trace += " " + std::to_string(key.column) + (key.descending ? " desc" : "");
    SCOPED_TRACE(trace);
    ASSERT_EQ(sorted(random, plan, rows, random_feed(random, 1 + below(random, 400))), oracle(plan, rows));
  }
}

TEST_F(SortTest, ManyRowsSpreadOverTasks) {
  Random random(test_seed() + 1);
  const std::vector<Row> some = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 500), 2000, 3);
  std::vector<Row> rows;
  for (size_t i = 0; i < 140000; ++i) rows.push_back(some[below(random, some.size())]);
  for (const uint32_t key : {0u, 1u}) {
    const PlanNode plan = make_plan({{key}, {5, true}});
    EXPECT_TRUE(sorted(random, plan, rows, {2, 50000, 30000, false, false}) == oracle(plan, rows)) << "key " << key;
  }
}

/// Behind more bytes than the words of a key have, some of them zero.
TEST_F(SortTest, StringsThatDifferLate) {
  Random random(test_seed() + 3);
  std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 50), 4000, 5);
  for (Row& row : rows) {
    if (row[1].null) continue;
    std::string text(1 + below(random, 2), 'a');
    for (size_t n = below(random, 4); n > 0; --n) text += std::string(30, static_cast<char>('a' + below(random, 2)));
    text += std::string(below(random, 3), char{0}) + std::to_string(below(random, 40));
    row[1].string = text;
  }
  for (const bool descending : {false, true}) {
    const PlanNode plan = make_plan({{1, descending, descending}, {0, !descending}, {5}});
    EXPECT_TRUE(sorted(random, plan, rows, {2, 1000, 700, false, false}) == oracle(plan, rows));
  }
}

TEST_F(SortTest, TopOfManyRowsOfFewKeys) {
  Random random(test_seed() + 2);
  const std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 3), 20000, 10);
  for (const uint32_t key : {0u, 1u, 4u, 6u}) {
    for (const bool nulls_first : {false, true}) {
      const PlanNode plan = make_plan({{key, false, nulls_first}, {1, true}}, 20, 5);
      EXPECT_EQ(sorted(random, plan, rows, {3, 700, 300, true, true}), oracle(plan, rows));
    }
  }
}

TEST_F(SortTest, LimitZeroIsSatisfiedAtOnce) {
  const std::unique_ptr<Sink> sink = make_sort_sink(make_plan({{0}}, 0));
  EXPECT_TRUE(sink->satisfied());
  sink->finalize(run_in_order);
  EXPECT_EQ(sink->rows()->row_count(), 0u);
}

}  // namespace
}  // namespace cairn
