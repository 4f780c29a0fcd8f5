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
    case TypeId::kInterval: return Type::interval();
    default: return Type::double_();
  }
}

template <Name kName>
Type numeric_to_double(std::span<const Type> arguments) {
  expect_one<kName>(arguments, !arguments.empty() && (arguments[0].is_numeric() || arguments[0].id == TypeId::kNull));
  return Type::double_();
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
  if (arguments.size() != 2 || arguments[0].id != TypeId::kDouble) throw no_such_aggregate("percentile_cont", arguments);
  return Type::double_();
}

constexpr auto kOrderedSet = AggregateFunction::Form::kOrderedSet;
constexpr auto kPlain = AggregateFunction::Form::kPlain;

constexpr AggregateFunction kAggregates[] = {
    {"any_value", same_type<"any_value">},
    {"avg", numeric_to_double<"avg">},
    {"bit_and", integer_to_integer<"bit_and">},
    {"bit_or", integer_to_integer<"bit_or">},
    {"bit_xor", integer_to_integer<"bit_xor">},
    {"bool_and", boolean_to_boolean<"bool_and">},
    {"bool_or", boolean_to_boolean<"bool_or">},
    {"corr", pair_type<"corr">, kPlain, true},
    {"count", count_type},
    {"covar_pop", pair_type<"covar_pop">, kPlain, true},
    {"covar_samp", pair_type<"covar_samp">, kPlain, true},
    {"every", boolean_to_boolean<"every">},
    {"max", same_type<"max">},
    {"min", same_type<"min">},
    {"mode", mode_type, kOrderedSet},
    {"percentile_cont", percentile_cont_type, kOrderedSet, true},
    {"percentile_disc", percentile_disc_type, kOrderedSet},
    {"regr_avgx", pair_type<"regr_avgx">, kPlain, true},
    {"regr_avgy", pair_type<"regr_avgy">, kPlain, true},
    {"regr_count", pair_type<"regr_count">, kPlain, true},
    {"regr_intercept", pair_type<"regr_intercept">, kPlain, true},
    {"regr_r2", pair_type<"regr_r2">, kPlain, true},
    {"regr_slope", pair_type<"regr_slope">, kPlain, true},
    {"regr_sxx", pair_type<"regr_sxx">, kPlain, true},
    {"regr_sxy", pair_type<"regr_sxy">, kPlain, true},
    {"regr_syy", pair_type<"regr_syy">, kPlain, true},
    {"stddev", numeric_to_double<"stddev">},
    {"stddev_pop", numeric_to_double<"stddev_pop">},
    {"stddev_samp", numeric_to_double<"stddev_samp">},
    {"string_agg", string_agg_type},
    {"sum", sum_type},
    {"var_pop", numeric_to_double<"var_pop">},
    {"var_samp", numeric_to_double<"var_samp">},
    {"variance", numeric_to_double<"variance">},
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
