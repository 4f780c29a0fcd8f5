#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/sqllogictest/test_file.h"

namespace cairn::test {

/// A value that is not NULL as sqllogictest files write it. `letter`: I, R or T; `type`: the column's SQL type;
/// `text`: the value as PostgreSQL prints it. `ascii_only`: other bytes become '@' (sqlite's files).
std::string render_value(char letter, std::string_view type, std::string_view text, bool ascii_only);

/// Rendered values, row by row, in the record's order, or their hash where `expected` is one.
std::vector<std::string> arrange(std::vector<std::string> values, size_t column_count, const Record& record);

}  // namespace cairn::test
