#include "tests/grid/argument_types.h"

#include <random>

namespace cairn::grid {
namespace {

/// Longer than what messages show of a text, in characters that have two bytes, from an odd byte on.
constexpr std::string_view kLongText = "xßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßß";

const std::vector<ArgumentType>& all_types() {
  static const std::vector<ArgumentType> types = {
      {"boolean", "bo", TypeId::kBoolean, {"true", "false"}},
      {"smallint", "si", TypeId::kSmallInt, {"0", "1", "-1", "7", "32767", "-32768"}},
      {"integer", "ii", TypeId::kInteger, {"0", "1", "-1", "2", "7", "-13", "100", "2147483647", "-2147483648"}},
      {"bigint", "bi", TypeId::kBigInt, {"0", "1", "-1", "7", "-20", "86461", "9223372036854775807", "-9223372036854775808"}},
      {"numeric", "nu", TypeId::kDecimal, {"0", "0.00", "1", "-1.0", "7", "2.5", "-2.50", "0.001", "-13.75", "12345.678", "99999999999999999999"}},
      {"real", "re", TypeId::kReal, {"0", "-0", "1", "-1.5", "0.1", "3e38", "1e-40", "NaN", "Infinity", "-Infinity"}},
      {"double precision", "dp", TypeId::kDouble,
       {"0", "-0", "1", "-1", "0.5", "2.5", "-13.75", "1e308", "5e-324", "1e15", "NaN", "Infinity", "-Infinity"}},
      {"date", "da", TypeId::kDate,
       {"2024-02-29", "2023-12-31", "1970-01-01", "2001-01-01", "0044-03-15 BC", "5874897-12-31", "infinity", "-infinity"}},
      {"time", "ti", TypeId::kTime, {"00:00", "12:34:56.789", "23:59:59.999999", "24:00", "06:05"}},
      {"timestamp", "ts", TypeId::kTimestamp,
       {"2024-02-29 12:34:56.789", "2023-12-31 23:59:59", "1970-01-01 00:00:00", "0044-03-15 18:00:00 BC",
        "2000-01-01 00:00:00.000001", "infinity", "-infinity"}},
      {"interval", "iv", TypeId::kInterval,
       {"0", "1 day", "-1 day", "1 year 2 mons", "1 mon -1 day 02:03:04.5", "-00:00:00.000001", "100:00:00", "-5 years -3 days"}},
      {"text", "tx", TypeId::kVarchar,
       {"", " ", "abc", "  aBc ", "äöß€😀", "7", "-2.5", "a_b%c", "1 day", "2024-02-29", "x\\y", "true", "NaN", kLongText}},
      {"varchar(8)", "vc", TypeId::kVarchar, {"", "abc", "aé ", "12"}},
      {"char(5)", "ch", TypeId::kChar, {"", "ab", "héé", "12345"}},
  };
  return types;
}

}  // namespace

std::span<const ArgumentType> argument_types() { return all_types(); }

std::string argument_table() {
  std::string columns;
  for (const ArgumentType& type : argument_types())
    columns += (columns.empty() ? "" : ", ") + std::string(type.column) + " " + std::string(type.id == TypeId::kDecimal ? "numeric(12,2)" : type.name);
  return "CREATE TABLE arguments(" + columns + ")";
}

std::string literal(const ArgumentType& type, std::string_view value) { return "'" + std::string(value) + "'::" + std::string(type.name); }

std::vector<std::string> argument_places() {
  std::vector<std::string> places = {"'1'", "NULL"};
  for (const ArgumentType& type : argument_types()) places.emplace_back(type.column);
  return places;
}

std::vector<std::vector<std::string>> combinations(const std::vector<std::vector<std::string>>& choices, size_t most, uint64_t seed) {
  size_t count = 1;
  for (const auto& choice : choices) {
    count *= choice.size();
    if (count == 0) return {};
    if (count > 1'000'000) break;
  }
  std::mt19937_64 random(seed);
  std::vector<std::vector<std::string>> result;
  for (size_t i = 0; i < std::min(count, most); i++) {
    std::vector<std::string>& one = result.emplace_back();
    size_t rest = i;
    for (const auto& choice : choices) {
      one.push_back(choice[count <= most ? rest % choice.size() : random() % choice.size()]);
      rest /= choice.size();
    }
  }
  return result;
}

}  // namespace cairn::grid
