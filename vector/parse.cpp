#include "vector/parse.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "fast_float/fast_float.h"
#include "vector/date.h"
#include "vector/decode_datetime.h"
#include "vector/excerpt.h"

namespace cairn {

namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}


/// The magnitude's digits; false where there are none, others in between, or more than T holds.
template <typename Unsigned>
bool parse_digits(std::string_view digits, Unsigned& magnitude) {
  if (digits.empty()) return false;
  constexpr size_t kSafeDigits = sizeof(Unsigned) == 16 ? 38 : 19;
  Unsigned value = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const unsigned digit = static_cast<unsigned char>(digits[i]) - unsigned{'0'};
    if (digit > 9) return false;
    if (i >= kSafeDigits && value > (~Unsigned{0} - digit) / 10) return false;
    value = value * 10 + digit;
  }
  magnitude = value;
  return true;
}

template <typename T, typename Unsigned>
bool parse_signed(std::string_view text, T& value) {
  text = trim(text);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  Unsigned magnitude;
  if (!parse_digits(text, magnitude)) return false;
  constexpr Unsigned kMax = static_cast<Unsigned>((Unsigned{1} << (sizeof(T) * 8 - 1)) - 1);
  if (magnitude > kMax + (negative ? 1 : 0)) return false;
  value = static_cast<T>(negative ? Unsigned{0} - magnitude : magnitude);
  return true;
}

/// A decimal's parts: digits without leading zeros, and the exponent of the last one.
struct DecimalText {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  int exponent = 0;
};

bool split_decimal(std::string_view text, DecimalText& parts) {
  text = trim(text);
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    parts.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const auto take_digits = [&text] {
    size_t n = 0;
    while (n < text.size() && is_digit(text[n])) ++n;
    const std::string_view digits = text.substr(0, n);
    text.remove_prefix(n);
    return digits;
  };
  parts.whole = take_digits();
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    parts.fraction = take_digits();
  }
  if (parts.whole.empty() && parts.fraction.empty()) return false;
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    const std::string_view digits = take_digits();
    if (digits.empty() || digits.size() > 6) return false;
    for (const char c : digits) parts.exponent = parts.exponent * 10 + (c - '0');
    if (negative) parts.exponent = -parts.exponent;
  }
  return text.empty();
}

bool parse_decimal_slow(std::string_view text, int precision, int scale, int128_t& value) {
  DecimalText parts;
  if (!split_decimal(text, parts)) return false;
  // Digit i (over whole and fraction together) stands for 10^(whole.size() - 1 - i + exponent + scale) units.
  const size_t digits = parts.whole.size() + parts.fraction.size();
  const int64_t kept = static_cast<int64_t>(parts.whole.size()) + parts.exponent + scale;
  const auto digit_at = [&](int64_t i) {
    if (i < 0 || i >= static_cast<int64_t>(digits)) return 0;
    const size_t at = static_cast<size_t>(i);
    return (at < parts.whole.size() ? parts.whole[at] : parts.fraction[at - parts.whole.size()]) - '0';
  };
  const uint128_t limit = static_cast<uint128_t>(power_of_ten(precision));
  uint128_t magnitude = 0;
  for (int64_t i = 0; i < kept; ++i) {
    if (magnitude == 0 && i >= static_cast<int64_t>(digits)) break;
    magnitude = magnitude * 10 + static_cast<uint128_t>(digit_at(i));
    if (magnitude >= limit) return false;
  }
  if (kept >= 0 && digit_at(kept) >= 5) ++magnitude;
  if (magnitude >= limit) return false;
  value = parts.negative ? -static_cast<int128_t>(magnitude) : static_cast<int128_t>(magnitude);
  return true;
}

/// "0x1F", as strtod reads it.
template <typename Float>
bool parse_hexadecimal(std::string_view text, Float& value) {
  const std::string copy(text);
  char* end = nullptr;
  value = static_cast<Float>(std::strtod(copy.c_str(), &end));
  return end == copy.c_str() + copy.size() && std::isfinite(value);
}

template <typename Float>
bool parse_floating(std::string_view text, Float& value) {
  text = trim(text);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  if (text.find_first_of("xX") != std::string_view::npos) return parse_hexadecimal(text, value);
  const auto result = fast_float::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ptr != text.data() + text.size() || text.empty()) return false;
  if (result.ec != std::errc() && result.ec != std::errc::result_out_of_range) return false;
  const size_t sign = text.front() == '-' ? 1 : 0;
  const bool word = text.size() > sign && !is_digit(text[sign]) && text[sign] != '.';
  if (std::isinf(value) && !word) return false;  // too large to be held
  if (value == 0) {  // too small, unless all its digits are zeros
    for (const char c : text) {
      if (c == 'e' || c == 'E') break;
      if (c >= '1' && c <= '9') return false;
    }
  }
  return true;
}

}  // namespace

bool parse_boolean(std::string_view text, bool& value) {
  text = trim(text);
  if (text.empty()) return false;
  char lower[6] = {};
  if (text.size() > 5) return false;
  for (size_t i = 0; i < text.size(); ++i) lower[i] = static_cast<char>(text[i] | 0x20);
  const std::string_view word(lower, text.size());
  if (text == "1" || text == "0") {
    value = text == "1";
    return true;
  }
  const auto abbreviates = [word](std::string_view full, size_t least) {
    return word.size() >= least && full.substr(0, word.size()) == word;
  };
  if (abbreviates("true", 1) || abbreviates("yes", 1) || word == "on") {
    value = true;
    return true;
  }
  value = false;
  return abbreviates("false", 1) || abbreviates("no", 1) || abbreviates("off", 2);
}

bool parse_integer(std::string_view text, int16_t& value) {
  int64_t wide;
  if (!parse_signed<int64_t, uint64_t>(text, wide) || wide < INT16_MIN || wide > INT16_MAX) return false;
  value = static_cast<int16_t>(wide);
  return true;
}
bool parse_integer(std::string_view text, int32_t& value) {
  int64_t wide;
  if (!parse_signed<int64_t, uint64_t>(text, wide) || wide < INT32_MIN || wide > INT32_MAX) return false;
  value = static_cast<int32_t>(wide);
  return true;
}
bool parse_integer(std::string_view text, int64_t& value) { return parse_signed<int64_t, uint64_t>(text, value); }
bool parse_integer(std::string_view text, int128_t& value) { return parse_signed<int128_t, uint128_t>(text, value); }

bool parse_decimal(std::string_view text, int precision, int scale, int64_t& value) {
  // The usual case: an optional minus, digits, at most `scale` of them behind a point, 18 at most in all.
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  uint64_t magnitude = 0;
  int digits = 0;
  const auto take_digits = [&] {
    const char* const begin = at;
    for (; at != end && is_digit(*at); ++at) magnitude = magnitude * 10 + static_cast<uint64_t>(*at - '0');
    return static_cast<int>(at - begin);
  };
  if (end - at <= 19) {
    digits = take_digits();
    int behind = 0;
    if (at != end && *at == '.') {
      ++at;
      behind = take_digits();
      digits += behind;
    }
    if (at == end && digits > 0 && behind <= scale && digits + scale - behind <= 18) {
      const int64_t scaled = static_cast<int64_t>(magnitude) * static_cast<int64_t>(power_of_ten(scale - behind));
      value = negative ? -scaled : scaled;
      return scaled < static_cast<int64_t>(power_of_ten(precision));
    }
  }
  int128_t wide;
  if (!parse_decimal_slow(text, precision, scale, wide)) return false;
  value = static_cast<int64_t>(wide);
  return true;
}

bool parse_decimal(std::string_view text, int precision, int scale, int128_t& value) {
  return parse_decimal_slow(text, precision, scale, value);
}

bool parse_real(std::string_view text, float& value) { return parse_floating(text, value); }
bool parse_double(std::string_view text, double& value) { return parse_floating(text, value); }

std::string_view message_type_name(const Type& type) {
  switch (type.id) {
    case TypeId::kNull: return "unknown";
    case TypeId::kBoolean: return "boolean";
    case TypeId::kSmallInt: return "smallint";
    case TypeId::kInteger: return "integer";
    case TypeId::kBigInt: return "bigint";
    case TypeId::kHugeInt: return "hugeint";
    case TypeId::kDecimal: return "numeric";
    case TypeId::kReal: return "real";
    case TypeId::kDouble: return "double precision";
    case TypeId::kDate: return "date";
    case TypeId::kTime: return "time";
    case TypeId::kTimestamp: return "timestamp";
    case TypeId::kInterval: return "interval";
    case TypeId::kVarchar: return type.is_text() ? "text" : "character varying";
    case TypeId::kChar: return "character";
  }
  return "?";
}

Error parse_error(std::string_view text, const Type& type) {
  const std::string name(message_type_name(type));
  const std::string shown = excerpt(text);
  const auto syntax_error = [&](std::string_view state) {
    return Error(state, "invalid input syntax for type " + name + ": \"" + shown + "\"");
  };
  DecimalText parts;
  const bool number = split_decimal(text, parts);
  if (type.is_integer()) {
    const bool whole = number && parts.fraction.empty() && trim(text).find_first_of(".eE") == std::string_view::npos;
    if (!whole) return syntax_error(sqlstate::kInvalidTextRepresentation);
    return Error(sqlstate::kNumericOutOfRange, "value \"" + shown + "\" is out of range for type " + name);
  }
  if (type.id == TypeId::kDecimal && number) {
    return Error(sqlstate::kNumericOutOfRange,
                 "numeric field overflow: a field with precision " + std::to_string(type.precision) + ", scale " +
                     std::to_string(type.scale) + " must round to an absolute value less than " +
                     (type.precision == type.scale ? "1" : "10^" + std::to_string(type.precision - type.scale)));
  }
  if (type.is_floating() && number) {
    return Error(sqlstate::kNumericOutOfRange, "\"" + shown + "\" is out of range for type " + name);
  }
  if (type.id == TypeId::kDate || type.id == TypeId::kTime || type.id == TypeId::kTimestamp) {
    if (const std::string_view digits = trim(text); type.id != TypeId::kTime && !digits.empty() && digits.find_first_not_of('0') == digits.npos)
      return Error(sqlstate::kDatetimeOverflow, "date/time field value out of range: \"" + shown + "\"");
    parsing::DecodedDatetime decoded;
    switch (type.id == TypeId::kTime ? parsing::decode_time(text, decoded) : parsing::decode_datetime(text, decoded)) {
      case parsing::DatetimeStatus::kMalformed: return syntax_error(sqlstate::kInvalidDatetimeFormat);
      case parsing::DatetimeStatus::kZoneOutOfRange:
        return Error("22009", "time zone displacement out of range: \"" + shown + "\"");
      case parsing::DatetimeStatus::kUnknownZone:
        return Error(sqlstate::kInvalidParameterValue, "time zone not recognized: \"" + shown + "\"");
      case parsing::DatetimeStatus::kOutOfRange:
        return Error(sqlstate::kDatetimeOverflow, "date/time field value out of range: \"" + shown + "\"");
      case parsing::DatetimeStatus::kParsed:
        return Error(sqlstate::kDatetimeOverflow, name + " out of range: \"" + shown + "\"");
    }
  }
  if (type.id == TypeId::kInterval) {
    if (interval_overflows(text)) return Error("22015", "interval field value out of range: \"" + shown + "\"");
    return syntax_error(sqlstate::kInvalidDatetimeFormat);
  }
  return syntax_error(sqlstate::kInvalidTextRepresentation);
}

namespace {

std::string parse_string(std::string_view text, const Type& type) {
  size_t end = text.size();
  if (type.limit() != Type::kNoLimit) {
    size_t characters = 0;
    size_t at = 0;
    while (at < text.size() && characters < type.length) {
      ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
      ++characters;
    }
    if (text.find_first_not_of(' ', at) != std::string_view::npos) {
      throw Error(sqlstate::kStringTooLong, "value too long for type " + std::string(message_type_name(type)) + "(" +
                                                std::to_string(type.length) + ")");
    }
    end = at;
  }
  if (type.id == TypeId::kChar && type.length != 0) {
    while (end > 0 && text[end - 1] == ' ') --end;
  }
  return std::string(text.substr(0, end));
}

}  // namespace

Value parse_value(std::string_view text, const Type& type) {
  Value value = Value::null_of(type);
  value.null = false;
  bool parsed = false;
  const auto take_integral = [&](auto plain, bool ok) {
    value.integer = plain;
    parsed = ok;
  };
  int32_t days = 0;
  int64_t micros = 0;
  bool truth = false;
  float real = 0;
  switch (type.id) {
    case TypeId::kNull: return Value::null_of(type);
    case TypeId::kBoolean: parsed = parse_boolean(text, truth), value.integer = truth; break;
    case TypeId::kSmallInt:
    case TypeId::kInteger:
    case TypeId::kBigInt:
    case TypeId::kHugeInt: {
      parsed = parse_integer(text, value.integer);
      const int bits = type.id == TypeId::kHugeInt ? 128 : static_cast<int>(physical_bytes(type.physical())) * 8;
      if (bits < 128) {
        const int128_t bound = int128_t{1} << (bits - 1);
        parsed = parsed && value.integer >= -bound && value.integer < bound;
      }
      break;
    }
    case TypeId::kDecimal: parsed = parse_decimal(text, type.precision, type.scale, value.integer); break;
    case TypeId::kReal: parsed = parse_real(text, real), value.floating = real; break;
    case TypeId::kDouble: parsed = parse_double(text, value.floating); break;
    case TypeId::kDate: parsed = parse_date(text, days), take_integral(days, parsed); break;
    case TypeId::kTime: parsed = parse_time(text, micros), take_integral(micros, parsed); break;
    case TypeId::kTimestamp: parsed = parse_timestamp(text, micros), take_integral(micros, parsed); break;
    case TypeId::kInterval: parsed = parse_interval(text, value.interval); break;
    case TypeId::kVarchar:
    case TypeId::kChar: value.string = parse_string(text, type), parsed = true; break;
  }
  if (!parsed) throw parse_error(text, type);
  return value;
}

}  // namespace cairn
