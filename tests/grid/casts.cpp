// Casts between all pairs of types: written out, of literals and of columns, and on the way into a column.

#include <fmt/format.h>

#include <algorithm>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

/// Besides the types of arguments: those with modifiers.
constexpr std::string_view kModified[] = {"numeric(6,2)", "numeric(3,0)", "numeric(4,-2)", "varchar(2)", "char(3)", "char", "timestamp(0)",
                                          "time(2)", "interval(1)", "interval day", "float(10)", "bpchar"};
/// Untyped literals that several types read, each in its way.
constexpr std::string_view kTexts[] = {"", " ", " 7 ", "7.5", "-0", "1e3", "0x1F", "1_000", "NaN", "inf", "-Infinity", "t", "yes", "on", "of", "2024-02-30", "2024-2-9",
                                       "20240229", "Feb 29, 2024", "12:30", "24:00:01", "1 day 2 hours", "P1Y2M", "-1-2 3 -4:05", "@ 1 day ago", "epoch", "infinity", "abc", "é"};

std::vector<std::string> targets() {
  std::vector<std::string> names;
  for (const ArgumentType& type : argument_types()) names.emplace_back(type.name);
  for (const std::string_view name : kModified) names.emplace_back(name);
  return names;
}

}  // namespace

void ask_casts(Grid& grid) {
  const std::vector<std::string> all = targets();
  // A column cannot round before the point (docs/SQL.md).
  const auto may_be_column = [&](size_t t) { return all[t] != "numeric(4,-2)"; };
  for (size_t t = 0; t < all.size(); t++)
    if (may_be_column(t)) grid.prepare(fmt::format("CREATE TABLE cast_into_{}(v {})", t, all[t]));
  for (size_t t = 0; t < all.size(); t++) {
    const std::string& target = all[t];
    for (const std::string_view text : kTexts) {
      const std::string subject = "to " + target;
      grid.ask("casts", subject, fmt::format("SELECT '{}'::{}", text, target), Compared::kValues);
      grid.ask("casts", subject, fmt::format("SELECT CAST('{}'::text AS {})", text, target), Compared::kValues);
      grid.ask("casts of columns", subject, fmt::format("SELECT v::{} FROM (VALUES ('{}'), (NULL)) AS t(v)", target, text), Compared::kValues);
      if (may_be_column(t)) grid.ask("casts into columns", subject, fmt::format("INSERT INTO cast_into_{} VALUES ('{}') RETURNING v", t, text), Compared::kValues);
    }
    for (const ArgumentType& type : argument_types()) {
      const std::string subject = "to " + target;
      grid.ask("types of casts", subject, fmt::format("SELECT {}::{} FROM arguments", type.column, target), Compared::kTypes);
      for (const std::string_view value : type.values) {
        const std::string source = literal(type, value);
        grid.ask("casts", subject, fmt::format("SELECT {}::{}", source, target), Compared::kValues);
        grid.ask("casts of columns", subject, fmt::format("SELECT CAST(v AS {}) FROM (VALUES ({}), (NULL)) AS t(v)", target, source), Compared::kValues);
        if (!may_be_column(t)) continue;
        grid.ask("casts into columns", subject, fmt::format("INSERT INTO cast_into_{} VALUES ({}) RETURNING v", t, source), Compared::kValues);
        grid.ask("casts into columns", subject,
                 fmt::format("INSERT INTO cast_into_{} SELECT v FROM (VALUES ({})) AS t(v) RETURNING v", t, source), Compared::kValues);
      }
    }
  }
}

}  // namespace cairn::grid
