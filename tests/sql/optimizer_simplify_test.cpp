#include <gtest/gtest.h>

#include "plan_builder.h"
#include "sql/optimizer/simplify.h"

namespace cairn {
namespace {

/// Columns: #0 INTEGER, #1 DATE, #2 VARCHAR, #3 BOOLEAN, #4 DECIMAL(15,2), #5 SMALLINT.
ExpressionPtr column(uint32_t id) {
  static const Type kTypes[] = {Type::integer(), Type::date(), Type::varchar(), Type::boolean(), Type::decimal(15, 2),
                                Type::small_int()};
  return Expression::make_column(id, kTypes[id]);
}
ExpressionPtr unknown() { return null_of(Type::boolean()); }
ExpressionPtr no(ExpressionPtr e) { return Expression::make_not(std::move(e)); }
ExpressionPtr cast(ExpressionPtr e, Type type) { return Expression::make_cast(std::move(e), type); }
ExpressionPtr timestamp(int64_t days, int64_t micros = 0) {
  return Expression::make_constant(Value::of_integer(Type::timestamp(), days * int128_t{86'400'000'000} + micros));
}
std::string simple(ExpressionPtr e) { return simplified(std::move(e))->to_string(); }

TEST(Simplify, AndFollowsThreeValuedLogic) {
  EXPECT_EQ(simple(both(column(3), boolean(true))), "#3");
  EXPECT_EQ(simple(both(column(3), boolean(false))), boolean(false)->to_string());
  EXPECT_EQ(simple(both(unknown(), boolean(false))), boolean(false)->to_string());
  EXPECT_EQ(simple(both(column(3), column(3))), "#3");
  EXPECT_EQ(simple(both(column(3), unknown())), both(column(3), unknown())->to_string()) << "NULL is not FALSE here";
}

TEST(Simplify, OrFollowsThreeValuedLogic) {
  EXPECT_EQ(simple(either(column(3), boolean(true))), boolean(true)->to_string());
  EXPECT_EQ(simple(either(column(3), boolean(false))), "#3");
  EXPECT_EQ(simple(either(unknown(), boolean(true))), boolean(true)->to_string());
}

TEST(Simplify, NotIsPushedDown) {
  EXPECT_EQ(simple(no(no(column(3)))), "#3");
  EXPECT_EQ(simple(no(lt(column(0), integer(5)))), "(#0 >= 5::INTEGER)");
  EXPECT_EQ(simple(no(is_null(column(0)))), "(#0 IS NOT NULL)");
  EXPECT_EQ(simple(no(both(column(3), eq(column(0), integer(1))))), "((NOT #3) OR (#0 <> 1::INTEGER))");
}

TEST(Simplify, ConstantsMoveToTheRight) { EXPECT_EQ(simple(lt(integer(5), column(0))), "(#0 > 5::INTEGER)"); }

TEST(Simplify, ComparisonWithNullIsNull) {
  EXPECT_EQ(simple(eq(column(0), null_of(Type::integer()))), unknown()->to_string());
  EXPECT_EQ(simple(compare(Expression::Comparison::kNotDistinct, column(0), null_of(Type::integer()))), "(#0 IS NULL)");
}

TEST(Simplify, BooleanComparisonIsTheColumn) {
  EXPECT_EQ(simple(eq(column(3), boolean(true))), "#3");
  EXPECT_EQ(simple(eq(column(3), boolean(false))), "(NOT #3)");
}

TEST(Simplify, EqualitiesOfOneColumnBecomeAList) {
  EXPECT_EQ(simple(either(eq(column(0), integer(1)), eq(column(0), integer(2)), in(column(0), list(integer(3), integer(1))))),
            in(column(0), list(integer(1), integer(2), integer(3)))->to_string());
}

TEST(Simplify, CommonFactorsLeaveAnOr) {
  EXPECT_EQ(simple(either(both(eq(column(0), integer(1)), lt(column(5), integer(3))),
                          both(eq(column(0), integer(1)), gt(column(5), integer(7))))),
            simple(both(eq(column(0), integer(1)), either(lt(column(5), integer(3)), gt(column(5), integer(7))))));
  EXPECT_EQ(simple(either(column(3), both(column(3), lt(column(0), integer(3))))), "#3") << "absorption";
}

TEST(Simplify, DatesAgainstTimestampsStayDates) {
  const auto as_timestamp = [] { return cast(column(1), Type::timestamp()); };
  EXPECT_EQ(simple(le(as_timestamp(), timestamp(100))), simple(le(column(1), date(100))));
  EXPECT_EQ(simple(lt(as_timestamp(), timestamp(100, 1))), simple(le(column(1), date(100))));
  EXPECT_EQ(simple(ge(as_timestamp(), timestamp(100, 1))), simple(gt(column(1), date(100))));
  EXPECT_EQ(simple(ge(as_timestamp(), timestamp(-3, -1))), simple(gt(column(1), date(-4)))) << "floors, not truncates";
  EXPECT_EQ(simple(eq(as_timestamp(), timestamp(7))), simple(eq(column(1), date(7))));
  EXPECT_EQ(simple(eq(as_timestamp(), timestamp(7, 5))), simple(lt(column(1), date(INT32_MIN)))) << "never, NULL for NULL";
}

TEST(Simplify, IntegersAgainstWiderNumbersStayIntegers) {
  const auto wide = [](int64_t v) { return Expression::make_constant(Value::of_integer(Type::big_int(), v)); };
  EXPECT_EQ(simple(eq(cast(column(0), Type::big_int()), wide(5))), "(#0 = 5::INTEGER)");
  EXPECT_EQ(simple(lt(cast(column(0), Type::big_int()), wide(int64_t{1} << 40))), "(#0 >= '-2147483648'::INTEGER)");
  EXPECT_EQ(simple(gt(cast(column(0), Type::decimal(12, 1)), decimal(35, 12, 1))), "(#0 > 3::INTEGER)");
  EXPECT_EQ(simple(lt(cast(column(0), Type::decimal(12, 1)), decimal(-35, 12, 1))), "(#0 <= '-4'::INTEGER)");
  EXPECT_EQ(simple(lt(cast(column(0), Type::double_()), Expression::make_constant(Value::of_double(2.5)))), "(#0 <= 2::INTEGER)");
  EXPECT_EQ(simple(ge(cast(column(4), Type::decimal(18, 4)), decimal(12345, 18, 4))), "(#4 > '1.23'::DECIMAL(15,2))");
}

TEST(Simplify, RoundingCastsStay) {
  const std::string kept = lt(cast(column(4), Type::integer()), integer(3))->to_string();
  EXPECT_EQ(simple(lt(cast(column(4), Type::integer()), integer(3))), kept);
}

TEST(Simplify, CaseKeepsWhatMayHappen) {
  auto make = [](std::vector<ExpressionPtr> arguments) {
    auto e = std::make_unique<Expression>();
    e->kind = Expression::Kind::kCase;
    e->type = Type::integer();
    e->arguments = std::move(arguments);
    return e;
  };
  EXPECT_EQ(simple(make(list(boolean(false), integer(1), boolean(true), column(0), integer(3)))), "#0");
  EXPECT_EQ(simple(make(list(unknown(), integer(1)))), null_of(Type::integer())->to_string());
  EXPECT_EQ(simple(make(list(column(3), integer(1), boolean(true), integer(2), integer(3)))),
            make(list(column(3), integer(1), integer(2)))->to_string());
}

TEST(Simplify, CallsOnConstantsAreComputed) {
  EXPECT_EQ(simple(call("+", list(integer(2), integer(3)))), "5::INTEGER");
  EXPECT_EQ(simple(lt(column(0), call("+", list(integer(2), integer(3))))), "(#0 < 5::INTEGER)");
}

TEST(Simplify, ErrorsAreLeftToRunTime) {
  const std::string division = call("/", list(integer(1), integer(0)))->to_string();
  EXPECT_EQ(simple(call("/", list(integer(1), integer(0)))), division);
}

TEST(Simplify, PatternsWithoutWildcardsAreEqualities) {
  EXPECT_EQ(simple(like(column(2), "abc")), "(#2 = 'abc'::VARCHAR)");
  EXPECT_EQ(simple(like(column(2), "a%c")), like(column(2), "a%c")->to_string());
}

}  // namespace
}  // namespace cairn
