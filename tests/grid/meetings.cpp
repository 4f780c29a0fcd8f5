// Values of two types in one place: USING and NATURAL, CASE and its kin, set operations, VALUES, IN, over all pairs of types.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

constexpr size_t kMostValues = 12;  ///< pairs of values of two types

/// What may stand around two values, {0} and {1}.
constexpr std::string_view kConstructs[] = {
    "CASE WHEN true THEN {0} ELSE {1} END",   "CASE WHEN false THEN {0} ELSE {1} END", "CASE WHEN true THEN {0} WHEN false THEN {1} END",
    "CASE {0} WHEN {1} THEN 1 ELSE 2 END",    "coalesce({0}, {1})",                    "coalesce(NULL, {0}, {1})",
    "nullif({0}, {1})",                       "greatest({0}, {1})",                    "least({0}, {1})",
    "{0} IN ({1})",                           "{0} IN ({1}, {1})",                     "{0} IN ({1}, NULL, {0})",
    "{0} NOT IN ({1}, {0})",                  "{0} BETWEEN {1} AND {0}",               "{0} IS NOT DISTINCT FROM {1}",
    "({0}, 1) = ({1}, 1)",                    "({0}, 1) < ({1}, 2)",                   "{0} = ANY (SELECT {1})"};

constexpr std::string_view kSetOperations[] = {"UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"};
constexpr std::string_view kJoins[] = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};
/// What may stand around three values.
constexpr std::string_view kTriples[] = {
    "CASE WHEN true THEN {0} WHEN false THEN {1} ELSE {2} END", "CASE {0} WHEN {1} THEN 1 WHEN {2} THEN 2 END", "coalesce({0}, {1}, {2})",
    "greatest({0}, {1}, {2})", "least({0}, {1}, {2})", "{0} IN ({1}, {2})", "{0} BETWEEN {1} AND {2}", "nullif(nullif({0}, {1}), {2})",
    "coalesce(nullif({0}, {1}), {2})", "CASE WHEN {0} = {1} THEN {2} ELSE {0} END", "{0} = ANY (ARRAY[{1}, {2}])", "{0} < ALL (ARRAY[{1}, {2}])",
    "({0}, {1}) = ({1}, {2})", "({0}, {1}) <= ({2}, {1})", "({0}, {1}) IN (SELECT {2}, {1})", "({0}, {1}) OVERLAPS ({2}, {1})"};
constexpr size_t kMostTriples = 1200;  ///< of one construct

/// Types with modifiers, or without the length that they mostly have.
constexpr std::string_view kModifiedTypes[] = {"varchar", "char", "bpchar", "varchar(2)", "numeric(6,1)", "numeric(20,0)", "numeric(38,10)", "timestamp(0)", "time(2)", "float(10)"};

/// What is asked of a column k whose type two others gave it.
constexpr std::string_view kMerged = "k, pg_typeof(k)";

template <typename... Arguments>
std::string format(std::string_view pattern, const Arguments&... arguments) {
  return fmt::format(fmt::runtime(pattern), arguments...);
}

std::string joined(std::string_view outputs, std::string_view join, std::string_view left, std::string_view right, std::string_view rows) {
  return fmt::format("SELECT {} FROM (SELECT {} AS k{}) AS l {} (SELECT {} AS k{}) AS r USING (k)", outputs, left, rows, join, right, rows);
}

std::vector<std::string> literals(const ArgumentType& type) {
  std::vector<std::string> values;
  for (const std::string_view value : type.values) values.push_back(literal(type, value));
  values.push_back(fmt::format("'{}'", type.values[0]));
  values.push_back("NULL::" + std::string(type.name));
  return values;
}

/// Constructs over a value of a type with a modifier and one of any type, both ways.
void ask_modified(Grid& grid) {
  static constexpr std::string_view kTexts[] = {"1", "7.25", "ab", "2024-02-29 12:34:56.789", "12:34:56.789"};
  for (const std::string_view modified : kModifiedTypes)
    for (const std::string_view text : kTexts)
      for (const ArgumentType& type : argument_types())
        for (size_t i = 0; i < type.values.size(); i += 3) {
          const std::string a = fmt::format("'{}'::{}", text, modified), b = literal(type, type.values[i]);
          for (const std::string_view construct : {kConstructs[0], kConstructs[4], kConstructs[6], kConstructs[7], kConstructs[10], kConstructs[14]})
            for (const std::string& value : {format(construct, a, b), format(construct, b, a)})
              grid.ask("values of modified meetings", construct, fmt::format("SELECT {}, pg_typeof({})", value, value), Compared::kValues);
          for (const std::string_view operation : {"UNION ALL", "INTERSECT"})
            grid.ask("values of modified meetings", operation, fmt::format("SELECT {} FROM (SELECT {} AS k {} SELECT {}) AS q ORDER BY 1", kMerged, a, operation, b), Compared::kValues);
          grid.ask("values of modified meetings", "FULL JOIN", joined(kMerged, "FULL JOIN", a, b, "") + " ORDER BY 1", Compared::kValues);
        }
}

}  // namespace

void ask_types_of_meetings(Grid& grid) {
  const std::vector<std::string> places = argument_places();
  for (const std::string& a : places)
    for (const std::string& b : places) {
      for (const std::string_view construct : kConstructs)
        grid.ask("types of meetings", construct, fmt::format("SELECT {} FROM arguments", format(construct, a, b)), Compared::kTypes);
      for (const std::string_view operation : kSetOperations)
        grid.ask("types of meetings", operation, fmt::format("SELECT {} FROM arguments {} SELECT {} FROM arguments", a, operation, b), Compared::kTypes);
      grid.ask("types of meetings", "VALUES", fmt::format("SELECT k FROM arguments, LATERAL (VALUES ({}), ({})) AS v(k)", a, b), Compared::kTypes);
      for (const std::string_view join : kJoins)
        for (const std::string_view output : {"k", "k || ''", "k / 2", "l.k", "r.k"})
          grid.ask("types of meetings", join, joined(output, join, a, b, " FROM arguments"), Compared::kTypes);
    }
  uint64_t seed = 1;
  for (const std::string_view construct : kTriples)
    for (const auto& types : combinations(std::vector(3, places), kMostTriples, seed++))
      grid.ask("types of meetings", construct, fmt::format("SELECT {} FROM arguments", format(construct, types[0], types[1], types[2])), Compared::kTypes);
  for (const auto& types : combinations(std::vector(3, places), kMostTriples, seed++)) {
    for (const std::string_view operation : {"UNION ALL", "EXCEPT"})
      grid.ask("types of meetings", operation, fmt::format("SELECT {} FROM arguments {} SELECT {} FROM arguments UNION SELECT {} FROM arguments", types[0], operation, types[1], types[2]), Compared::kTypes);
    grid.ask("types of meetings", "VALUES", fmt::format("SELECT k FROM arguments, LATERAL (VALUES ({}), ({}), ({})) AS v(k)", types[0], types[1], types[2]), Compared::kTypes);
  }
}


void ask_values_of_meetings(Grid& grid) {
  ask_modified(grid);
  uint64_t seed = 1;
  std::vector<std::string> values = {"NULL", "'1'", "'abc'"};
  for (const ArgumentType& type : argument_types())
    for (size_t i = 0; i < type.values.size(); i += 4) values.push_back(literal(type, type.values[i]));
  for (const std::string_view construct : kTriples)
    for (const auto& three : combinations(std::vector(3, values), kMostTriples, seed++)) {
      const std::string value = format(construct, three[0], three[1], three[2]);
      grid.ask("values of meetings", construct, fmt::format("SELECT {}, pg_typeof({})", value, value), Compared::kValues);
    }
  for (const ArgumentType& left : argument_types())
    for (const ArgumentType& right : argument_types())
      for (const auto& pair : combinations({literals(left), literals(right)}, kMostValues, seed++)) {
        const std::string &a = pair[0], &b = pair[1];
        for (const std::string_view construct : kConstructs) {
          const std::string value = format(construct, a, b);
          grid.ask("values of meetings", construct, fmt::format("SELECT {}, pg_typeof({})", value, value), Compared::kValues);
        }
        for (const std::string_view operation : kSetOperations)
          grid.ask("values of meetings", operation,
                   fmt::format("SELECT {} FROM (SELECT {} AS k {} SELECT {}) AS q ORDER BY 1", kMerged, a, operation, b), Compared::kValues);
        grid.ask("values of meetings", "VALUES", fmt::format("SELECT {} FROM (VALUES ({}), ({})) AS v(k) ORDER BY 1", kMerged, a, b), Compared::kValues);
        for (const std::string_view join : kJoins)
          grid.ask("values of meetings", join, joined(kMerged, join, a, b, "") + " ORDER BY 1", Compared::kValues);
      }
}

}  // namespace cairn::grid
