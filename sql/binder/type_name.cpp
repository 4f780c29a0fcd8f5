#include "sql/binder/type_name.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "sql/binder/nearest_name.h"
#include "sql/parser/nodes.h"
#include "vector/error.h"

namespace cairn {
namespace {

struct NamedType {
  std::string_view name;
  TypeId id;
};

constexpr NamedType kTypes[] = {
    {"bool", TypeId::kBoolean},      {"boolean", TypeId::kBoolean},   {"int2", TypeId::kSmallInt},
    {"smallint", TypeId::kSmallInt}, {"int4", TypeId::kInteger},      {"int", TypeId::kInteger},
    {"integer", TypeId::kInteger},   {"int8", TypeId::kBigInt},       {"bigint", TypeId::kBigInt},
    {"hugeint", TypeId::kHugeInt},   {"int128", TypeId::kHugeInt},    {"int16", TypeId::kHugeInt},
    {"numeric", TypeId::kDecimal},   {"decimal", TypeId::kDecimal},   {"float4", TypeId::kReal},
    {"real", TypeId::kReal},         {"float8", TypeId::kDouble},     {"double", TypeId::kDouble},
    {"float", TypeId::kDouble},      {"date", TypeId::kDate},         {"time", TypeId::kTime},
    {"timestamp", TypeId::kTimestamp}, {"interval", TypeId::kInterval}, {"varchar", TypeId::kVarchar},
    {"text", TypeId::kVarchar},      {"string", TypeId::kVarchar},    {"name", TypeId::kVarchar},
    {"bpchar", TypeId::kChar},       {"char", TypeId::kChar},
};

constexpr std::string_view kKnownElsewhere[] = {
    "timestamptz", "timetz", "bytea", "json", "jsonb", "uuid", "xml",  "money",  "inet",   "cidr",   "macaddr",
    "bit",         "varbit", "point", "line", "box",   "path", "oid",  "serial", "serial4", "serial8", "bigserial",
    "smallserial", "tsvector", "tsquery", "regclass", "record", "void", "int4range", "numrange", "daterange"};

/// PostgreSQL's INTERVAL field masks (utils/timestamp.h: 1 << the field's token number).
constexpr int kYear = 1 << 2, kMonth = 1 << 1, kDay = 1 << 3, kHour = 1 << 10, kMinute = 1 << 11, kSecond = 1 << 12;

std::string unit_of_fields(int64_t fields) {
  // A bare number counts the last field that is named.
  if (fields == 0x7FFF) return "";
  if (fields & kSecond) return "second";
  if (fields & kMinute) return "minute";
  if (fields & kHour) return "hour";
  if (fields & kDay) return "day";
  if (fields & kMonth) return "month";
  if (fields & kYear) return "year";
  return "";
}

int64_t modifier(const PgQuery__TypeName& name, size_t index) {
  const pg::Node* node = name.typmods[index];
  if (node->node_case == PG_QUERY__NODE__NODE_A_CONST && !node->a_const->isnull &&
      node->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL)
    return node->a_const->ival->ival;
  throw Error(sqlstate::kInvalidParameterValue, "type modifiers must be integer constants").at(name.location);
}

int fraction_digits(const PgQuery__TypeName& name, size_t index) {
  return static_cast<int>(std::clamp<int64_t>(modifier(name, index), 0, 6));
}

/// A scale may be larger than the precision: NUMERIC(3, 5) holds 0.00789.
void spell_decimal(const PgQuery__TypeName& name, bool in_cast, SpelledType& spelled) {
  const int64_t precision = modifier(name, 0), scale = name.n_typmods > 1 ? modifier(name, 1) : 0;
  if (name.n_typmods > 2)
    throw Error(sqlstate::kInvalidParameterValue, "DECIMAL takes a precision and a scale").at(name.location);
  if (precision < 1 || precision > 38)
    throw Error(sqlstate::kInvalidParameterValue, "DECIMAL precision must be between 1 and 38, not " +
                                                      std::to_string(precision)).at(name.location);
  if (scale < precision - 38 || scale > 38)
    throw Error(sqlstate::kInvalidParameterValue, "DECIMAL scale must be between " + std::to_string(precision - 38) +
                                                      " and 38, not " + std::to_string(scale)).at(name.location);
  if (scale < 0 && !in_cast)
    throw Error(sqlstate::kFeatureNotSupported, "a column of DECIMAL with a negative scale is not supported",
                "Casts round so: round(x, " + std::to_string(scale) + ").").at(name.location);
  spelled.rounded_places = static_cast<int>(std::max<int64_t>(-scale, 0));
  spelled.type = Type::decimal(static_cast<int>(precision) + spelled.rounded_places, static_cast<int>(std::max<int64_t>(scale, 0)));
}

uint32_t text_length(const PgQuery__TypeName& name) {
  int64_t length = modifier(name, 0);
  if (length < 1 || length > 10485760)
    throw Error(sqlstate::kInvalidParameterValue, "the length of a character type must be between 1 and 10485760, not " +
                                                      std::to_string(length)).at(name.location);
  return static_cast<uint32_t>(length);
}

[[noreturn]] void throw_no_modifier(const PgQuery__TypeName& name, std::string_view word) {
  throw Error(sqlstate::kSyntaxError, "type modifier is not allowed for type \"" + std::string(word) + "\"").at(name.location);
}

[[noreturn]] void throw_unknown(const PgQuery__TypeName& name, std::string_view word) {
  if (std::ranges::find(kKnownElsewhere, word) != std::end(kKnownElsewhere))
    throw Error(sqlstate::kFeatureNotSupported, "type \"" + std::string(word) + "\" is not supported").at(name.location);
  std::vector<std::string> names;
  for (const NamedType& type : kTypes) names.emplace_back(type.name);
  std::string nearest = nearest_name(word, names);
  throw Error(sqlstate::kUndefinedObject, "type \"" + std::string(word) + "\" does not exist",
              nearest.empty() ? "" : "Perhaps you meant the type \"" + nearest + "\".").at(name.location);
}

}  // namespace

std::optional<Type> type_named(std::string_view name) {
  for (const NamedType& type : kTypes) {
    if (type.name != name) continue;
    if (type.id == TypeId::kDecimal) return Type::decimal(kUnconstrainedPrecision, kUnconstrainedScale);
    return name == "varchar" ? Type::unlimited_varchar() : Type{type.id};
  }
  return std::nullopt;
}

SpelledType resolve_type_name(const PgQuery__TypeName& name, bool in_cast) {
  std::string_view word = pg::last_name(name.names, name.n_names);
  if (name.n_array_bounds > 0)
    throw Error(sqlstate::kFeatureNotSupported, "array types are not supported").at(name.location);
  if (name.setof || name.pct_type)
    throw Error(sqlstate::kFeatureNotSupported, "SETOF and %TYPE are not supported").at(name.location);
  std::optional<TypeId> id;
  for (const NamedType& type : kTypes)
    if (type.name == word) id = type.id;
  if (!id) throw_unknown(name, word);

  SpelledType spelled{{*id}};
  switch (*id) {
    case TypeId::kDecimal:
      spelled.unconstrained_decimal = name.n_typmods == 0;
      if (spelled.unconstrained_decimal) spelled.type = Type::decimal(kUnconstrainedPrecision, kUnconstrainedScale);
      else spell_decimal(name, in_cast, spelled);
      return spelled;
    case TypeId::kVarchar:
      if (word != "varchar" && name.n_typmods > 0) throw_no_modifier(name, word);
      if (name.n_typmods > 0) spelled.type.length = text_length(name);
      else if (word == "varchar") spelled.type = Type::unlimited_varchar();
      return spelled;
    case TypeId::kChar:
      // The grammar gives a bare CHAR the length 1; a bare bpchar has no limit.
      if (name.n_typmods > 0) spelled.type.length = text_length(name);
      else if (word == "char") spelled.type = Type::character(1);
      return spelled;
    case TypeId::kInterval:
      if (name.n_typmods > 0) {
        spelled.interval_unit = unit_of_fields(modifier(name, 0));
        spelled.minutes_first = modifier(name, 0) == (kMinute | kSecond);
      }
      if (name.n_typmods > 1) spelled.fraction_digits = fraction_digits(name, 1);
      return spelled;
    case TypeId::kTime:
    case TypeId::kTimestamp:
      if (name.n_typmods > 0) spelled.fraction_digits = fraction_digits(name, 0);
      return spelled;
    default:
      if (name.n_typmods > 0) throw_no_modifier(name, word);
      return spelled;
  }
}

}  // namespace cairn
