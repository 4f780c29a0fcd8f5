// Rounding, signs, powers and logarithms.

#include <algorithm>
#include <cmath>

#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"

namespace cairn::functions {

namespace {

int128_t absolute(const Call& call, int128_t a) {
  if (a == kInt128Min) throw out_of_range(call.result_type);
  return a < 0 ? -a : a;
}
double absolute_double(double a) { return std::fabs(a); }
float absolute_float(float a) { return std::fabs(a); }

double sign_double(double a) { return a > 0 ? 1 : a < 0 ? -1 : 0; }  // of NaN, too
int128_t sign_exact(int128_t a) { return a > 0 ? 1 : a < 0 ? -1 : 0; }
Type one_digit(std::span<const Type>) { return Type::decimal(1, 0); }

/// The DECIMAL without its fraction: one digit more, for 9.9 becomes 10.
Type whole_type(std::span<const Type> arguments) {
  const int whole = arguments[0].precision - arguments[0].scale + 1;
  return Type::decimal(std::clamp(whole, 1, 38), 0);
}

int128_t divide_down(int128_t a, int128_t unit) { return a / unit - (a % unit < 0); }
int128_t divide_half_away(int128_t a, int128_t unit) {
  const int128_t quotient = a / unit;
  const int128_t rest = a % unit;
  const int128_t magnitude = rest < 0 ? -rest : rest;
  if (magnitude < unit - magnitude) return quotient;
  return quotient + (a < 0 ? -1 : 1);
}

int128_t floor_decimal(const Call& call, int128_t a) { return divide_down(a, power_of_ten(call.arguments[0].type.scale)); }
int128_t ceil_decimal(const Call& call, int128_t a) { return -divide_down(-a, power_of_ten(call.arguments[0].type.scale)); }
int128_t trunc_decimal(const Call& call, int128_t a) { return a / power_of_ten(call.arguments[0].type.scale); }
int128_t round_decimal(const Call& call, int128_t a) {
  const int scale = call.arguments[0].type.scale;
  return scale == 0 ? a : divide_half_away(a, power_of_ten(scale));
}

/// The scale stays; the digits behind the n-th become zeros. Negative n: digits before the point.
int128_t round_decimal_to(const Call& call, int128_t a, int32_t digits) {
  const int64_t dropped = static_cast<int64_t>(call.arguments[0].type.scale) - digits;
  if (dropped <= 0) return a;
  if (dropped > 38) return 0;
  const int128_t unit = power_of_ten(static_cast<int>(dropped));
  int128_t rounded;
  if (__builtin_mul_overflow(divide_half_away(a, unit), unit, &rounded)) throw out_of_range(call.result_type);
  return rounded;
}
int128_t trunc_decimal_to(const Call& call, int128_t a, int32_t digits) {
  const int64_t dropped = static_cast<int64_t>(call.arguments[0].type.scale) - digits;
  if (dropped <= 0) return a;
  if (dropped > 38) return 0;
  const int128_t unit = power_of_ten(static_cast<int>(dropped));
  return a / unit * unit;
}
/// Rounding may carry into one digit more.
Type rounded_type(std::span<const Type> arguments) {
  const int precision = arguments[0].precision + 1;
  return Type::decimal(precision > 38 ? 38 : precision, arguments[0].scale);
}

double floor_double(double a) { return std::floor(a); }
double ceil_double(double a) { return std::ceil(a); }
/// `rounding` at the digit-th decimal place; the value itself where it has no digits there.
template <double (*rounding)(double)>
double rounded_at(double a, int32_t digit) {
  const double unit = std::pow(10.0, std::abs(static_cast<double>(digit)));
  const double rounded = digit >= 0 ? rounding(a * unit) / unit : rounding(a / unit) * unit;
  return std::isfinite(rounded) ? rounded : digit >= 0 ? a : 0;
}
double trunc_double(double a) { return std::trunc(a); }
double round_double(double a) { return std::rint(a); }  // half to even, as PostgreSQL's round(double precision)
double round_half_away(double a) { return std::round(a); }
double round_double_to(double a, int32_t digit) { return rounded_at<round_half_away>(a, digit); }
double trunc_double_to(double a, int32_t digit) { return rounded_at<trunc_double>(a, digit); }

Error overflow() { return Error(sqlstate::kNumericOutOfRange, "value out of range: overflow"); }
Error underflow() { return Error(sqlstate::kNumericOutOfRange, "value out of range: underflow"); }
constexpr std::string_view kInvalidLogArgument = "2201E";
constexpr std::string_view kInvalidPowerArgument = "2201F";

double square_root(double a) {
  if (a < 0) throw Error(kInvalidPowerArgument, "cannot take square root of a negative number");
  return std::sqrt(a);
}
double power(double a, double b) {
  if (a == 0 && b < 0) throw Error(kInvalidPowerArgument, "zero raised to a negative power is undefined");
  if (a < 0 && std::isfinite(b) && b != std::trunc(b)) {
    throw Error(kInvalidPowerArgument, "a negative number raised to a non-integer power yields a complex result");
  }
  const double result = std::pow(a, b);
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) throw overflow();
  if (result == 0 && a != 0 && std::isfinite(a) && std::isfinite(b)) throw underflow();
  return result;
}
double exponential(double a) {
  const double result = std::exp(a);
  if (std::isinf(result) && std::isfinite(a)) throw overflow();
  if (result == 0 && std::isfinite(a)) throw underflow();
  return result;
}
double check_logarithm(double a) {
  if (a == 0) throw Error(kInvalidLogArgument, "cannot take logarithm of zero");
  if (a < 0) throw Error(kInvalidLogArgument, "cannot take logarithm of a negative number");
  return a;
}
double natural_logarithm(double a) { return std::log(check_logarithm(a)); }
double decimal_logarithm(double a) { return std::log10(check_logarithm(a)); }
double binary_logarithm(double a) { return std::log2(check_logarithm(a)); }
double logarithm(double base, double a) {
  const double denominator = std::log(check_logarithm(base)), numerator = std::log(check_logarithm(a));
  if (denominator == 0) throw Error(sqlstate::kDivisionByZero, "division by zero");
  return numerator / denominator;
}
double exact_logarithm(const Call& call, int128_t base, int128_t a) {
  const auto unscaled = [&](size_t argument, int128_t value) {
    return static_cast<double>(value) / static_cast<double>(power_of_ten(call.arguments[argument].type.scale));
  };
  return logarithm(unscaled(0, base), unscaled(1, a));
}
double cube_root(double a) { return std::cbrt(a); }
ValueRange absolute_range(std::span<const ValueRange> arguments, std::span<const Type>) {
  const ValueRange& a = arguments[0];
  if (a.min == kInt128Min) return {};
  if (a.min >= 0) return a;
  return {0, -a.min > a.max ? -a.min : a.max};
}

void add_rounding(std::vector<Function>& rows) {
  using enum TypeId;
  rows.push_back(row<floor_decimal>("floor", {kDecimal}, whole_type, kRaises));
  rows.push_back(row<floor_double>("floor", {kDouble}, first_type, kNeverRaises));
  for (const std::string_view name : {"ceil", "ceiling"}) {
    rows.push_back(row<ceil_decimal>(name, {kDecimal}, whole_type, kRaises));
    rows.push_back(row<ceil_double>(name, {kDouble}, first_type, kNeverRaises));
  }
  rows.push_back(row<trunc_decimal>("trunc", {kDecimal}, whole_type, kRaises));
  rows.push_back(row<trunc_decimal_to>("trunc", {kDecimal, kInteger}, first_type, kRaises));
  rows.push_back(row<trunc_double>("trunc", {kDouble}, first_type, kNeverRaises));
  rows.push_back(row<round_decimal>("round", {kDecimal}, whole_type, kRaises));
  rows.push_back(row<round_decimal_to>("round", {kDecimal, kInteger}, rounded_type, kRaises));
  rows.push_back(row<round_double>("round", {kDouble}, first_type, kNeverRaises));
  // Not in PostgreSQL, where averages and quotients of exact numbers are exact numbers and can be rounded.
  rows.push_back(row<round_double_to>("cairn.round", {kDouble, kInteger}, first_type, kNeverRaises));
  rows.push_back(row<trunc_double_to>("cairn.trunc", {kDouble, kInteger}, first_type, kNeverRaises));
}

void add_signs(std::vector<Function>& rows) {
  using enum TypeId;
  for (const std::string_view name : {"abs", "@"}) {
    for (const TypeId id : {kSmallInt, kInteger, kBigInt, kHugeInt, kDecimal}) {
      rows.push_back(row<absolute>(name, {id}, first_type, kRaises));
      rows.back().result_range = absolute_range;
    }
    rows.push_back(row<absolute_float>(name, {kReal}, first_type, kNeverRaises));
    rows.push_back(row<absolute_double>(name, {kDouble}, first_type, kNeverRaises));
  }
  rows.push_back(row<sign_exact>("sign", {kDecimal}, one_digit, kNeverRaises));
  rows.push_back(row<sign_double>("sign", {kDouble}, first_type, kNeverRaises));
}

void add_double_functions(std::vector<Function>& rows) {
  using enum TypeId;
  const auto unary = [&rows]<auto F>(std::string_view name) { rows.push_back(row<F>(name, {kDouble}, first_type, kRaises)); };
  unary.operator()<square_root>("sqrt");
  unary.operator()<square_root>("|/");
  unary.operator()<cube_root>("cbrt");
  unary.operator()<cube_root>("||/");
  unary.operator()<exponential>("exp");
  unary.operator()<natural_logarithm>("ln");
  unary.operator()<decimal_logarithm>("log");
  unary.operator()<decimal_logarithm>("log10");
  unary.operator()<binary_logarithm>("log2");
  rows.push_back(row<exact_logarithm>("log", {kDecimal, kDecimal}, always<Type::double_>, kRaises));
  rows.push_back(row<logarithm>("cairn.log", {kDouble, kDouble}, first_type, kRaises));
  for (const std::string_view name : {"power", "pow", "^"}) {
    rows.push_back(row<power>(name, {kDouble, kDouble}, first_type, kRaises));
  }
}

}  // namespace

const std::vector<Function>& math_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    add_rounding(rows);
    add_signs(rows);
    add_double_functions(rows);
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
