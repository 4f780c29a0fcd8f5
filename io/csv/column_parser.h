#pragma once

#include <string>

#include "io/csv/field_index.h"
#include "vector/column_buffer.h"
#include "vector/error.h"

namespace cairn {

/// Parses the fields of one column into values of its type.
class ColumnParser {
 public:
  /// field: its place among the format's force_null and force_not_null.
  ColumnParser(Type type, bool not_null, const CsvFormat& format, size_t field);

  const Type& type() const { return type_; }

  /// Appends the values of `rows` fields to `out`. Strings that need no change point into `text`. Returns the first row
  /// that is no value of the type, or is NULL where it must not be, or `rows`; `out` is of no use then.
  /// check_encoding: the text may be something else than UTF-8.
  size_t parse(const char* text, const Field* fields, size_t rows, bool check_encoding, ColumnBuffer& out);

  /// What is wrong with a field that parse() refused. kInvalidEncoding, kNotNullViolation (both without the column's
  /// name), or what parse_value says.
  Error error_of(const char* text, Field field);

 private:
  Type type_;
  bool not_null_;
  CsvFormat format_;
  bool force_null_;
  bool force_not_null_;
  bool check_encoding_ = false;
  std::string resolved_;

  bool resolve(std::string_view& text, bool marked);
  template <typename T, typename Parse>
  size_t parse_values(const char* text, const Field* fields, size_t rows, ColumnBuffer& out, const Parse& parse_one);
  size_t parse_strings(const char* text, const Field* fields, size_t rows, ColumnBuffer& out);
  bool fit_string(std::string_view text, bool is_copy, ColumnBuffer& out, StringRef& string);
};

}  // namespace cairn
