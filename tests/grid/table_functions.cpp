// Functions in FROM: their types and rows, over all types of arguments.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

constexpr size_t kMostCalls = 2000;

struct CallInFrom {
  std::string_view name;
  size_t arguments;
};
constexpr CallInFrom kCallsInFrom[] = {{"generate_series", 2}, {"generate_series", 3}, {"string_to_table", 2}, {"string_to_table", 3},
                           {"regexp_split_to_table", 2}, {"regexp_split_to_table", 3}, {"generate_series", 1}, {"lower", 1}, {"abs", 1}, {"coalesce", 2}};

}  // namespace

void ask_table_functions(Grid& grid) {
  std::vector<std::string> values = {"NULL", "''", "'1'", "'a,b'", "','", "'2024-01-01'", "'1 day'", "3", "-2", "1.5", "0.0", "'(a)|b'", "'i'", "'q'",
                                     "'2024-01-03'::date", "'2024-01-01'::timestamp", "'12 hours'::interval", "'a,b,,c'::text", "5::bigint", "2::smallint",
                                     "2.5::real", "4::double precision", "7.25::numeric", "'NaN'::double precision", "'a b'::char(5)", "',b'::varchar(8)", "true"};
  for (const CallInFrom& call : kCallsInFrom)
    for (const auto& arguments : combinations(std::vector(call.arguments, values), kMostCalls, 1))
      grid.ask("functions in FROM", call.name, fmt::format("SELECT *, pg_typeof(k) FROM (SELECT * FROM {}({}) AS f(k) LIMIT 20) AS q", call.name, fmt::join(arguments, ", ")), Compared::kValues);
}

}  // namespace cairn::grid
