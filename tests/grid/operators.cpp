// The types and the values of all operators.

#include <fmt/format.h>

#include <algorithm>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

constexpr size_t kMostPairs = 250;  ///< of one operator over two types

constexpr std::string_view kBinary[] = {"+", "-", "*", "/", "%", "^", "&", "|", "#", "<<", ">>", "||", "=", "<>", "<", "<=", ">", ">=",
                                        "~~", "!~~", "~~*", "!~~*", "~", "~*", "!~", "!~*", "^@", "IS DISTINCT FROM", "SIMILAR TO"};
constexpr std::string_view kPrefix[] = {"+", "-", "@", "~", "|/", "||/"};

/// Typed literals, and every third untyped, too.
std::vector<std::string> operands(const ArgumentType& type) {
  std::vector<std::string> values;
  for (size_t i = 0; i < type.values.size(); i++) {
    values.push_back(literal(type, type.values[i]));
    if (i % 3 == 1) values.push_back(fmt::format("'{}'", type.values[i]));
  }
  values.push_back("NULL::" + std::string(type.name));
  return values;
}

}  // namespace

void ask_types_of_operators(Grid& grid) {
  const std::vector<std::string> places = argument_places();
  for (const std::string_view op : kBinary)
    for (const std::string& left : places)
      for (const std::string& right : places)
        grid.ask("types of operators", op, fmt::format("SELECT {} {} {} FROM arguments", left, op, right), Compared::kTypes);
  for (const std::string_view op : kPrefix)
    for (const std::string& place : places)
      grid.ask("types of operators", op, fmt::format("SELECT {} {} FROM arguments", op, place), Compared::kTypes);
  for (const std::string& a : places)
    for (const std::string& b : places)
      for (const std::string& c : places)
        grid.ask("types of operators", "BETWEEN", fmt::format("SELECT {} BETWEEN {} AND {} FROM arguments", a, b, c), Compared::kTypes);
}

void ask_values_of_operators(Grid& grid) {
  uint64_t seed = 1;
  for (const std::string_view op : kBinary)
    for (const ArgumentType& left : argument_types())
      for (const ArgumentType& right : argument_types()) {
        // What the types alone forbid has been asked; here a few calls are enough.
        const size_t most = left.id == right.id || (left.id <= TypeId::kDouble) == (right.id <= TypeId::kDouble) ? kMostPairs / 3 : 6;
        for (const auto& pair : combinations({operands(left), operands(right)}, most, seed++))
          grid.ask("values of operators", op, fmt::format("SELECT {} {} {}", pair[0], op, pair[1]), Compared::kValues);
        for (const auto& pair : combinations({operands(left), operands(right)}, 4, seed++))
          grid.ask("values of operators over columns", op,
                   fmt::format("SELECT a, b, a {} b FROM (VALUES ({}, {}), (NULL, NULL)) AS t(a, b)", op, pair[0], pair[1]), Compared::kValues);
      }
  for (const std::string_view op : kPrefix)
    for (const ArgumentType& type : argument_types())
      for (const std::string& value : operands(type))
        grid.ask("values of operators", op, fmt::format("SELECT {} {}", op, value), Compared::kValues);
}

}  // namespace cairn::grid
