#pragma once

#include <string>
#include <string_view>

namespace cairn::grid {

/// Differences that are meant, each documented in docs/SQL.md or docs/FUNCTIONS.md. Adding one is one row in exceptions.cpp.
struct Exception {
  std::string_view pattern;  ///< a regular expression (RE2) over "group: statement: PostgreSQL's | Cairn's"
  std::string_view reason;
};

/// The first exception that the difference falls under, or nullptr.
const Exception* excuse(const std::string& line);

}  // namespace cairn::grid
