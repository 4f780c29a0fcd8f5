// Which operators give the same rows whatever the order in which theirs come.

#include "exec/plan/determinism.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

PlanPtr rows_of(std::vector<Type> types) {
  PlanPtr plan = node(PlanNode::Kind::kMaterialize);
  plan->types = std::move(types);
  return plan;
}

AggregateCall make_call(std::string_view name, std::vector<uint32_t> arguments, bool distinct = false,
                        std::vector<SortKey> order = {}) {
  AggregateCall made;
  made.function = find_aggregate(name);
  made.arguments = std::move(arguments);
  made.distinct = distinct;
  made.order = std::move(order);
  return made;
}

const std::vector<Type> kTypes{Type::big_int(), Type::double_(), Type::interval(), Type::varchar(), Type::decimal(10, 2)};
constexpr uint32_t kNumber = 0, kDouble = 1, kInterval = 2, kText = 3;

bool aggregate_is(AggregateCall one, std::vector<uint32_t> groups = {}) {
  PlanPtr plan = node(PlanNode::Kind::kAggregate, {rows_of(kTypes)});
  plan->groups = std::move(groups);
  plan->aggregates.push_back(std::move(one));
  return is_deterministic(*plan);
}

TEST(Determinism, OfAggregates) {
  for (const std::string_view name : {"sum", "avg", "stddev", "variance", "var_pop", "min", "max", "count"}) {
    EXPECT_TRUE(aggregate_is(make_call(name, {kNumber}))) << name;
    EXPECT_TRUE(aggregate_is(make_call(name, {kNumber}, true))) << name;
  }
  EXPECT_TRUE(aggregate_is(make_call("sum", {kDouble}))) << "sums are reproducible";
  EXPECT_TRUE(aggregate_is(make_call("corr", {kDouble, kDouble})));
  EXPECT_FALSE(aggregate_is(make_call("sum", {kDouble}, true))) << "0.0 or -0.0 stands for both";
  EXPECT_TRUE(aggregate_is(make_call("count", {kDouble}, true)));
  EXPECT_FALSE(aggregate_is(make_call("max", {kDouble})));
  EXPECT_FALSE(aggregate_is(make_call("min", {kInterval}))) << "a month and thirty days are equal";
  EXPECT_TRUE(aggregate_is(make_call("max", {kText})));
  EXPECT_TRUE(aggregate_is(make_call("percentile_disc", {kNumber})));
  EXPECT_FALSE(aggregate_is(make_call("percentile_disc", {kDouble})));
  EXPECT_FALSE(aggregate_is(make_call("mode", {kNumber})));
  EXPECT_FALSE(aggregate_is(make_call("any_value", {kNumber})));
  EXPECT_FALSE(aggregate_is(make_call("string_agg", {kText})));
  EXPECT_FALSE(aggregate_is(make_call("string_agg", {kText}, false, {{kNumber, false, false}}))) << "ties";
  EXPECT_TRUE(aggregate_is(make_call("string_agg", {kText}, false, {{kNumber, false, false}, {kText, true, false}})));
}

TEST(Determinism, OfGroups) {
  EXPECT_TRUE(aggregate_is(make_call("count", {}), {kNumber, kText}));
  EXPECT_FALSE(aggregate_is(make_call("count", {}), {kNumber, kDouble})) << "which zero a group shows is chance";
  EXPECT_FALSE(aggregate_is(make_call("count", {}), {kInterval}));
}

TEST(Determinism, EveryAggregateIsDecided) {
  // Whoever adds one decides: what is not known to be deterministic is not.
  const std::set<std::string_view> chance{"any_value", "mode", "string_agg"};
  for (const std::string_view name : aggregate_names()) {
    const bool pair = name.starts_with("regr_") || name.starts_with("co");
    std::vector<uint32_t> arguments{kNumber};
    if (pair && name != "count") arguments.push_back(kNumber);
    EXPECT_EQ(aggregate_is(make_call(name, arguments)), !chance.contains(name)) << name;
  }
}

bool sort_is(std::vector<SortKey> keys, int64_t rows, std::vector<Type> types) {
  PlanPtr plan = node(PlanNode::Kind::kSort, {rows_of(std::move(types))});
  plan->sort_keys = std::move(keys);
  plan->limit = rows;
  return is_deterministic(*plan);
}

TEST(Determinism, OfTheFirstRows) {
  const std::vector<Type> two{Type::big_int(), Type::varchar()};
  EXPECT_TRUE(sort_is({{0, false, false}}, -1, two)) << "the same rows, whatever their order";
  EXPECT_FALSE(sort_is({{0, false, false}}, 10, two)) << "first come among ties";
  EXPECT_TRUE(sort_is({{0, false, false}, {1, true, false}}, 10, two));
  EXPECT_FALSE(sort_is({{0, false, false}}, 10, {Type::double_()}));
  EXPECT_FALSE(is_deterministic(*limit(rows_of(two), 10)));
  EXPECT_FALSE(is_deterministic(*limit(rows_of(two), -1, 3)));
}

bool window_is(WindowFunction function, std::vector<SortKey> keys, WindowFrame frame = {},
               AggregateCall one = make_call("sum", {0})) {
  PlanPtr plan = node(PlanNode::Kind::kWindow, {rows_of({Type::big_int(), Type::varchar(), Type::big_int(), Type::double_()})});
  plan->groups = {2};
  plan->children[0]->types.pop_back();
  if (function == WindowFunction::kAggregate && one.arguments[0] == 3) plan->children[0]->types.push_back(Type::double_());
  plan->sort_keys = std::move(keys);
  WindowCall made;
  made.function = function;
  made.call = std::move(one);
  made.frame = frame;
  plan->window_calls.push_back(std::move(made));
  return is_deterministic(*plan);
}

TEST(Determinism, OfWindows) {
  const std::vector<SortKey> some{{0, false, false}}, all{{0, false, false}, {1, false, false}};
  EXPECT_TRUE(window_is(WindowFunction::kRank, some));
  EXPECT_TRUE(window_is(WindowFunction::kDenseRank, {}));
  EXPECT_FALSE(window_is(WindowFunction::kRowNumber, some)) << "peers are numbered as they come";
  EXPECT_TRUE(window_is(WindowFunction::kRowNumber, all)) << "peers are equal in all columns";
  EXPECT_FALSE(window_is(WindowFunction::kLag, some));
  EXPECT_FALSE(window_is(WindowFunction::kFirstValue, some));
  EXPECT_TRUE(window_is(WindowFunction::kAggregate, some)) << "the default frame ends with the peers";
  WindowFrame rows;
  rows.unit = WindowFrame::Unit::kRows;
  EXPECT_FALSE(window_is(WindowFunction::kAggregate, some, rows));
  EXPECT_TRUE(window_is(WindowFunction::kAggregate, all, rows));
  rows.end = WindowFrame::Bound::kUnbounded;
  EXPECT_TRUE(window_is(WindowFunction::kAggregate, some, rows)) << "the whole partition";
  EXPECT_FALSE(window_is(WindowFunction::kAggregate, some, {}, make_call("sum", {3})));
}

TEST(Determinism, OfWholePlans) {
  FakeTable table{"t", 2, {100}, [](uint64_t row, size_t) { return static_cast<int64_t>(row); }};
  EXPECT_TRUE(Determinism().of(*aggregate(materialize(aggregate(scan(table, {0, 1}), {0}, {1})), {}, {0, 1})));
  EXPECT_FALSE(Determinism().of(*aggregate(limit(scan(table, {0, 1}), 10), {}, {0})));
  EXPECT_FALSE(is_deterministic(*node(PlanNode::Kind::kTableFunction))) << "it does not say what it gives";
}

}  // namespace
}  // namespace cairn::testing
