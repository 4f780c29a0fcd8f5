// The aggregate functions' names and result types; exec/ computes them on the kernels of vector/kernels/aggregate.h.

#include <string>

#include "exec/functions/function.h"
#include "vector/error.h"
#include "vector/parse.h"

namespace cairn {

namespace {

Error no_such_aggregate(std::string_view name, std::span<const Type> arguments) {
  std::string types;
  for (const Type& type : arguments) {
    if (!types.empty()) types += ", ";
    types += message_type_name(type);
  }
  return Error(sqlstate::kUndefinedFunction, "function " + std::string(name) + "(" + types + ") does not exist",
               "no aggregate function matches the given argument types");
}

template <size_t N>
struct Name {
  constexpr Name(const char (&text)[N]) {
    for (size_t i = 0; i < N; ++i) characters[i] = text[i];
  }
  char characters[N];
};

template <Name kName>
void expect_one(std::span<const Type> arguments, bool fits = true) {
  if (arguments.size() != 1 || !fits) throw no_such_aggregate(kName.characters, arguments);
}

Type count_type(std::span<const Type> arguments) {
  if (arguments.size() > 1) throw no_such_aggregate("count", arguments);
  return Type::big_int();
}

Type sum_type(std::span<const Type> arguments) {
  expect_one<"sum">(arguments, !arguments.empty() && (arguments[0].is_numeric() || arguments[0].id == TypeId::kInterval ||
                                                      arguments[0].id == TypeId::kNull));
  switch (arguments[0].id) {
    case TypeId::kSmallInt:
    case TypeId::kInteger: return Type::big_int();
    case TypeId::kBigInt:
    case TypeId::kHugeInt: return Type::huge_int();
    case TypeId::kDecimal: return Type::decimal(38, arguments[0].scale);
    case TypeId::kInterval:
    case TypeId::kReal: return arguments[0];
    default: return Type::double_();
  }
}

template <Name kName>
Type numeric_to_double(std::span<const Type> arguments) {
  expect_one<kName>(arguments, !arguments.empty() && (arguments[0].is_numeric() || arguments[0].id == TypeId::kNull));
  return Type::double_();
}

Type average_type(std::span<const Type> arguments) {
  return arguments.size() == 1 && arguments[0].id == TypeId::kInterval ? arguments[0] : numeric_to_double<"avg">(arguments);
}

template <Name kName>
Type same_type(std::span<const Type> arguments) {
  expect_one<kName>(arguments);
  return arguments[0];
}

template <Name kName>
Type boolean_to_boolean(std::span<const Type> arguments) {
  expect_one<kName>(arguments, !arguments.empty() && (arguments[0].id == TypeId::kBoolean || arguments[0].id == TypeId::kNull));
  return Type::boolean();
}

Type string_agg_type(std::span<const Type> arguments) {
  const auto is_text = [](const Type& type) { return type.is_string() || type.id == TypeId::kNull; };
  if (arguments.size() != 2 || !is_text(arguments[0]) || !is_text(arguments[1])) {
    throw no_such_aggregate("string_agg", arguments);
  }
  return Type::varchar();
}

template <Name kName>
Type integer_to_integer(std::span<const Type> arguments) {
  expect_one<kName>(arguments, !arguments.empty() && arguments[0].is_integer() && arguments[0].id != TypeId::kHugeInt);
  return arguments[0];
}

/// Of (y, x), both numbers.
template <Name kName>
Type pair_type(std::span<const Type> arguments) {
  const auto fits = [](const Type& type) { return type.is_numeric() || type.id == TypeId::kNull; };
  if (arguments.size() != 2 || !fits(arguments[0]) || !fits(arguments[1])) {
    throw no_such_aggregate(kName.characters, arguments);
  }
  return std::string_view(kName.characters) == "regr_count" ? Type::big_int() : Type::double_();
}

Type mode_type(std::span<const Type> arguments) {
  if (arguments.size() != 1) throw no_such_aggregate("mode", arguments);
  return arguments[0];
}

/// Of (value, fraction).
Type percentile_disc_type(std::span<const Type> arguments) {
  if (arguments.size() != 2) throw no_such_aggregate("percentile_disc", arguments);
  return arguments[0];
}

Type percentile_cont_type(std::span<const Type> arguments) {
  const bool fits = arguments.size() == 2 && (arguments[0].id == TypeId::kDouble || arguments[0].id == TypeId::kInterval);
  if (!fits) throw no_such_aggregate("percentile_cont", arguments);
  return arguments[0];
}

// ---- what arguments are cast to

bool is_literal(const Type& given) { return given.id == TypeId::kNull; }
Type as_double(const Type& given) { return given.is_numeric() || is_literal(given) ? Type::double_() : given; }
/// Variances of exact numbers are computed from these.
Type literal_as_double(const Type& given) { return is_literal(given) ? Type::double_() : given; }
Type as_boolean(const Type& given) { return is_literal(given) ? Type::boolean() : given; }
Type as_text(const Type& given) { return given.is_string() || is_literal(given) ? Type::varchar() : given; }
/// A greatest text has no length; a greatest CHAR(n) stays one.
Type as_ordered(const Type& given) { return given.id == TypeId::kChar ? given : as_text(given); }
/// Times of day add up to intervals.
Type as_summand(const Type& given) { return given.id == TypeId::kTime ? Type::interval() : given; }
/// What can be interpolated: numbers and intervals.
Type as_continuous(const Type& given) { return as_double(as_summand(given)); }
Type as_given(const Type& given) { return given; }

/// Of (value), of any type that PostgreSQL orders in an aggregate.
template <Name kName>
Type ordered_type(std::span<const Type> arguments) {
  expect_one<kName>(arguments, !arguments.empty() && arguments[0].id != TypeId::kBoolean);
  return as_ordered(arguments[0]);
}

constexpr auto kOrderedSet = AggregateFunction::Form::kOrderedSet;
constexpr auto kPlain = AggregateFunction::Form::kPlain;

constexpr AggregateFunction kAggregates[] = {
    {"any_value", same_type<"any_value">},
    {"avg", average_type, kPlain, as_summand},
    {"bit_and", integer_to_integer<"bit_and">, kPlain, as_given},
    {"bit_or", integer_to_integer<"bit_or">, kPlain, as_given},
    {"bit_xor", integer_to_integer<"bit_xor">, kPlain, as_given},
    {"bool_and", boolean_to_boolean<"bool_and">, kPlain, as_boolean},
    {"bool_or", boolean_to_boolean<"bool_or">, kPlain, as_boolean},
    {"corr", pair_type<"corr">, kPlain, as_double},
    {"count", count_type, kPlain, nullptr, true},
    {"covar_pop", pair_type<"covar_pop">, kPlain, as_double},
    {"covar_samp", pair_type<"covar_samp">, kPlain, as_double},
    {"every", boolean_to_boolean<"every">, kPlain, as_boolean},
    {"max", ordered_type<"max">, kPlain, as_ordered},
    {"min", ordered_type<"min">, kPlain, as_ordered},
    {"mode", mode_type, kOrderedSet},
    {"percentile_cont", percentile_cont_type, kOrderedSet, as_continuous},
    {"percentile_disc", percentile_disc_type, kOrderedSet},
    {"regr_avgx", pair_type<"regr_avgx">, kPlain, as_double},
    {"regr_avgy", pair_type<"regr_avgy">, kPlain, as_double},
    {"regr_count", pair_type<"regr_count">, kPlain, as_double, true},
    {"regr_intercept", pair_type<"regr_intercept">, kPlain, as_double},
    {"regr_r2", pair_type<"regr_r2">, kPlain, as_double},
    {"regr_slope", pair_type<"regr_slope">, kPlain, as_double},
    {"regr_sxx", pair_type<"regr_sxx">, kPlain, as_double},
    {"regr_sxy", pair_type<"regr_sxy">, kPlain, as_double},
    {"regr_syy", pair_type<"regr_syy">, kPlain, as_double},
    {"stddev", numeric_to_double<"stddev">, kPlain, literal_as_double},
    {"stddev_pop", numeric_to_double<"stddev_pop">, kPlain, literal_as_double},
    {"stddev_samp", numeric_to_double<"stddev_samp">, kPlain, literal_as_double},
    {"string_agg", string_agg_type, kPlain, as_text},
    {"sum", sum_type, kPlain, as_summand},
    {"var_pop", numeric_to_double<"var_pop">, kPlain, literal_as_double},
    {"var_samp", numeric_to_double<"var_samp">, kPlain, literal_as_double},
    {"variance", numeric_to_double<"variance">, kPlain, literal_as_double},
};

}  // namespace

const AggregateFunction* find_aggregate(std::string_view name) {
  for (const AggregateFunction& aggregate : kAggregates) {
    if (aggregate.name == name) return &aggregate;
  }
  return nullptr;
}

std::vector<std::string_view> aggregate_names() {
  std::vector<std::string_view> names;
  for (const AggregateFunction& aggregate : kAggregates) names.push_back(aggregate.name);
  return names;
}

}  // namespace cairn
