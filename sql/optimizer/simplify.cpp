#include "sql/optimizer/simplify.h"

#include <algorithm>

#include "exec/evaluation/expression_evaluator.h"
#include "exec/functions/function.h"
#include "sql/optimizer/rewrite.h"
#include "vector/error.h"

namespace cairn {
namespace {

bool is_null(const Expression& e) { return e.kind == Expression::Kind::kConstant && e.value.null; }

bool is_foldable(const Expression& e) {
  if (e.kind == Expression::Kind::kConstant || e.kind == Expression::Kind::kColumn ||
      e.kind == Expression::Kind::kParameter)
    return false;
  if (is_volatile(e)) return false;
  return std::all_of(e.arguments.begin(), e.arguments.end(),
                     [](const ExpressionPtr& argument) { return argument->kind == Expression::Kind::kConstant; });
}

ExpressionPtr simplified_call(ExpressionPtr e) {
  if (e->function == nullptr || !e->function->strict) return e;
  for (const auto& argument : e->arguments) {
    if (is_null(*argument)) return null_constant(e->type);
  }
  return e;
}

ExpressionPtr simplified_cast(ExpressionPtr e) {
  if (is_null(*e->arguments[0])) return null_constant(e->type);
  if (e->arguments[0]->type == e->type) return std::move(e->arguments[0]);
  return e;
}

ExpressionPtr simplified_null_test(ExpressionPtr e) {
  const Expression& argument = *e->arguments[0];
  if ((argument.kind == Expression::Kind::kIsNull || argument.kind == Expression::Kind::kIsNotNull) &&
      !is_volatile(argument)) {
    return Expression::make_constant(Value::of_boolean(e->kind == Expression::Kind::kIsNotNull));
  }
  return e;
}

ExpressionPtr simplified_case(ExpressionPtr e) {
  std::vector<ExpressionPtr> kept;
  const size_t pair_count = e->arguments.size() / 2;
  const bool has_else = e->arguments.size() % 2 == 1;
  bool decided = false;
  for (size_t i = 0; i < pair_count && !decided; ++i) {
    ExpressionPtr& condition = e->arguments[2 * i];
    if (is_false_or_null(*condition)) continue;
    decided = is_true(*condition);
    if (!decided) kept.push_back(std::move(condition));
    kept.push_back(std::move(e->arguments[2 * i + 1]));
  }
  if (!decided && has_else) kept.push_back(std::move(e->arguments.back()));
  if (kept.empty()) return null_constant(e->type);
  if (kept.size() == 1) return std::move(kept[0]);
  e->arguments = std::move(kept);
  return e;
}

ExpressionPtr simplified_coalesce(ExpressionPtr e) {
  std::vector<ExpressionPtr> kept;
  for (auto& argument : e->arguments) {
    if (is_null(*argument)) continue;
    const bool last = argument->kind == Expression::Kind::kConstant;
    kept.push_back(std::move(argument));
    if (last) break;
  }
  if (kept.empty()) return null_constant(e->type);
  if (kept.size() == 1) return std::move(kept[0]);
  e->arguments = std::move(kept);
  return e;
}

/// A pattern without wildcards is an equality; CHAR is left alone, its trailing blanks count in LIKE.
ExpressionPtr simplified_like(ExpressionPtr e) {
  const Expression& pattern = *e->arguments[1];
  if (is_null(*e->arguments[0]) || is_null(pattern)) return null_constant(e->type);
  if (pattern.kind != Expression::Kind::kConstant || e->case_insensitive ||
      e->arguments[0]->type.id != TypeId::kVarchar)
    return e;
  const std::string& text = pattern.value.string;
  if (text.find_first_of("%_") != std::string::npos) return e;
  if (e->escape != 0 && text.find(e->escape) != std::string::npos) return e;
  ExpressionPtr constant = Expression::make_constant(Value::of_string(text));
  constant->type = constant->value.type = e->arguments[0]->type;
  return Expression::make_compare(Expression::Comparison::kEqual, std::move(e->arguments[0]), std::move(constant));
}

}  // namespace

ExpressionPtr simplified(ExpressionPtr e) {
  for (auto& argument : e->arguments) argument = simplified(std::move(argument));
  switch (e->kind) {
    case Expression::Kind::kColumn:
    case Expression::Kind::kConstant:
    case Expression::Kind::kParameter:
      return e;
    case Expression::Kind::kAnd:
      return simplified_and(std::move(e));
    case Expression::Kind::kOr:
      return simplified_or(std::move(e));
    case Expression::Kind::kCase:
      return simplified_case(std::move(e));
    case Expression::Kind::kCoalesce:
      return simplified_coalesce(std::move(e));
    default: break;
  }
  if (is_foldable(*e)) return fold_constant(std::move(e));
  switch (e->kind) {
    case Expression::Kind::kNot:
      return simplified_not(std::move(e));
    case Expression::Kind::kCall:
      return simplified_call(std::move(e));
    case Expression::Kind::kCast:
      return simplified_cast(std::move(e));
    case Expression::Kind::kIsNull:
    case Expression::Kind::kIsNotNull:
      return simplified_null_test(std::move(e));
    case Expression::Kind::kCompare:
      return simplified_comparison(std::move(e));
    case Expression::Kind::kIn:
      return simplified_in(std::move(e));
    case Expression::Kind::kLike:
      return simplified_like(std::move(e));
    default: return e;
  }
}

}  // namespace cairn
