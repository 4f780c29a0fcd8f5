#include "tests/support/answers.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace cairn::test {

namespace {

bool as_number(const std::string& text, double& value) {
  if (text.empty()) return false;
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return *end == '\0';
}

bool fields_agree(const std::string& actual, const std::string& expected) {
  if (actual == expected) return true;
  double a = 0, e = 0;
  if (!as_number(actual, a) || !as_number(expected, e)) return false;
  return std::abs(a - e) <= 1e-12 * std::max(std::abs(a), std::abs(e));
}

}  // namespace

Table read_answer(const std::string& path) {
  std::ifstream file(path);
  Table rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    auto& row = rows.emplace_back();
    size_t begin = 0;
    for (size_t bar; (bar = line.find('|', begin)) != std::string::npos; begin = bar + 1) {
      row.push_back(line.substr(begin, bar - begin));
    }
    row.push_back(line.substr(begin));
  }
  return rows;
}

Table parse_csv(const std::string& text) {
  Table rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else if (c == '"') {
        quoted = false;
      } else {
        field += c;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row.push_back(std::move(field));
      field.clear();
    } else if (c == '\n') {
      row.push_back(std::move(field));
      field.clear();
      rows.push_back(std::move(row));
      row.clear();
    } else {
      field += c;
    }
  }
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

std::string compare(const Table& actual, const Table& expected) {
  std::ostringstream out;
  for (size_t row = 0; row < std::min(actual.size(), expected.size()); ++row) {
    if (actual[row].size() != expected[row].size()) {
      out << "row " << row + 1 << " has " << actual[row].size() << " fields, expected " << expected[row].size();
      return out.str();
    }
    for (size_t field = 0; field < actual[row].size(); ++field) {
      if (fields_agree(actual[row][field], expected[row][field])) continue;
      out << "row " << row + 1 << ", field " << field + 1 << ": \"" << actual[row][field] << "\", expected \""
          << expected[row][field] << "\"";
      return out.str();
    }
  }
  if (actual.size() != expected.size()) out << actual.size() << " rows, expected " << expected.size();
  return out.str();
}

}  // namespace cairn::test
