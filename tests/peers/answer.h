#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::test {

/// Of longer answers no more is read: as text they would fill the memory.
constexpr size_t kMostRows = 100'000;

using TextRow = std::vector<std::optional<std::string>>;

/// What a statement came to: rows as text, or an error.
struct Answer {
  std::vector<std::string> types;  ///< the columns' types, as the system calls them; see PostgresConnection
  std::vector<TextRow> rows;
  int64_t changed_rows = -1;  ///< of Cairn's INSERT, UPDATE, DELETE
  std::string sqlstate;  ///< empty: no error
  std::string message;

  bool failed() const { return !sqlstate.empty(); }
  bool too_long() const { return rows.size() > kMostRows; }
};

}  // namespace cairn::test
