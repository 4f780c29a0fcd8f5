#include "sql/table_functions.h"

#include <span>

namespace cairn {

// The tables, one per topic.
std::span<const TableFunction> series_functions();
std::span<const TableFunction> session_table_functions();

namespace {

std::vector<const TableFunction*> all_functions() {
  std::vector<const TableFunction*> functions;
  for (const std::span<const TableFunction> table : {series_functions(), session_table_functions()})
    for (const TableFunction& function : table) functions.push_back(&function);
  return functions;
}

}  // namespace

const TableFunction* find_table_function(std::string_view name) {
  for (const TableFunction* function : all_functions())
    if (function->name == name) return function;
  return nullptr;
}

std::vector<std::string> table_function_names() {
  std::vector<std::string> names;
  for (const TableFunction* function : all_functions()) names.emplace_back(function->name);
  return names;
}

}  // namespace cairn
