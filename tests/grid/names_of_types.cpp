// The names of types that texts come as: what text, varchar, char and untyped literals become, which the types of columns
// do not tell apart.

#include <fmt/format.h>

#include <algorithm>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

/// {0}, {1}, {2}: texts of each kind.
constexpr std::string_view kTextual[] = {
    "{0}", "({0})", "{0} || {1}", "{0} || 1", "upper({0})", "initcap({0})", "substr({0}, 1)", "substring({0} FROM 1 FOR 2)", "substring({0} FROM 'b')",
    "left({0}, 1)", "trim({0})", "trim(BOTH {0} FROM {1})", "ltrim({0})", "rpad({0}, 3)", "repeat({0}, 2)", "reverse({0})", "replace({0}, {1}, {2})",
    "translate({0}, {1}, {2})", "overlay({0} PLACING {1} FROM 1)", "split_part({0}, {1}, 1)", "concat({0}, {1})", "concat_ws({0}, {1})", "format({0})",
    "quote_ident({0})", "quote_literal({0})", "quote_nullable({0})", "md5({0})", "regexp_replace({0}, {1}, {2})", "regexp_substr({0}, {1})", "normalize({0})",
    "to_char(1, {0})", "to_hex(1)", "chr(65)", "max({0})", "min({0})", "string_agg({0}, {1})", "mode() WITHIN GROUP (ORDER BY {0})",
    "percentile_disc(0.5) WITHIN GROUP (ORDER BY {0})", "first_value({0}) OVER ()", "lag({0}, 1, {1}) OVER (ORDER BY n)", "max({0}) OVER ()",
    "nullif({0}, {1})", "coalesce({0}, {1})", "coalesce({0}, {1}, {2})", "greatest({0}, {1})", "least({0}, {1}, {2})", "CASE WHEN true THEN {0} END",
    "CASE WHEN true THEN {0} ELSE {1} END", "CASE WHEN true THEN {0} WHEN false THEN {1} ELSE {2} END", "(SELECT {0})", "({0})::varchar", "({0})::varchar(3)",
    "({0})::char", "({0})::bpchar", "({0})::text", "text({0})", "varchar({0})", "bpchar({0})", "{0} COLLATE \"C\"", "CASE {0} WHEN {1} THEN {2} END"};
/// Queries whose column k two texts give a type; {0} and {1}.
constexpr std::string_view kQueries[] = {
    "SELECT {0} AS k FROM nulls UNION ALL SELECT {1} FROM nulls", "SELECT {0} AS k FROM nulls UNION SELECT {1} FROM nulls",
    "SELECT {0} AS k FROM nulls EXCEPT SELECT {1} FROM nulls WHERE false", "SELECT {0} AS k FROM nulls INTERSECT SELECT {1} FROM nulls",
    "SELECT k FROM nulls, LATERAL (VALUES ({0}), ({1})) AS v(k)",
    "SELECT k FROM (SELECT {0} AS k FROM nulls) AS l FULL JOIN (SELECT {1} AS k FROM nulls) AS r USING (k)",
    "SELECT k FROM (SELECT {0} AS k FROM nulls) AS l NATURAL LEFT JOIN (SELECT {1} AS k FROM nulls) AS r",
    "SELECT k FROM (SELECT {0} AS k FROM nulls) AS l RIGHT JOIN (SELECT {1} AS k FROM nulls) AS r USING (k)",
    "WITH q(k) AS (SELECT {0} FROM nulls) SELECT k FROM q WHERE {1} IS NULL", "SELECT DISTINCT {0} AS k FROM nulls GROUP BY {0}"};

template <typename Ask>
void for_all_places(std::string_view pattern, Ask ask) {
  static constexpr std::string_view kPlaces[] = {"'1'", "NULL", "tx", "vc", "ch", "vn", "c1", "ii"};
  for (const std::string_view a : kPlaces)
    for (const std::string_view b : kPlaces) {
      if (pattern.find("{2}") == std::string_view::npos) ask(fmt::format(fmt::runtime(pattern), a, b));
      else
        for (const std::string_view c : kPlaces) ask(fmt::format(fmt::runtime(pattern), a, b, c));
      if (pattern.find("{1}") == std::string_view::npos) break;
    }
}

}  // namespace

void ask_names_of_types(Grid& grid) {
  grid.prepare("CREATE TABLE nulls(n integer, tx text, vc varchar(8), ch char(5), vn varchar, c1 char, ii integer); INSERT INTO nulls VALUES (1)");
  for (const std::string_view pattern : kTextual)
    for_all_places(pattern, [&](const std::string& expression) {
      grid.ask("names of types", pattern, fmt::format("SELECT pg_typeof({}) FROM nulls", expression), Compared::kValues);
    });
  for (const std::string_view pattern : kQueries)
    for_all_places(pattern, [&](const std::string& query) {
      grid.ask("names of types", pattern, fmt::format("SELECT pg_typeof(k) FROM ({}) AS q", query), Compared::kValues);
    });
}

}  // namespace cairn::grid
