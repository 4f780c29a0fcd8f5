#include <cmath>
#include <string_view>

#include "vector/date.h"
#include "vector/parse.h"
#include "vector/text_reader.h"

namespace cairn {

using namespace parsing;

namespace {

/// A month by its English name or its first three letters; 0: none.
int month_named(std::string_view word) {
  static constexpr std::string_view kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                                 "july",    "august",   "september", "october", "november", "december"};
  for (int i = 0; i < 12; ++i) {
    if (same_word(word, kMonths[i]) || same_word(word, kMonths[i].substr(0, 3))) return i + 1;
  }
  return 0;
}

bool check_date(int64_t year, int64_t month, int64_t day, bool before_christ, int32_t& days) {
  if (before_christ) {
    if (year <= 0) return false;
    year = 1 - year;
  } else if (year == 0) {
    return false;
  }
  if (year < -4713 || year > 5874897 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  if (!is_valid_date(year, static_cast<int>(month), static_cast<int>(day))) return false;
  const int64_t count = days_from_civil(year, month, day);
  if (count < kMinDate || count > kMaxDate) return false;
  days = static_cast<int32_t>(count);
  return true;
}

/// Takes " BC" or " AD" if that is what follows.
bool take_era(Reader& reader) {
  Reader ahead = reader;
  ahead.skip_blanks();
  const std::string_view word = ahead.take_word();
  const bool before_christ = same_word(word, "bc");
  if (before_christ || same_word(word, "ad")) reader = ahead;
  return before_christ;
}

/// "Sep 2, 1998", "2 Sep 1998", "2-Sep-1998"
bool take_named_month_date(Reader& reader, int64_t& year, int64_t& month, int64_t& day) {
  const auto skip_separator = [&reader] {
    while (!reader.done() && (is_blank(*reader.at) || *reader.at == ',' || *reader.at == '-')) ++reader.at;
  };
  if (is_letter(*reader.at)) {
    month = month_named(reader.take_word());
    skip_separator();
    if (reader.take_number(day) == 0) return false;
  } else {
    if (reader.take_number(day) == 0) return false;
    skip_separator();
    month = month_named(reader.take_word());
  }
  skip_separator();
  return month != 0 && reader.take_number(year) >= 3;
}

bool take_date(Reader& reader, int32_t& days) {
  reader.skip_blanks();
  if (reader.done()) return false;
  int64_t year, month, day;
  const Reader begin = reader;
  const int digits = reader.take_number(year);
  if (digits >= 3 && digits <= 7 && !reader.done() && (*reader.at == '-' || *reader.at == '/')) {
    const char separator = *reader.at++;
    if (reader.done()) return false;
    if (is_letter(*reader.at)) {
      month = month_named(reader.take_word());
    } else if (const int n = reader.take_number(month); n < 1 || n > 2) {
      return false;
    }
    if (!reader.take(separator)) return false;
    if (const int n = reader.take_number(day); n < 1 || n > 2) return false;
  } else if (digits == 8) {
    day = year % 100;
    month = year / 100 % 100;
    year /= 10000;
  } else if (digits >= 1 && digits <= 2 && !reader.done() && *reader.at == '/') {  // month/day/year
    month = year;
    ++reader.at;
    if (reader.take_number(day) == 0 || !reader.take('/') || reader.take_number(year) < 3) return false;
  } else {
    reader = begin;
    if (!take_named_month_date(reader, year, month, day)) return false;
  }
  return check_date(year, month, day, take_era(reader), days);
}

bool take_time_of_day(Reader& reader, int64_t& micros) {
  reader.skip_blanks();
  if (!take_clock(reader, micros)) return false;
  Reader ahead = reader;
  ahead.skip_blanks();
  const std::string_view half = ahead.take_word();
  if (same_word(half, "am") || same_word(half, "pm")) {
    if (micros >= 13 * kMicrosPerHour) return false;
    const bool twelve = micros >= 12 * kMicrosPerHour;
    if (same_word(half, "pm") != twelve) micros += twelve ? -12 * kMicrosPerHour : 12 * kMicrosPerHour;
    reader = ahead;
  }
  return micros <= kMicrosPerDay;
}

/// A date, and behind it perhaps a time of day.
bool take_timestamp(Reader& reader, int32_t& days, int64_t& time) {
  time = 0;
  if (!take_date(reader, days)) return false;
  Reader ahead = reader;
  const bool separated = ahead.take('T') || ahead.take('t') || (!ahead.done() && is_blank(*ahead.at));
  ahead.skip_blanks();
  if (separated && !ahead.done() && is_digit(*ahead.at)) {
    reader = ahead;
    if (!take_time_of_day(reader, time)) return false;
    if (take_era(reader)) {
      const CivilDate date = civil_from_days(days);
      if (!check_date(date.year, date.month, date.day, true, days)) return false;
    }
  }
  reader.skip_blanks();
  return reader.done();
}

bool is_epoch(std::string_view text) {
  Reader reader(text);
  reader.skip_blanks();
  const bool epoch = same_word(reader.take_word(), "epoch");
  reader.skip_blanks();
  return epoch && reader.done();
}

}  // namespace

bool parse_date(std::string_view text, int32_t& days) {
  // The usual case: yyyy-mm-dd.
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    unsigned digits[8];
    unsigned wrong = 0;
    static constexpr int kAt[8] = {0, 1, 2, 3, 5, 6, 8, 9};
    for (int i = 0; i < 8; ++i) {
      digits[i] = static_cast<unsigned char>(text[static_cast<size_t>(kAt[i])]) - unsigned{'0'};
      wrong |= digits[i] > 9;
    }
    if (wrong == 0) {
      return check_date(digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3], digits[4] * 10 + digits[5],
                        digits[6] * 10 + digits[7], false, days);
    }
  }
  if (is_epoch(text)) {
    days = 0;
    return true;
  }
  Reader reader(text);
  int64_t time;
  return take_timestamp(reader, days, time);
}

bool parse_time(std::string_view text, int64_t& micros) {
  Reader reader(text);
  if (!take_time_of_day(reader, micros)) return false;
  reader.skip_blanks();
  return reader.done();
}

bool parse_timestamp(std::string_view text, int64_t& micros) {
  if (is_epoch(text)) {
    micros = 0;
    return true;
  }
  Reader reader(text);
  int32_t days;
  int64_t time;
  if (!take_timestamp(reader, days, time)) return false;
  const int128_t wide = static_cast<int128_t>(days) * kMicrosPerDay + time;
  if (wide < kMinTimestamp || wide > kMaxTimestamp) return false;
  micros = static_cast<int64_t>(wide);
  return true;
}

}  // namespace cairn
