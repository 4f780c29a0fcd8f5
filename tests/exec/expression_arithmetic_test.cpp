// Arithmetic, comparisons and casts on integral values against a 128-bit oracle, row by row.
#include <gtest/gtest.h>

#include <cstdlib>


#include "exec/evaluation/expression_evaluator.h"
#include "exec/functions/function.h"
#include "tests/vector/column_maker.h"
#include "vector/error.h"
#include "vector/kernels/simd_target.h"
#include "vector/read_row.h"

namespace cairn {
namespace {

using Kind = Expression::Kind;
using Comparison = Expression::Comparison;
using Row = std::optional<int128_t>;

uint64_t seed() {
  static const uint64_t value = [] {
    const char* text = std::getenv("CAIRN_SEED");
    const uint64_t chosen = text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device()();
    std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return value;
}

const Function* function_for(std::string_view name, const std::vector<TypeId>& types) {
  for (const Function* function : find_functions(name)) {
    if (function->arguments == types) return function;
  }
  return nullptr;
}

ExpressionPtr call(std::string_view name, ExpressionPtr a, ExpressionPtr b) {
  const Function* function = function_for(name, {a->type.id, b->type.id});
  EXPECT_NE(nullptr, function) << name;
  const std::vector<Type> types = {a->type, b->type};
  std::vector<ExpressionPtr> arguments;
  const Type type = function->result_type(types);
  arguments.push_back(std::move(a));
  arguments.push_back(std::move(b));
  return Expression::make_call(function, type, std::move(arguments));
}

ValueRange bounds_of(const Type& type) {
  if (type.id == TypeId::kDecimal) return {1 - power_of_ten(type.precision), power_of_ten(type.precision) - 1};
  if (type.id == TypeId::kHugeInt) return {};
  const int bits = static_cast<int>(physical_bytes(type.physical())) * 8;
  return {-(int128_t{1} << (bits - 1)), (int128_t{1} << (bits - 1)) - 1};
}

struct Overflow {};

int128_t checked(const Type& type, bool overflow, int128_t value) {
  const ValueRange bounds = bounds_of(type);
  if (overflow || value < bounds.min || value > bounds.max) throw Overflow();
  return value;
}

/// The expression's value for one row.
Row oracle(const Expression& e, const std::vector<Row>& row) {
  switch (e.kind) {
    case Kind::kColumn: return row[e.column];
    case Kind::kConstant: return e.value.null ? Row() : Row(e.value.integer);
    case Kind::kCast: {
      const Row a = oracle(*e.arguments[0], row);
      if (!a) return a;
      int128_t scaled;
      const bool overflow = __builtin_mul_overflow(*a, power_of_ten(e.type.scale - e.arguments[0]->type.scale), &scaled);
      return checked(e.type, overflow, scaled);
    }
    case Kind::kCall: {
      const Row a = oracle(*e.arguments[0], row), b = oracle(*e.arguments[1], row);
      if (!a || !b) return Row();
      int128_t result;
      const char op = e.function->name[0];
      int128_t x = *a, y = *b;
      if (op != '*') {
        const int scale = e.type.scale;
        if (__builtin_mul_overflow(x, power_of_ten(scale - e.arguments[0]->type.scale), &x) ||
            __builtin_mul_overflow(y, power_of_ten(scale - e.arguments[1]->type.scale), &y)) {
          throw Overflow();
        }
      }
      const bool overflow = op == '+'   ? __builtin_add_overflow(x, y, &result)
                            : op == '-' ? __builtin_sub_overflow(x, y, &result)
                                        : __builtin_mul_overflow(x, y, &result);
      return checked(e.type, overflow, result);
    }
    case Kind::kCompare: {
      const Row a = oracle(*e.arguments[0], row), b = oracle(*e.arguments[1], row);
      if (e.comparison == Comparison::kDistinct) return Row(a != b);
      if (e.comparison == Comparison::kNotDistinct) return Row(a == b);
      if (!a || !b) return Row();
      switch (e.comparison) {
        case Comparison::kEqual: return Row(*a == *b);
        case Comparison::kNotEqual: return Row(*a != *b);
        case Comparison::kLess: return Row(*a < *b);
        case Comparison::kLessEqual: return Row(*a <= *b);
        case Comparison::kGreater: return Row(*a > *b);
        default: return Row(*a >= *b);
      }
    }
    default: ADD_FAILURE(); return Row();
  }
}

struct Fixture {
  std::mt19937_64 random;
  size_t rows = 0;
  std::vector<Type> types;
  std::vector<std::vector<Row>> columns;
  std::vector<std::unique_ptr<MadeColumn>> made;
  Batch batch;
  std::vector<uint32_t> indices;

  uint64_t pick(uint64_t n) { return random() % n; }

  Type random_type() {
    switch (pick(7)) {
      case 0: return Type::small_int();
      case 1: return Type::integer();
      case 2: return Type::big_int();
      case 3: return Type::huge_int();
      case 4: return Type::decimal(15, 2);
      case 5: return Type::decimal(9, 4);
      default: return Type::decimal(30, 3);
    }
  }

  int128_t random_value(const Type& type, int bits) {
    const ValueRange bounds = bounds_of(type);
    const uint128_t wide = (static_cast<uint128_t>(random()) << 64) | random();
    int128_t value = bits == 0 ? 0 : static_cast<int128_t>(wide >> (128 - std::min(bits, 127)));
    if (pick(2)) value = -value;
    if (pick(60) == 0) value = pick(2) ? bounds.min : bounds.max;
    return std::clamp(value, bounds.min, bounds.max);
  }

  void add_column(Type type) {
    const int bits = static_cast<int>(pick(4) == 0 ? pick(126) : pick(24));
    const int128_t shift = pick(3) == 0 ? random_value(type, 30) : 0;
    const bool nulls = pick(2) == 0;
    const Shape shape = static_cast<Shape>(pick(5));
    std::vector<Row> values;
    const ValueRange bounds = bounds_of(type);
    for (size_t i = 0; i < rows; ++i) {
      int128_t value = random_value(type, bits);
      int128_t sum;
      if (!__builtin_add_overflow(value, shift, &sum) && sum >= bounds.min && sum <= bounds.max) value = sum;
      values.push_back(nulls && pick(5) == 0 ? Row() : Row(value));
    }
    if (shape == Shape::kConstant && !values.empty()) values.assign(rows, values[0]);
    made.push_back(make_integral(type, values, shape, pick(2) == 0, random, pick(3)));
    types.push_back(type);
    columns.push_back(std::move(values));
  }

  ExpressionPtr leaf(const Type& type) {
    std::vector<uint32_t> fitting;
    for (uint32_t i = 0; i < types.size(); ++i) {
      if (types[i] == type) fitting.push_back(i);
    }
    if (fitting.empty() || pick(4) == 0) {
      return Expression::make_constant(pick(20) == 0 ? Value::null_of(type) : Value::of_integer(type, random_value(type, static_cast<int>(pick(40)))));
    }
    return Expression::make_column(fitting[pick(fitting.size())], type);
  }

  ExpressionPtr expression(const Type& type, int depth) {
    if (depth == 0 || pick(4) == 0) return leaf(type);
    const std::string_view names[] = {"+", "-", "*"};
    auto result = call(names[pick(3)], expression(type, depth - 1), expression(type, depth - 1));
    if (result->type == type) return result;
    // Decimals grow: back into the type would need rounding, so only the last step may.
    return depth >= 2 ? leaf(type) : std::move(result);
  }

  void start(uint64_t run) {
    random.seed(seed() * 1000003 + run);
    rows = pick(3) == 0 ? pick(10) : pick(2) ? 60 + pick(10) : pick(300);
    for (size_t i = 0; i < 2 + pick(3); ++i) add_column(i == 1 && pick(2) ? types[0] : random_type());
    batch.size = rows;
    for (auto& column : made) batch.columns.push_back(column->vector);
    if (pick(2) && rows > 0) {
      for (uint32_t i = 0; i < rows; ++i) {
        if (pick(3) != 0) indices.push_back(i);
      }
      batch.selected = true;
      batch.selection = {indices.data(), indices.size(), nullptr};
    }
  }

  std::vector<Row> row(size_t index) const {
    std::vector<Row> values;
    for (const auto& column : columns) values.push_back(column[index]);
    return values;
  }

  void check(const Expression& e) {
    std::vector<Row> expected;
    bool overflow = false;
    for (size_t i = 0; i < batch.row_count(); ++i) {
      try {
        expected.push_back(oracle(e, row(batch.selected ? indices[i] : i)));
      } catch (const Overflow&) {
        overflow = true;
      }
    }
    const std::string what = e.to_string() + " run with CAIRN_SEED=" + std::to_string(seed());
    ExpressionEvaluator evaluator({&e});
    evaluator.begin(batch);
    Vector all;
    const bool computed_all = evaluator.evaluate_all(0, all);
    try {
      const Vector result = evaluator.evaluate(0);
      ASSERT_FALSE(overflow) << what;
      ASSERT_EQ(result.size, expected.size()) << what;
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(expected[i].has_value(), result.valid(i)) << what << " row " << i;
        if (!expected[i]) continue;
        ASSERT_TRUE(*expected[i] == read_integral(result, i))
            << what << " row " << i << " expected " << to_string(*expected[i]) << " got " << to_string(read_integral(result, i));
        if (result.range.known()) {
          ASSERT_TRUE(result.range.min <= *expected[i] && *expected[i] <= result.range.max) << what << " leaves its range";
        }
        if (computed_all) {
          const size_t at = batch.selected ? indices[i] : i;
          ASSERT_TRUE(all.valid(at) && read_integral(all, at) == *expected[i]) << what << " over all rows, row " << at;
        }
      }
    } catch (const Error& error) {
      ASSERT_TRUE(overflow) << what << ": " << error.message;
      ASSERT_EQ(sqlstate::kNumericOutOfRange, error.sqlstate) << what;
    }
  }
};

TEST(ExpressionArithmetic, RandomExpressionsAgreeWithTheOracle) {
  for (const auto target : simd_targets()) {
    ASSERT_TRUE(force_simd_target(target));
    for (uint64_t run = 0; run < 3000; ++run) {
      Fixture fixture;
      fixture.start(run);
      const Type type = fixture.types[fixture.pick(fixture.types.size())];
      const auto e = fixture.expression(type, 3);
      fixture.check(*e);
      if (::testing::Test::HasFatalFailure()) FAIL() << "run " << run << " target " << target;
    }
  }
  force_simd_target("");
}

TEST(ExpressionArithmetic, RandomComparisonsAgreeWithTheOracle) {
  for (const auto target : simd_targets()) {
    ASSERT_TRUE(force_simd_target(target));
    for (uint64_t run = 0; run < 3000; ++run) {
      Fixture fixture;
      fixture.start(run + 100000);
      const Type type = fixture.types[fixture.pick(fixture.types.size())];
      const auto e = Expression::make_compare(static_cast<Comparison>(fixture.pick(8)), fixture.leaf(type), fixture.leaf(type));
      fixture.check(*e);
      if (::testing::Test::HasFatalFailure()) FAIL() << "run " << run << " target " << target;
    }
  }
  force_simd_target("");
}

TEST(ExpressionArithmetic, RandomCastsAgreeWithTheOracle) {
  for (uint64_t run = 0; run < 3000; ++run) {
    Fixture fixture;
    fixture.start(run + 200000);
    const Type from = fixture.types[fixture.pick(fixture.types.size())];
    Type to = fixture.random_type();
    if (to.scale < from.scale) to = Type::decimal(38, from.scale);
    fixture.check(*Expression::make_cast(fixture.leaf(from), to));
    if (::testing::Test::HasFatalFailure()) FAIL() << "run " << run;
  }
}

}  // namespace
}  // namespace cairn
