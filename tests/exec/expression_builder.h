#pragma once

// Short names for building expressions in tests.

#include <string>
#include <vector>

#include "exec/evaluation/expression_evaluator.h"
#include "exec/functions/function.h"
#include "exec/plan/expression.h"
#include "vector/error.h"
#include "vector/parse.h"

namespace cairn::build {

inline ExpressionPtr text(std::string value) { return Expression::make_constant(Value::of_string(std::move(value))); }
inline ExpressionPtr integer(int64_t value) { return Expression::make_constant(Value::of_integer(Type::integer(), value)); }
inline ExpressionPtr constant(std::string_view value, Type type) { return Expression::make_constant(parse_value(value, type)); }
inline ExpressionPtr null(Type type) { return Expression::make_constant(Value::null_of(type)); }
inline ExpressionPtr column(uint32_t index, Type type) { return Expression::make_column(index, type); }

template <typename... A>
std::vector<ExpressionPtr> list(A... arguments) {
  std::vector<ExpressionPtr> result;
  (result.push_back(std::move(arguments)), ...);
  return result;
}

/// The overload whose argument types are exactly these.
template <typename... A>
ExpressionPtr call(std::string_view name, A... arguments) {
  auto all = list(std::move(arguments)...);
  std::vector<Type> types;
  for (const auto& argument : all) types.push_back(argument->type);
  for (const Function* function : find_functions(name)) {
    bool fits = function->variadic ? types.size() >= function->arguments.size() : types.size() == function->arguments.size();
    for (size_t i = 0; fits && i < types.size(); ++i) {
      fits = types[i].id == function->arguments[std::min(i, function->arguments.size() - 1)] || function->variadic;
    }
    if (fits) return Expression::make_call(function, function->result_type(types), std::move(all), 7);
  }
  throw Error(sqlstate::kUndefinedFunction, "no overload of " + std::string(name) + " fits");
}

inline ExpressionPtr of_kind(Expression::Kind kind, Type type, std::vector<ExpressionPtr> arguments) {
  auto expression = std::make_unique<Expression>();
  expression->kind = kind;
  expression->type = type;
  expression->arguments = std::move(arguments);
  return expression;
}

inline ExpressionPtr like(ExpressionPtr value, std::string pattern, bool case_insensitive = false) {
  auto expression = of_kind(Expression::Kind::kLike, Type::boolean(), list(std::move(value), text(std::move(pattern))));
  expression->case_insensitive = case_insensitive;
  return expression;
}

/// The value as text, or the error's state and message.
inline std::string shown(const ExpressionPtr& expression) {
  try {
    return evaluate_constant(*expression).to_string();
  } catch (const Error& error) {
    return error.sqlstate + " " + error.message;
  }
}

}  // namespace cairn::build
