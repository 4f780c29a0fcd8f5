#include "exec/functions/function.h"

#include <map>

#include "exec/functions/executor.h"

namespace cairn {

namespace {

using FunctionMap = std::map<std::string_view, std::vector<const Function*>>;

const FunctionMap& functions_by_name() {
  static const FunctionMap map = [] {
    FunctionMap by_name;
    for (const auto* table : {&functions::arithmetic_functions(), &functions::math_functions(),
                              &functions::date_part_functions(), &functions::date_arithmetic_functions(),
                              &functions::date_making_functions(), &functions::string_functions(),
                              &functions::regexp_functions(),
                              &functions::string_making_functions(), &functions::format_functions(),
                              &functions::digest_functions(),
                              &functions::datetime_to_char_functions(), &functions::datetime_from_char_functions(),
                              &functions::number_to_char_functions(), &functions::trigonometric_functions(),
                              &functions::number_theory_functions(), &functions::bit_functions(),
                              &functions::null_count_functions(), &functions::volatile_functions(),
                              &functions::row_count_functions()}) {
      for (const Function& function : *table) by_name[function.name].push_back(&function);
    }
    return by_name;
  }();
  return map;
}

}  // namespace

std::vector<const Function*> find_functions(std::string_view name) {
  const auto found = functions_by_name().find(name);
  return found == functions_by_name().end() ? std::vector<const Function*>() : found->second;
}

bool may_raise(const Function& function, std::span<const ValueRange> arguments, std::span<const Type> types) {
  return function.can_raise && (function.never_raises == nullptr || !function.never_raises(arguments, types));
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, overloads] : functions_by_name()) names.push_back(name);
  return names;
}

}  // namespace cairn
