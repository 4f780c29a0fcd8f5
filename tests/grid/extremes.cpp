// Aggregates over the odd values of all types, all at once, one by one and in pairs; and such values as keys.

#include <fmt/format.h>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

constexpr std::string_view kAggregates[] = {
    "count(v)", "count(DISTINCT v)", "sum(v)", "sum(DISTINCT v)", "avg(v)", "avg(DISTINCT v)", "min(v)", "max(v)", "bit_and(v)", "bit_or(v)", "bit_xor(v)", "bool_and(v)",
    "bool_or(v)", "every(v)", "stddev(v)", "stddev_pop(v)", "variance(v)", "var_pop(v)", "corr(v, v)", "covar_pop(v, 1)", "regr_count(v, v)",
    "regr_avgx(v, v)", "regr_sxx(1, v)", "regr_slope(v, v)", "string_agg(v, ',' ORDER BY v)", "string_agg(v, v ORDER BY v DESC)",
    "string_agg(DISTINCT v, ';')", "string_agg(v::text, ',' ORDER BY v)", "mode() WITHIN GROUP (ORDER BY v)",
    "mode() WITHIN GROUP (ORDER BY v DESC)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY v)", "percentile_cont('0.25') WITHIN GROUP (ORDER BY v)",
    "percentile_disc(0.5) WITHIN GROUP (ORDER BY v DESC)", "percentile_disc(1) WITHIN GROUP (ORDER BY v)", "percentile_disc(2) WITHIN GROUP (ORDER BY v)",
    "percentile_disc(NULL) WITHIN GROUP (ORDER BY v)", "rank(NULL) WITHIN GROUP (ORDER BY v)", "count(*) FILTER (WHERE v IS NOT NULL)",
    "max(v) FILTER (WHERE v IS NULL)", "sum(v) FILTER (WHERE NULL)", "count(v ORDER BY v)", "min(v ORDER BY v DESC)", "max(DISTINCT v ORDER BY v)",
    "max(DISTINCT v ORDER BY v DESC, 1)", "avg(v, v)", "string_agg(v)", "sum(*)"};
constexpr std::string_view kOfUntyped[] = {"'1'", "NULL", "'x'", "''", "'1', ','", "'1', '2'", "NULL, NULL", "1, '2'", "'a', 1", "", "*"};
constexpr std::string_view kNames[] = {"count", "sum", "avg", "min", "max", "bit_and", "bool_or", "every", "stddev", "variance", "corr", "covar_samp",
                                       "regr_count", "regr_r2", "string_agg", "mode", "percentile_cont", "rank", "first_value", "row_number"};
/// Queries with keys of a type; {0}: rows of v.
constexpr std::string_view kKeyed[] = {
    "SELECT v, count(*) FROM {0} GROUP BY v ORDER BY v", "SELECT DISTINCT v FROM {0} ORDER BY v DESC", "SELECT v FROM {0} ORDER BY v NULLS FIRST",
    "SELECT v FROM {0} ORDER BY v DESC NULLS LAST LIMIT 3", "SELECT count(*) FROM {0} JOIN {0} AS u(w) ON v = w", "SELECT count(DISTINCT v) FROM {0}",
    "SELECT v, grouping(v), count(*) FROM {0} GROUP BY ROLLUP (v) ORDER BY grouping(v), v", "SELECT v, rank() OVER (ORDER BY v) FROM {0} ORDER BY 2, 1",
    "SELECT v, count(*) OVER (PARTITION BY v) FROM {0} ORDER BY 1, 2", "SELECT v, sum(count(*)) OVER (ORDER BY v) FROM {0} GROUP BY v ORDER BY v",
    "SELECT v, lag(v) OVER (PARTITION BY v IS NULL ORDER BY v) FROM {0} ORDER BY 1, 2", "SELECT v, count(*) FILTER (WHERE v > w) FROM {0}, {0} AS u(w) GROUP BY CUBE (v) ORDER BY 1, 2",
    "SELECT v FROM {0} UNION SELECT v FROM {0} ORDER BY 1", "SELECT v FROM {0} EXCEPT ALL SELECT min(v) FROM {0} ORDER BY 1",
    "SELECT count(*) FROM {0} WHERE v IN (SELECT v FROM {0})", "SELECT count(*) FROM {0} WHERE v = ANY (SELECT max(v) FROM {0})",
    "SELECT count(*) FROM {0} WHERE v >= ALL (SELECT w FROM {0} AS u(w) WHERE w IS NOT NULL)", "SELECT DISTINCT ON (v) v FROM {0} ORDER BY v"};

std::string table(std::string_view rows) { return fmt::format("(VALUES {}) AS t(v)", rows); }

}  // namespace

void ask_extremes(Grid& grid) {
  for (const std::string_view name : kNames)
    for (const std::string_view arguments : kOfUntyped)
      for (const std::string_view around : {"{}({})", "{}(DISTINCT {})", "{}({}) OVER ()", "{}({}) FILTER (WHERE true)", "{}(0.5) WITHIN GROUP (ORDER BY {})"})
        grid.ask("aggregates of extremes", name, "SELECT " + fmt::format(fmt::runtime(around), name, arguments), Compared::kValues);
  for (const ArgumentType& type : argument_types()) {
    std::vector<std::string> tables = {table(fmt::format("(NULL::{})", type.name))};
    std::string all;
    for (size_t i = 0; i < type.values.size(); i++) {
      const std::string value = "(" + literal(type, type.values[i]) + ")";
      const std::string other = "(" + literal(type, type.values[(i + 1) % type.values.size()]) + ")";
      tables.push_back(table(value));
      tables.push_back(table(value + ", (NULL), " + other));
      all += (i > 0 ? ", " : "") + value + ", " + other;
    }
    tables.push_back(table(all));
    for (const std::string& rows : tables) {
      for (const std::string_view aggregate : kAggregates) {
        grid.ask("aggregates of extremes", aggregate, fmt::format("SELECT {} FROM {}", aggregate, rows), Compared::kSums);
        grid.ask("aggregates of extremes", aggregate, fmt::format("SELECT {} FROM {} WHERE false", aggregate, rows), Compared::kSums);
        grid.ask("aggregates of extremes", aggregate, fmt::format("SELECT v IS NULL, {} FROM {} GROUP BY 1 ORDER BY 1", aggregate, rows), Compared::kSums);
      }
      for (const std::string_view query : kKeyed) grid.ask("keys", query, fmt::format(fmt::runtime(query), rows), Compared::kValues);
    }
  }
}

}  // namespace cairn::grid
