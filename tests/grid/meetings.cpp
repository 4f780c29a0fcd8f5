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
}

void ask_values_of_meetings(Grid& grid) {
  uint64_t seed = 1;
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
