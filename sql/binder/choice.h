#pragma once

#include <memory>
#include <utility>

#include "exec/plan/expression.h"

namespace cairn {

inline ExpressionPtr is_not_null(ExpressionPtr argument) {
  auto test = std::make_unique<Expression>();
  test->kind = Expression::Kind::kIsNotNull;
  test->type = Type::boolean();
  test->arguments.push_back(std::move(argument));
  return test;
}

/// CASE WHEN condition THEN yes ELSE no END; both have the type of `no`.
inline ExpressionPtr choose(ExpressionPtr condition, ExpressionPtr yes, ExpressionPtr no) {
  auto choice = std::make_unique<Expression>();
  choice->kind = Expression::Kind::kCase;
  choice->type = no->type;
  choice->arguments.push_back(std::move(condition));
  choice->arguments.push_back(std::move(yes));
  choice->arguments.push_back(std::move(no));
  return choice;
}

}  // namespace cairn
