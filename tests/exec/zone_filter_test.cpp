#include "exec/operators/zone_filter.h"

#include <gtest/gtest.h>

#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

using Comparison = Expression::Comparison;

/// Column a holds 100..199, b only NULLs, c 5s and NULLs, d 'apple'..'pear'.
struct ZoneFilter : ::testing::Test {
  ZoneFilter() {
    group.rows = 100;
    auto whole = [](int64_t value) { return Value::of_integer(Type::big_int(), value); };
    group.zone_maps = {{0, true, whole(100), whole(199)},
                       {100, false, {}, {}},
                       {40, true, whole(5), whole(5)},
                       {0, true, Value::of_string("apple"), Value::of_string("pear")}};
  }
  bool may(const ExpressionPtr& predicate) { return may_pass(group, {0, 1, 2, 3}, *predicate); }
  FakeRowGroup group;
};

TEST_F(ZoneFilter, ComparisonsWithConstants) {
  EXPECT_TRUE(may(compare(Comparison::kLess, column(0), number(101))));
  EXPECT_FALSE(may(compare(Comparison::kLess, column(0), number(100))));
  EXPECT_TRUE(may(compare(Comparison::kLessEqual, column(0), number(100))));
  EXPECT_FALSE(may(compare(Comparison::kLessEqual, column(0), number(99))));
  EXPECT_TRUE(may(compare(Comparison::kGreater, column(0), number(198))));
  EXPECT_FALSE(may(compare(Comparison::kGreater, column(0), number(199))));
  EXPECT_TRUE(may(compare(Comparison::kGreaterEqual, column(0), number(199))));
  EXPECT_FALSE(may(compare(Comparison::kGreaterEqual, column(0), number(200))));
  EXPECT_TRUE(may(compare(Comparison::kEqual, column(0), number(150))));
  EXPECT_FALSE(may(compare(Comparison::kEqual, column(0), number(99))));
  EXPECT_FALSE(may(compare(Comparison::kEqual, column(0), number(200))));
  EXPECT_TRUE(may(compare(Comparison::kNotEqual, column(0), number(150))));
  EXPECT_FALSE(may(compare(Comparison::kNotEqual, column(2), number(5))));
}

TEST_F(ZoneFilter, AConstantOnTheLeftIsMirrored) {
  EXPECT_FALSE(may(compare(Comparison::kGreater, number(100), column(0))));
  EXPECT_TRUE(may(compare(Comparison::kGreater, number(101), column(0))));
}

TEST_F(ZoneFilter, NullsPassNoComparison) {
  EXPECT_FALSE(may(compare(Comparison::kEqual, column(1), number(1))));
  EXPECT_FALSE(may(compare(Comparison::kEqual, column(0), Expression::make_constant(Value::null_of(Type::big_int())))));
  EXPECT_TRUE(may(compare(Comparison::kNotDistinct, column(1), Expression::make_constant(Value::null_of(Type::big_int())))));
  EXPECT_FALSE(may(compare(Comparison::kNotDistinct, column(0), Expression::make_constant(Value::null_of(Type::big_int())))));
}

TEST_F(ZoneFilter, NullTests) {
  auto test = [](Expression::Kind kind, uint32_t position) {
    auto made = std::make_unique<Expression>();
    made->kind = kind;
    made->type = Type::boolean();
    made->arguments.push_back(column(position));
    return made;
  };
  EXPECT_FALSE(may(test(Expression::Kind::kIsNull, 0)));
  EXPECT_TRUE(may(test(Expression::Kind::kIsNull, 1)));
  EXPECT_TRUE(may(test(Expression::Kind::kIsNotNull, 2)));
  EXPECT_FALSE(may(test(Expression::Kind::kIsNotNull, 1)));
}

TEST_F(ZoneFilter, ListsAndConnectives) {
  auto in = [](uint32_t position, std::vector<int64_t> numbers) {
    auto made = std::make_unique<Expression>();
    made->kind = Expression::Kind::kIn;
    made->type = Type::boolean();
    made->arguments.push_back(column(position));
    for (int64_t each : numbers) made->arguments.push_back(number(each));
    return made;
  };
  EXPECT_TRUE(may(in(0, {1, 2, 150})));
  EXPECT_FALSE(may(in(0, {1, 2, 300})));
  EXPECT_FALSE(may(Expression::make_and(list(in(0, {150}), less(column(0), number(3))))));
  EXPECT_TRUE(may(Expression::make_or(list(in(0, {150}), less(column(0), number(3))))));
  EXPECT_FALSE(may(Expression::make_or(list(in(0, {1}), less(column(0), number(3))))));
}

TEST_F(ZoneFilter, Strings) {
  auto text = Expression::make_column(3, Type::varchar());
  auto constant = [](const char* value) { return Expression::make_constant(Value::of_string(value)); };
  EXPECT_FALSE(may(compare(Comparison::kEqual, text->clone(), constant("aaa"))));
  EXPECT_TRUE(may(compare(Comparison::kEqual, text->clone(), constant("banana"))));
  EXPECT_FALSE(may(compare(Comparison::kGreater, text->clone(), constant("pear"))));
  Value padded = Value::of_string("pear      ");
  padded.type = Type::character(10);
  EXPECT_TRUE(may(compare(Comparison::kEqual, text->clone(), Expression::make_constant(padded))));
}

TEST_F(ZoneFilter, BooleanColumnsAreTestsThemselves) {
  const auto truths = [](bool least, bool most) {
    return ZoneMap{0, true, Value::of_boolean(least), Value::of_boolean(most)};
  };
  group.zone_maps = {truths(true, true), truths(false, false), truths(false, true)};
  const auto is = [](uint32_t position) { return Expression::make_column(position, Type::boolean()); };
  EXPECT_TRUE(may(is(0)));
  EXPECT_FALSE(may(is(1)));
  EXPECT_TRUE(may(is(2)));
  EXPECT_FALSE(may(Expression::make_not(is(0))));
  EXPECT_TRUE(may(Expression::make_not(is(1))));
  EXPECT_TRUE(may(Expression::make_not(is(2))));
}

TEST_F(ZoneFilter, LooksThroughCastsToWiderIntegersOnly) {
  EXPECT_FALSE(may(compare(Comparison::kLess, Expression::make_cast(column(0), Type::huge_int()),
                           Expression::make_constant(Value::of_integer(Type::huge_int(), 100)))));
  EXPECT_TRUE(may(compare(Comparison::kLess, Expression::make_cast(column(0), Type::small_int()),
                          Expression::make_constant(Value::of_integer(Type::small_int(), 100)))));
}

TEST_F(ZoneFilter, ScansSkipRowGroupsAndSayHowMany) {
  FakeTable table("t", 1, {1000, 1000, 1000, 1000}, [](uint64_t row, size_t) { return static_cast<int64_t>(row); });
  auto execution = start(scan(table, {0}, list(compare(Comparison::kEqual, column(0), number(5000)))));
  EXPECT_TRUE(drain(*execution).empty());
  EXPECT_EQ(execution->profile().operators[0]->row_groups_skipped, 4u);
  for (auto& each : table.groups) EXPECT_EQ(each->loads, 0);
}

}  // namespace
}  // namespace cairn::testing
