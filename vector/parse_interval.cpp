#include <cmath>
#include <string_view>

#include "vector/date.h"
#include "vector/parse.h"
#include "vector/text_reader.h"

namespace cairn {

using namespace parsing;

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
