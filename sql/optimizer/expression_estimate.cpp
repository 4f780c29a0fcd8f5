#include <algorithm>
#include <cmath>
#include <string_view>

#include "exec/functions/function.h"
#include "sql/optimizer/statistics.h"

// What is believed of an expression's values, given its columns'.

namespace cairn {
namespace {

constexpr double kMicrosPerDay = 86'400e6;

ColumnEstimate of_constant(const Value& value) {
  ColumnEstimate estimate;
  estimate.null_fraction = value.null ? 1 : 0;
  if (!value.null && has_natural_value(value)) {
    estimate.has_range = true;
    estimate.low = estimate.high = natural_value(value);
  }
  estimate.average_bytes = value.type.is_string() ? static_cast<double>(value.string.size()) : 8;
  return estimate;
}

/// Nothing known but how many combinations the arguments have.
ColumnEstimate of_arguments(const std::vector<ColumnEstimate>& arguments) {
  ColumnEstimate estimate;
  double not_null = 1;
  for (const ColumnEstimate& argument : arguments) {
    estimate.distinct = std::min(estimate.distinct * std::max(argument.distinct, 1.0), 1e15);
    not_null *= 1 - argument.null_fraction;
    estimate.average_bytes = std::max(estimate.average_bytes, argument.average_bytes);
  }
  estimate.null_fraction = 1 - not_null;
  return estimate;
}

void set_range(ColumnEstimate& estimate, std::initializer_list<double> points) {
  estimate.low = std::min(points);
  estimate.high = std::max(points);
  estimate.has_range = std::isfinite(estimate.low) && std::isfinite(estimate.high);
}

/// + - * by interval arithmetic; a factor or summand that is constant moves a spread, too.
void estimate_arithmetic(char op, const ColumnEstimate& a, const ColumnEstimate& b, ColumnEstimate& result) {
  if (a.has_range && b.has_range) {
    if (op == '+') set_range(result, {a.low + b.low, a.high + b.high});
    if (op == '-') set_range(result, {a.low - b.high, a.high - b.low});
    if (op == '*') set_range(result, {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  }
  const bool b_constant = b.has_range && b.low == b.high, a_constant = a.has_range && a.low == a.high;
  if (!(a.has_spread && b_constant) && !(b.has_spread && a_constant)) return;
  const ColumnEstimate& spread = a.has_spread ? a : b;
  const double constant = a.has_spread ? b.low : a.low;
  result.has_spread = true;
  result.mean = spread.mean;
  result.deviation = spread.deviation;
  if (op == '*') {
    result.mean *= constant;
    result.deviation *= std::fabs(constant);
  } else {
    result.mean = op == '-' ? (a.has_spread ? spread.mean - constant : constant - spread.mean) : spread.mean + constant;
  }
}

/// Parts of dates have small domains.
bool estimate_date_part(const Expression& e, const std::vector<ColumnEstimate>& arguments, ColumnEstimate& result) {
  std::string_view field = e.function->name;
  if (field.starts_with("extract_")) field.remove_prefix(8);
  if (arguments.size() == 2 && e.arguments[0]->kind == Expression::Kind::kConstant &&
      e.arguments[0]->type.is_string()) {
    field = e.arguments[0]->value.string;
  }
  const ColumnEstimate& date = arguments.back();
  if (field == "year") {
    if (!date.has_range) return false;
    set_range(result, {std::floor(1970 + date.low / 365.2425), std::floor(1970 + date.high / 365.2425)});
    result.distinct = result.high - result.low + 1;
    return true;
  }
  static constexpr std::pair<std::string_view, double> kSizes[] = {
      {"month", 12}, {"day", 31}, {"quarter", 4}, {"hour", 24}, {"minute", 60}, {"dow", 7}, {"week", 53}, {"doy", 366}};
  for (auto [name, size] : kSizes) {
    if (field != name) continue;
    result.distinct = std::min(size, std::max(date.distinct, 1.0));
    set_range(result, {name == "hour" || name == "minute" || name == "dow" ? 0.0 : 1.0, size});
    return true;
  }
  return false;
}

/// A prefix of n characters: words use few of the possible ones.
void estimate_substring(const Expression& e, ColumnEstimate& result) {
  if (e.arguments.size() != 3 || e.arguments[2]->kind != Expression::Kind::kConstant || e.arguments[2]->value.null)
    return;
  const double length = natural_value(e.arguments[2]->value);
  if (length > 0 && length < 6) result.distinct = std::min(result.distinct, std::pow(6.0, length));
}

ColumnEstimate of_call(const Expression& e, const std::vector<ColumnEstimate>& arguments) {
  ColumnEstimate result = of_arguments(arguments);
  if (e.function == nullptr || arguments.empty()) return result;
  const std::string_view name = e.function->name;
  if (name.size() == 1 && arguments.size() == 2 && (name == "+" || name == "-" || name == "*")) {
    estimate_arithmetic(name[0], arguments[0], arguments[1], result);
    return result;
  }
  if (estimate_date_part(e, arguments, result)) return result;
  if (name == "substring" || name == "substr" || name == "left") estimate_substring(e, result);
  return result;
}

}  // namespace

double natural_value(const Value& value) {
  switch (value.type.id) {
    case TypeId::kReal:
    case TypeId::kDouble: return value.floating;
    case TypeId::kDecimal:
      return static_cast<double>(value.integer) / static_cast<double>(power_of_ten(value.type.scale));
    case TypeId::kTimestamp: return static_cast<double>(value.integer) / kMicrosPerDay;
    default: return static_cast<double>(value.integer);
  }
}

bool has_natural_value(const Value& value) {
  return value.type.is_integral() || (value.type.is_floating() && std::isfinite(value.floating));
}

double distinct_among(double distinct, double rows) {
  if (distinct <= 1 || rows <= 1) return std::max(0.0, std::min({distinct, rows, 1.0}));
  return distinct * -std::expm1(-rows / distinct);
}

ColumnEstimate RelationEstimate::describe(const Expression& e) const {
  switch (e.kind) {
    case Expression::Kind::kColumn: {
      auto found = columns.find(e.column);
      if (found != columns.end()) return found->second;
      ColumnEstimate unknown;
      unknown.distinct = std::max(1.0, rows);
      return unknown;
    }
    case Expression::Kind::kConstant:
      return of_constant(e.value);
    case Expression::Kind::kCast:
      return describe(*e.arguments[0]);
    default: break;
  }
  std::vector<ColumnEstimate> arguments;
  for (const auto& argument : e.arguments) arguments.push_back(describe(*argument));
  if (e.kind == Expression::Kind::kCall) return of_call(e, arguments);
  ColumnEstimate result = of_arguments(arguments);
  if (e.type.id == TypeId::kBoolean) {
    result.has_spread = true;
    result.mean = selectivity(e, *this);
    result.distinct = 2;
  }
  if (e.kind == Expression::Kind::kCoalesce) {
    result = arguments[0];
    result.null_fraction = 0;
  }
  return result;
}

}  // namespace cairn
