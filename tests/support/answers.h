#pragma once

#include <string>
#include <vector>

namespace cairn::test {

/// Rows of text fields.
using Table = std::vector<std::vector<std::string>>;

/// Lines of '|'-separated fields, the header line dropped (tests/answers).
Table read_answer(const std::string& path);

/// Lines of CSV as the shell writes it, the header line dropped.
Table parse_csv(const std::string& text);

/// "" where the tables agree: row by row, field by field; numbers may differ in trailing zeros, and, where the answer is
/// no exact decimal (an average, a quotient), in the last of about 13 digits. Else says where they differ.
std::string compare(const Table& actual, const Table& expected);

}  // namespace cairn::test
