#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

constexpr Section kSections[] = {
    {"function_types", ask_types_of_functions},   {"operator_types", ask_types_of_operators},
    {"function_values", ask_values_of_functions}, {"operator_values", ask_values_of_operators},
    {"casts", ask_casts},                         {"forms", ask_forms},
    {"meeting_types", ask_types_of_meetings},     {"meeting_values", ask_values_of_meetings},
    {"aggregate_types", ask_types_of_aggregates}, {"aggregate_values", ask_values_of_aggregates},
    {"extremes", ask_extremes},                   {"windows", ask_windows},
    {"names_of_types", ask_names_of_types},       {"table_functions", ask_table_functions},
    {"patterns", ask_patterns},
};

}  // namespace

std::span<const Section> sections() { return kSections; }

}  // namespace cairn::grid
