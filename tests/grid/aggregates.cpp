// The types and the values of all aggregates, plain, DISTINCT, ordered, filtered, grouped, and over all kinds of frames.

#include <fmt/format.h>

#include <algorithm>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

/// How an aggregate is written around its arguments.
struct AggregateForm {
  std::string_view name;
  std::string_view call;  ///< {0}: the name, {1}: the first argument, {2}: the second
};
constexpr AggregateForm kAggregateForms[] = {
    {"avg", "{0}({1})"},         {"bit_and", "{0}({1})"},     {"bit_or", "{0}({1})"},      {"bit_xor", "{0}({1})"},
    {"bool_and", "{0}({1})"},    {"bool_or", "{0}({1})"},     {"count", "{0}({1})"},       {"every", "{0}({1})"},
    {"max", "{0}({1})"},         {"min", "{0}({1})"},         {"stddev", "{0}({1})"},      {"stddev_pop", "{0}({1})"},
    {"stddev_samp", "{0}({1})"}, {"sum", "{0}({1})"},         {"var_pop", "{0}({1})"},     {"var_samp", "{0}({1})"},
    {"variance", "{0}({1})"},    {"corr", "{0}({1}, {2})"},   {"covar_pop", "{0}({1}, {2})"},
    {"covar_samp", "{0}({1}, {2})"},     {"regr_avgx", "{0}({1}, {2})"},  {"regr_avgy", "{0}({1}, {2})"},
    {"regr_count", "{0}({1}, {2})"},     {"regr_intercept", "{0}({1}, {2})"}, {"regr_r2", "{0}({1}, {2})"},
    {"regr_slope", "{0}({1}, {2})"},     {"regr_sxx", "{0}({1}, {2})"},   {"regr_sxy", "{0}({1}, {2})"},
    {"regr_syy", "{0}({1}, {2})"},       {"string_agg", "{0}({1}, {2})"},
    {"mode", "{0}() WITHIN GROUP (ORDER BY {1})"},
    {"percentile_cont", "{0}(0.3) WITHIN GROUP (ORDER BY {1})"},
    {"percentile_disc", "{0}(0.3) WITHIN GROUP (ORDER BY {1})"},
    {"rank", "{0}({2}) WITHIN GROUP (ORDER BY {1})"},
    {"dense_rank", "{0}({2}) WITHIN GROUP (ORDER BY {1} DESC)"},
    {"percent_rank", "{0}({2}) WITHIN GROUP (ORDER BY {1} NULLS FIRST)"},
    {"cume_dist", "{0}({2}) WITHIN GROUP (ORDER BY {1})"},
};

bool takes_two(const AggregateForm& form) { return form.call.find("{2}") != std::string_view::npos; }
bool is_ordered_set(const AggregateForm& form) { return form.call.find("WITHIN") != std::string_view::npos; }

std::string write(const AggregateForm& form, std::string_view first, std::string_view second) {
  return fmt::format(fmt::runtime(form.call), form.name, first, second);
}

/// Columns of the table that ask_values_of_aggregates makes; what they hold repeats, and is NULL now and then. Fractions
/// are short, so that sums which are rounded at every step lose nothing.
struct ValueColumn {
  std::string_view name, type;
  std::vector<std::string_view> values;
};
const std::vector<ValueColumn>& value_columns() {
  static const std::vector<ValueColumn> columns = {
      {"bo", "boolean", {"true", "false", "true"}},
      {"si", "smallint", {"1", "-3", "7", "7", "12"}},
      {"ii", "integer", {"5", "2", "-9", "2", "100", "41"}},
      {"bi", "bigint", {"5000000", "2", "-9", "77", "2"}},
      {"nu", "numeric(12,2)", {"2.50", "-1.25", "10.00", "2.50", "1234.56"}},
      {"re", "real", {"0.5", "2.5", "-7", "1000.25"}},
      {"dp", "double precision", {"0.125", "0.25", "-0.375", "1024", "0.125", "123.5"}},
      {"od", "double precision", {"1", "Infinity", "2", "NaN", "-Infinity", "3"}},
      {"da", "date", {"2024-02-29", "2023-12-31", "2024-03-02", "2024-02-29"}},
      {"ti", "time", {"00:00", "12:34:56.789", "23:30", "06:05", "07:00"}},
      {"ts", "timestamp", {"2024-02-29 12:34:56.789", "2024-02-29 13:00", "2023-12-31 23:59:59", "2024-03-01 00:00"}},
      {"iv", "interval", {"1 day", "02:03:04", "1 mon", "-1 day", "1 day", "36:00:00"}},
      {"tx", "text", {"abc", "b", "", "abc", "zz"}},
      {"vc", "varchar(8)", {"abc", "aé ", "12", "abc"}},
      {"ch", "char(5)", {"ab", "héé", "12345", "ab"}},
  };
  return columns;
}

constexpr int kRows = 24;

std::string value_table() {
  std::string columns = "n integer, g integer", rows;
  for (const ValueColumn& column : value_columns()) columns += fmt::format(", {} {}", column.name, column.type);
  for (int n = 0; n < kRows; n++) {
    std::string row = fmt::format("{}, {}", n, n % 3);
    for (size_t c = 0; c < value_columns().size(); c++) {
      const ValueColumn& column = value_columns()[c];
      const bool null = (n + c) % 7 == 3;
      row += null ? ", NULL" : fmt::format(", '{}'", column.values[(n * 5 + n / 4 + c) % column.values.size()]);
    }
    rows += (rows.empty() ? "(" : ", (") + row + ")";
  }
  return fmt::format("CREATE TABLE measured({}); INSERT INTO measured VALUES {}", columns, rows);
}

/// What stands behind the first argument: a column of a type that fits it most often.
std::vector<std::string> second_arguments(const AggregateForm& form, const ValueColumn& first) {
  if (!takes_two(form)) return {""};
  if (form.name == "string_agg") return {"', '", "vc"};
  if (is_ordered_set(form)) return {fmt::format("'{}'::{}", first.values[1], first.type), "NULL"};
  return {"dp", "ii", std::string(first.name)};
}

constexpr std::string_view kBounds[] = {
    "BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", "BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
    "BETWEEN UNBOUNDED PRECEDING AND {0} PRECEDING",       "BETWEEN UNBOUNDED PRECEDING AND {0} FOLLOWING",
    "BETWEEN {0} PRECEDING AND CURRENT ROW",               "BETWEEN {0} PRECEDING AND {1} FOLLOWING",
    "BETWEEN {1} PRECEDING AND {0} PRECEDING",             "BETWEEN {0} FOLLOWING AND {1} FOLLOWING",
    "BETWEEN CURRENT ROW AND CURRENT ROW",                 "BETWEEN CURRENT ROW AND {0} FOLLOWING",
    "BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",         "BETWEEN {0} PRECEDING AND UNBOUNDED FOLLOWING",
    "BETWEEN {0} FOLLOWING AND UNBOUNDED FOLLOWING"};
constexpr std::string_view kExclusions[] = {"", "EXCLUDE CURRENT ROW", "EXCLUDE GROUP", "EXCLUDE TIES", "EXCLUDE NO OTHERS"};

/// What a window is ordered by, and two distances along it.
struct WindowOrder {
  std::string_view key, near, far;
};
constexpr WindowOrder kRangeOrders[] = {{"ii", "3", "50"},          {"si DESC", "2", "6"},
                                        {"bi", "70", "6000000000"}, {"nu", "1.5", "20.0"},
                                        {"dp DESC", "0.25", "200"}, {"re", "3.5", "900"},
                                        {"od", "1", "5"},           {"da", "INTERVAL '1 day'", "INTERVAL '1 mon'"},
                                        {"ti", "INTERVAL '1 hour'", "INTERVAL '1 day 07:00'"},
                                        {"ts DESC", "INTERVAL '30 minutes'", "INTERVAL '2 mons'"},
                                        {"iv", "INTERVAL '1 day'", "INTERVAL '1 mon 1 day'"}};

void ask_frames(Grid& grid, const AggregateForm& form, const std::string& call) {
  const auto ask = [&](std::string_view unit, std::string_view order, std::string_view bounds, std::string_view exclusion) {
    grid.ask("aggregates over windows", form.name,
             fmt::format("SELECT n, {} OVER (PARTITION BY g ORDER BY {} {} {} {}) FROM measured ORDER BY n", call, order, unit, bounds, exclusion),
             Compared::kSums);
  };
  const bool orders_peers = form.name == "string_agg";  // in PostgreSQL they come as its sort leaves them
  size_t turn = 0;
  for (const std::string_view bounds : kBounds)
    grid.ask("aggregates over windows", form.name,
             fmt::format("SELECT n, {} FILTER (WHERE n % 5 <> 1) OVER (PARTITION BY g ORDER BY n ROWS {}) FROM measured ORDER BY n", call,
                         fmt::format(fmt::runtime(bounds), 2, 4)), Compared::kSums);
  for (const std::string_view bounds : kBounds)
    for (const std::string_view exclusion : kExclusions) {
      ask("ROWS", "n", fmt::format(fmt::runtime(bounds), 1, 3), exclusion);
      if (orders_peers) continue;
      ask("GROUPS", "si", fmt::format(fmt::runtime(bounds), 1, 2), exclusion);
      const WindowOrder& order = kRangeOrders[turn++ % std::size(kRangeOrders)];
      ask("RANGE", order.key, fmt::format(fmt::runtime(bounds), order.near, order.far), exclusion);
    }
}

}  // namespace

void ask_types_of_aggregates(Grid& grid) {
  const std::vector<std::string> places = argument_places();
  for (const AggregateForm& form : kAggregateForms)
    for (const std::string& first : places)
      for (const std::string& second : takes_two(form) ? places : std::vector<std::string>{""})
        grid.ask("types of aggregates", form.name, fmt::format("SELECT {} FROM arguments", write(form, first, second)), Compared::kTypes);
  for (const std::string_view name : {"lag", "lead", "first_value", "last_value"})
    for (const std::string& place : places)
      grid.ask("types of aggregates", name, fmt::format("SELECT {}({}) OVER (ORDER BY ii) FROM arguments", name, place), Compared::kTypes);
  for (const std::string_view name : {"ntile", "nth_value", "lag", "lead"})
    for (const std::string& first : places)
      for (const std::string& second : name == "ntile" ? std::vector<std::string>{""} : places)
        grid.ask("types of aggregates", name,
                 fmt::format("SELECT {}({}{}{}) OVER (ORDER BY ii) FROM arguments", name, first, second.empty() ? "" : ", ", second),
                 Compared::kTypes);
  for (const std::string& key : places)
    for (const ArgumentType& size : argument_types())
      grid.ask("types of aggregates", "RANGE",
               fmt::format("SELECT count(*) OVER (ORDER BY {} RANGE NULL::{} PRECEDING) FROM arguments", key, size.name),
               Compared::kTypes);
}

void ask_values_of_aggregates(Grid& grid) {
  grid.prepare(value_table());
  for (const AggregateForm& form : kAggregateForms)
    for (const ValueColumn& first : value_columns())
      for (const std::string& second : second_arguments(form, first)) {
        const std::string call = write(form, first.name, second);
        const bool is_first = second == second_arguments(form, first).front();
        const auto ask = [&](const std::string& statement) {
          grid.ask("values of aggregates", form.name, statement, Compared::kSums);
        };
        // Where the order of the rows matters, one is given.
        const std::string arguments = takes_two(form) ? fmt::format("{}, {}", first.name, second) : std::string(first.name);
        const std::string ordered = is_ordered_set(form) ? call : fmt::format("{}({} ORDER BY n DESC)", form.name, arguments);
        const std::string distinct = is_ordered_set(form) ? call : fmt::format("{}(DISTINCT {})", form.name, arguments);
        ask(fmt::format("SELECT {} FROM measured", ordered));
        ask(fmt::format("SELECT {} FROM measured", distinct));
        ask(fmt::format("SELECT {} FROM measured WHERE n < 0", ordered));
        ask(fmt::format("SELECT {} FROM measured WHERE n = 5", ordered));
        ask(fmt::format("SELECT g, {0}, {1} FILTER (WHERE n > 10), {2} FROM measured GROUP BY g ORDER BY g", ordered, ordered, distinct));
        ask(fmt::format("SELECT g, {} FILTER (WHERE n % 4 = 1) FROM measured GROUP BY ROLLUP (g) ORDER BY g", ordered));
        ask(fmt::format("SELECT m.g, (SELECT {} FROM measured WHERE n > m.n * 9 AND g = m.g) FROM measured m WHERE n < 4 ORDER BY m.n", ordered));
        const std::string over_all = fmt::format("SELECT {} OVER () FROM measured", call);
        ask(over_all);
        const bool exists = !grid.postgres_column(over_all).empty();
        if (is_first && exists) ask_frames(grid, form, call);
      }
}

}  // namespace cairn::grid
