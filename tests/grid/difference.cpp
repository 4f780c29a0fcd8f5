#include "tests/grid/difference.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string_view>
#include <vector>

#include "vector/utf8.h"

namespace cairn::grid {
namespace {

/// The type's name without modifiers, in PostgreSQL's words.
std::string common_name(std::string type) {
  if (const size_t modifier = type.find('('); modifier != std::string::npos && !type.starts_with("time")) type.erase(modifier);
  static const std::map<std::string, std::string, std::less<>> kNames = {
      {"BOOLEAN", "boolean"}, {"SMALLINT", "smallint"}, {"INTEGER", "integer"}, {"BIGINT", "bigint"},
      {"HUGEINT", "numeric"}, {"DECIMAL", "numeric"}, {"REAL", "real"}, {"DOUBLE", "double precision"},
      {"DATE", "date"}, {"TIME", "time without time zone"}, {"TIMESTAMP", "timestamp without time zone"},
      {"INTERVAL", "interval"}, {"VARCHAR", "text"}, {"CHAR", "character"}, {"BPCHAR", "character"},
      {"character varying", "text"}, {"bpchar", "character"}, {"name", "text"}};
  const auto found = kNames.find(type);
  return found == kNames.end() ? type : found->second;
}

std::string names_of_types(const std::vector<std::string>& types) {
  std::string names;
  for (const std::string& type : types) names += (names.empty() ? "" : ", ") + common_name(type);
  return names;
}

bool is_number(std::string_view type) {
  return type == "numeric" || type == "double precision" || type == "real" || type == "smallint" || type == "integer" ||
         type == "bigint";
}
bool is_approximate(std::string_view type) { return type == "double precision" || type == "real"; }

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

bool same_number(const std::string& a, const std::string& b, double tolerance) {
  const double x = std::strtod(a.c_str(), nullptr), y = std::strtod(b.c_str(), nullptr);
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
  return x == y || std::abs(x - y) <= tolerance * std::max(std::abs(x), std::abs(y));
}

/// A number of PostgreSQL's that has been rounded to the digits that it shows, nine at least.
bool same_rounded(const std::string& shown, const std::string& exact) {
  const size_t point = shown.find('.');
  const int fraction = point == std::string::npos ? 0 : static_cast<int>(shown.size() - point - 1);
  const double x = std::strtod(shown.c_str(), nullptr), y = std::strtod(exact.c_str(), nullptr);
  return std::abs(x - y) <= 0.5000001 * std::pow(10, -fraction) && std::abs(x - y) <= 1e-9 * std::abs(x);
}

bool same_value(const std::string& expected, const std::string& got, const std::string& postgres_type, const std::string& cairn_type,
                double tolerance) {
  if (expected == got) return true;
  if (cairn_type == "boolean") return expected == got.substr(0, 1);
  if (postgres_type == "timestamp with time zone") {
    const size_t zone = expected.find("+00");
    return zone != std::string::npos && std::string(expected).erase(zone, 3) == got;
  }
  if (!is_number(postgres_type) || !is_number(cairn_type)) return false;
  if (is_approximate(postgres_type) && is_approximate(cairn_type)) return same_number(expected, got, cairn_type == "real" ? 1e-6 : tolerance);
  if (is_approximate(postgres_type) || is_approximate(cairn_type)) return same_number(expected, got, 1e-12) || same_rounded(expected, got);
  return without_trailing_zeros(expected) == without_trailing_zeros(got);
}

std::string row_text(const test::TextRow& row) {
  std::string text;
  for (const auto& cell : row) text += (text.empty() ? "" : ", ") + (cell ? "[" + *cell + "]" : "NULL");
  return text;
}

std::string summary(const test::Answer& answer) { return answer.failed() ? "error " + answer.sqlstate : ""; }

constexpr std::string_view kTimeout = "57014";

/// Of errors; nullopt where neither, or both alike, failed; or PostgreSQL took too long.
std::optional<Difference> difference_of_errors(const test::Answer& expected, const test::Answer& got, const std::string& expected_text,
                                               const std::string& got_text) {
  if (find_invalid_utf8(got.message) < got.message.size()) return Difference{"a message that is no UTF-8", expected.message, got.sqlstate};
  if (expected.sqlstate == got.sqlstate || expected.sqlstate == kTimeout) return std::nullopt;
  const std::string left = expected.failed() ? summary(expected) : "an answer", right = got.failed() ? summary(got) : "an answer";
  return Difference{left + " -> " + right, expected.failed() ? left : expected_text,
                    got.failed() ? right + " " + got.message : got_text};
}

}  // namespace

std::optional<Difference> difference_of_types(const test::Answer& expected, const test::Answer& got) {
  const std::string wanted = names_of_types(expected.types), found = names_of_types(got.types);
  if (expected.failed() || got.failed()) return difference_of_errors(expected, got, wanted, found);
  if (wanted == found) return std::nullopt;
  return Difference{wanted + " -> " + found, wanted, found};
}

std::optional<Difference> difference_of_values(const test::Answer& expected, const test::Answer& got, double tolerance) {
  const auto first_row = [](const test::Answer& answer) { return answer.rows.empty() ? "no rows" : row_text(answer.rows[0]); };
  if (expected.failed() || got.failed()) return difference_of_errors(expected, got, first_row(expected), first_row(got));
  if (expected.rows.size() != got.rows.size() || expected.types.size() != got.types.size())
    return Difference{"rows or columns", first_row(expected), first_row(got)};
  for (size_t r = 0; r < expected.rows.size(); r++)
    for (size_t c = 0; c < expected.types.size(); c++) {
      const auto &a = expected.rows[r][c], &b = got.rows[r][c];
      if (a.has_value() == b.has_value() && (!a || same_value(*a, *b, common_name(expected.types[c]), common_name(got.types[c]), tolerance)))
        continue;
      return Difference{"value", row_text(expected.rows[r]), row_text(got.rows[r])};
    }
  return std::nullopt;
}

}  // namespace cairn::grid
