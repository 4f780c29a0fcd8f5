#pragma once

#include <string>
#include <vector>

namespace cairn::test {

/// One record of a sqllogictest file: a statement, or a query with the rows that it must give.
///
///   [connection NAME]
///   statement ok|error            query TYPES [nosort|rowsort|valuesort [label]]
///   SQL                           SQL
///                                 ----
///                                 one value per line, row by row, or "N values hashing to MD5"
///   (blank line)
struct Record {
  enum class Kind { kStatementOk, kStatementError, kQuery };
  enum class Sort { kNone, kRows, kValues };

  Kind kind = Kind::kStatementOk;
  Sort sort = Sort::kNone;
  std::string sqlstate;               ///< kStatementError: that of the error; empty: any
  std::string types;                  ///< kQuery: a letter of "IRT" per column
  std::string connection = "default";
  std::string sql;
  std::vector<std::string> expected;  ///< kQuery
  size_t line = 0;                    ///< 1-based, of the record's header
};

/// Throws std::runtime_error with file and line where the format is not kept.
std::vector<Record> read_test_file(const std::string& path);

}  // namespace cairn::test
