#pragma once

#include <span>
#include <string_view>

#include "tests/grid/grid.h"

namespace cairn::grid {

/// Questions of one kind. To add some: a source with a function that asks them, and one row in sections.cpp.
struct Section {
  std::string_view name;
  void (*ask)(Grid& grid);
};
std::span<const Section> sections();

void ask_types_of_functions(Grid& grid);
void ask_types_of_operators(Grid& grid);
void ask_values_of_functions(Grid& grid);
void ask_values_of_operators(Grid& grid);
void ask_casts(Grid& grid);
void ask_forms(Grid& grid);
void ask_types_of_meetings(Grid& grid);
void ask_values_of_meetings(Grid& grid);
void ask_types_of_aggregates(Grid& grid);
void ask_values_of_aggregates(Grid& grid);
void ask_extremes(Grid& grid);
void ask_windows(Grid& grid);
void ask_names_of_types(Grid& grid);
void ask_table_functions(Grid& grid);
void ask_patterns(Grid& grid);

}  // namespace cairn::grid
