#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exec/functions/function.h"
#include "exec/plan/table_function.h"
#include "vector/value.h"

namespace cairn {

/// A table function's answer at binding time: its columns, and the source of its rows.
struct BoundTableFunction {
  std::vector<std::string> names;
  std::vector<Type> types;
  std::shared_ptr<TableFunctionSource> source;
};

/// One table function that may stand in FROM. Arguments are constants. Adding one is one row in the table of its topic.
struct TableFunction {
  std::string_view name;
  std::string_view signature;  ///< "generate_series(start, stop [, step])", for errors
  size_t least_arguments = 0, most_arguments = 0;
  /// `session` is the caller's (opaque here); may be nullptr in tests of the binder.
  BoundTableFunction (*bind)(const std::vector<Value>& arguments, class SessionState* session) = nullptr;
  /// What its arguments may be, one of which is chosen as for any call; nullptr: `bind` looks.
  const std::vector<Function>& (*overloads)() = nullptr;
};

/// nullptr where there is none.
const TableFunction* find_table_function(std::string_view name);
std::vector<std::string> table_function_names();

}  // namespace cairn
