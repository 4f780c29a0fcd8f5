#include <string_view>

#include "vector/date.h"
#include "vector/decode_datetime.h"
#include "vector/parse.h"

namespace cairn {

using parsing::DatetimeStatus;
using parsing::DecodedDatetime;

namespace {

/// yyyy-mm-dd, the usual case; false for anything else, which may be a date nevertheless.
bool parse_iso_date(std::string_view text, int64_t& days) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  unsigned digits[8];
  unsigned wrong = 0;
  static constexpr int kAt[8] = {0, 1, 2, 3, 5, 6, 8, 9};
  for (int i = 0; i < 8; ++i) {
    digits[i] = static_cast<unsigned char>(text[static_cast<size_t>(kAt[i])]) - unsigned{'0'};
    wrong |= digits[i] > 9;
  }
  if (wrong != 0) return false;
  const int64_t year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
  const int month = static_cast<int>(digits[4] * 10 + digits[5]), day = static_cast<int>(digits[6] * 10 + digits[7]);
  if (year == 0 || !is_valid_date(year, month, day)) return false;
  days = days_from_civil(year, month, day);
  return true;
}

/// hh:mm:ss
bool parse_iso_clock(std::string_view text, int64_t& micros) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return false;
  unsigned parts[3];
  for (size_t i = 0; i < 3; ++i) {
    const unsigned tens = static_cast<unsigned char>(text[3 * i]) - unsigned{'0'};
    const unsigned ones = static_cast<unsigned char>(text[3 * i + 1]) - unsigned{'0'};
    if (tens > 9 || ones > 9) return false;
    parts[i] = tens * 10 + ones;
  }
  if (parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return false;
  micros = parts[0] * kMicrosPerHour + parts[1] * kMicrosPerMinute + parts[2] * kMicrosPerSecond;
  return true;
}

}  // namespace

bool parse_date(std::string_view text, int32_t& days) {
  int64_t count;
  if (parse_iso_date(text, count)) {
    days = static_cast<int32_t>(count);
    return true;
  }
  DecodedDatetime decoded;
  if (parsing::decode_datetime(text, decoded) != DatetimeStatus::kParsed) return false;
  if (decoded.special != DecodedDatetime::Special::kNone) {
    days = decoded.special == DecodedDatetime::Special::kInfinity ? kDateInfinity : kDateMinusInfinity;
    return true;
  }
  if (decoded.days < kMinDate || decoded.days > kMaxDate) return false;
  days = static_cast<int32_t>(decoded.days);
  return true;
}

bool parse_time(std::string_view text, int64_t& micros) {
  if (parse_iso_clock(text, micros)) return true;
  DecodedDatetime decoded;
  if (parsing::decode_time(text, decoded) != DatetimeStatus::kParsed) return false;
  micros = decoded.time_micros;
  return true;
}

bool parse_timestamp(std::string_view text, int64_t& micros) {
  int64_t days;
  if (text.size() == 19 && (text[10] == ' ' || text[10] == 'T') && parse_iso_date(text.substr(0, 10), days) &&
      parse_iso_clock(text.substr(11), micros)) {
    micros += days * kMicrosPerDay;
    return true;
  }
  DecodedDatetime decoded;
  if (parsing::decode_datetime(text, decoded) != DatetimeStatus::kParsed) return false;
  if (decoded.special != DecodedDatetime::Special::kNone) {
    micros = decoded.special == DecodedDatetime::Special::kInfinity ? kTimestampInfinity : kTimestampMinusInfinity;
    return true;
  }
  const int128_t wide = int128_t{decoded.days} * kMicrosPerDay + decoded.time_micros;
  if (wide < kMinTimestamp || wide > kMaxTimestamp) return false;
  micros = static_cast<int64_t>(wide);
  return true;
}

}  // namespace cairn
