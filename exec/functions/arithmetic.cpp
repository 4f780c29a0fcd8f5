// + - * / % over numbers. Exact + - * and negation are native: the evaluator computes them in the narrowest width.

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"

namespace cairn::functions {

namespace {

constexpr int kMaxDigits = 38;

/// DECIMAL + or -: the larger scale, and one digit more in front.
Type sum_type(std::span<const Type> arguments) {
  const Type& a = arguments[0];
  const Type& b = arguments[1];
  if (a.id != TypeId::kDecimal) return a;
  const int scale = std::max(a.scale, b.scale);
  const int whole = std::max(a.precision - a.scale, b.precision - b.scale) + 1;
  return Type::decimal(std::min(kMaxDigits, whole + scale), scale);
}

/// DECIMAL *: digits and scales add up.
Type product_type(std::span<const Type> arguments) {
  const Type& a = arguments[0];
  const Type& b = arguments[1];
  if (a.id != TypeId::kDecimal) return a;
  const int scale = a.scale + b.scale;
  if (scale > kMaxDigits) {
    throw Error(sqlstate::kNumericOutOfRange,
                "a product of " + a.to_string() + " and " + b.to_string() + " has more than 38 digits behind the point",
                "cast an operand to a smaller scale, or to double precision");
  }
  return Type::decimal(std::min(kMaxDigits, a.precision + b.precision), scale);
}

Type remainder_type(std::span<const Type> arguments) {
  const Type& a = arguments[0];
  const Type& b = arguments[1];
  if (a.id != TypeId::kDecimal) return a;
  const int scale = std::max(a.scale, b.scale);
  return Type::decimal(std::min(kMaxDigits, std::max(a.precision - a.scale, b.precision - b.scale) + scale), scale);
}

Error division_by_zero() { return Error(sqlstate::kDivisionByZero, "division by zero"); }

template <typename T>
T divide_integers(const Call& call, T a, T b) {
  if (b == 0) throw division_by_zero();
  if (b == -1) {  // the least value has no negative
    if (a == static_cast<T>(T{1} << (sizeof(T) * 8 - 1))) throw out_of_range(call.result_type);
    return static_cast<T>(-a);
  }
  return static_cast<T>(a / b);
}

template <typename T>
T integer_remainder(T a, T b) {
  if (b == 0) throw division_by_zero();
  return b == -1 ? T{0} : static_cast<T>(a % b);
}

int128_t decimal_remainder(const Call& call, int128_t a, int128_t b) {
  const int scale = call.result_type.scale;
  if (b == 0) throw division_by_zero();
  int128_t wide_a, wide_b;
  if (__builtin_mul_overflow(a, power_of_ten(scale - call.arguments[0].type.scale), &wide_a) ||
      __builtin_mul_overflow(b, power_of_ten(scale - call.arguments[1].type.scale), &wide_b)) {
    throw out_of_range(call.result_type);
  }
  return wide_b == -1 ? int128_t{0} : wide_a % wide_b;
}

/// Other exact numbers (HUGEINT too, which stands for NUMERIC) divide into DOUBLE: each is converted, correctly rounded, and the quotient rounded once more.
double divide_decimals(const Call& call, int128_t a, int128_t b) {
  if (b == 0) throw division_by_zero();
  const int difference = call.arguments[1].type.scale - call.arguments[0].type.scale;
  const double quotient = static_cast<double>(a) / static_cast<double>(b);
  if (difference == 0) return quotient;
  const double power = static_cast<double>(power_of_ten(std::abs(difference)));
  return difference > 0 ? quotient * power : quotient / power;
}

template <typename T>
T check_floating(T result, bool finite_arguments) {
  if (std::isinf(result) && finite_arguments) {
    throw Error(sqlstate::kNumericOutOfRange, "value out of range: overflow");
  }
  return result;
}
template <typename A, typename B>
using Wider = std::common_type_t<A, B>;
template <typename A, typename B>
Wider<A, B> add_floats(A a, B b) {
  return check_floating<Wider<A, B>>(Wider<A, B>{a} + b, std::isfinite(a) && std::isfinite(b));
}
template <typename A, typename B>
Wider<A, B> subtract_floats(A a, B b) {
  return check_floating<Wider<A, B>>(Wider<A, B>{a} - b, std::isfinite(a) && std::isfinite(b));
}
template <typename A, typename B>
Wider<A, B> multiply_floats(A a, B b) {
  const auto product = check_floating<Wider<A, B>>(Wider<A, B>{a} * b, std::isfinite(a) && std::isfinite(b));
  if (product == 0 && a != 0 && b != 0) throw Error(sqlstate::kNumericOutOfRange, "value out of range: underflow");
  return product;
}
template <typename A, typename B>
Wider<A, B> divide_floats(A a, B b) {
  if (b == 0 && !std::isnan(a)) throw division_by_zero();
  const auto quotient = check_floating<Wider<A, B>>(Wider<A, B>{a} / b, std::isfinite(a));
  if (quotient == 0 && a != 0 && std::isfinite(b)) {
    throw Error(sqlstate::kNumericOutOfRange, "value out of range: underflow");
  }
  return quotient;
}
template <typename T>
T negate_float(T a) { return -a; }
template <typename T>
T same(T a) { return a; }

Function native(std::string_view name, std::vector<TypeId> arguments, Function::Native operation,
                Type (*result_type)(std::span<const Type>)) {
  Function function;
  function.name = name;
  function.arguments = std::move(arguments);
  function.native = operation;
  function.result_type = result_type;
  return function;
}

/// |a % b| < |b|, and a's sign.
ValueRange remainder_range(std::span<const ValueRange> arguments, std::span<const Type>) {
  const ValueRange& divisor = arguments[1];
  if (divisor.min == kInt128Min) return {};
  const int128_t bound = std::max(divisor.max, -divisor.min);
  if (bound <= 0) return {};
  return {arguments[0].min >= 0 ? int128_t{0} : 1 - bound, arguments[0].max <= 0 ? int128_t{0} : bound - 1};
}

bool excludes(const ValueRange& range, int128_t value) { return range.known() && (value < range.min || value > range.max); }

bool divides_by_no_zero(std::span<const ValueRange> arguments, std::span<const Type>) {
  return excludes(arguments[1], 0);
}

/// The least value has no negative.
bool quotient_exists(std::span<const ValueRange> arguments, std::span<const Type> types) {
  return excludes(arguments[1], 0) && (excludes(arguments[1], -1) || excludes(arguments[0], type_range(types[0]).min));
}

void add_integer_rows(std::vector<Function>& table) {
  using enum TypeId;
  for (const TypeId id : {kSmallInt, kInteger, kBigInt, kHugeInt, kDecimal}) {
    table.push_back(native("+", {id, id}, Function::Native::kAdd, sum_type));
    table.push_back(native("-", {id, id}, Function::Native::kSubtract, sum_type));
    table.push_back(native("*", {id, id}, Function::Native::kMultiply, product_type));
    table.push_back(native("-", {id}, Function::Native::kNegate, first_type));
  }
  for (const std::string_view name : {"%", "mod"}) {
    const size_t begin = table.size();
    table.push_back(row<integer_remainder<int16_t>>(name, {kSmallInt, kSmallInt}, first_type, kRaises));
    table.push_back(row<integer_remainder<int32_t>>(name, {kInteger, kInteger}, first_type, kRaises));
    table.push_back(row<integer_remainder<int64_t>>(name, {kBigInt, kBigInt}, first_type, kRaises));
    table.push_back(row<integer_remainder<int128_t>>(name, {kHugeInt, kHugeInt}, first_type, kRaises));
    for (size_t i = begin; i < table.size(); ++i) {
      table[i].result_range = remainder_range;
      table[i].never_raises = divides_by_no_zero;
    }
    table.push_back(row<decimal_remainder>(name, {kDecimal, kDecimal}, remainder_type, kRaises));
  }
  const size_t begin = table.size();
  table.push_back(row<divide_integers<int16_t>>("/", {kSmallInt, kSmallInt}, first_type, kRaises));
  table.push_back(row<divide_integers<int32_t>>("/", {kInteger, kInteger}, first_type, kRaises));
  table.push_back(row<divide_integers<int64_t>>("/", {kBigInt, kBigInt}, first_type, kRaises));
  for (size_t i = begin; i < table.size(); ++i) table[i].never_raises = quotient_exists;
  table.push_back(row<divide_decimals>("/", {kDecimal, kDecimal}, always<Type::double_>, kRaises));
  table.back().never_raises = divides_by_no_zero;
}

/// Of REAL and DOUBLE in both orders, too: that is why an integer plus a REAL is a DOUBLE in PostgreSQL.
template <typename A, typename B>
void add_floating_rows(std::vector<Function>& table, TypeId a, TypeId b) {
  const auto type = std::is_same_v<Wider<A, B>, float> ? always<Type::real> : always<Type::double_>;
  table.push_back(row<add_floats<A, B>>("+", {a, b}, type, kRaises));
  table.push_back(row<subtract_floats<A, B>>("-", {a, b}, type, kRaises));
  table.push_back(row<multiply_floats<A, B>>("*", {a, b}, type, kRaises));
  table.push_back(row<divide_floats<A, B>>("/", {a, b}, type, kRaises));
}
template <typename T>
void add_floating_signs(std::vector<Function>& table, TypeId id) {
  table.push_back(row<negate_float<T>>("-", {id}, first_type, kNeverRaises));
  table.push_back(row<same<T>>("+", {id}, first_type, kNeverRaises));
}

}  // namespace

const std::vector<Function>& arithmetic_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    add_integer_rows(rows);
    add_floating_rows<float, float>(rows, kReal, kReal);
    add_floating_rows<float, double>(rows, kReal, kDouble);
    add_floating_rows<double, float>(rows, kDouble, kReal);
    add_floating_rows<double, double>(rows, kDouble, kDouble);
    add_floating_signs<float>(rows, kReal);
    add_floating_signs<double>(rows, kDouble);
    rows.push_back(row<same<int16_t>>("+", {kSmallInt}, first_type, kNeverRaises));
    rows.push_back(row<same<int32_t>>("+", {kInteger}, first_type, kNeverRaises));
    rows.push_back(row<same<int64_t>>("+", {kBigInt}, first_type, kNeverRaises));
    rows.push_back(row<same<int128_t>>("+", {kHugeInt}, first_type, kNeverRaises));
    rows.push_back(row<same<int128_t>>("+", {kDecimal}, first_type, kNeverRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
