#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <optional>
#include <string>
#include <string_view>

#include "vector/type.h"

namespace cairn {

/// A type as the statement spells it.
struct SpelledType {
  Type type;
  bool unconstrained_decimal = false;  ///< NUMERIC without precision: takes its digits from the value
  /// INTERVAL literals with fields, as in INTERVAL '90' DAY: the unit of a bare number, or empty.
  std::string interval_unit;
  bool minutes_first = false;  ///< INTERVAL '2:03' MINUTE TO SECOND
  int rounded_places = 0;  ///< NUMERIC(4, -2): 2, the places in front of the point that a cast rounds to zeros
  int fraction_digits = -1;    ///< TIME(p), TIMESTAMP(p), INTERVAL(p): digits of a second that casts round to; -1 for all
};

/// Type of an unconstrained NUMERIC column, or of a cast whose digits are not known beforehand.
inline constexpr int kUnconstrainedPrecision = 38;
inline constexpr int kUnconstrainedScale = 10;

/// The type without modifiers that bears this name; nullopt where there is none.
std::optional<Type> type_named(std::string_view name);

/// PostgreSQL's names and aliases, and hugeint. NUMERIC of a negative scale there is `in_cast` alone: columns don't round.
/// Errors: kUndefinedObject (with the nearest name), kFeatureNotSupported
/// for arrays and types that PostgreSQL has and Cairn has not, kInvalidParameterValue for bad modifiers.
SpelledType resolve_type_name(const PgQuery__TypeName& name, bool in_cast = false);

}  // namespace cairn
