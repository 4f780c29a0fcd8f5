#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::fuzz {

/// Of longer answers no more is read: as text they would fill the memory.
constexpr size_t kMostRows = 100'000;

using TextRow = std::vector<std::optional<std::string>>;

/// What a statement came to: rows as text, or an error.
struct Answer {
  std::vector<std::string> types;  ///< Cairn's names of the columns' types; PostgreSQL's answers leave it empty
  std::vector<TextRow> rows;
  int64_t changed_rows = -1;  ///< of Cairn's INSERT, UPDATE, DELETE
  std::string sqlstate;  ///< empty: no error
  std::string message;

  bool failed() const { return !sqlstate.empty(); }
  bool too_long() const { return rows.size() > kMostRows; }
};

/// Where answers differ, "" where they agree. Rows are compared in order where `ordered`, else as a multiset. Numbers
/// are equal whatever zeros end them (CASE and set operations give Cairn's columns one scale); where `types` has DOUBLE
/// or REAL, numbers agree to 5e-9 of their size (decision 0001: quotients and averages are DOUBLE).
std::string difference(const Answer& expected, const Answer& got, const std::vector<std::string>& types, bool ordered);

}  // namespace cairn::fuzz
