#include "exec/operators/aggregate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "exec/functions/function.h"
#include "tests/exec/random_rows.h"
#include "vector/error.h"

namespace cairn {
namespace {

using namespace testing;

struct Call {
  std::string function;
  int argument = -1;  ///< -1: count(*)
  bool distinct = false;
  int filter = -1;
};

PlanNode make_plan(const std::vector<Type>& types, std::vector<uint32_t> groups, const std::vector<Call>& calls) {
  PlanNode plan{};
  plan.kind = PlanNode::Kind::kAggregate;
  plan.groups = std::move(groups);
  for (const uint32_t column : plan.groups) plan.types.push_back(types[column]);
  for (const Call& call : calls) {
    AggregateCall made;
    made.function = find_aggregate(call.function);
    std::vector<Type> arguments;
    if (call.argument >= 0) {
      made.arguments = {static_cast<uint32_t>(call.argument)};
      arguments = {types[call.argument]};
    }
    if (call.function == "string_agg") {
      made.constants = {Value::of_string(",")};
      arguments.push_back(Type::varchar());
    }
    made.distinct = call.distinct;
    made.filter = call.filter;
    made.type = made.function->result_type(arguments);
    plan.types.push_back(made.type);
    plan.aggregates.push_back(made);
  }
  return plan;
}

double as_double(const Value& value) {
  if (value.type.is_floating()) return value.floating;
  return static_cast<double>(value.integer) / static_cast<double>(power_of_ten(value.type.scale));
}

bool value_less(const Value& a, const Value& b) {
  if (a.type.is_string()) return a.string < b.string;
  if (a.type.is_floating()) return std::isnan(b.floating) ? !std::isnan(a.floating) : a.floating < b.floating;
  if (a.type.id == TypeId::kInterval) {
    const auto micros = [](const Interval& i) { return (int128_t{i.months} * 30 + i.days) * 86400000000 + i.micros; };
    return micros(a.interval) < micros(b.interval);
  }
  return a.integer < b.integer;
}

/// One call over one group's rows, as its definition says.
std::string expected(const Call& call, const std::vector<const Row*>& rows, const Type& type) {
  std::vector<Value> values;
  std::set<std::string> seen;
  for (const Row* row : rows) {
    if (call.filter >= 0 && ((*row)[call.filter].null || (*row)[call.filter].integer == 0)) continue;
    const Value value = call.argument < 0 ? Value::of_boolean(true) : (*row)[call.argument];
    if (value.null || (call.distinct && !seen.insert(text_of(value)).second)) continue;
    values.push_back(value);
  }
  if (call.function == "count") return std::to_string(values.size());
  if (values.empty()) return "NULL";
  if (call.function == "any_value") return text_of(values[0]);
  if (call.function == "min" || call.function == "bool_and") {
    return text_of(*std::min_element(values.begin(), values.end(), value_less));
  }
  if (call.function == "max" || call.function == "bool_or") {
    return text_of(*std::max_element(values.begin(), values.end(), value_less));
  }
  if (call.function == "string_agg") {
    std::string text;
    for (size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ",") + values[i].string;
    return text;
  }
  Value result;
  result.type = type;
  result.null = false;
  double sum = 0;
  for (const Value& value : values) {
    result.integer += value.integer;
    sum += as_double(value);
  }
  if (call.function == "sum" && type.is_exact()) return text_of(result);
  result.floating = sum;
  const double count = static_cast<double>(values.size());
  if (call.function == "avg") {
    result.floating = values[0].type.is_exact() ? static_cast<double>(result.integer) /
                                                      (count * static_cast<double>(power_of_ten(values[0].type.scale)))
                                                : sum / count;
  } else if (call.function != "sum") {
    double squares = 0;
    for (const Value& value : values) squares += (as_double(value) - sum / count) * (as_double(value) - sum / count);
    const bool sample = call.function == "stddev" || call.function == "variance";
    if (sample && values.size() == 1) return "NULL";
    result.floating = squares / (count - (sample ? 1 : 0));
    if (call.function.starts_with("stddev")) result.floating = std::sqrt(result.floating);
  }
  return text_of(result);
}

/// Groups in the order of their first rows.
std::vector<std::vector<std::string>> oracle(const PlanNode& plan, const std::vector<Call>& calls,
                                             const std::vector<Row>& rows) {
  std::map<std::string, size_t> numbers;
  std::vector<std::pair<Row, std::vector<const Row*>>> groups;
  if (plan.groups.empty()) groups.emplace_back();
  for (const Row& row : rows) {
    Row key;
    for (const uint32_t column : plan.groups) key.push_back(row[column]);
    if (!plan.groups.empty() && numbers.emplace(text_of(key), groups.size()).second) {
      groups.emplace_back(key, std::vector<const Row*>());
    }
    groups[plan.groups.empty() ? 0 : numbers[text_of(key)]].second.push_back(&row);
  }
  std::vector<std::vector<std::string>> result;
  for (const auto& [key, members] : groups) {
    std::vector<std::string>& row = result.emplace_back();
    for (const Value& value : key) row.push_back(text_of(value));
    for (size_t c = 0; c < calls.size(); ++c) row.push_back(expected(calls[c], members, plan.types[key.size() + c]));
  }
  return result;
}

bool same_cell(const std::string& a, const std::string& b, const Type& type) {
  if (a == b) return true;
  if (!type.is_floating() || a == "NULL" || b == "NULL") return false;
  const double x = std::stod(a), y = std::stod(b);
  return std::abs(x - y) <= 1e-9 * std::max({1.0, std::abs(x), std::abs(y)});
}

std::vector<Row> aggregate(Random& random, const PlanNode& plan, const std::vector<Type>& types,
                           const std::vector<Row>& rows, const Feed& feed, unsigned threads = 1) {
  const std::unique_ptr<Sink> sink = make_aggregate_sink(plan, types, {nullptr, nullptr, threads});
  feed_sink(random, *sink, types, rows, feed);
  return rows_of(*sink->rows());
}

void expect_same(const PlanNode& plan, std::vector<std::vector<std::string>> want, const std::vector<Row>& got) {
  std::vector<std::vector<std::string>> texts;
  for (const Row& row : got) {
    std::vector<std::string>& cells = texts.emplace_back();
    for (const Value& value : row) cells.push_back(text_of(value));
  }
  const auto by_key = [&](const auto& a, const auto& b) {
    return std::lexicographical_compare(a.begin(), a.begin() + static_cast<ptrdiff_t>(plan.groups.size()), b.begin(),
                                        b.begin() + static_cast<ptrdiff_t>(plan.groups.size()));
  };
  std::sort(want.begin(), want.end(), by_key);
  std::sort(texts.begin(), texts.end(), by_key);
  ASSERT_EQ(texts.size(), want.size());
  for (size_t row = 0; row < want.size(); ++row) {
    for (size_t c = 0; c < want[row].size(); ++c) {
      ASSERT_TRUE(same_cell(texts[row][c], want[row][c], plan.types[c]))
          << "row " << row << " column " << c << ": got " << texts[row][c] << ", expected " << want[row][c];
    }
  }
}

const std::vector<Type> kTypes = {Type::integer(),      Type::varchar(),     Type::boolean(),  Type::decimal(12, 2),
                                  Type::double_(),      Type::big_int(),     Type::huge_int(), Type::date(),
                                  Type::character(10),  Type::small_int(),   Type::interval(), Type::decimal(30, 4)};

const std::vector<Call> kCalls = {
    {"count"},         {"count", 3},        {"sum", 3},         {"avg", 3},           {"sum", 0},
    {"sum", 5},        {"avg", 9},          {"min", 0},         {"max", 1},           {"min", 8},
    {"max", 4},        {"min", 4},          {"max", 6},         {"min", 7},           {"bool_and", 2},
    {"bool_or", 2},    {"any_value", 1},    {"any_value", 7},   {"stddev", 3},        {"variance", 0},
    {"var_pop", 5},    {"stddev_pop", 9},   {"string_agg", 1},  {"count", 1, true},   {"sum", 0, true},
    {"avg", 3, true},  {"count", 6, true},  {"sum", 3, false, 2}, {"count", -1, false, 2}, {"count", 8, true, 2},
    {"sum", 6},        {"sum", 11},         {"min", 10},        {"max", 10},          {"avg", 3, false, 2},
    {"max", 3, false, 2}};

class AggregateTest : public ::testing::Test {
 protected:
  void SetUp() override { std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(test_seed())); }
};

TEST_F(AggregateTest, RandomGroupsAndCallsAgreeWithTheirDefinitions) {
  Random random(test_seed());
  for (int round = 0; round < 150; ++round) {
    const std::vector<size_t> distincts = random_distincts(random, kTypes.size(), 70, 6, 2000);
    const int nulls = chance(random, 40) ? 0 : 15;
    const size_t row_count = chance(random, 10) ? 0 : 1 + below(random, chance(random, 80) ? 400 : 3000);
    std::vector<Row> rows = random_rows(random, kTypes, distincts, row_count, nulls);
    for (Row& row : rows) {  // NaN equals NaN in groups, but not -0.5 + NaN in sums: keep it out of the sums
      if (!row[4].null && std::isnan(row[4].floating) && round % 2 == 0) row[4].floating = 0.5;
    }
    std::vector<uint32_t> groups;
    for (size_t g = below(random, 4); g > 0; --g) groups.push_back(static_cast<uint32_t>(below(random, kTypes.size())));
    std::vector<Call> calls;
    for (size_t n = 1 + below(random, 5); n > 0; --n) calls.push_back(kCalls[below(random, kCalls.size())]);
    if (chance(random, 50)) {  // without those that keep direct groups or rubbish rows away
      std::erase_if(calls, [](const Call& call) {
        return call.distinct || call.function == "any_value" || call.function == "string_agg" || call.argument == 1;
      });
    }
    const PlanNode plan = make_plan(kTypes, groups, calls);
    const Feed feed = random_feed(random, 1 + below(random, 500));
    std::string trace = "round " + std::to_string(round) + ", groups";
    for (const uint32_t group : groups) trace += " " + std::to_string(group);
    for (const Call& call : calls) trace += ", " + call.function + " " + std::to_string(call.argument);
    SCOPED_TRACE(trace + ", " + std::to_string(feed.fragments) + " fragments");
    const std::vector<Row> got = aggregate(random, plan, kTypes, rows, feed);
    expect_same(plan, oracle(plan, calls, rows), got);
    if (HasFatalFailure()) return;
  }
}

TEST_F(AggregateTest, ManyFragmentsGiveTheGroupsInTheOrderOfOne) {
  Random random(test_seed() + 1);
  const std::vector<Call> calls = {{"count"}, {"sum", 0}};
  for (const std::vector<uint32_t>& groups : {std::vector<uint32_t>{5}, {1, 7}, {1}, {2, 8}}) {
    const PlanNode plan = make_plan(kTypes, groups, calls);
    const std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 700), 5000, 5);
    Feed one{1, 250, 64, false, false};
    Random same = random;
    const std::vector<std::string> expected_rows = texts_of(aggregate(same, plan, kTypes, rows, one));
    for (size_t fragments = 2; fragments < 6; ++fragments) {
      Feed many{fragments, 250, 64, false, fragments % 2 == 0};
      EXPECT_EQ(texts_of(aggregate(random, plan, kTypes, rows, many)), expected_rows) << fragments << " fragments";
    }
  }
}

TEST_F(AggregateTest, ManyGroupsAreMergedInPartitionsInTheSameOrder) {
  Random random(test_seed() + 4);
  const std::vector<Type> types = {Type::big_int(), Type::varchar(), Type::decimal(12, 2)};
  std::vector<Row> rows = random_rows(random, types, {26001, 25000, 900}, 60000, 1);
  const std::vector<Call> calls = {{"sum", 2}, {"count", 2}, {"max", 2}};
  for (const std::vector<uint32_t>& groups : {std::vector<uint32_t>{0}, {1}}) {
    const PlanNode plan = make_plan(types, groups, calls);
    const std::vector<Row> one = aggregate(random, plan, types, rows, {1, 2500, 400, false, false});
    const std::vector<Row> many = aggregate(random, plan, types, rows, {3, 2500, 400, true, false});
    EXPECT_TRUE(texts_of(many) == texts_of(one));
    expect_same(plan, oracle(plan, calls, rows), many);
  }
}

TEST_F(AggregateTest, ListsAreMergedInPartitionsInTheSameOrder) {
  Random random(test_seed() + 5);
  const std::vector<Type> types = {Type::big_int(), Type::varchar(), Type::decimal(12, 2)};
  const std::vector<Row> rows = random_rows(random, types, {301, 2000, 900}, 40000, 1);
  const std::vector<Call> calls = {{"string_agg", 1}, {"count", 2, true}, {"sum", 2}, {"any_value", 2}};
  for (const std::vector<uint32_t>& groups : {std::vector<uint32_t>{0}, {1}}) {
    const PlanNode plan = make_plan(types, groups, calls);
    const std::vector<Row> one = aggregate(random, plan, types, rows, {1, 2500, 400, false, false});
    for (const size_t fragments : {1, 3}) {
      const std::vector<Row> many = aggregate(random, plan, types, rows, {fragments, 2500, 400, false, false}, 4);
      EXPECT_TRUE(texts_of(many) == texts_of(one)) << fragments << " fragments";
    }
    expect_same(plan, oracle(plan, calls, rows), one);
  }
}

TEST_F(AggregateTest, EmptyInputHasOneRowWithoutGroupsAndNoneWithGroups) {
  Random random(1);
  const std::vector<Call> calls = {{"count"}, {"sum", 0}, {"avg", 3}, {"min", 1}, {"count", 1, true}, {"string_agg", 1}};
  EXPECT_EQ(texts_of(aggregate(random, make_plan(kTypes, {}, calls), kTypes, {}, {})),
            std::vector<std::string>{"0|NULL|NULL|NULL|0|NULL"});
  EXPECT_TRUE(aggregate(random, make_plan(kTypes, {0}, calls), kTypes, {}, {}).empty());
}

TEST_F(AggregateTest, SumsBeyondTheirTypeAreErrors) {
  Random random(1);
  const std::vector<Type> types = {Type::decimal(38, 0), Type::big_int()};
  const Value most = Value::of_integer(types[0], power_of_ten(38) - 1);
  const Value big = Value::of_integer(types[1], INT64_MAX);
  const std::vector<Row> rows(3, Row{most, big});
  // BIGINTs add up in 128 bits.
  EXPECT_EQ(texts_of(aggregate(random, make_plan(types, {}, {{"sum", 1}}), types, rows, {})),
            std::vector<std::string>{"27670116110564327421"});
  EXPECT_EQ(texts_of(aggregate(random, make_plan(types, {1}, {{"sum", 1}}), types, rows, {})),
            std::vector<std::string>{"9223372036854775807|27670116110564327421"});
  try {
    aggregate(random, make_plan(types, {}, {{"sum", 0}}), types, rows, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kNumericOutOfRange);
  }
}

TEST_F(AggregateTest, AveragesRoundAsTpchAnswersDo) {
  Random random(1);
  const std::vector<Type> types = {Type::decimal(12, 2)};
  // 348 values that sum up to 12384801.37: a row of Q1's answer at SF 0.01.
  std::vector<Row> rows(348, Row{Value::of_integer(types[0], 0)});
  rows[17][0].integer = 1238480137;
  EXPECT_EQ(texts_of(aggregate(random, make_plan(types, {}, {{"avg", 0}}), types, rows, {})),
            std::vector<std::string>{"35588.50968390804"});
}

TEST_F(AggregateTest, ManyIntegerGroupsClusteredAndScattered) {
  Random random(test_seed() + 2);
  const std::vector<Type> types = {Type::big_int(), Type::integer()};
  for (const int64_t spread : {1, 3, 1000003, 1 << 30}) {
    std::vector<Row> rows;
    for (int64_t i = 0; i < 30000; ++i) {
      const int64_t key = spread == 3 ? i / 5 * 3 - 7000 : static_cast<int64_t>(below(random, 9000)) * spread;
      rows.push_back({Value::of_integer(types[0], key), Value::of_integer(types[1], i % 50)});
      if (i % 1000 == 999) rows.back()[0] = Value::null_of(types[0]);
    }
    const std::vector<Call> calls = {{"sum", 1}, {"count"}};
    const PlanNode plan = make_plan(types, {0}, calls);
    expect_same(plan, oracle(plan, calls, rows), aggregate(random, plan, types, rows, {3, 5000, 900, true, true}));
  }
}

TEST_F(AggregateTest, RestoredRowsAreTheFinalizedOnes) {
  Random random(3);
  const PlanNode plan = make_plan(kTypes, {1}, {{"count"}, {"sum", 3}});
  const std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 10), 500, 10);
  const std::unique_ptr<Sink> computed = make_aggregate_sink(plan, kTypes);
  feed_sink(random, *computed, kTypes, rows, {2, 50, 20, true, true});
  const std::unique_ptr<Sink> restored = make_aggregate_sink(plan, kTypes);
  restored->restore(computed->rows(), run_in_order);
  EXPECT_EQ(texts_of(rows_of(*restored->rows())), texts_of(rows_of(*computed->rows())));
}

}  // namespace
}  // namespace cairn
