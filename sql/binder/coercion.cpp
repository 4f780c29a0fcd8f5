#include "sql/binder/coercion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "exec/evaluation/expression_evaluator.h"
#include "exec/functions/function.h"
#include "sql/binder/type_name.h"
#include "vector/date.h"
#include "vector/error.h"
#include "vector/parse.h"

namespace cairn {
namespace {

int decimal_digits(TypeId integer) {
  switch (integer) {
    case TypeId::kSmallInt: return 5;
    case TypeId::kInteger: return 10;
    case TypeId::kBigInt: return 19;
    default: return 38;
  }
}

Type common_decimal(const Type& a, const Type& b) {
  Type x = as_decimal(a), y = as_decimal(b);
  int scale = std::max(x.scale, y.scale);
  int whole = std::max(x.precision - x.scale, y.precision - y.scale);
  // Beyond 38 digits the whole part gives way: a value that does not fit is an error, never rounded.
  return Type::decimal(std::min(38, whole + scale), scale);
}

bool fits(int128_t value, const Type& type) {
  switch (type.id) {
    case TypeId::kSmallInt: return value >= INT16_MIN && value <= INT16_MAX;
    case TypeId::kInteger: return value >= INT32_MIN && value <= INT32_MAX;
    case TypeId::kBigInt: return value >= INT64_MIN && value <= INT64_MAX;
    case TypeId::kHugeInt: return true;
    case TypeId::kDecimal: {
      int128_t bound = power_of_ten(type.precision);
      return value > -bound && value < bound;
    }
    default: return false;
  }
}

}  // namespace

std::string type_name(const Type& type) {
  return type.id == TypeId::kNull ? std::string("unknown") : std::string(message_type_name(type));
}

std::string full_type_name(const Type& type) {
  switch (type.id) {
    case TypeId::kTime: return "time without time zone";
    case TypeId::kTimestamp: return "timestamp without time zone";
    case TypeId::kHugeInt: return "numeric";
    default: return type_name(type);
  }
}

bool is_untyped(const Expression& expression) { return expression.type.id == TypeId::kNull; }

ExpressionPtr make_untyped_literal(std::string text, int position) {
  Value value = Value::of_string(std::move(text));
  value.type = Type{};
  ExpressionPtr literal = Expression::make_constant(std::move(value));
  literal->position = position;
  return literal;
}

ExpressionPtr make_null(Type type, int position) {
  ExpressionPtr constant = Expression::make_constant(Value::null_of(type));
  constant->position = position;
  return constant;
}

bool converts_implicitly(TypeId from, TypeId to) {
  if (from == to || from == TypeId::kNull) return true;
  switch (from) {
    case TypeId::kSmallInt:
    case TypeId::kInteger:
    case TypeId::kBigInt:
    case TypeId::kHugeInt:
      return (to > from && to <= TypeId::kHugeInt) || to == TypeId::kDecimal || to == TypeId::kReal || to == TypeId::kDouble;
    case TypeId::kDecimal: return to == TypeId::kReal || to == TypeId::kDouble;
    case TypeId::kReal: return to == TypeId::kDouble;
    case TypeId::kChar: return to == TypeId::kVarchar;
    case TypeId::kVarchar: return to == TypeId::kChar;
    case TypeId::kDate: return to == TypeId::kTimestamp;
    case TypeId::kTime: return to == TypeId::kInterval;
    default: return false;
  }
}

bool can_cast(const Type& from, const Type& to, CastContext context) {
  if (from.id == to.id || from.id == TypeId::kNull) return true;
  if (converts_implicitly(from.id, to.id)) return true;
  if (context == CastContext::kImplicit) return false;
  if (from.is_numeric() && to.is_numeric()) return true;
  if (to.is_string()) return true;
  if (from.id == TypeId::kTimestamp && (to.id == TypeId::kDate || to.id == TypeId::kTime)) return true;
  if (from.id == TypeId::kInterval && to.id == TypeId::kTime) return true;
  if (context == CastContext::kAssignment) return false;
  if (from.is_string()) return true;
  if (from.id == TypeId::kBoolean) return to.id == TypeId::kInteger;
  return to.id == TypeId::kBoolean && from.id == TypeId::kInteger;
}

Type without_length(Type type) {
  if (type.id == TypeId::kVarchar && !type.is_text()) return Type::unlimited_varchar();
  return type.id == TypeId::kChar ? Type::character() : type;
}

Type parameter_type(Type type) {
  return type.id == TypeId::kDecimal ? Type::decimal(kUnconstrainedPrecision, kUnconstrainedScale) : without_length(type);
}

std::optional<Type> common_type(const Type& a, const Type& b) {
  if (a.id == TypeId::kNull || b.id == TypeId::kNull) return without_length(a.id == TypeId::kNull ? b : a);
  if (a == b) return a;
  if (a.is_string() && b.is_string()) return without_length(a);
  if (a.id == b.id && a.id != TypeId::kDecimal) return a;
  if (a.is_numeric() && b.is_numeric()) {
    if (a.id == TypeId::kDouble || b.id == TypeId::kDouble) return Type::double_();
    if (a.id == TypeId::kReal || b.id == TypeId::kReal) return Type::real();
    if (a.id == TypeId::kDecimal || b.id == TypeId::kDecimal) return common_decimal(a, b);
    return a.id > b.id ? a : b;
  }
  const auto either = [&](TypeId one, TypeId other) {
    return (a.id == one && b.id == other) || (a.id == other && b.id == one);
  };
  return either(TypeId::kDate, TypeId::kTimestamp) ? std::optional(Type::timestamp()) : std::nullopt;
}

std::optional<Type> compared_type(const Type& a, const Type& b) {
  if (a.is_string() && b.is_string()) {
    // CHAR has comparisons of its own, which a TEXT on the other side keeps from being chosen.
    const bool as_char = (a.id == TypeId::kChar || b.id == TypeId::kChar) && !a.is_text() && !b.is_text();
    return as_char ? Type::character() : Type::varchar();
  }
  if (a.is_numeric() && (a.is_floating() || b.is_floating()) && b.is_numeric()) return Type::double_();
  const bool spans = (a.id == TypeId::kTime && b.id == TypeId::kInterval) || (a.id == TypeId::kInterval && b.id == TypeId::kTime);
  return spans ? Type::interval() : common_type(a, b);
}

Type as_decimal(const Type& exact) {
  return exact.id == TypeId::kDecimal ? exact : Type::decimal(decimal_digits(exact.id), 0);
}

bool contains(const Expression& expression, Expression::Kind kind) {
  return expression.kind == kind ||
         std::ranges::any_of(expression.arguments, [&](const ExpressionPtr& e) { return contains(*e, kind); });
}

bool is_constant_tree(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::kConstant: return true;
    case Expression::Kind::kColumn:
    case Expression::Kind::kParameter: return false;
    case Expression::Kind::kCall: if (expression.function->is_volatile) return false; break;
    default: break;
  }
  return std::ranges::all_of(expression.arguments, [](const ExpressionPtr& e) { return is_constant_tree(*e); });
}

ExpressionPtr fold(ExpressionPtr expression) {
  if (expression->kind == Expression::Kind::kConstant || !is_constant_tree(*expression)) return expression;
  return fold_constant(std::move(expression));
}

ExpressionPtr cast_to(ExpressionPtr expression, const Type& type, int position) {
  if (expression->type == type) return expression;
  if (position < 0) position = expression->position;
  if (expression->kind == Expression::Kind::kConstant && expression->value.null) return make_null(type, position);
  if (expression->kind == Expression::Kind::kConstant && is_untyped(*expression)) {
    try {
      ExpressionPtr constant = Expression::make_constant(parse_value(expression->value.string, type));
      constant->type = constant->value.type = type;
      constant->position = expression->position;
      return constant;
    } catch (Error& error) {
      throw std::move(error).at(expression->position);
    }
  }
  // A longer or unlimited VARCHAR takes the value as it is.
  if (expression->type.id == TypeId::kVarchar && type.id == TypeId::kVarchar && expression->type.limit() <= type.limit()) {
    if (expression->kind == Expression::Kind::kConstant) expression->type = expression->value.type = type;
    return expression;
  }
  if (expression->kind == Expression::Kind::kConstant) {
    if (std::optional<Value> value = convert_exactly(expression->value, type)) {
      ExpressionPtr constant = Expression::make_constant(std::move(*value));
      constant->position = expression->position;
      return constant;
    }
  }
  return fold(Expression::make_cast(std::move(expression), type, position));
}

ExpressionPtr without_blanks(ExpressionPtr text) {
  if (text->type.id != TypeId::kChar) text = cast_to(std::move(text), Type::character());
  return cast_to(std::move(text), Type::varchar());
}

ExpressionPtr as_key(ExpressionPtr expression) {
  return expression->type == Type::character() ? without_blanks(std::move(expression)) : std::move(expression);
}

ExpressionPtr of_any_length(ExpressionPtr expression) {
  const Type type = without_length(expression->type);
  return exactly_of(cast_to(std::move(expression), type), type);
}

ExpressionPtr exactly_of(ExpressionPtr expression, const Type& type) {
  const int position = expression->position;
  return expression->type == type ? std::move(expression) : Expression::make_cast(std::move(expression), type, position);
}

Value parse_numeric_literal(std::string_view text) {
  std::string digits;
  int scale = 0;
  bool exact_integer = true;
  // The parser folds the sign into the literal: "-0.05" comes as one text.
  const bool negative = text.starts_with('-');
  size_t at = negative || text.starts_with('+') ? 1 : 0;
  for (; at < text.size() && (text[at] | 32) != 'e'; at++) {
    if (text[at] == '.') {
      exact_integer = false;
    } else {
      digits += text[at];
      scale += exact_integer ? 0 : 1;
    }
  }
  if (at < text.size()) {
    exact_integer = false;
    long exponent = std::strtol(std::string(text.substr(at + 1)).c_str(), nullptr, 10);
    exponent = std::clamp(exponent, -1000L, 1000L);
    scale -= static_cast<int>(exponent);
    if (scale < 0) {
      digits.append(static_cast<size_t>(-scale), '0');
      scale = 0;
    }
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  const auto as_double = [&] {
    const double value = std::strtod(std::string(text).c_str(), nullptr);
    if (std::isinf(value)) {
      throw Error(sqlstate::kNumericOutOfRange, "\"" + std::string(text) + "\" is out of range for type double precision");
    }
    return Value::of_double(value);
  };
  const int precision = std::max({static_cast<int>(digits.size()), scale + 1, 1});
  const bool plain = text.find_first_of("eE") == std::string_view::npos;
  if (plain && (digits.size() > 39 || scale > 38)) {
    throw Error(sqlstate::kNumericOutOfRange, "a number of more than 38 digits does not fit NUMERIC",
                "Write it as a quoted literal of double precision: float8 '…'.");
  }
  if (digits.size() > (exact_integer ? 39 : 38) || scale > 38) return as_double();
  int128_t value = 0;
  for (char digit : digits) {
    const int step = negative ? -(digit - '0') : digit - '0';
    if (__builtin_mul_overflow(value, int128_t{10}, &value) || __builtin_add_overflow(value, int128_t{step}, &value)) {
      return as_double();
    }
  }
  if (!exact_integer) return Value::of_integer(Type::decimal(std::min(precision, 38), scale), value);
  for (Type type : {Type::integer(), Type::big_int(), Type::huge_int()})
    if (fits(value, type)) return Value::of_integer(type, value);
  return as_double();
}

std::optional<Value> parse_exact_number(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t\n\r\f\v"), text.size());
  text = text.substr(begin, text.find_last_not_of(" \t\n\r\f\v") + 1 - begin);
  const size_t digits = text.find_first_not_of("+-");
  if (digits == std::string_view::npos || digits > 1) return std::nullopt;
  const size_t exponent = std::min(text.find_first_of("eE"), text.size());
  if (!is_plain_number(text.substr(digits, exponent - digits))) return std::nullopt;
  if (exponent < text.size()) {
    std::string_view power = text.substr(exponent + 1);
    if (power.starts_with('+') || power.starts_with('-')) power.remove_prefix(1);
    if (power.empty() || power.size() > 3 || power.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  }
  Value number = parse_numeric_literal(text);
  return number.type.is_exact() ? std::optional(std::move(number)) : std::nullopt;
}

ExpressionPtr as_numeric(ExpressionPtr constant, int position) {
  const Type any = Type::decimal(kUnconstrainedPrecision, kUnconstrainedScale);
  if (constant->kind != Expression::Kind::kConstant || constant->value.null) return cast_to(std::move(constant), any, position);
  if (constant->type.is_exact()) {
    if (constant->type.id == TypeId::kDecimal) return constant;
    // 100 has three digits, not ten.
    const int digits = static_cast<int>(constant->value.to_string().size());
    return cast_to(std::move(constant), Type::decimal(std::min(digits, 38), 0), position);
  }
  std::string text = constant->value.string;
  if (constant->type.is_floating()) text = fmt::format("{:.{}g}", constant->value.floating, constant->type.id == TypeId::kReal ? 6 : 15);
  std::optional<Value> number = parse_exact_number(text);
  if (!number) return cast_to(std::move(constant), any, position);
  ExpressionPtr exact = Expression::make_constant(std::move(*number));
  exact->position = constant->position;
  return as_numeric(std::move(exact), position);
}

bool is_plain_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text.find_first_of("0123456789") != std::string_view::npos &&
         text.find_first_not_of("0123456789.") == std::string_view::npos && std::count(text.begin(), text.end(), '.') <= 1;
}

std::optional<Value> convert_exactly(const Value& constant, const Type& type) {
  if (constant.null) return Value::null_of(type);
  const Type& from = constant.type;
  if (from.is_exact() && type.is_exact()) {
    int128_t value = constant.integer;
    int from_scale = from.id == TypeId::kDecimal ? from.scale : 0;
    int to_scale = type.id == TypeId::kDecimal ? type.scale : 0;
    if (to_scale > from_scale) {
      int128_t factor = power_of_ten(to_scale - from_scale);
      if (value > kInt128Max / factor || value < kInt128Min / factor) return std::nullopt;
      value *= factor;
    } else {
      int128_t divisor = power_of_ten(from_scale - to_scale);
      if (value % divisor != 0) return std::nullopt;
      value /= divisor;
    }
    if (!fits(value, type)) return std::nullopt;
    return Value::of_integer(type, value);
  }
  if (from.id == TypeId::kTimestamp && type.id == TypeId::kDate && !is_finite_timestamp(static_cast<int64_t>(constant.integer)))
    return Value::of_integer(type, constant.integer > 0 ? kDateInfinity : kDateMinusInfinity);
  if (from.id == TypeId::kTimestamp && type.id == TypeId::kDate && constant.integer % kMicrosPerDay == 0)
    return Value::of_integer(type, constant.integer / kMicrosPerDay);
  return std::nullopt;
}

}  // namespace cairn
