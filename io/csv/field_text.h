#pragma once

#include <string>
#include <string_view>

#include "io/csv/csv_format.h"

namespace cairn {

/// What a marked field says once its quotes and escapes are resolved.
/// kText: \b \f \n \r \t \v, \101 (up to three octal digits), \x41 (up to two hexadecimal ones); a backslash before any
/// other byte is that byte. kCsv: quotes may open and close anywhere in the field, as PostgreSQL reads it.
void resolve_field(std::string_view raw, const CsvFormat& format, std::string& out);

/// Appends a value's text as a field that reads back as the same text and not as NULL.
/// kCsv: in quotes where it has to be, or `quoted` says so.
void append_field(std::string_view text, const CsvFormat& format, bool quoted, std::string& out);

}  // namespace cairn
