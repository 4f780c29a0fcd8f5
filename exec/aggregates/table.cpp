// The aggregate functions: a row each.

#include <string>

#include "exec/aggregates/functions.h"
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

using enum AggregateKind;
using enum AggregateFunction::Shows;
constexpr auto kOrderedSet = AggregateFunction::Form::kOrderedSet;

constexpr AggregateFunction kAggregates[] = {
    {.name = "any_value", .result_type = same_type<"any_value">, .make_state = make_first, .shows = kChance,
     .ignores_duplicates = true, .depends_on_order = true},
    {.name = "avg", .result_type = average_type, .make_state = make_sum, .shows = kSum, .argument_type = as_summand,
     .kind = kAverage, .needs_count = true},
    {.name = "bit_and", .result_type = integer_to_integer<"bit_and">, .make_state = make_bit_and, .shows = kBits,
     .argument_type = as_given, .ignores_duplicates = true},
    {.name = "bit_or", .result_type = integer_to_integer<"bit_or">, .make_state = make_bit_or, .shows = kBits,
     .argument_type = as_given, .ignores_duplicates = true},
    {.name = "bit_xor", .result_type = integer_to_integer<"bit_xor">, .make_state = make_bit_xor, .shows = kBits,
     .argument_type = as_given},
    {.name = "bool_and", .result_type = boolean_to_boolean<"bool_and">, .make_state = make_min, .shows = kBits,
     .argument_type = as_boolean, .ignores_duplicates = true},
    {.name = "bool_or", .result_type = boolean_to_boolean<"bool_or">, .make_state = make_max, .shows = kBits,
     .argument_type = as_boolean, .ignores_duplicates = true},
    {.name = "corr", .result_type = pair_type<"corr">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kCorrelation},
    {.name = "count", .result_type = count_type, .shows = kBits, .counts = true, .needs_count = true},
    {.name = "covar_pop", .result_type = pair_type<"covar_pop">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kCovariancePopulation},
    {.name = "covar_samp", .result_type = pair_type<"covar_samp">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kCovarianceSample},
    {.name = "every", .result_type = boolean_to_boolean<"every">, .make_state = make_min, .shows = kBits,
     .argument_type = as_boolean, .ignores_duplicates = true},
    {.name = "max", .result_type = ordered_type<"max">, .make_state = make_max, .shows = kValue,
     .argument_type = as_ordered, .ignores_duplicates = true},
    {.name = "min", .result_type = ordered_type<"min">, .make_state = make_min, .shows = kValue,
     .argument_type = as_ordered, .ignores_duplicates = true},
    {.name = "mode", .result_type = mode_type, .make_state = make_ordered_set, .shows = kChance,
     .kind = kMode, .form = kOrderedSet},
    {.name = "percentile_cont", .result_type = percentile_cont_type, .make_state = make_ordered_set,
     .shows = kValue, .argument_type = as_continuous, .kind = kPercentileContinuous, .form = kOrderedSet},
    {.name = "percentile_disc", .result_type = percentile_disc_type, .make_state = make_ordered_set,
     .shows = kValue, .kind = kPercentileDiscrete, .form = kOrderedSet},
    {.name = "regr_avgx", .result_type = pair_type<"regr_avgx">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kRegressionAverageX},
    {.name = "regr_avgy", .result_type = pair_type<"regr_avgy">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kRegressionAverageY},
    {.name = "regr_count", .result_type = pair_type<"regr_count">, .make_state = make_pairs, .shows = kBits,
     .argument_type = as_double, .kind = kRegressionCount, .counts = true},
    {.name = "regr_intercept", .result_type = pair_type<"regr_intercept">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kRegressionIntercept},
    {.name = "regr_r2", .result_type = pair_type<"regr_r2">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kRegressionR2},
    {.name = "regr_slope", .result_type = pair_type<"regr_slope">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kRegressionSlope},
    {.name = "regr_sxx", .result_type = pair_type<"regr_sxx">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kRegressionSxx},
    {.name = "regr_sxy", .result_type = pair_type<"regr_sxy">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kRegressionSxy},
    {.name = "regr_syy", .result_type = pair_type<"regr_syy">, .make_state = make_pairs, .shows = kSum,
     .argument_type = as_double, .kind = kRegressionSyy},
    {.name = "stddev", .result_type = numeric_to_double<"stddev">, .make_state = make_moments, .shows = kSum,
     .argument_type = literal_as_double, .kind = kDeviationSample},
    {.name = "stddev_pop", .result_type = numeric_to_double<"stddev_pop">, .make_state = make_moments, .shows = kSum,
     .argument_type = literal_as_double, .kind = kDeviationPopulation},
    {.name = "stddev_samp", .result_type = numeric_to_double<"stddev_samp">, .make_state = make_moments, .shows = kSum,
     .argument_type = literal_as_double, .kind = kDeviationSample},
    {.name = "string_agg", .result_type = string_agg_type, .make_state = make_string_agg, .shows = kOrder,
     .argument_type = as_text, .depends_on_order = true},
    {.name = "sum", .result_type = sum_type, .make_state = make_sum, .shows = kSum, .argument_type = as_summand},
    {.name = "var_pop", .result_type = numeric_to_double<"var_pop">, .make_state = make_moments, .shows = kSum,
     .argument_type = literal_as_double, .kind = kVariancePopulation},
    {.name = "var_samp", .result_type = numeric_to_double<"var_samp">, .make_state = make_moments, .shows = kSum,
     .argument_type = literal_as_double, .kind = kVarianceSample},
    {.name = "variance", .result_type = numeric_to_double<"variance">, .make_state = make_moments, .shows = kSum,
     .argument_type = literal_as_double, .kind = kVarianceSample},
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
