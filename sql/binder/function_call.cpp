#include <algorithm>

#include "exec/functions/function.h"
#include "exec/functions/number_pattern.h"
#include "exec/functions/volatile_source.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/nearest_name.h"
#include "sql/binder/overload.h"
#include "sql/table_functions.h"
#include "vector/error.h"

namespace cairn {
namespace {

std::string signature(std::string_view name, const std::vector<ExpressionPtr>& arguments) {
  std::string text(name);
  text += '(';
  for (size_t i = 0; i < arguments.size(); i++) {
    if (i > 0) text += ", ";
    text += is_untyped(*arguments[i]) ? "unknown" : type_name(arguments[i]->type);
  }
  return text + ')';
}

/// In front of the names of overloads that are Cairn's own: taken where none of PostgreSQL's fits.
constexpr std::string_view kExtensions = "cairn.";

bool is_operator_name(std::string_view name) { return (name[0] < 'a' || name[0] > 'z') && name[0] != '_'; }

[[noreturn]] void throw_ambiguous(std::string_view name, const std::vector<ExpressionPtr>& arguments, int position) {
  if (!is_operator_name(name))
    throw Error(sqlstate::kAmbiguousFunction, "function " + signature(name, arguments) + " is not unique",
                "More than one function takes such arguments; add explicit type casts.").at(position);
  std::string text = arguments.size() == 2 ? type_name(arguments[0]->type) + " " : "";
  text += std::string(name) + " " + type_name(arguments.back()->type);
  throw Error(sqlstate::kAmbiguousFunction, "operator is not unique: " + text,
              "More than one operator takes such operands; add explicit type casts.").at(position);
}

/// round(x, 2) and trunc(x, 2) have the scale that they name, if it is a constant; otherwise they keep x's.
std::optional<int> rounded_digits(std::string_view name, const std::vector<ExpressionPtr>& arguments) {
  if ((name != "round" && name != "trunc") || arguments.size() != 2 || arguments[1]->kind != Expression::Kind::kConstant ||
      arguments[1]->value.null || !arguments[1]->type.is_integer())
    return std::nullopt;
  const int128_t digits = std::clamp<int128_t>(arguments[1]->value.integer, 0, 38);
  return static_cast<int>(digits);
}

}  // namespace

ExpressionPtr Binder::call(std::string_view name, std::vector<ExpressionPtr>& arguments, int position) {
  std::vector<TypeId> given_types;
  for (const ExpressionPtr& argument : arguments) given_types.push_back(argument->type.id);
  OverloadChoice choice = choose_overload(find_functions(name), given_types, is_operator_name(name));
  if (choice.function == nullptr && !choice.ambiguous)
    choice = choose_overload(find_functions(std::string(kExtensions) + std::string(name)), given_types, is_operator_name(name));
  if (choice.ambiguous) throw_ambiguous(name, arguments, position);
  const Function* best = choice.function;
  if (best == nullptr) return nullptr;
  std::vector<Type> types;
  for (size_t i = 0; i < arguments.size(); i++) {
    TypeId wanted = best->arguments[std::min(i, best->arguments.size() - 1)];
    Type type{wanted};
    const Type& given = arguments[i]->type;
    bool literal_number = arguments[i]->kind == Expression::Kind::kConstant && given.is_integer() && !arguments[i]->value.null;
    if (wanted == kAnyType) {
      arguments[i] = determined(std::move(arguments[i]));
      type = arguments[i]->type;
    } else if (wanted == TypeId::kChar) {
      type = Type::character();  // such functions see the blanks
    } else if (given.id == wanted) {
      type = given;
    } else if (wanted == TypeId::kDecimal && literal_number) {
      // 1 - l_discount: the literal has one digit, not ten.
      int digits = 1;
      for (int128_t rest = arguments[i]->value.integer / 10; rest != 0; rest /= 10) digits++;
      type = Type::decimal(std::min(digits, 38), 0);
    } else if (wanted == TypeId::kDecimal) {
      type = given.is_exact() ? as_decimal(given) : Type::decimal(kUnconstrainedPrecision, kUnconstrainedScale);
      if (is_untyped(*arguments[i]) && arguments[i]->kind == Expression::Kind::kConstant && !arguments[i]->value.null &&
          is_plain_number(arguments[i]->value.string)) {
        Value number = parse_numeric_literal(arguments[i]->value.string);
        if (number.type.is_exact()) type = as_decimal(number.type);
      }
    }
    arguments[i] = coerce(std::move(arguments[i]), type, CastContext::kImplicit, arguments[i]->position);
    types.push_back(arguments[i]->type);
  }
  Type result;
  try {
    result = best->result_type(types);
  } catch (Error& error) {
    throw std::move(error).at(position);
  }
  ExpressionPtr made = Expression::make_call(best, result, std::move(arguments), position);
  if (best->is_volatile) pin_sequence(*made);
  if (best->is_volatile) made->volatile_call = std::make_shared<VolatileCall>(VolatileCall{context_.volatile_source});
  return made;
}

void Binder::throw_unknown_function(std::string_view name, const std::vector<ExpressionPtr>& arguments, int position) {
  // Aggregates whose results have types that Cairn does not have.
  for (std::string_view known : {"array_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "xmlagg"})
    if (name == known) throw_unsupported("the aggregate function " + std::string(name), position);
  if (!find_functions(name).empty())
    throw Error(sqlstate::kUndefinedFunction, "function " + signature(name, arguments) + " does not exist",
                "No function matches the given name and argument types; add explicit type casts.").at(position);
  std::vector<std::string> names;
  for (std::string_view known : function_names())
    if (!known.starts_with(kExtensions)) names.emplace_back(known);
  for (std::string_view known : aggregate_names()) names.emplace_back(known);
  for (std::string_view known : window_function_names()) names.emplace_back(known);
  std::string nearest = nearest_name(name, names);
  throw Error(sqlstate::kUndefinedFunction, "function " + signature(name, arguments) + " does not exist",
              nearest.empty() ? "" : "Perhaps you meant the function \"" + nearest + "\".").at(position);
}

void Binder::check_function_schema(const PgQuery__FuncCall& call) const {
  if (call.n_funcname < 2) return;
  const std::string schema(pg::string_value(call.funcname[call.n_funcname - 2]));
  if (schema == "pg_catalog" || schema == "public" || schema == "main") return;
  if (context_.snapshot != nullptr) check_schema(*context_.snapshot, schema, call.location);
  throw Error(sqlstate::kUndefinedFunction,
              "function " + schema + "." + std::string(pg::last_name(call.funcname, call.n_funcname)) + " does not exist",
              "Call it without a schema.").at(call.location);
}

ExpressionPtr Binder::function_call(const PgQuery__FuncCall& syntax) {
  std::string name(pg::last_name(syntax.funcname, syntax.n_funcname));
  check_function_schema(syntax);
  if (syntax.over != nullptr) return window_call(syntax, name);
  if (is_hypothetical_set_function(name) && syntax.agg_within_group) return hypothetical_call(syntax, name);
  if (is_window_function(name)) check_window_arguments(syntax, name);
  if (is_window_function(name))
    throw Error(sqlstate::kWrongObjectType, "window function " + name + " requires an OVER clause").at(syntax.location);
  if (const AggregateFunction* aggregate = find_aggregate(name)) return aggregate_call(syntax, *aggregate);
  if (syntax.agg_within_group) throw_unsupported("WITHIN GROUP", syntax.location);
  if (syntax.func_variadic) throw_unsupported("VARIADIC", syntax.location);
  if (syntax.agg_star || syntax.agg_distinct || syntax.agg_filter != nullptr || syntax.n_agg_order > 0) {
    std::string_view what = syntax.agg_star ? "*" : syntax.agg_distinct ? "DISTINCT" : syntax.agg_filter ? "FILTER" : "ORDER BY";
    if (find_functions(name).empty()) throw_unknown_function(name, {}, syntax.location);
    throw Error(sqlstate::kWrongObjectType, std::string(what) + " specified, but " + name + " is not an aggregate function")
        .at(syntax.location);
  }
  if (ExpressionPtr special = special_call(name, syntax)) return special;
  std::vector<ExpressionPtr> arguments;
  for (const pg::Node* argument : pg::list(syntax.args, syntax.n_args)) arguments.push_back(expression(*argument));
  ExpressionPtr result = call(name, arguments, syntax.location);
  const std::optional<int> digits = result != nullptr ? rounded_digits(name, result->arguments) : std::nullopt;
  if (digits && result->type.id == TypeId::kDecimal) {
    const int whole = std::max(result->type.precision - result->type.scale, 0);
    const int scale = std::min(*digits, 38 - whole);  // to more digits than there are nothing is rounded
    result = cast_to(std::move(result), Type::decimal(std::min(38, whole + scale), scale), syntax.location);
  }
  if (result != nullptr && name == "to_number") {  // the digits behind the pattern's point are the result's scale
    const Expression& pattern = *result->arguments[1];
    const Expression& text = *result->arguments[0];
    const bool is_null = text.kind == Expression::Kind::kConstant && text.value.null;  // nobody reads the pattern
    if (pattern.kind == Expression::Kind::kConstant && !pattern.value.null && !is_null) {
      const functions::NumberPattern& read = functions::number_pattern(pattern.value.string);
      result->type = Type::decimal(38, std::min(38, read.fraction + read.shift));
    }
  }
  if (result == nullptr) result = functional_cast(name, arguments, syntax.location);
  if (result == nullptr && find_functions(name).empty() && find_table_function(name) != nullptr)
    throw_unsupported("a set-returning function outside FROM", syntax.location);
  if (result == nullptr) throw_unknown_function(name, arguments, syntax.location);
  return result;
}

ExpressionPtr Binder::functional_cast(std::string_view name, std::vector<ExpressionPtr>& arguments, int position) {
  const std::optional<Type> type = type_named(name);
  if (!type || arguments.size() != 1) return nullptr;
  if (!is_untyped(*arguments[0]) && !can_cast(arguments[0]->type, *type, CastContext::kExplicit)) return nullptr;
  return exactly_of(coerce(std::move(arguments[0]), *type, CastContext::kExplicit, position), *type);
}

/// Of a constant the zeros behind its last digit go; the values of a column all show its scale. nullptr: no exact number.
ExpressionPtr Binder::trim_scale(const PgQuery__FuncCall& syntax) {
  ExpressionPtr argument = expression(*syntax.args[0]);
  if (!is_untyped(*argument) && !argument->type.is_exact()) return nullptr;
  argument = as_numeric(fold(std::move(argument)), syntax.location);
  if (argument->kind != Expression::Kind::kConstant)
    throw Error(sqlstate::kFeatureNotSupported, "trim_scale of what is not a constant is not supported",
                "All values of a column have its scale; rtrim(rtrim(x::text, '0'), '.') shows a number with a point without zeros.")
        .at(syntax.location);
  if (argument->value.null) return argument;
  for (int scale = 0; scale <= argument->type.scale; scale++)
    if (std::optional<Value> value = convert_exactly(argument->value, Type::decimal(argument->type.precision, scale)))
      return Expression::make_constant(std::move(*value));
  return argument;
}

/// The first schema of the search path that exists.
ExpressionPtr Binder::current_schema() const {
  const auto exists = [&](const std::string& schema) {
    return schema != kTemporarySchema && (context_.snapshot == nullptr || has_schema(*context_.snapshot, schema));
  };
  return Expression::make_constant(Value::of_string(*std::ranges::find_if(context_.search_path.schemas(), exists)));
}

/// Calls that the grammar or PostgreSQL's catalog makes something else of; nullptr for all others.
ExpressionPtr Binder::special_call(std::string_view name, const PgQuery__FuncCall& syntax) {
  if (ExpressionPtr result = datetime_call(name, syntax)) return result;
  if (name == "pg_typeof" && syntax.n_args == 1) {
    ExpressionPtr argument = expression(*syntax.args[0]);
    if (argument->kind == Expression::Kind::kParameter) argument = determined(std::move(argument));
    return Expression::make_constant(Value::of_string(full_type_name(argument->type)));
  }
  if (name == "trim_scale" && syntax.n_args == 1) return trim_scale(syntax);
  if (name == "version" && syntax.n_args == 0) return Expression::make_constant(Value::of_string("Cairn 0.1.0"));
  if (name == "current_schema" && syntax.n_args == 0) return current_schema();
  if (name == "current_database" && syntax.n_args == 0) return Expression::make_constant(Value::of_string("cairn"));
  return nullptr;
}

}  // namespace cairn
