#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"

// CASE, COALESCE, GREATEST and LEAST: one of several values, all brought to one type.

namespace cairn {
namespace {

/// A constant that came of several keeps the digits of its own: GREATEST(3, 1.5) is 3, not 3.0.
ExpressionPtr with_its_own_scale(ExpressionPtr constant, const std::vector<Type>& own_types) {
  if (constant->kind != Expression::Kind::kConstant || constant->value.null) return constant;
  std::optional<Value> least;
  for (const Type& type : own_types) {
    std::optional<Value> value = type.is_exact() ? convert_exactly(constant->value, as_decimal(type)) : std::nullopt;
    if (value && (!least || value->type.scale < least->type.scale)) least = std::move(value);
  }
  return least ? Expression::make_constant(std::move(*least)) : std::move(constant);
}

}  // namespace

ExpressionPtr Binder::case_expression(const PgQuery__CaseExpr& syntax) {
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kCase;
  ExpressionPtr subject = syntax.arg == nullptr ? nullptr : typed(expression(*syntax.arg));
  std::vector<ExpressionPtr> values;
  std::vector<ExpressionPtr> conditions;
  std::vector<ExpressionPtr> reached;  // true of the rows for which no condition has been true yet
  auto is_true = [](const Expression& condition, Expression::Comparison comparison) {
    return Expression::make_compare(comparison, condition.clone(), Expression::make_constant(Value::of_boolean(true)));
  };
  auto branch_value = [&](const pg::Node& node) {
    size_t first = pending_count();
    BranchGuard branch(*this, true);
    values.push_back(expression(node));
    guard_subqueries(first, reached);
  };
  for (const pg::Node* node : pg::list(syntax.args, syntax.n_args)) {
    const PgQuery__CaseWhen& when = *node->case_when;
    size_t first = pending_count();
    BranchGuard branch(*this, !conditions.empty());
    if (subject == nullptr) {
      conditions.push_back(boolean(*when.expr, "CASE/WHEN"));
    } else {
      conditions.push_back(compare(Expression::Comparison::kEqual, subject->clone(), expression(*when.expr),
                                   pg::location(when.expr)));
    }
    guard_subqueries(first, reached);
    reached.push_back(is_true(*conditions.back(), Expression::Comparison::kNotDistinct));
    branch_value(*when.result);
    reached.back() = is_true(*conditions.back(), Expression::Comparison::kDistinct);
  }
  if (syntax.defresult != nullptr) branch_value(*syntax.defresult);
  std::vector<ExpressionPtr*> places;
  for (ExpressionPtr& value : values) places.push_back(&value);
  // PostgreSQL asks the ELSE first: of two texts the first one's type is taken. Without one it is NULL.
  ExpressionPtr missing = make_null(Type{});
  if (syntax.defresult == nullptr) places.push_back(&missing);
  std::ranges::rotate(places, places.end() - 1);
  result->type = unify(places, "CASE", syntax.location);
  for (size_t i = 0; i < conditions.size(); i++) {
    result->arguments.push_back(std::move(conditions[i]));
    result->arguments.push_back(std::move(values[i]));
  }
  if (values.size() > conditions.size()) result->arguments.push_back(std::move(values.back()));
  return result;
}

ExpressionPtr Binder::coalesce(const PgQuery__CoalesceExpr& syntax) {
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kCoalesce;
  std::vector<ExpressionPtr*> places;
  std::vector<ExpressionPtr> reached;  // true of the rows for which all arguments so far are NULL
  for (const pg::Node* argument : pg::list(syntax.args, syntax.n_args)) {
    size_t first = pending_count();
    BranchGuard branch(*this, result->arguments.size() > 0);
    result->arguments.push_back(expression(*argument));
    guard_subqueries(first, reached);
    if (is_untyped(*result->arguments.back())) continue;
    auto is_null = std::make_unique<Expression>();
    is_null->kind = Expression::Kind::kIsNull;
    is_null->type = Type::boolean();
    is_null->arguments.push_back(result->arguments.back()->clone());
    reached.push_back(std::move(is_null));
  }
  // What is NULL anyway has no say in the length of a text.
  const auto is_nothing = [](const ExpressionPtr& argument) {
    return is_untyped(*argument) && argument->kind == Expression::Kind::kConstant && argument->value.null;
  };
  if (!std::ranges::all_of(result->arguments, is_nothing)) std::erase_if(result->arguments, is_nothing);
  for (ExpressionPtr& argument : result->arguments) places.push_back(&argument);
  result->type = unify(places, "COALESCE", syntax.location);
  if (result->arguments.size() == 1) return std::move(result->arguments[0]);
  return result;
}

/// GREATEST(a, b) passes over NULLs: CASE WHEN b IS NULL OR a >= b THEN a ELSE b END, folded from the left; where a is
/// NULL and b is not, a >= b is unknown, and b is taken.
ExpressionPtr Binder::min_max(const PgQuery__MinMaxExpr& syntax) {
  std::vector<ExpressionPtr> arguments;
  std::vector<ExpressionPtr*> places;
  for (const pg::Node* argument : pg::list(syntax.args, syntax.n_args)) arguments.push_back(expression(*argument));
  for (ExpressionPtr& argument : arguments) places.push_back(&argument);
  bool greatest = syntax.op == PG_QUERY__MIN_MAX_OP__IS_GREATEST;
  std::vector<Type> own_types;
  for (const ExpressionPtr& argument : arguments) own_types.push_back(argument->type);
  Type type = unify(places, greatest ? "GREATEST" : "LEAST", syntax.location);
  // Every step names its left operand twice: a long list would grow without bound.
  if (arguments.size() > 12) throw_unsupported("GREATEST or LEAST of more than 12 arguments", syntax.location);
  ExpressionPtr best = std::move(arguments[0]);
  for (size_t i = 1; i < arguments.size(); i++) {
    auto is_null = std::make_unique<Expression>();
    is_null->kind = Expression::Kind::kIsNull;
    is_null->type = Type::boolean();
    is_null->arguments.push_back(arguments[i]->clone());
    std::vector<ExpressionPtr> keep;
    keep.push_back(std::move(is_null));
    keep.push_back(Expression::make_compare(
        greatest ? Expression::Comparison::kGreaterEqual : Expression::Comparison::kLessEqual, as_key(best->clone()),
        as_key(arguments[i]->clone())));
    auto choice = std::make_unique<Expression>();
    choice->kind = Expression::Kind::kCase;
    choice->type = type;
    choice->arguments.push_back(Expression::make_or(std::move(keep)));
    choice->arguments.push_back(std::move(best));
    choice->arguments.push_back(std::move(arguments[i]));
    best = std::move(choice);
  }
  return type.id == TypeId::kDecimal ? with_its_own_scale(fold(std::move(best)), own_types) : std::move(best);
}

}  // namespace cairn
