#include "tests/sqllogictest/rendering.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "tests/support/md5.h"

namespace cairn::test {
namespace {

bool is_one_of(std::string_view type, std::initializer_list<std::string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return type.starts_with(prefix); });
}

double to_double(std::string_view text) { return std::strtod(std::string(text).c_str(), nullptr); }

std::string render_integer(std::string_view type, std::string_view text) {
  if (type == "BOOLEAN") return text.starts_with('t') ? "1" : "0";
  if (is_one_of(type, {"DECIMAL", "NUMERIC"})) {
    std::string whole(text.substr(0, text.find('.')));
    return whole == "-0" ? "0" : whole;
  }
  if (is_one_of(type, {"REAL", "DOUBLE"})) {
    const double value = std::trunc(to_double(text));
    return fmt::format("{:.0f}", value == 0 ? 0.0 : value);
  }
  return std::string(text);
}

std::string render_real(std::string_view text) {
  const double value = to_double(text);
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return fmt::format("{:.3f}", value);
}

bool is_hash(const std::vector<std::string>& expected) {
  return expected.size() == 1 && expected[0].find(" values hashing to ") != std::string::npos;
}

}  // namespace

std::string render_value(char letter, std::string_view type, std::string_view text, bool ascii_only) {
  if (letter == 'R') return render_real(text);
  if (text.empty()) return "(empty)";
  if (letter == 'I') return render_integer(type, text);
  if (type == "BOOLEAN") return text.starts_with('t') ? "true" : "false";
  std::string rendered(text);
  if (ascii_only) std::ranges::replace_if(rendered, [](char c) { return c < 0x20 || c > 0x7e; }, '@');
  return rendered;
}

std::vector<std::string> arrange(std::vector<std::string> values, size_t column_count, const Record& record) {
  if (record.sort == Record::Sort::kValues) std::ranges::sort(values);
  if (record.sort == Record::Sort::kRows && column_count > 0) {
    std::vector<std::vector<std::string>> rows;
    for (size_t i = 0; i < values.size(); i += column_count)
      rows.emplace_back(values.begin() + static_cast<ptrdiff_t>(i), values.begin() + static_cast<ptrdiff_t>(i + column_count));
    std::ranges::sort(rows);
    values.clear();
    for (auto& row : rows) std::ranges::move(row, std::back_inserter(values));
  }
  if (!is_hash(record.expected)) return values;
  std::string joined;
  for (const std::string& value : values) joined += value + '\n';
  return {fmt::format("{} values hashing to {}", values.size(), md5(joined))};
}

}  // namespace cairn::test
