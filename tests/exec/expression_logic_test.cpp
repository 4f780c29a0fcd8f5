// Three-valued logic, CASE, COALESCE, IN, LIKE and predicates over batches.
#include <gtest/gtest.h>

#include "exec/evaluation/predicate_evaluator.h"
#include "tests/exec/expression_builder.h"
#include "tests/vector/column_maker.h"
#include "vector/read_row.h"

namespace cairn {
namespace {

using namespace build;
using Kind = Expression::Kind;
using Comparison = Expression::Comparison;

ExpressionPtr truth(int value) { return value < 0 ? null(Type::boolean()) : constant(value ? "t" : "f", Type::boolean()); }

/// A batch of integer columns, NULLs as -1.
struct Columns {
  std::mt19937_64 random{5};
  std::vector<std::unique_ptr<MadeColumn>> made;
  Batch batch;

  void add(const Type& type, const std::vector<int>& values, Shape shape = Shape::kFlat) {
    std::vector<std::optional<int128_t>> optional;
    for (const int value : values) optional.push_back(value < 0 ? std::nullopt : std::optional<int128_t>(value));
    made.push_back(make_integral(type, optional, shape, true, random));
    batch.columns.push_back(made.back()->vector);
    batch.size = values.size();
  }
  void add(const std::vector<std::optional<std::string>>& values, bool dictionary) {
    made.push_back(make_strings(values, dictionary));
    batch.columns.push_back(made.back()->vector);
    batch.size = values.size();
  }

  std::string evaluate(const ExpressionPtr& expression) {
    ExpressionEvaluator evaluator({expression.get()});
    evaluator.begin(batch);
    const Vector result = evaluator.evaluate(0);
    std::string out;
    for (size_t i = 0; i < result.size; ++i) {
      Value value = read_value(result, i);
      value.type = expression->type;
      if (i > 0) out += ' ';
      out += value.to_string();
    }
    return out;
  }
};

TEST(ExpressionLogic, TruthTablesOverColumnsAndConstants) {
  Columns columns;
  columns.add(Type::boolean(), {1, 1, 1, 0, 0, 0, -1, -1, -1});
  columns.add(Type::boolean(), {1, 0, -1, 1, 0, -1, 1, 0, -1});
  const auto a = [] { return column(0, Type::boolean()); };
  const auto b = [] { return column(1, Type::boolean()); };
  EXPECT_EQ("true false NULL false false false NULL false NULL", columns.evaluate(Expression::make_and(list(a(), b()))));
  EXPECT_EQ("true true true true false NULL true NULL NULL", columns.evaluate(Expression::make_or(list(a(), b()))));
  EXPECT_EQ("false false false true true true NULL NULL NULL", columns.evaluate(Expression::make_not(a())));
  EXPECT_EQ("NULL NULL NULL false false false NULL NULL NULL",
            columns.evaluate(Expression::make_and(list(a(), truth(-1)))));
  EXPECT_EQ("true true true NULL NULL NULL NULL NULL NULL", columns.evaluate(Expression::make_or(list(a(), truth(-1)))));
  EXPECT_EQ("false false false false false false true true true",
            columns.evaluate(of_kind(Kind::kIsNull, Type::boolean(), list(a()))));
  EXPECT_EQ("true false false false true false false false true",
            columns.evaluate(Expression::make_compare(Comparison::kNotDistinct, a(), b())));
}

TEST(ExpressionLogic, CaseDoesNotRaiseErrorsOfBranchesNotTaken) {
  Columns columns;
  columns.add(Type::integer(), {4, 0, 2, -1, 0, 1});
  const auto x = [] { return column(0, Type::integer()); };
  const auto is_zero = [&] { return Expression::make_compare(Comparison::kEqual, x(), integer(0)); };
  EXPECT_EQ("2 -1 4 NULL -1 8",
            columns.evaluate(of_kind(Kind::kCase, Type::integer(),
                                     list(is_zero(), integer(-1), truth(1), call("/", integer(8), x())))));
  EXPECT_EQ("2 NULL 4 NULL NULL 8",
            columns.evaluate(of_kind(Kind::kCase, Type::integer(),
                                     list(Expression::make_not(is_zero()), call("/", integer(8), x())))));
  // A condition is evaluated only where those before it did not hold.
  EXPECT_EQ("2 1 2 0 1 3",
            columns.evaluate(of_kind(
                Kind::kCase, Type::integer(),
                list(is_zero(), integer(1),
                     Expression::make_compare(Comparison::kGreater, call("/", integer(8), x()), integer(5)), integer(3),
                     Expression::make_compare(Comparison::kLess, x(), integer(100)), integer(2), integer(0)))));
  // AND and OR put what may raise last.
  EXPECT_EQ("true false true NULL false false",
            columns.evaluate(Expression::make_and(
                list(Expression::make_compare(Comparison::kLess, call("/", integer(8), x()), integer(5)),
                     Expression::make_not(is_zero())))));
  EXPECT_THROW(columns.evaluate(call("/", integer(8), x())), Error);
}

TEST(ExpressionLogic, CaseMergesRangesAndStrings) {
  Columns columns;
  columns.add(Type::decimal(15, 2), {10000, 250, -1, 7}, Shape::kNarrowest);
  columns.add({"PROMO A", std::nullopt, "PROMO BRUSHED STEEL", "SMALL"}, true);
  const auto price = [] { return column(0, Type::decimal(15, 2)); };
  const auto promo = [] { return like(column(1, Type::varchar()), "PROMO%"); };
  EXPECT_EQ("100.00 0.00 NULL 0.00",
            columns.evaluate(of_kind(Kind::kCase, Type::decimal(15, 2),
                                     list(promo(), price(), constant("0", Type::decimal(15, 2))))));
  EXPECT_EQ("PROMO A a rather long replacement PROMO BRUSHED STEEL a rather long replacement",
            columns.evaluate(of_kind(Kind::kCase, Type::varchar(),
                                     list(promo(), column(1, Type::varchar()), text("a rather long replacement")))));
  EXPECT_EQ("PROMO A none PROMO BRUSHED STEEL SMALL",
            columns.evaluate(of_kind(Kind::kCoalesce, Type::varchar(), list(column(1, Type::varchar()), text("none")))));
}

TEST(ExpressionLogic, CoalesceTakesTheFirstThatIsNotNull) {
  Columns columns;
  columns.add(Type::integer(), {-1, 5, -1, -1});
  columns.add(Type::integer(), {4, 0, -1, 2});
  const auto a = [] { return column(0, Type::integer()); };
  const auto b = [] { return column(1, Type::integer()); };
  EXPECT_EQ("4 5 NULL 2", columns.evaluate(of_kind(Kind::kCoalesce, Type::integer(), list(a(), b()))));
  EXPECT_EQ("2 5 9 4",
            columns.evaluate(of_kind(Kind::kCoalesce, Type::integer(), list(a(), call("/", integer(8), b()), integer(9)))));
}

TEST(ExpressionLogic, InWithAndWithoutNulls) {
  for (const Shape shape : {Shape::kFlat, Shape::kNarrowest, Shape::kDictionary}) {
    Columns columns;
    columns.add(Type::integer(), {1, 2, 3, -1, 49}, shape);
    const auto x = [] { return column(0, Type::integer()); };
    const auto in = [&](std::vector<ExpressionPtr> values) {
      std::vector<ExpressionPtr> all = list(x());
      for (auto& value : values) all.push_back(std::move(value));
      return of_kind(Kind::kIn, Type::boolean(), std::move(all));
    };
    EXPECT_EQ("true false true NULL false", columns.evaluate(in(list(integer(1), integer(3)))));
    EXPECT_EQ("true NULL NULL NULL NULL", columns.evaluate(in(list(integer(1), null(Type::integer())))));
    EXPECT_EQ("true true true NULL true", columns.evaluate(in(list(integer(1), x()))));
    EXPECT_EQ("false true false NULL true",
              columns.evaluate(in(list(integer(2), integer(49), integer(50), integer(51), integer(52), integer(53),
                                       integer(54), integer(55), integer(56), integer(57)))));
  }
  for (const bool dictionary : {false, true}) {
    Columns columns;
    columns.add({"MAIL", "SHIP", std::nullopt, "a long name of a ship mode"}, dictionary);
    auto all = list(column(0, Type::varchar()), text("SHIP"), text("a long name of a ship mode"));
    EXPECT_EQ("false true NULL true", columns.evaluate(of_kind(Kind::kIn, Type::boolean(), std::move(all))));
  }
}

TEST(ExpressionLogic, StringComparisonsInEveryEncoding) {
  for (const bool dictionary : {false, true}) {
    Columns columns;
    columns.add({"ASIA", "AFRICA", std::nullopt, "a very long region name", ""}, dictionary);
    const auto x = [] { return column(0, Type::varchar()); };
    EXPECT_EQ("true false NULL false false",
              columns.evaluate(Expression::make_compare(Comparison::kEqual, x(), text("ASIA"))));
    EXPECT_EQ("false true NULL false true",
              columns.evaluate(Expression::make_compare(Comparison::kGreater, text("ASIA"), x())));
    EXPECT_EQ("true true NULL false false", columns.evaluate(like(x(), "A%A")));
    EXPECT_EQ("true true NULL true false", columns.evaluate(like(x(), "%a_%", true)));
    EXPECT_EQ("AS AF NULL a  ", columns.evaluate(call("substring", x(), integer(1), integer(2))));
  }
}

TEST(ExpressionLogic, DictionaryResultsAreNotMixedUpBetweenDictionaries) {
  const auto equal = Expression::make_compare(Comparison::kEqual, column(0, Type::varchar()), text("b"));
  const auto upper = call("upper", column(0, Type::varchar()));
  ExpressionEvaluator evaluator({equal.get(), upper.get()});
  for (int run = 0; run < 20; ++run) {
    Columns columns;
    using Texts = std::vector<std::optional<std::string>>;
    columns.add(run % 2 ? Texts{"a", "b"} : Texts{"b", "c"}, true);
    evaluator.begin(columns.batch);
    const Vector result = evaluator.evaluate(0);
    EXPECT_EQ(run % 2 == 1, read_value(result, 1).integer == 1);
    EXPECT_EQ(run % 2 ? "A" : "B", read_value(evaluator.evaluate(1), 0).string);
  }
}

TEST(ExpressionLogic, FloatingPointComparesAsPostgresDoes) {
  ColumnBuffer values(Type::double_());
  for (const char* text : {"1.5", "NaN", "-0", "Infinity"}) values.append_value(parse_value(text, Type::double_()));
  values.append_null();
  Columns columns;
  columns.batch.columns.push_back(values.view());
  columns.batch.size = values.size();
  const auto x = [] { return column(0, Type::double_()); };
  const auto compare = [&](Comparison comparison, const char* value) {
    return columns.evaluate(Expression::make_compare(comparison, x(), constant(value, Type::double_())));
  };
  EXPECT_EQ("false true false false NULL", compare(Comparison::kEqual, "NaN"));
  EXPECT_EQ("false true false false NULL", compare(Comparison::kGreater, "Infinity"));
  EXPECT_EQ("false false true false NULL", compare(Comparison::kEqual, "0"));
}

TEST(ExpressionLogic, ConstantsAreComparedThroughScalingCasts) {
  Columns columns;
  columns.add(Type::date(), {0, 1, 2, -1, 3}, Shape::kNarrowest);
  const auto compare = [&](Comparison comparison, const char* timestamp, bool turned = false) {
    auto cast = Expression::make_cast(column(0, Type::date()), Type::timestamp());
    auto value = constant(timestamp, Type::timestamp());
    return columns.evaluate(turned ? Expression::make_compare(comparison, std::move(value), std::move(cast))
                                   : Expression::make_compare(comparison, std::move(cast), std::move(value)));
  };
  EXPECT_EQ("true true false NULL false", compare(Comparison::kLess, "1970-01-03"));
  EXPECT_EQ("true true true NULL false", compare(Comparison::kLess, "1970-01-03 00:00:01"));
  EXPECT_EQ("true true true NULL false", compare(Comparison::kLessEqual, "1970-01-03"));
  EXPECT_EQ("false false true NULL true", compare(Comparison::kGreater, "1970-01-02 12:00"));
  EXPECT_EQ("false true true NULL true", compare(Comparison::kGreaterEqual, "1970-01-02"));
  EXPECT_EQ("false false false NULL true", compare(Comparison::kLess, "1970-01-03", true));
  EXPECT_EQ("false false true NULL false", compare(Comparison::kEqual, "1970-01-03"));
  EXPECT_EQ("false false false NULL false", compare(Comparison::kEqual, "1970-01-03 00:00:01"));
  EXPECT_EQ("true true true NULL true", compare(Comparison::kNotEqual, "1970-01-03 00:00:01"));
  const auto between = Expression::make_and(
      list(Expression::make_compare(Comparison::kGreaterEqual, Expression::make_cast(column(0, Type::date()), Type::timestamp()),
                                    constant("1970-01-01 12:00", Type::timestamp())),
           Expression::make_compare(Comparison::kLess, column(0, Type::date()), constant("1970-01-04", Type::date()))));
  EXPECT_EQ("false true true NULL false", columns.evaluate(between));
}

TEST(ExpressionLogic, PredicatesNarrowSelections) {
  std::mt19937_64 random(11);
  for (int run = 0; run < 300; ++run) {
    Columns columns;
    const size_t rows = random() % 200;
    std::vector<int> a, b;
    for (size_t i = 0; i < rows; ++i) {
      a.push_back(random() % 10 == 0 ? -1 : static_cast<int>(random() % 20));
      b.push_back(static_cast<int>(random() % 5));
    }
    columns.add(Type::integer(), a, static_cast<Shape>(random() % 4));
    columns.add(Type::integer(), b, static_cast<Shape>(random() % 4));
    const auto below = Expression::make_compare(Comparison::kLess, column(0, Type::integer()), integer(12));
    const auto not_zero = Expression::make_compare(Comparison::kNotEqual, column(1, Type::integer()), integer(0));
    const auto quotient = Expression::make_compare(
        Comparison::kGreater, call("/", column(0, Type::integer()), column(1, Type::integer())), integer(1));
    std::vector<uint32_t> before;
    std::vector<uint32_t> expected;
    for (uint32_t i = 0; i < rows; ++i) {
      if (run % 2 == 0 && random() % 2) continue;
      before.push_back(i);
      if (a[i] >= 0 && a[i] < 12 && b[i] != 0 && a[i] / b[i] > 1) expected.push_back(i);
    }
    Batch& batch = columns.batch;
    batch.size = rows;
    batch.selected = run % 2 == 0;
    batch.selection = {before.data(), before.size(), nullptr};
    PredicateEvaluator predicates({below.get(), not_zero.get(), quotient.get()});
    ASSERT_EQ(expected.size(), predicates.select(batch));
    ASSERT_EQ(expected.size(), batch.row_count());
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(expected[i], batch.selected ? batch.selection.indices[i] : i);
    }
    if (batch.selected && batch.selection.mask != nullptr && rows > 0) {
      size_t bits = 0;
      for (size_t i = 0; i < rows; ++i) bits += (batch.selection.mask[i / 64] >> (i % 64)) & 1;
      ASSERT_EQ(expected.size(), bits);
    }
  }
}

}  // namespace
}  // namespace cairn
