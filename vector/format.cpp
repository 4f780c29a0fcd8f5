#include "vector/format.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "vector/date.h"
#include "vector/read_row.h"
#include "vector/value.h"
#include "vector/vector.h"

namespace cairn {

namespace {

void append_padded(int64_t value, int width, std::string& out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  for (auto n = end - digits; n < width; ++n) out += '0';
  out.append(digits, end);
}

/// ".5" for 500000; nothing for 0.
void append_fraction(int64_t micros, std::string& out) {
  if (micros == 0) return;
  char digits[7];
  digits[0] = '.';
  int last = 0;
  for (int i = 6; i >= 1; --i, micros /= 10) {
    digits[i] = static_cast<char>('0' + micros % 10);
    if (last == 0 && digits[i] != '0') last = i;
  }
  out.append(digits, static_cast<size_t>(last) + 1);
}

void append_clock(int64_t micros, std::string& out) {
  append_padded(micros / kMicrosPerHour, 2, out);
  out += ':';
  append_padded(micros / kMicrosPerMinute % 60, 2, out);
  out += ':';
  append_padded(micros / kMicrosPerSecond % 60, 2, out);
  append_fraction(micros % kMicrosPerSecond, out);
}

/// Year, month, day without the era; returns whether it is BC.
bool append_civil(int32_t days, std::string& out) {
  const CivilDate date = civil_from_days(days);
  const bool before_christ = date.year <= 0;
  append_padded(before_christ ? 1 - static_cast<int64_t>(date.year) : date.year, 4, out);
  out += '-';
  append_padded(date.month, 2, out);
  out += '-';
  append_padded(date.day, 2, out);
  return before_christ;
}

/// `fixed_digits`: values below 10^fixed_digits are written without an exponent.
template <typename Float>
void append_floating(Float value, int fixed_digits, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  char text[64];
  const char* end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  const char* exponent_at = static_cast<const char*>(std::memchr(text, 'e', static_cast<size_t>(end - text)));
  int exponent = 0;
  std::from_chars(exponent_at + (exponent_at[1] == '+' ? 2 : 1), end, exponent);
  if (exponent < -4 || exponent >= fixed_digits) {
    out.append(static_cast<const char*>(text), end);  // to_chars writes two exponent digits at least, as C does
    return;
  }
  end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr;
  out.append(static_cast<const char*>(text), end);
}

}  // namespace

void format_integer(int128_t value, std::string& out) {
  if (value >= INT64_MIN && value <= INT64_MAX) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, static_cast<int64_t>(value)).ptr);
  } else {
    out += to_string(value);
  }
}

void format_decimal(int128_t value, int scale, std::string& out) {
  if (scale == 0) return format_integer(value, out);
  if (value < 0) out += '-';
  const size_t begin = out.size();
  if (value >= INT64_MIN && value <= INT64_MAX) {
    char digits[24];
    const uint64_t magnitude = value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    out.append(digits, std::to_chars(digits, digits + sizeof digits, magnitude).ptr);
  } else {
    const std::string digits = to_string(value);
    out.append(digits, value < 0 ? 1 : 0);
  }
  const size_t length = out.size() - begin;
  const size_t behind = static_cast<size_t>(scale);
  if (length <= behind) out.insert(begin, behind + 1 - length, '0');
  out.insert(out.size() - behind, 1, '.');
}

void format_double(double value, std::string& out) { append_floating(value, 15, out); }
void format_real(float value, std::string& out) { append_floating(value, 6, out); }

void format_date(int32_t days, std::string& out) {
  if (!is_finite_date(days)) {
    out += days > 0 ? "infinity" : "-infinity";
    return;
  }
  if (append_civil(days, out)) out += " BC";
}

void format_time(int64_t micros, std::string& out) { append_clock(micros, out); }

void format_timestamp(int64_t micros, std::string& out) {
  if (!is_finite_timestamp(micros)) {
    out += micros > 0 ? "infinity" : "-infinity";
    return;
  }
  const int64_t days = floor_divide(micros, kMicrosPerDay);
  const bool before_christ = append_civil(static_cast<int32_t>(days), out);
  out += ' ';
  append_clock(micros - days * kMicrosPerDay, out);
  if (before_christ) out += " BC";
}

void format_interval(const Interval& interval, std::string& out) {
  bool first = true;
  bool negative_before = false;
  const auto append_part = [&](int32_t value, std::string_view unit) {
    if (value == 0) return;
    if (!first) out += ' ';
    if (negative_before && value > 0) out += '+';
    format_integer(value, out);
    out += ' ';
    out += unit;
    if (value != 1) out += 's';
    negative_before = value < 0;
    first = false;
  };
  append_part(interval.months / 12, "year");
  append_part(interval.months % 12, "mon");
  append_part(interval.days, "day");
  if (!first && interval.micros == 0) return;
  if (!first) out += ' ';
  if (interval.micros < 0) {
    out += '-';
  } else if (negative_before) {
    out += '+';
  }
  const uint64_t magnitude =
      interval.micros < 0 ? -static_cast<uint64_t>(interval.micros) : static_cast<uint64_t>(interval.micros);
  append_padded(static_cast<int64_t>(magnitude / kMicrosPerHour), 2, out);
  const std::string clock = [&] {
    std::string text;
    append_clock(static_cast<int64_t>(magnitude % kMicrosPerHour), text);
    return text;
  }();
  out.append(clock, 2);  // minutes and seconds; the hours stand already
}

void format_integral(int128_t value, const Type& type, std::string& out) {
  switch (type.id) {
    case TypeId::kBoolean: out += value != 0 ? "true" : "false"; return;
    case TypeId::kDecimal: return format_decimal(value, type.scale, out);
    case TypeId::kDate: return format_date(static_cast<int32_t>(value), out);
    case TypeId::kTime: return format_time(static_cast<int64_t>(value), out);
    case TypeId::kTimestamp: return format_timestamp(static_cast<int64_t>(value), out);
    default: return format_integer(value, out);
  }
}

namespace {

void append_string(std::string_view text, const Type& type, std::string& out) {
  out += text;
  if (type.id != TypeId::kChar) return;
  size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  if (characters < type.length) out.append(type.length - characters, ' ');
}

}  // namespace

void format_row(const Vector& vector, size_t row, std::string_view null_text, std::string& out) {
  if (vector.type.id == TypeId::kNull || !vector.valid(row)) {
    out += null_text;
    return;
  }
  switch (vector.type.physical()) {
    case Physical::kFloat: return format_real(read_row<float>(vector, row), out);
    case Physical::kDouble: return format_double(read_row<double>(vector, row), out);
    case Physical::kInterval: return format_interval(read_row<Interval>(vector, row), out);
    case Physical::kString: return append_string(read_row<StringRef>(vector, row).view(), vector.type, out);
    default: return format_integral(read_integral(vector, row), vector.type, out);
  }
}

std::string Value::to_string() const {
  std::string out;
  if (null || type.id == TypeId::kNull) {
    out = "NULL";
  } else if (type.id == TypeId::kReal) {
    format_real(static_cast<float>(floating), out);
  } else if (type.id == TypeId::kDouble) {
    format_double(floating, out);
  } else if (type.id == TypeId::kInterval) {
    format_interval(interval, out);
  } else if (type.is_string()) {
    append_string(string, type, out);
  } else {
    format_integral(integer, type, out);
  }
  return out;
}

}  // namespace cairn
