#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

constexpr Section kSections[] = {
    {"function_types", ask_types_of_functions},   {"operator_types", ask_types_of_operators},
    {"function_values", ask_values_of_functions}, {"operator_values", ask_values_of_operators},
    {"casts", ask_casts},
};

}  // namespace

std::span<const Section> sections() { return kSections; }

}  // namespace cairn::grid
