#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exec/plan/table_function.h"
#include "sql/table_functions.h"

namespace cairn {

/// Functions in FROM side by side: ROWS FROM (…), WITH ORDINALITY. The shorter ones go on with NULLs; with ordinality,
/// the last column counts the rows from 1.
BoundTableFunction parallel_rows(std::vector<BoundTableFunction> functions, bool ordinality);
/// A value as a function of one row.
BoundTableFunction single_row(std::string name, Value value);

}  // namespace cairn
