#include "io/csv/csv_format.h"

#include <string_view>

#include "vector/error.h"

namespace cairn {

void CsvFormat::check() const {
  const auto refuse = [](const char* message) { throw Error(sqlstate::kInvalidParameterValue, message); };
  const auto is_line_end = [](char c) { return c == '\n' || c == '\r'; };
  const auto is_one_byte = [](char c) { return c != '\0' && static_cast<unsigned char>(c) < 0x80; };
  if (!is_one_byte(delimiter)) refuse("COPY delimiter must be a single one-byte character");
  if (is_line_end(delimiter)) refuse("COPY delimiter cannot be newline or carriage return");
  if (null_text.find_first_of("\r\n") != std::string::npos) {
    refuse("COPY null representation cannot use newline or carriage return");
  }
  if (null_text.find(delimiter) != std::string::npos) {
    refuse("COPY delimiter character must not appear in the NULL specification");
  }
  if (kind == Kind::kText) {
    // These would be read as parts of an escape sequence.
    if (std::string_view("\\.abcdefghijklmnopqrstuvwxyz0123456789").find(delimiter) != std::string_view::npos) {
      throw Error(sqlstate::kInvalidParameterValue, std::string("COPY delimiter cannot be \"") + delimiter + '"');
    }
    return;
  }
  if (!is_one_byte(quote) || is_line_end(quote)) refuse("COPY quote must be a single one-byte character");
  if (!is_one_byte(escape) || is_line_end(escape)) refuse("COPY escape must be a single one-byte character");
  if (delimiter == quote) refuse("COPY delimiter and quote must be different");
  if (delimiter == escape) refuse("COPY delimiter and escape must be different");
  if (null_text.find(quote) != std::string::npos) {
    refuse("COPY quote character must not appear in the NULL specification");
  }
}

}  // namespace cairn
