#include "io/csv/column_parser.h"

#include <algorithm>
#include <cstring>

#include "io/csv/field_text.h"
#include "vector/utf8.h"
#include "vector/date.h"
#include "vector/parse.h"

namespace cairn {

namespace {

std::string_view text_of(const char* text, Field field) { return {text + field.begin, field.size}; }

/// Up to 18 digits behind an optional minus, which is what nearly all integers are.
template <typename T>
bool parse_integer_field(std::string_view text, T& value) {
  const bool negative = !text.empty() && text.front() == '-';
  const size_t digits = text.size() - (negative ? 1 : 0);
  if (digits == 0 || digits > 18) return parse_integer(text, value);
  int64_t magnitude = 0;
  for (size_t i = negative ? 1 : 0; i < text.size(); ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) return parse_integer(text, value);
    magnitude = magnitude * 10 + static_cast<int64_t>(digit);
  }
  const int64_t number = negative ? -magnitude : magnitude;
  value = static_cast<T>(number);
  return static_cast<int64_t>(value) == number;
}

/// "1998-09-02".
bool parse_date_field(std::string_view text, int32_t& days) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return parse_date(text, days);
  bool digits = true;
  const auto number = [&](size_t begin, size_t end) {
    int value = 0;
    for (size_t i = begin; i < end; ++i) {
      const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
      digits = digits && digit <= 9;
      value = value * 10 + static_cast<int>(digit);
    }
    return value;
  };
  const int year = number(0, 4);
  const int month = number(5, 7);
  const int day = number(8, 10);
  if (!digits || year == 0 || !is_valid_date(year, month, day)) return parse_date(text, days);
  days = static_cast<int32_t>(days_from_civil(year, month, day));
  return true;
}

}  // namespace

ColumnParser::ColumnParser(Type type, bool not_null, const CsvFormat& format, size_t field)
    : type_(type),
      not_null_(not_null),
      format_(format),
      force_null_(field < format.force_null.size() && format.force_null[field]),
      force_not_null_(field < format.force_not_null.size() && format.force_not_null[field]) {}

/// The field's text without quotes and escapes; false: it is NULL.
bool ColumnParser::resolve(std::string_view& text, bool marked) {
  const bool quoted = marked && format_.kind == CsvFormat::Kind::kCsv && text.find(format_.quote) != text.npos;
  if (!quoted && text == format_.null_text) return force_not_null_;
  if (!marked) return true;
  resolve_field(text, format_, resolved_);
  text = resolved_;
  return !force_null_ || text != format_.null_text;
}

template <typename T, typename Parse>
size_t ColumnParser::parse_values(const char* text, const Field* fields, size_t rows, ColumnBuffer& out,
                                  const Parse& parse_one) {
  const size_t begin = out.size();
  T* values = static_cast<T*>(out.append_uninitialized(rows));
  const size_t null_bytes = format_.null_text.size();
  for (size_t i = 0; i < rows; ++i) {
    const Field field = fields[i];
    std::string_view value = text_of(text, field);
    if (field.marked || value.size() == null_bytes) [[unlikely]] {
      if (!resolve(value, field.marked)) {
        if (not_null_) return i;
        values[i] = T{};
        out.set_null(begin + i);
        continue;
      }
    }
    if (!parse_one(value, values[i])) return i;
  }
  return rows;
}

/// A string as its type wants it; false where it is too long.
bool ColumnParser::fit_string(std::string_view text, bool is_copy, ColumnBuffer& out, StringRef& string) {
  if (type_.id == TypeId::kChar && type_.length != 0) {
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  }
  if (text.size() > type_.limit()) {
    // It has too many bytes, which may be few characters, or blanks that may go.
    try {
      string = out.heap().add(parse_value(text, type_).string);
    } catch (const Error&) {
      return false;
    }
    return true;
  }
  string = is_copy ? out.heap().add(text) : StringRef(text);
  return true;
}

size_t ColumnParser::parse_strings(const char* text, const Field* fields, size_t rows, ColumnBuffer& out) {
  const size_t begin = out.size();
  StringRef* values = static_cast<StringRef*>(out.append_uninitialized(rows));
  const size_t null_bytes = format_.null_text.size();
  const bool plain = type_.id == TypeId::kVarchar && type_.limit() == Type::kNoLimit;
  for (size_t i = 0; i < rows; ++i) {
    const Field field = fields[i];
    std::string_view value = text_of(text, field);
    if (field.marked || value.size() == null_bytes) [[unlikely]] {
      if (!resolve(value, field.marked)) {
        if (not_null_) return i;
        values[i] = StringRef();
        out.set_null(begin + i);
        continue;
      }
      // Escapes can make bytes that the file does not have.
      if (field.marked && find_invalid_utf8(value) != value.npos) return i;
    }
    if (check_encoding_ && find_invalid_utf8(value) != value.npos) return i;
    if (plain && !field.marked) {
      values[i] = StringRef(value);
    } else if (!fit_string(value, field.marked, out, values[i])) {
      return i;
    }
  }
  return rows;
}

size_t ColumnParser::parse(const char* text, const Field* fields, size_t rows, bool check_encoding, ColumnBuffer& out) {
  check_encoding_ = check_encoding;
  const auto values_of = [&]<typename T>(T, const auto& parse_one) {
    return parse_values<T>(text, fields, rows, out, parse_one);
  };
  const int precision = type_.precision;
  const int scale = type_.scale;
  switch (type_.id) {
    case TypeId::kSmallInt: return values_of(int16_t{}, parse_integer_field<int16_t>);
    case TypeId::kInteger: return values_of(int32_t{}, parse_integer_field<int32_t>);
    case TypeId::kBigInt: return values_of(int64_t{}, parse_integer_field<int64_t>);
    case TypeId::kHugeInt:
      return values_of(int128_t{}, [](std::string_view value, int128_t& out_value) {
        return parse_integer(value, out_value);
      });
    case TypeId::kDecimal:
      if (type_.physical() == Physical::kInt64) {
        return values_of(int64_t{}, [precision, scale](std::string_view value, int64_t& out_value) {
          return parse_decimal(value, precision, scale, out_value);
        });
      }
      return values_of(int128_t{}, [precision, scale](std::string_view value, int128_t& out_value) {
        return parse_decimal(value, precision, scale, out_value);
      });
    case TypeId::kReal: return values_of(float{}, parse_real);
    case TypeId::kDouble: return values_of(double{}, parse_double);
    case TypeId::kDate: return values_of(int32_t{}, parse_date_field);
    case TypeId::kTime: return values_of(int64_t{}, parse_time);
    case TypeId::kTimestamp: return values_of(int64_t{}, parse_timestamp);
    case TypeId::kInterval:
      return values_of(Interval{}, [](std::string_view value, Interval& out_value) {
        return parse_interval(value, out_value);
      });
    case TypeId::kVarchar:
    case TypeId::kChar: return parse_strings(text, fields, rows, out);
    case TypeId::kNull:
    case TypeId::kBoolean: break;
  }
  return values_of(uint8_t{}, [](std::string_view value, uint8_t& out_value) {
    bool truth = false;
    const bool parsed = parse_boolean(value, truth);
    out_value = truth;
    return parsed;
  });
}

Error ColumnParser::error_of(const char* text, Field field) {
  std::string_view value = text_of(text, field);
  if (!resolve(value, field.marked)) {
    return Error(sqlstate::kNotNullViolation, "null value violates the not-null constraint");
  }
  const size_t invalid = find_invalid_utf8(value);
  if (invalid != value.npos) {
    return Error(sqlstate::kInvalidEncoding,
                 "invalid byte sequence for encoding \"UTF8\": " + show_invalid_utf8(value, invalid));
  }
  try {
    parse_value(value, type_);
  } catch (const Error& error) {
    return error;
  }
  return parse_error(value, type_);
}

}  // namespace cairn
