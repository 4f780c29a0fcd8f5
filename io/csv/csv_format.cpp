#include "io/csv/csv_format.h"

#include <string_view>

#include "vector/error.h"

namespace cairn {

void CsvFormat::check() const {
  const auto require = [](bool holds, std::string_view state, std::string message) {
    if (!holds) throw Error(state, std::move(message));
  };
  const auto occurs = [](std::string_view text, char c) { return text.find(c) != std::string_view::npos; };
  const auto is_one_byte = [](char c) { return c != '\0' && static_cast<unsigned char>(c) < 0x80; };
  const auto value = sqlstate::kInvalidParameterValue;
  const auto feature = sqlstate::kFeatureNotSupported;
  require(is_one_byte(delimiter), feature, "COPY delimiter must be a single one-byte character");
  require(!occurs("\r\n", delimiter), value, "COPY delimiter cannot be newline or carriage return");
  require(null_text.find_first_of("\r\n") == std::string::npos, value,
          "COPY null representation cannot use newline or carriage return");
  if (kind == Kind::kText) {
    // These would be read as parts of an escape sequence.
    require(!occurs("\\.abcdefghijklmnopqrstuvwxyz0123456789", delimiter), value,
            std::string("COPY delimiter cannot be \"") + delimiter + '"');
  } else {
    require(is_one_byte(quote) && !occurs("\r\n", quote), feature, "COPY quote must be a single one-byte character");
    require(delimiter != quote, value, "COPY delimiter and quote must be different");
    require(is_one_byte(escape), feature, "COPY escape must be a single one-byte character");
  }
  require(!occurs(null_text, delimiter), feature, "COPY delimiter must not appear in the NULL specification");
  require(kind == Kind::kText || !occurs(null_text, quote), feature,
          "CSV quote character must not appear in the NULL specification");
}

}  // namespace cairn
