// Window functions that are no aggregates, over all types and frames; what frames and offsets may be given as, of all types.

#include <fmt/format.h>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

/// Values of v in the order of n; {0}: a column of the table `ranked`.
constexpr std::string_view kWindowCalls[] = {
    "row_number()",      "rank()",           "dense_rank()",         "percent_rank()",      "cume_dist()",      "ntile(3)",
    "ntile(NULL)",       "lag({0})",         "lag({0}, 2)",          "lead({0}, 0)",        "lead({0}, -1)",    "lag({0}, NULL)",
    "lead({0}, 1, {0})", "lag({0}, 3, NULL)", "first_value({0})",    "last_value({0})",     "nth_value({0}, 2)", "nth_value({0}, NULL)"};
constexpr std::string_view kFailing[] = {"ntile(0)", "ntile('x')", "nth_value({0}, 0)", "nth_value({0}, -1)", "lag({0}, 1.5)", "lag({0}, '1')",
                                         "lag()", "rank(1)", "first_value(*)", "lag({0}, 1, 2, 3)", "lag(DISTINCT {0})",
                                         "row_number() FILTER (WHERE true)", "rank() WITHIN GROUP (ORDER BY {0})", "abs(1)", "count()"};
constexpr std::string_view kFrames[] = {
    "",
    "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW",
    "GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES",
    "GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING EXCLUDE GROUP",
    "RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE GROUP",
    "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
    "ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING"};
/// Frames that are wrong whatever they are over.
constexpr std::string_view kWrongFrames[] = {
    "ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW", "ROWS BETWEEN CURRENT ROW AND UNBOUNDED PRECEDING",
    "ROWS BETWEEN CURRENT ROW AND 1 PRECEDING",         "ROWS BETWEEN 1 FOLLOWING AND CURRENT ROW",
    "ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING",         "ROWS -1 PRECEDING",
    "GROUPS -1 PRECEDING",                              "ROWS NULL PRECEDING",
    "ROWS n PRECEDING",                                 "ROWS 1.5 PRECEDING",
    "ROWS '1' PRECEDING",                               "ROWS 'x' PRECEDING",
    "GROUPS 9223372036854775807 PRECEDING",             "ROWS BETWEEN 9223372036854775807 FOLLOWING AND UNBOUNDED FOLLOWING"};

std::string rows_of(const ArgumentType& type) {
  std::string rows = fmt::format("(0, NULL::{})", type.name);
  for (size_t i = 0; i < type.values.size() * 3 / 2; i++)
    rows += fmt::format(", ({}, {})", i + 1, literal(type, type.values[i * 2 % type.values.size()]));
  return "(VALUES " + rows + ") AS ranked(n, v)";
}

/// Offsets of a RANGE frame: of the key's own type, untyped, and of the other types.
std::vector<std::string> offsets() {
  std::vector<std::string> texts = {"'1'", "'1 day'", "'-1'", "'x'", "NULL", "0", "1", "-1", "1.5", "3000000000", "'NaN'", "'Infinity'"};
  for (const ArgumentType& type : argument_types())
    for (size_t i = 0; i < type.values.size(); i += 2) texts.push_back(literal(type, type.values[i]));
  return texts;
}

}  // namespace

void ask_windows(Grid& grid) {
  const std::vector<std::string> all_offsets = offsets();
  for (const ArgumentType& type : argument_types()) {
    const std::string rows = rows_of(type);
    const auto ask = [&](std::string_view subject, std::string_view call, std::string_view order, std::string_view frame) {
      const std::string filled = fmt::format(fmt::runtime(call), "v");
      grid.ask("windows", subject, fmt::format("SELECT n, {} OVER (ORDER BY {} {}) FROM {} ORDER BY n", filled, order, frame, rows),
               Compared::kValues);
    };
    for (const std::string_view call : kWindowCalls)
      for (const std::string_view frame : kFrames) {
        ask(call, call, "n DESC", frame);
        if (call.find("{0}") == std::string_view::npos && !call.starts_with("row_number") && !call.starts_with("ntile")) ask(call, call, "v", frame);
      }
    for (const std::string_view call : kFailing) ask(call, call, "n", "");
    for (const std::string_view frame : kWrongFrames) ask("frame", "count(*)", "n", frame);
    for (const std::string_view order : {"v", "v DESC NULLS LAST"})
      for (const std::string& offset : all_offsets) {
        ask("RANGE", "count(*)", order, fmt::format("RANGE {} PRECEDING", offset));
        ask("RANGE", "count(v)", order, fmt::format("RANGE BETWEEN CURRENT ROW AND {} FOLLOWING EXCLUDE TIES", offset));
      }
  }
}

}  // namespace cairn::grid
