#pragma once

#include <string>
#include <vector>

namespace cairn {

/// What ends the lines of a file: its first line end decides.
enum class LineEnd {
  kNewline,
  kCarriageReturn,
  kBoth,  ///< "\r\n"
};

/// How rows stand in a file: PostgreSQL's COPY formats.
struct CsvFormat {
  enum class Kind {
    kText,  ///< a backslash escapes (\n, \t, \x41, \|, …); NULL is \N
    kCsv,   ///< fields may stand in quotes; NULL is what matches null_text without quotes
  };
  enum class Header {
    kNone,
    kSkip,   ///< in: the first record is passed over; out: column names come first
    kMatch,  ///< in: the first record must have the columns' names
  };

  Kind kind = Kind::kText;
  char delimiter = '\t';
  std::string null_text = "\\N";
  char quote = '"';   ///< kCsv
  char escape = '"';  ///< kCsv: before a quote or itself, inside quotes
  Header header = Header::kNone;
  std::vector<bool> force_quote;     ///< kCsv, out: per column; empty: none
  std::vector<bool> force_null;      ///< kCsv, in: per field; what is quoted may be null_text, too; empty: none
  std::vector<bool> force_not_null;  ///< kCsv, in: per field; null_text is the text that it is; empty: none

  static CsvFormat text() { return {}; }
  static CsvFormat csv() { return {Kind::kCsv, ',', ""}; }

  /// The byte that protects others: the backslash or `escape`.
  char escape_byte() const { return kind == Kind::kText ? '\\' : escape; }

  /// Errors: kFeatureNotSupported and kInvalidParameterValue, as PostgreSQL tells them apart, for what cannot be a
  /// delimiter, quote, escape or NULL, alone or beside the others.
  void check() const;
};

}  // namespace cairn
