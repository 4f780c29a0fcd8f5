#include <algorithm>

#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "sql/binder/overload.h"
#include "vector/date.h"
#include "vector/error.h"
#include "vector/parse.h"

namespace cairn {

/// extract(field FROM value): the function extract_<field>, which there must be for the very type of the value: a date
/// has no hours, though as a timestamp it would have.
ExpressionPtr Binder::extract(const PgQuery__FuncCall& syntax) {
  const pg::Node& field = *syntax.args[0];
  if (field.node_case != PG_QUERY__NODE__NODE_A_CONST || field.a_const->val_case != PG_QUERY__A__CONST__VAL_SVAL)
    throw_unsupported("an extract field that is not a literal", syntax.location);
  std::string unit(pg::string_value(&field));
  if (std::string_view name = unit_named(unit); !name.empty()) unit = name;
  std::ranges::transform(unit, unit.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
  std::vector<ExpressionPtr> arguments;
  arguments.push_back(expression(*syntax.args[1]));
  const Type given = arguments[0]->type;
  if (is_untyped(*arguments[0]))
    throw Error(sqlstate::kAmbiguousFunction, "function extract(unknown, unknown) is not unique",
                "Dates, times, timestamps and intervals have fields; add an explicit type cast.").at(syntax.location);
  const std::vector<const Function*> overloads = find_functions("extract_" + unit);
  const bool exact = std::ranges::any_of(overloads, [&](const Function* f) { return f->arguments[0] == given.id; });
  // Of NULL no field is asked.
  if (!exact && arguments[0]->kind == Expression::Kind::kConstant && arguments[0]->value.null)
    return make_null(Type::decimal(kUnconstrainedPrecision, kUnconstrainedScale), syntax.location);
  if (overloads.empty() && !unit.starts_with("timezone"))
    throw Error(sqlstate::kInvalidParameterValue, "unit \"" + unit + "\" not recognized for type " + full_type_name(given))
        .at(field.a_const->location);
  if (!exact && !find_functions("extract_epoch").empty() &&
      (given.id == TypeId::kDate || given.id == TypeId::kTime || given.id == TypeId::kTimestamp || given.id == TypeId::kInterval))
    throw Error(sqlstate::kFeatureNotSupported, "unit \"" + unit + "\" not supported for type " + full_type_name(given))
        .at(syntax.location);
  ExpressionPtr result = call("extract_" + unit, arguments, syntax.location);
  if (result == nullptr) throw_unknown_function("extract", arguments, syntax.location);
  return result;
}

/// make_interval(years, months, weeks, days, hours, mins, secs): what is left out is 0, and each may go by its name.
ExpressionPtr Binder::make_interval(const PgQuery__FuncCall& syntax) {
  static constexpr std::string_view kNames[] = {"years", "months", "weeks", "days", "hours", "mins", "secs"};
  constexpr size_t kCount = std::size(kNames);
  if (syntax.n_args > kCount) return nullptr;
  std::vector<ExpressionPtr> arguments(kCount);
  for (size_t i = 0; i < syntax.n_args; i++) {
    const pg::Node& node = *syntax.args[i];
    if (node.node_case != PG_QUERY__NODE__NODE_NAMED_ARG_EXPR) {
      arguments[i] = expression(node);
      continue;
    }
    const PgQuery__NamedArgExpr& named = *node.named_arg_expr;
    const auto place = std::ranges::find(kNames, std::string_view(named.name));
    if (place == std::end(kNames))
      throw Error(sqlstate::kUndefinedFunction, "make_interval has no argument \"" + std::string(named.name) + "\"").at(named.location);
    ExpressionPtr& argument = arguments[static_cast<size_t>(place - std::begin(kNames))];
    if (argument != nullptr)
      throw Error(sqlstate::kSyntaxError, "argument name \"" + std::string(named.name) + "\" used more than once").at(named.location);
    argument = expression(*named.arg);
  }
  for (ExpressionPtr& argument : arguments)
    if (argument == nullptr) argument = Expression::make_constant(Value::of_integer(Type::integer(), 0));
  ExpressionPtr result = call("make_interval", arguments, syntax.location);
  if (result == nullptr) throw_unknown_function("make_interval", arguments, syntax.location);
  return result;
}

/// Calls about dates and times that are more than a function of their arguments; nullptr for all others.
ExpressionPtr Binder::datetime_call(std::string_view name, const PgQuery__FuncCall& syntax) {
  if (name == "extract" && syntax.n_args == 2) return extract(syntax);
  if (name == "make_interval") return make_interval(syntax);
  if (name == "age" && syntax.n_args == 1) {  // until today's midnight
    std::vector<ExpressionPtr> arguments;
    const int64_t today = floor_divide(context_.now_micros, kMicrosPerDay) * kMicrosPerDay;
    arguments.push_back(Expression::make_constant(Value::of_integer(Type::timestamp(), today)));
    arguments.push_back(expression(*syntax.args[0]));
    if (is_untyped(*arguments[1]))  // PostgreSQL has age(xid), too
      throw Error(sqlstate::kAmbiguousFunction, "function age(unknown) is not unique", "Add an explicit type cast.")
          .at(syntax.location);
    return call(name, arguments, syntax.location);
  }
  if ((name == "now" || name == "transaction_timestamp" || name == "statement_timestamp") && syntax.n_args == 0)
    return Expression::make_constant(Value::of_integer(Type::timestamp(), context_.now_micros));
  return nullptr;
}

}  // namespace cairn
