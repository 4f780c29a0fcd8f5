#include "tests/fuzz/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace cairn::fuzz {
namespace {

/// PostgreSQL's stddev of exact numbers has no decimals from nine digits on: 379625046 for 379625045.526.
constexpr double kTolerance = 5e-9;

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("+-.0123456789") == std::string::npos &&
         text.find_last_of('-') + 1 <= 1 && text.find('.') == text.rfind('.');
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

bool is_approximate(const std::string& type) { return type == "DOUBLE" || type == "REAL"; }

/// Rows in a form in which equal cells are equal text, approximate ones excepted.
std::vector<TextRow> canonical(const std::vector<TextRow>& rows, const std::vector<std::string>& types) {
  std::vector<TextRow> result = rows;
  for (TextRow& row : result)
    for (size_t c = 0; c < row.size(); c++) {
      const bool textual = types[c].starts_with("VARCHAR") || types[c].starts_with("CHAR");
      if (!row[c]) continue;
      if (!textual && is_number(*row[c])) row[c] = without_trailing_zeros(*row[c]);
      if (types[c] == "BOOLEAN") row[c] = row[c]->substr(0, 1);  // t, true
    }
  return result;
}

/// Exact cells decide first, so that approximate ones meet their partners.
void sort_rows(std::vector<TextRow>& rows, const std::vector<std::string>& types) {
  std::ranges::sort(rows, [&](const TextRow& a, const TextRow& b) {
    for (size_t c = 0; c < a.size(); c++)
      if (!is_approximate(types[c]) && a[c] != b[c]) return a[c] < b[c];
    for (size_t c = 0; c < a.size(); c++) {
      if (!is_approximate(types[c]) || a[c] == b[c]) continue;
      if (!a[c] || !b[c]) return b[c].has_value();
      const double x = std::strtod(a[c]->c_str(), nullptr), y = std::strtod(b[c]->c_str(), nullptr);
      if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
      if (x != y) return x < y;
    }
    return false;
  });
}

bool same_cell(const std::optional<std::string>& a, const std::optional<std::string>& b, const std::string& type) {
  if (a == b) return true;
  if (!a || !b || !is_approximate(type)) return false;
  const double x = std::strtod(a->c_str(), nullptr), y = std::strtod(b->c_str(), nullptr);
  return x == y || std::abs(x - y) <= kTolerance * std::max({std::abs(x), std::abs(y), 1e-3});
}

std::string row_text(const TextRow& row) {
  std::string text;
  for (const auto& cell : row) text += (text.empty() ? "" : " | ") + cell.value_or("NULL");
  return text;
}

}  // namespace

std::string difference(const Answer& expected, const Answer& got, const std::vector<std::string>& types, bool ordered) {
  if (expected.rows.size() != got.rows.size())
    return fmt::format("{} rows expected, {} rows got", expected.rows.size(), got.rows.size());
  if (expected.rows.empty()) return "";
  if (expected.rows[0].size() != got.rows[0].size() || types.size() != got.rows[0].size())
    return fmt::format("{} columns expected, {} columns got", expected.rows[0].size(), got.rows[0].size());
  std::vector<TextRow> wanted = canonical(expected.rows, types), found = canonical(got.rows, types);
  if (!ordered) {
    sort_rows(wanted, types);
    sort_rows(found, types);
  }
  for (size_t r = 0; r < wanted.size(); r++)
    for (size_t c = 0; c < wanted[r].size(); c++)
      if (!same_cell(wanted[r][c], found[r][c], types[c]))
        return fmt::format("row {}, column {}: expected [{}], got [{}]", r + 1, c + 1, row_text(wanted[r]),
                           row_text(found[r]));
  return "";
}

}  // namespace cairn::fuzz
