#include <cmath>
#include <string_view>

#include "vector/date.h"
#include "vector/parse.h"

namespace cairn {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

/// Reads a text from left to right.
struct Reader {
  const char* at;
  const char* end;

  explicit Reader(std::string_view text) : at(text.data()), end(text.data() + text.size()) {}
  bool done() const { return at == end; }
  void skip_blanks() {
    while (at != end && is_blank(*at)) ++at;
  }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  /// Digits as a number; returns how many there were (at most 18 count, more fail).
  int take_number(int64_t& number) {
    const char* const begin = at;
    number = 0;
    for (; at != end && is_digit(*at); ++at) {
      if (at - begin >= 18) return 0;
      number = number * 10 + (*at - '0');
    }
    return static_cast<int>(at - begin);
  }
  std::string_view take_word() {
    const char* const begin = at;
    while (at != end && is_letter(*at)) ++at;
    return {begin, static_cast<size_t>(at - begin)};
  }
};

bool same_word(std::string_view word, std::string_view expected) {
  if (word.size() != expected.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (lower(word[i]) != expected[i]) return false;
  }
  return true;
}

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

/// ".789" into microseconds, rounded.
bool take_fraction(Reader& reader, int64_t& micros) {
  micros = 0;
  if (!reader.take('.')) return true;
  int64_t scale = 100000;
  bool round_up = false;
  int n = 0;
  for (; !reader.done() && is_digit(*reader.at); ++reader.at, ++n) {
    if (n == 6) round_up = *reader.at >= '5';
    if (n >= 6) continue;
    micros += (*reader.at - '0') * scale;
    scale /= 10;
  }
  micros += round_up;
  return true;
}

/// Hours are not bounded here.
bool take_clock(Reader& reader, int64_t& micros) {
  int64_t hours, minutes = 0, seconds = 0, fraction = 0;
  const int digits = reader.take_number(hours);
  if (digits == 0 || digits > 9) return false;
  if (digits >= 4 && (reader.done() || *reader.at != ':')) {  // hhmm, hhmmss
    if (digits != 4 && digits != 6) return false;
    if (digits == 6) {
      seconds = hours % 100;
      hours /= 100;
    }
    minutes = hours % 100;
    hours /= 100;
    if (digits == 6 && !take_fraction(reader, fraction)) return false;
  } else {
    if (!reader.take(':')) return false;
    if (const int n = reader.take_number(minutes); n < 1 || n > 2) return false;
    if (reader.take(':')) {
      if (const int n = reader.take_number(seconds); n < 1 || n > 2) return false;
      if (!take_fraction(reader, fraction)) return false;
    }
  }
  if (minutes > 59 || seconds > 60) return false;
  micros = hours * kMicrosPerHour + minutes * kMicrosPerMinute + seconds * kMicrosPerSecond + fraction;
  return true;
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

namespace {

/// Adds months, days and microseconds to an interval, with what is behind the point carried down as PostgreSQL does:
/// months into days of 30, days into hours. False where a field overflows.
bool add_fields(double months, double days, double micros, Interval& value) {
  const double whole_months = std::trunc(months);
  days += std::trunc((months - whole_months) * 30 * 1e6 + (months < 0 ? -0.5 : 0.5)) / 1e6;
  const double whole_days = std::trunc(days);
  micros += std::rint((days - whole_days) * static_cast<double>(kMicrosPerDay));
  micros = std::rint(micros);
  if (std::fabs(whole_months) > INT32_MAX || std::fabs(whole_days) > INT32_MAX || std::fabs(micros) > 9.2e18) return false;
  return !__builtin_add_overflow(value.months, static_cast<int32_t>(whole_months), &value.months) &&
         !__builtin_add_overflow(value.days, static_cast<int32_t>(whole_days), &value.days) &&
         !__builtin_add_overflow(value.micros, static_cast<int64_t>(micros), &value.micros);
}

struct UnitName {
  std::string_view name;
  int32_t months;
  int32_t days;
  int64_t micros;
};

constexpr UnitName kUnits[] = {
    {"microsecond", 0, 0, 1},
    {"us", 0, 0, 1},
    {"usec", 0, 0, 1},
    {"millisecond", 0, 0, 1000},
    {"ms", 0, 0, 1000},
    {"msec", 0, 0, 1000},
    {"second", 0, 0, kMicrosPerSecond},
    {"sec", 0, 0, kMicrosPerSecond},
    {"s", 0, 0, kMicrosPerSecond},
    {"minute", 0, 0, kMicrosPerMinute},
    {"min", 0, 0, kMicrosPerMinute},
    {"m", 0, 0, kMicrosPerMinute},
    {"hour", 0, 0, kMicrosPerHour},
    {"hr", 0, 0, kMicrosPerHour},
    {"h", 0, 0, kMicrosPerHour},
    {"day", 0, 1, 0},
    {"d", 0, 1, 0},
    {"week", 0, 7, 0},
    {"w", 0, 7, 0},
    {"month", 1, 0, 0},
    {"mon", 1, 0, 0},
    {"quarter", 3, 0, 0},
    {"year", 12, 0, 0},
    {"yr", 12, 0, 0},
    {"y", 12, 0, 0},
    {"decade", 120, 0, 0},
    {"dec", 120, 0, 0},
    {"century", 1200, 0, 0},
    {"centuries", 1200, 0, 0},
    {"millennium", 12000, 0, 0},
    {"millennia", 12000, 0, 0},
};

/// [-]1234[.567]
bool take_double(Reader& reader, double& number) {
  const bool negative = reader.take('-');
  if (!negative) reader.take('+');
  int64_t whole = 0;
  const int digits = reader.take_number(whole);
  number = static_cast<double>(whole);
  int behind = 0;
  if (reader.take('.')) {
    int64_t fraction = 0;
    behind = reader.take_number(fraction);
    number += static_cast<double>(fraction) / std::pow(10.0, behind);
  }
  if (negative) number = -number;
  return digits + behind > 0;
}

/// "1Y2M3DT4H5M6S", behind the P.
bool take_iso_interval(Reader& reader, Interval& value) {
  bool in_time = false;
  while (!reader.done()) {
    if (reader.take('T')) {
      in_time = true;
      continue;
    }
    double number;
    if (!take_double(reader, number) || reader.done()) return false;
    const char unit = *reader.at++;
    const std::string_view name = unit == 'Y'              ? "year"
                                  : unit == 'M' && !in_time ? "month"
                                  : unit == 'W'            ? "week"
                                  : unit == 'D'            ? "day"
                                  : unit == 'H'            ? "hour"
                                  : unit == 'M'            ? "minute"
                                  : unit == 'S'            ? "second"
                                                           : "";
    if (!parse_interval_unit(name, number, value)) return false;
  }
  return true;
}

/// One "3 days", "04:05:06", "1-2" or bare number.
bool take_interval_part(Reader& reader, Interval& value, std::string_view default_unit) {
  const Reader begin = reader;
  const bool negative = reader.take('-');
  if (!negative) reader.take('+');
  int64_t number;
  if (reader.take_number(number) > 0 && !reader.done()) {
    if (*reader.at == ':') {
      reader = begin;
      if (!reader.take('-')) reader.take('+');
      int64_t micros;
      if (!take_clock(reader, micros)) return false;
      return add_fields(0, 0, 0, value) && !__builtin_add_overflow(value.micros, negative ? -micros : micros, &value.micros);
    }
    if (*reader.at == '-') {  // years-months
      ++reader.at;
      int64_t months;
      if (reader.take_number(months) == 0 || months > 11) return false;
      const double total = static_cast<double>(number * 12 + months);
      return add_fields(negative ? -total : total, 0, 0, value);
    }
  }
  reader = begin;
  double amount;
  if (!take_double(reader, amount)) return false;
  reader.skip_blanks();
  const std::string_view unit = reader.take_word();
  return parse_interval_unit(unit.empty() ? default_unit : unit, amount, value);
}

}  // namespace

bool parse_interval_unit(std::string_view unit, double factor, Interval& value) {
  for (const UnitName& known : kUnits) {
    const bool plural = unit.size() == known.name.size() + 1 && lower(unit.back()) == 's';
    if (!same_word(plural ? unit.substr(0, unit.size() - 1) : unit, known.name)) continue;
    return add_fields(factor * known.months, factor * known.days, factor * static_cast<double>(known.micros), value);
  }
  return false;
}

bool parse_interval(std::string_view text, Interval& value, std::string_view default_unit) {
  value = Interval();
  Reader reader(text);
  reader.skip_blanks();
  reader.take('@');
  reader.skip_blanks();
  if (reader.done()) return false;
  if (reader.take('P')) return take_iso_interval(reader, value);
  while (true) {
    reader.skip_blanks();
    if (reader.done()) return true;
    if (is_letter(*reader.at)) {
      if (!same_word(reader.take_word(), "ago")) return false;
      reader.skip_blanks();
      if (!reader.done() || value.months == INT32_MIN || value.days == INT32_MIN || value.micros == INT64_MIN) return false;
      value = {-value.months, -value.days, -value.micros};
      return true;
    }
    if (!take_interval_part(reader, value, default_unit)) return false;
  }
}

}  // namespace cairn
