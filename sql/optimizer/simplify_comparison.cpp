#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <unordered_set>

#include "sql/optimizer/rewrite.h"
#include "sql/optimizer/simplify.h"
#include "vector/date.h"

namespace cairn {
namespace {

using Comparison = Expression::Comparison;

/// A constant seen from the domain of the column under a cast: the greatest value of the domain that is not above the
/// constant, and whether it is the constant itself.
struct DomainPoint {
  int128_t floor = 0;
  bool exact = true;
};

int128_t floor_divide(int128_t value, int128_t divisor) {
  const int128_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

/// The values that a type can hold: [low, high], inclusive, in stored form.
std::optional<std::pair<int128_t, int128_t>> bounds_of(const Type& type) {
  switch (type.id) {
    case TypeId::kSmallInt: return std::pair<int128_t, int128_t>{INT16_MIN, INT16_MAX};
    case TypeId::kInteger:
    case TypeId::kDate: return std::pair<int128_t, int128_t>{INT32_MIN, INT32_MAX};
    case TypeId::kBigInt: return std::pair<int128_t, int128_t>{INT64_MIN, INT64_MAX};
    case TypeId::kDecimal: {
      const int128_t most = power_of_ten(type.precision) - 1;
      return std::pair<int128_t, int128_t>{-most, most};
    }
    default: return std::nullopt;
  }
}

int scale_of(const Type& type) { return type.id == TypeId::kDecimal ? type.scale : 0; }

/// Where the constant of the cast's type lies among the values of the column's type; nullopt where the cast is not an
/// order-preserving embedding, or not one that is dealt with here.
std::optional<DomainPoint> locate(const Type& column, const Value& constant) {
  const Type& target = constant.type;
  if (column.id == TypeId::kDate && target.id == TypeId::kTimestamp) {
    if (!is_finite_timestamp(static_cast<int64_t>(constant.integer))) {
      return DomainPoint{constant.integer > 0 ? kDateInfinity : kDateMinusInfinity, true};
    }
    const int128_t days = floor_divide(constant.integer, kMicrosPerDay);
    return DomainPoint{days, days * kMicrosPerDay == constant.integer};
  }
  if (!column.is_exact() || !bounds_of(column)) return std::nullopt;
  if (target.is_exact()) {
    const int more_digits = scale_of(target) - scale_of(column);
    if (more_digits < 0) return std::nullopt;  // the cast rounds
    const int128_t unit = power_of_ten(more_digits);
    const int128_t floor = floor_divide(constant.integer, unit);
    return DomainPoint{floor, floor * unit == constant.integer};
  }
  if (target.id == TypeId::kDouble && (column.id == TypeId::kSmallInt || column.id == TypeId::kInteger)) {
    if (!std::isfinite(constant.floating) || std::fabs(constant.floating) > 1e15) return std::nullopt;
    const double floor = std::floor(constant.floating);
    return DomainPoint{static_cast<int128_t>(floor), floor == constant.floating};
  }
  return std::nullopt;
}

/// True (or false) for every value that is not NULL, and NULL for NULL: NULL OR x IS NOT NULL has no shorter spelling
/// than a comparison with the end of the type's range.
ExpressionPtr always(bool result, ExpressionPtr column, int128_t lowest) {
  const Type type = column->type;
  return Expression::make_compare(result ? Comparison::kGreaterEqual : Comparison::kLess, std::move(column),
                                  Expression::make_constant(Value::of_integer(type, lowest)));
}

/// Strings of different declared lengths hold the same bytes; only blanks at the end of a CHAR tell them apart.
ExpressionPtr without_string_cast(const Expression& comparison) {
  const Expression& cast = *comparison.arguments[0];
  const Expression& operand = *cast.arguments[0];
  const Value& constant = comparison.arguments[1]->value;
  if (!operand.type.is_string() || !cast.type.is_string()) return nullptr;
  if (operand.type.limit() > cast.type.limit()) return nullptr;  // the cast cuts
  if (operand.type == Type::character() || cast.type == Type::character()) return nullptr;  // it strips or pads
  if (operand.type.id != cast.type.id && (constant.string.empty() || constant.string.back() == ' ')) return nullptr;
  if (operand.type.id != cast.type.id && cast.type.id == TypeId::kChar) return nullptr;  // the cast strips blanks
  Value value = constant;
  value.type = operand.type;
  return Expression::make_compare(comparison.comparison, operand.clone(), Expression::make_constant(std::move(value)));
}

}  // namespace

ExpressionPtr without_cast(const Expression& comparison) {
  const Expression& cast = *comparison.arguments[0];
  const Expression& bound = *comparison.arguments[1];
  if (cast.kind != Expression::Kind::kCast || bound.kind != Expression::Kind::kConstant || bound.value.null)
    return nullptr;
  if (comparison.comparison == Comparison::kDistinct || comparison.comparison == Comparison::kNotDistinct) {
    return nullptr;
  }
  if (cast.type.is_string()) return without_string_cast(comparison);

  const Type type = cast.arguments[0]->type;
  const auto point = locate(type, bound.value);
  if (!point) return nullptr;
  const auto [lowest, highest] = *bounds_of(type);
  ExpressionPtr column = cast.arguments[0]->clone();
  Comparison op = comparison.comparison;

  if (op == Comparison::kEqual || op == Comparison::kNotEqual) {
    if (!point->exact || point->floor < lowest || point->floor > highest) {
      return always(op == Comparison::kNotEqual, std::move(column), lowest);
    }
  } else {
    // x < 3.5 is x <= 3 and x >= 3.5 is x > 3 in the domain of integers.
    if (!point->exact && op == Comparison::kLess) op = Comparison::kLessEqual;
    if (!point->exact && op == Comparison::kGreaterEqual) op = Comparison::kGreater;
    const bool below = op == Comparison::kLess || op == Comparison::kLessEqual;
    if (point->floor > highest) return always(below, std::move(column), lowest);
    if (point->floor < lowest) return always(!below, std::move(column), lowest);
  }
  return Expression::make_compare(op, std::move(column),
                                  Expression::make_constant(Value::of_integer(type, point->floor)));
}

ExpressionPtr simplified_comparison(ExpressionPtr e) {
  if (e->arguments[0]->kind == Expression::Kind::kConstant && e->arguments[1]->kind != Expression::Kind::kConstant) {
    std::swap(e->arguments[0], e->arguments[1]);
    e->comparison = flipped(e->comparison);
  }
  const Expression& right = *e->arguments[1];
  if (right.kind != Expression::Kind::kConstant) return e;

  if (right.value.null) {
    const bool distinct = e->comparison == Comparison::kDistinct;
    if (!distinct && e->comparison != Comparison::kNotDistinct) {
      return null_constant(Type::boolean());
    }
    auto test = std::make_unique<Expression>();
    test->kind = distinct ? Expression::Kind::kIsNotNull : Expression::Kind::kIsNull;
    test->type = Type::boolean();
    test->arguments.push_back(std::move(e->arguments[0]));
    return test;
  }
  if (right.type.id == TypeId::kBoolean) {
    const bool equal = e->comparison == Comparison::kEqual;
    if (equal || e->comparison == Comparison::kNotEqual) {
      if ((right.value.integer != 0) == equal) return std::move(e->arguments[0]);
      return simplified_not(Expression::make_not(std::move(e->arguments[0])));
    }
  }
  if (ExpressionPtr direct = without_cast(*e)) return direct;
  return e;
}

ExpressionPtr simplified_in(ExpressionPtr e) {
  if (e->arguments[0]->kind == Expression::Kind::kConstant && e->arguments[0]->value.null) {
    return null_constant(Type::boolean());
  }
  // Lists may have millions of items: equal texts mean equal expressions.
  std::vector<ExpressionPtr> kept;
  std::unordered_set<std::string> seen;
  for (auto& argument : e->arguments) {
    if (kept.empty() || is_volatile(*argument) || seen.insert(argument->to_string()).second) kept.push_back(std::move(argument));
  }
  e->arguments = std::move(kept);

  // cast(x) IN (constants): x against those that x's type can be.
  if (e->arguments[0]->kind == Expression::Kind::kCast) {
    auto direct = std::make_unique<Expression>();
    direct->kind = Expression::Kind::kIn;
    direct->type = Type::boolean();
    direct->arguments.push_back(e->arguments[0]->arguments[0]->clone());
    for (size_t i = 1; i < e->arguments.size(); ++i) {
      const ExpressionPtr equality =
          Expression::make_compare(Comparison::kEqual, e->arguments[0]->clone(), e->arguments[i]->clone());
      ExpressionPtr converted = without_cast(*equality);
      if (!converted) return e;
      if (converted->comparison == Comparison::kEqual) direct->arguments.push_back(std::move(converted->arguments[1]));
    }
    if (direct->arguments.size() == 1) return e;
    e = std::move(direct);
  }
  if (e->arguments.size() == 2) {
    return simplified_comparison(Expression::make_compare(Comparison::kEqual, std::move(e->arguments[0]),
                                                          std::move(e->arguments[1])));
  }
  return e;
}

}  // namespace cairn
