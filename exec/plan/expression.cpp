#include "exec/plan/expression.h"

#include <algorithm>
#include <bit>

#include "exec/functions/function.h"
#include "vector/counted_work.h"

namespace cairn {

namespace {

bool same_value(const Value& a, const Value& b) {
  if (!(a.type == b.type) || a.null != b.null) return false;
  // Floating values by their bits: 0.0 and -0.0 differ, a NaN equals itself.
  return a.null || (a.integer == b.integer && std::bit_cast<uint64_t>(a.floating) == std::bit_cast<uint64_t>(b.floating) &&
                    a.interval == b.interval && a.string == b.string);
}

std::string_view comparison_symbol(Expression::Comparison comparison) {
  static constexpr std::string_view kSymbols[] = {
      "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
  return kSymbols[static_cast<size_t>(comparison)];
}

void write_quoted(std::string_view text, std::string& out) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
}

void write(const Expression& expression, std::string& out);

void write_list(const Expression& expression, size_t from, std::string_view separator, std::string& out) {
  for (size_t i = from; i < expression.arguments.size(); ++i) {
    if (i > from) out += separator;
    write(*expression.arguments[i], out);
  }
}

void write_call(const Expression& expression, std::string& out) {
  const std::string_view name = expression.function->name;
  const bool is_operator = !name.empty() && !(name[0] >= 'a' && name[0] <= 'z') && name[0] != '_';
  if (is_operator && expression.arguments.size() == 2) {
    out += '(';
    write(*expression.arguments[0], out);
    out += ' ';
    out += name;
    out += ' ';
    write(*expression.arguments[1], out);
    out += ')';
    return;
  }
  out += name;
  out += '(';
  write_list(expression, 0, ", ", out);
  out += ')';
}

void write_case(const Expression& expression, std::string& out) {
  const size_t count = expression.arguments.size();
  out += "CASE";
  for (size_t i = 0; i + 1 < count; i += 2) {
    out += " WHEN ";
    write(*expression.arguments[i], out);
    out += " THEN ";
    write(*expression.arguments[i + 1], out);
  }
  if (count % 2 == 1) {
    out += " ELSE ";
    write(*expression.arguments[count - 1], out);
  }
  out += " END";
}

void write_constant(const Value& value, std::string& out) {
  if (value.null) {
    out += "NULL";
  } else if (value.type.is_integer() && value.integer >= 0) {
    out += value.to_string();
  } else {
    write_quoted(value.to_string(), out);
  }
  out += "::";
  out += value.type.to_string();
}

void write(const Expression& expression, std::string& out) {
  using Kind = Expression::Kind;
  const auto& arguments = expression.arguments;
  switch (expression.kind) {
    case Kind::kColumn: out += '#' + std::to_string(expression.column); return;
    case Kind::kConstant: write_constant(expression.value, out); return;
    case Kind::kParameter:
      out += '$' + std::to_string(expression.column + 1) + "::" + expression.type.to_string();
      return;
    case Kind::kCall: write_call(expression, out); return;
    case Kind::kCast:
      out += "CAST(";
      write(*arguments[0], out);
      out += " AS " + expression.type.to_string() + ")";
      return;
    case Kind::kCompare:
      out += '(';
      write(*arguments[0], out);
      out += ' ';
      out += comparison_symbol(expression.comparison);
      out += ' ';
      write(*arguments[1], out);
      out += ')';
      return;
    case Kind::kAnd:
    case Kind::kOr:
      out += '(';
      write_list(expression, 0, expression.kind == Kind::kAnd ? " AND " : " OR ", out);
      out += ')';
      return;
    case Kind::kNot:
      out += "(NOT ";
      write(*arguments[0], out);
      out += ')';
      return;
    case Kind::kIsNull:
    case Kind::kIsNotNull:
      out += '(';
      write(*arguments[0], out);
      out += expression.kind == Kind::kIsNull ? " IS NULL)" : " IS NOT NULL)";
      return;
    case Kind::kCase: write_case(expression, out); return;
    case Kind::kCoalesce:
      out += "COALESCE(";
      write_list(expression, 0, ", ", out);
      out += ')';
      return;
    case Kind::kIn:
      out += '(';
      write(*arguments[0], out);
      out += " IN (";
      write_list(expression, 1, ", ", out);
      out += "))";
      return;
    case Kind::kLike:
      out += '(';
      write(*arguments[0], out);
      out += expression.case_insensitive ? " ILIKE " : " LIKE ";
      write(*arguments[1], out);
      if (expression.escape != '\\') {
        out += " ESCAPE ";
        write_quoted(expression.escape == 0 ? std::string_view() : std::string_view(&expression.escape, 1), out);
      }
      out += ')';
      return;
  }
}

ExpressionPtr make(Expression::Kind kind, Type type) {
  auto expression = std::make_unique<Expression>();
  expression->kind = kind;
  expression->type = type;
  return expression;
}

}  // namespace

ExpressionPtr Expression::clone() const {
  auto copy = make(kind, type);
  copy->arguments.reserve(arguments.size());
  for (const auto& argument : arguments) copy->arguments.push_back(argument->clone());
  copy->column = column;
  copy->value = value;
  copy->comparison = comparison;
  copy->function = function;
  copy->escape = escape;
  copy->case_insensitive = case_insensitive;
  copy->volatile_call = volatile_call;
  copy->position = position;
  return copy;
}

bool Expression::equals(const Expression& other) const {
  count_work(1);
  if (kind != other.kind || !(type == other.type) || arguments.size() != other.arguments.size()) return false;
  switch (kind) {
    case Kind::kColumn:
    case Kind::kParameter:
      if (column != other.column) return false;
      break;
    case Kind::kConstant:
      if (!same_value(value, other.value)) return false;
      break;
    case Kind::kCall:
      if (function != other.function || volatile_call != other.volatile_call) return false;
      break;
    case Kind::kCompare:
      if (comparison != other.comparison) return false;
      break;
    case Kind::kLike:
      if (escape != other.escape || case_insensitive != other.case_insensitive) return false;
      break;
    default: break;
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i]->equals(*other.arguments[i])) return false;
  }
  return true;
}

uint64_t Expression::hash() const {
  count_work(1);
  uint64_t hash = static_cast<uint64_t>(kind) << 8 | static_cast<uint64_t>(type.id);
  const auto add = [&hash](uint64_t part) { hash = (std::rotl(hash, 23) ^ part) * 0x9e3779b97f4a7c15u; };
  add(static_cast<uint64_t>(column) << 8 | static_cast<uint64_t>(comparison));
  add(reinterpret_cast<uintptr_t>(function));
  if (kind == Kind::kConstant && !value.null) {
    add(static_cast<uint64_t>(value.integer));
    add(std::bit_cast<uint64_t>(value.floating));
    add(std::hash<std::string>()(value.string));
  }
  for (const auto& argument : arguments) add(argument->hash());
  return hash;
}

bool Expression::equals_as_written(const Expression& other) const {
  return equals(other) || (is_volatile(*this) && type == other.type && to_string() == other.to_string());
}

bool is_volatile(const Expression& expression) {
  if (expression.kind == Expression::Kind::kCall && expression.function != nullptr && expression.function->is_volatile) {
    return true;
  }
  return std::any_of(expression.arguments.begin(), expression.arguments.end(),
                     [](const ExpressionPtr& argument) { return is_volatile(*argument); });
}

std::string Expression::to_string() const {
  std::string out;
  write(*this, out);
  return out;
}

ExpressionPtr Expression::make_column(uint32_t column, Type type) {
  auto expression = make(Kind::kColumn, type);
  expression->column = column;
  return expression;
}

ExpressionPtr Expression::make_constant(Value value) {
  auto expression = make(Kind::kConstant, value.type);
  expression->value = std::move(value);
  return expression;
}

ExpressionPtr Expression::make_call(const Function* function, Type type, std::vector<ExpressionPtr> arguments,
                                    int position) {
  auto expression = make(Kind::kCall, type);
  expression->function = function;
  expression->arguments = std::move(arguments);
  expression->position = position;
  return expression;
}

ExpressionPtr Expression::make_cast(ExpressionPtr argument, Type type, int position) {
  auto expression = make(Kind::kCast, type);
  expression->arguments.push_back(std::move(argument));
  expression->position = position;
  return expression;
}

ExpressionPtr Expression::make_compare(Comparison comparison, ExpressionPtr left, ExpressionPtr right) {
  auto expression = make(Kind::kCompare, Type::boolean());
  expression->comparison = comparison;
  expression->arguments.push_back(std::move(left));
  expression->arguments.push_back(std::move(right));
  return expression;
}

ExpressionPtr Expression::make_and(std::vector<ExpressionPtr> arguments) {
  auto expression = make(Kind::kAnd, Type::boolean());
  expression->arguments = std::move(arguments);
  return expression;
}

ExpressionPtr Expression::make_or(std::vector<ExpressionPtr> arguments) {
  auto expression = make(Kind::kOr, Type::boolean());
  expression->arguments = std::move(arguments);
  return expression;
}

ExpressionPtr Expression::make_not(ExpressionPtr argument) {
  auto expression = make(Kind::kNot, Type::boolean());
  expression->arguments.push_back(std::move(argument));
  return expression;
}

}  // namespace cairn
