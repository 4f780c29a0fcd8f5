// Trigonometric and hyperbolic functions; the d variants take or give degrees, exact at multiples of 30 and 45 as
// PostgreSQL's are.

#include <cmath>

#include "exec/functions/executor.h"

namespace cairn::functions {

namespace {

constexpr double kRadiansPerDegree = 0.0174532925199432957692;

Error out_of_domain() { return Error(sqlstate::kNumericOutOfRange, "input is out of range"); }
double finite(double a) {
  if (std::isinf(a)) throw out_of_domain();
  return a;
}
double unit(double a) {
  if (a < -1 || a > 1) throw out_of_domain();
  return a;
}

double sine(double a) { return std::sin(finite(a)); }
double cosine(double a) { return std::cos(finite(a)); }
double tangent(double a) { return std::tan(finite(a)); }
double cotangent(double a) { return 1 / std::tan(finite(a)); }  // of 0: infinity
double arc_sine(double a) { return std::asin(unit(a)); }
double arc_cosine(double a) { return std::acos(unit(a)); }
double arc_tangent(double a) { return std::atan(a); }
double arc_tangent2(double y, double x) { return std::atan2(y, x); }

double hyperbolic_sine(double a) { return std::sinh(a); }
double hyperbolic_cosine(double a) { return std::cosh(a); }
double hyperbolic_tangent(double a) { return std::tanh(a); }
double area_sine(double a) { return std::asinh(a); }
double area_cosine(double a) {
  if (a < 1) throw out_of_domain();
  return std::acosh(a);
}
double area_tangent(double a) { return std::atanh(unit(a)); }

double degrees(double a) {
  const double result = a / kRadiansPerDegree;
  if (std::isinf(result) && std::isfinite(a)) throw Error(sqlstate::kNumericOutOfRange, "value out of range: overflow");
  return result;
}
double radians(double a) {
  const double result = a * kRadiansPerDegree;
  if (result == 0 && a != 0) throw Error(sqlstate::kNumericOutOfRange, "value out of range: underflow");
  return result;
}
double pi() { return 3.14159265358979323846; }

// ---- in degrees: each is scaled by its value at 30, 45 or 60 degrees, which makes those exact. The divisors are
// computed by the same library functions, not written down.

double sine_to_30(double a) {
  static const double at_30 = std::sin(30 * kRadiansPerDegree);
  return std::sin(a * kRadiansPerDegree) / at_30 / 2;
}
double cosine_to_60(double a) {
  static const double one_minus_at_60 = 1 - std::cos(60 * kRadiansPerDegree);
  return 1 - (1 - std::cos(a * kRadiansPerDegree)) / one_minus_at_60 / 2;
}
double sine_to_90(double a) { return a <= 30 ? sine_to_30(a) : cosine_to_60(90 - a); }
double cosine_to_90(double a) { return a <= 60 ? cosine_to_60(a) : sine_to_30(90 - a); }

double sine_degrees(double a) {
  if (std::isnan(a)) return a;
  a = std::fmod(finite(a), 360);
  double sign = 1;
  if (a < 0) a = -a, sign = -1;
  if (a > 180) a = 360 - a, sign = -sign;
  if (a > 90) a = 180 - a;
  return sign * sine_to_90(a);
}
double cosine_degrees(double a) {
  if (std::isnan(a)) return a;
  a = std::fabs(std::fmod(finite(a), 360));
  double sign = 1;
  if (a > 180) a = 360 - a;
  if (a > 90) a = 180 - a, sign = -1;
  return sign * cosine_to_90(a);
}

/// Brings an angle of a function with a period of 180 degrees into 0..90; returns the result's sign.
double fold_tangent(double& a) {
  a = std::fmod(finite(a), 360);
  double sign = 1;
  if (a < 0) a = -a, sign = -1;
  if (a > 180) a = 360 - a, sign = -sign;
  if (a > 90) a = 180 - a, sign = -sign;
  return sign;
}
double without_minus_zero(double a) { return a == 0 ? 0 : a; }
double tangent_degrees(double a) {
  if (std::isnan(a)) return a;
  static const double at_45 = sine_to_90(45) / cosine_to_90(45);
  const double sign = fold_tangent(a);
  return without_minus_zero(sign * (sine_to_90(a) / cosine_to_90(a) / at_45));
}
double cotangent_degrees(double a) {
  if (std::isnan(a)) return a;
  static const double at_45 = cosine_to_90(45) / sine_to_90(45);
  const double sign = fold_tangent(a);
  return without_minus_zero(sign * (cosine_to_90(a) / sine_to_90(a) / at_45));
}

double arc_sine_of_positive(double a) {
  static const double arc_sine_half = std::asin(0.5), arc_cosine_half = std::acos(0.5);
  return a <= 0.5 ? std::asin(a) / arc_sine_half * 30 : 90 - std::acos(a) / arc_cosine_half * 60;
}
double arc_sine_degrees(double a) { return unit(a) >= 0 ? arc_sine_of_positive(a) : -arc_sine_of_positive(-a); }
double arc_cosine_degrees(double a) {
  static const double arc_sine_half = std::asin(0.5), arc_cosine_half = std::acos(0.5);
  if (unit(a) < 0) return 90 + arc_sine_of_positive(-a);
  return a <= 0.5 ? 90 - std::asin(a) / arc_sine_half * 30 : std::acos(a) / arc_cosine_half * 60;
}
double arc_tangent_one() {
  static const double value = std::atan(1.0);
  return value;
}
double arc_tangent_degrees(double a) { return std::atan(a) / arc_tangent_one() * 45; }
double arc_tangent2_degrees(double y, double x) { return std::atan2(y, x) / arc_tangent_one() * 45; }

}  // namespace

const std::vector<Function>& trigonometric_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    const auto unary = [&rows]<auto F>(std::string_view name) {
      rows.push_back(row<F>(name, {kDouble}, first_type, kRaises));
    };
    unary.operator()<sine>("sin");
    unary.operator()<cosine>("cos");
    unary.operator()<tangent>("tan");
    unary.operator()<cotangent>("cot");
    unary.operator()<arc_sine>("asin");
    unary.operator()<arc_cosine>("acos");
    unary.operator()<arc_tangent>("atan");
    unary.operator()<hyperbolic_sine>("sinh");
    unary.operator()<hyperbolic_cosine>("cosh");
    unary.operator()<hyperbolic_tangent>("tanh");
    unary.operator()<area_sine>("asinh");
    unary.operator()<area_cosine>("acosh");
    unary.operator()<area_tangent>("atanh");
    unary.operator()<degrees>("degrees");
    unary.operator()<radians>("radians");
    unary.operator()<sine_degrees>("sind");
    unary.operator()<cosine_degrees>("cosd");
    unary.operator()<tangent_degrees>("tand");
    unary.operator()<cotangent_degrees>("cotd");
    unary.operator()<arc_sine_degrees>("asind");
    unary.operator()<arc_cosine_degrees>("acosd");
    unary.operator()<arc_tangent_degrees>("atand");
    rows.push_back(row<arc_tangent2>("atan2", {kDouble, kDouble}, first_type, kNeverRaises));
    rows.push_back(row<arc_tangent2_degrees>("atan2d", {kDouble, kDouble}, first_type, kNeverRaises));
    rows.push_back(row<pi>("pi", {}, always<Type::double_>, kNeverRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
