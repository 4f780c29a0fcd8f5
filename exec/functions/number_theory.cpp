// Divisors, factorials, histogram buckets, and questions about a DECIMAL's digits.

#include <cmath>

#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"

namespace cairn::functions {

namespace {

int128_t magnitude(const Call& call, int128_t a) {
  if (a == kInt128Min) throw out_of_range(call.result_type);
  return a < 0 ? -a : a;
}

/// Both operands at one scale.
Type wider_type(std::span<const Type> arguments) {
  const Type& a = arguments[0];
  const Type& b = arguments[1];
  if (a.id != TypeId::kDecimal) return a;
  const int scale = std::max(a.scale, b.scale);
  return Type::decimal(std::min(38, std::max(a.precision - a.scale, b.precision - b.scale) + scale), scale);
}
/// What a common multiple needs: up to as many digits as both have together.
Type multiple_type(std::span<const Type> arguments) {
  const Type& a = arguments[0];
  return a.id == TypeId::kDecimal ? Type::decimal(38, std::max(a.scale, arguments[1].scale)) : a;
}
int128_t rescaled(const Call& call, size_t argument, int128_t value, int scale) {
  int128_t result;
  if (__builtin_mul_overflow(value, power_of_ten(scale - call.arguments[argument].type.scale), &result)) {
    throw out_of_range(call.result_type);
  }
  return result;
}

int128_t euclid(int128_t a, int128_t b) {
  while (b != 0) {
    const int128_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
int128_t greatest_divisor(const Call& call, int128_t a, int128_t b) {
  const int scale = call.result_type.scale;
  return euclid(magnitude(call, rescaled(call, 0, a, scale)), magnitude(call, rescaled(call, 1, b, scale)));
}
int128_t least_multiple(const Call& call, int128_t a, int128_t b) {
  const int scale = call.result_type.scale;
  a = magnitude(call, rescaled(call, 0, a, scale));
  b = magnitude(call, rescaled(call, 1, b, scale));
  if (a == 0 || b == 0) return 0;
  int128_t multiple;
  if (__builtin_mul_overflow(a / euclid(a, b), b, &multiple)) throw out_of_range(call.result_type);
  return multiple;
}

Type whole_decimal(std::span<const Type>) { return Type::decimal(38, 0); }

int128_t factorial(const Call& call, int64_t n) {
  if (n < 0) throw Error(sqlstate::kNumericOutOfRange, "factorial of a negative number is undefined");
  if (n > 33) throw out_of_range(call.result_type);  // 34! has 39 digits
  int128_t product = 1;
  for (int64_t i = 2; i <= n; ++i) product *= i;
  return product;
}

/// The quotient without its fraction.
int128_t divide_whole(const Call& call, int128_t a, int128_t b) {
  if (b == 0) throw Error(sqlstate::kDivisionByZero, "division by zero");
  const int scale = std::max(call.arguments[0].type.scale, call.arguments[1].type.scale);
  const int128_t divisor = rescaled(call, 1, b, scale);
  a = rescaled(call, 0, a, scale);
  return divisor == -1 ? -a : a / divisor;
}

int32_t scale_of(const Call& call, int128_t) { return call.arguments[0].type.scale; }
int32_t least_scale(const Call& call, int128_t a) {
  int32_t scale = call.arguments[0].type.scale;
  if (a == 0) return 0;
  for (; scale > 0 && a % 10 == 0; --scale) a /= 10;
  return scale;
}

constexpr std::string_view kInvalidBucketArgument = "2201G";

int32_t next_bucket(int32_t count) {
  if (count == INT32_MAX) throw Error(sqlstate::kNumericOutOfRange, "integer out of range");
  return count + 1;
}

int32_t bucket_of_double(double operand, double low, double high, int32_t count) {
  if (count <= 0) throw Error(kInvalidBucketArgument, "count must be greater than zero");
  if (std::isnan(operand) || std::isnan(low) || std::isnan(high)) {
    throw Error(kInvalidBucketArgument, "operand, lower bound, and upper bound cannot be NaN");
  }
  if (std::isinf(low) || std::isinf(high)) throw Error(kInvalidBucketArgument, "lower and upper bounds must be finite");
  if (low == high) throw Error(kInvalidBucketArgument, "lower bound cannot equal upper bound");
  const bool ascending = low < high;
  if (ascending ? operand < low : operand > low) return 0;
  if (ascending ? operand >= high : operand <= high) return next_bucket(count);
  // As PostgreSQL computes it; halved where the width of the bounds overflows.
  const double half = std::isinf(high - low) || std::isinf((operand - low) * count) ? 0.5 / count : 1;
  const double bucket = count * (operand * half - low * half) / (high * half - low * half);
  return static_cast<int32_t>(std::min(bucket, static_cast<double>(count))) + 1;
}

int32_t bucket_of_decimal(const Call& call, int128_t operand, int128_t low, int128_t high, int32_t count) {
  if (count <= 0) throw Error(kInvalidBucketArgument, "count must be greater than zero");
  int scale = 0;
  for (size_t i = 0; i < 3; ++i) scale = std::max<int>(scale, call.arguments[i].type.scale);
  operand = rescaled(call, 0, operand, scale);
  low = rescaled(call, 1, low, scale);
  high = rescaled(call, 2, high, scale);
  if (low == high) throw Error(kInvalidBucketArgument, "lower bound cannot equal upper bound");
  if (low > high) {
    operand = -operand;
    low = -low;
    high = -high;
  }
  if (operand < low) return 0;
  if (operand >= high) return next_bucket(count);
  int128_t steps;
  if (__builtin_mul_overflow(operand - low, int128_t{count}, &steps)) throw out_of_range(call.arguments[0].type);
  return static_cast<int32_t>(steps / (high - low)) + 1;
}

}  // namespace

const std::vector<Function>& number_theory_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    for (const TypeId id : {kInteger, kBigInt, kHugeInt, kDecimal}) {
      rows.push_back(row<greatest_divisor>("gcd", {id, id}, wider_type, kRaises));
      rows.push_back(row<least_multiple>("lcm", {id, id}, multiple_type, kRaises));
    }
    rows.push_back(row<factorial>("factorial", {kBigInt}, whole_decimal, kRaises));
    rows.push_back(row<divide_whole>("div", {kDecimal, kDecimal}, whole_decimal, kRaises));
    rows.push_back(row<scale_of>("scale", {kDecimal}, always<Type::integer>, kNeverRaises));
    rows.push_back(row<least_scale>("min_scale", {kDecimal}, always<Type::integer>, kNeverRaises));
    rows.push_back(row<bucket_of_double>("width_bucket", {kDouble, kDouble, kDouble, kInteger}, always<Type::integer>, kRaises));
    rows.push_back(
        row<bucket_of_decimal>("width_bucket", {kDecimal, kDecimal, kDecimal, kInteger}, always<Type::integer>, kRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
