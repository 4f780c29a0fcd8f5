// to_char of timestamps, times and intervals: PostgreSQL's formatting.c (DCH_to_char).

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "exec/functions/datetime_pattern.h"
#include "exec/functions/executor.h"
#include "vector/date.h"

namespace cairn::functions {

namespace {

/// What fields are written of.
struct Moment {
  bool is_interval = false;
  int64_t year = 0;  ///< astronomical; of an interval, its years
  int64_t month = 0, day = 0;
  int64_t hour = 0, minute = 0, second = 0, micros = 0;
  int32_t days = 0;  ///< since 1970-01-01
};

Moment moment_of(int64_t timestamp) {
  Moment m;
  m.days = timestamp_to_date(timestamp);
  const CivilDate date = civil_from_days(m.days);
  const int64_t clock = timestamp - int64_t{m.days} * kMicrosPerDay;
  m.year = date.year, m.month = date.month, m.day = date.day;
  m.hour = clock / kMicrosPerHour, m.minute = clock / kMicrosPerMinute % 60;
  m.second = clock / kMicrosPerSecond % 60, m.micros = clock % kMicrosPerSecond;
  return m;
}

Moment moment_of(const Interval& a) {
  Moment m;
  m.is_interval = true;
  m.year = a.months / 12, m.month = a.months % 12, m.day = a.days;
  m.hour = a.micros / kMicrosPerHour, m.minute = a.micros / kMicrosPerMinute % 60;
  m.second = a.micros / kMicrosPerSecond % 60, m.micros = a.micros % kMicrosPerSecond;
  return m;
}

/// TH stands behind numbers; behind names and zones it says nothing.
bool is_counted(const PatternPart& part) {
  return part.is_number && part.field != "TZH" && part.field != "TZM" && part.field != "OF";
}

class Writer {
 public:
  Writer(const Moment& moment, std::string& out) : m_(moment), out_(out) {}

  void run(const DatetimePattern& pattern) {
    for (const PatternPart& part : pattern) {
      if (part.kind != PatternPart::Kind::kField) {
        out_ += part.text;
        continue;
      }
      const size_t begin = out_.size();
      field(part);
      if (part.ordinal != 0 && out_.size() > begin && is_counted(part)) ordinal(part.ordinal);
    }
  }

 private:
  int64_t shown_year(int64_t year) const { return m_.is_interval || year > 0 ? year : 1 - year; }

  /// `width` digits, a minus apart, unless in fill mode.
  void number(const PatternPart& part, int64_t value, int width) { padded(part, value, width + (value < 0)); }
  void padded(const PatternPart& part, int64_t value, int width) {
    char text[32];
    std::snprintf(text, sizeof text, "%0*lld", part.fill_mode ? 0 : width, static_cast<long long>(value));
    out_ += text;
  }

  /// A name in the case of the template's spelling, padded on the right.
  void word(const PatternPart& part, std::string_view name, size_t width) {
    std::string text(name);
    const bool first_upper = part.text[0] >= 'A' && part.text[0] <= 'Z';
    const char second = part.text.size() > 1 ? part.text[1] : 'x';
    const bool rest_upper = first_upper && second >= 'A' && second <= 'Z';
    for (size_t i = 0; i < text.size(); ++i) {
      const bool upper = i == 0 ? first_upper : rest_upper;
      if (upper && text[i] >= 'a' && text[i] <= 'z') text[i] = static_cast<char>(text[i] - 32);
      if (!upper && text[i] >= 'A' && text[i] <= 'Z') text[i] = static_cast<char>(text[i] + 32);
    }
    if (!part.fill_mode && text.size() < width) text.append(width - text.size(), ' ');
    out_ += text;
  }

  /// "AM" in the spelling of the template: with periods, in its case.
  void half(const PatternPart& part, std::string_view name) {
    const bool upper = part.text[0] >= 'A' && part.text[0] <= 'Z';
    const bool periods = part.text.size() == 4;
    for (const char c : name) {
      out_ += upper ? c : static_cast<char>(c + 32);
      if (periods) out_ += '.';
    }
  }

  void ordinal(char th) {
    const size_t size = out_.size();
    const char last = out_[size - 1];
    if (last < '0' || last > '9') throw Error(sqlstate::kInvalidTextRepresentation, "\"" + out_ + "\" is not a number");
    const bool teen = size > 1 && out_[size - 2] == '1';
    const std::string_view suffix = teen ? "TH" : last == '1' ? "ST" : last == '2' ? "ND" : last == '3' ? "RD" : "TH";
    for (const char c : suffix) out_ += th == 'T' ? c : static_cast<char>(c + 32);
  }

  void field(const PatternPart& part) {
    if (!clock_field(part) && !number_field(part)) date_field(part);
  }

  bool clock_field(const PatternPart& part) {
    const std::string_view f = part.field;
    if (f == "AM") half(part, m_.hour % 24 >= 12 ? "PM" : "AM");
    else if (f == "HH12") number(part, m_.hour % 12 == 0 ? 12 : m_.hour % 12, 2);
    else if (f == "HH24") number(part, m_.hour, 2);
    else if (f == "MI") number(part, m_.minute, 2);
    else if (f == "SS") number(part, m_.second, 2);
    else if (f == "MS") fraction(3);
    else if (f == "US") fraction(6);
    else if (f.starts_with("FF")) fraction(f[2] - '0');
    else if (f == "SSSS") out_ += std::to_string(m_.hour * 3600 + m_.minute * 60 + m_.second);
    else return false;
    return true;
  }
  void fraction(int digits) {
    int64_t value = m_.micros;
    for (int i = digits; i < 6; ++i) value /= 10;
    char text[32];
    std::snprintf(text, sizeof text, "%0*lld", digits, static_cast<long long>(value));
    out_ += text;
  }

  /// What intervals have too.
  bool number_field(const PatternPart& part) {
    const std::string_view f = part.field;
    const int64_t year = shown_year(m_.year);
    if (f == "MM") number(part, m_.month, 2);
    else if (f == "DD") padded(part, m_.day, 2);
    else if (f == "DDD") padded(part, day_in_year(), 3);
    else if (f == "WW") padded(part, (day_in_year() - 1) / 7 + 1, 2);
    else if (f == "W") out_ += std::to_string((m_.day - 1) / 7 + 1);
    else if (f == "J") out_ += std::to_string(m_.is_interval ? julian(m_.year, m_.month, m_.day) : int64_t{m_.days} + 2440588);
    else if (m_.is_interval && f.starts_with('I') && f != "ID") iso_field(part, iso_of_interval());
    else if (f == "YYYY") number(part, year, 4);
    else if (f == "YYY") number(part, year % 1000, 3);
    else if (f == "YY") number(part, year % 100, 2);
    else if (f == "Y") number(part, year % 10, 1);
    else if (f == "Y,YYY") thousands(year);
    else if (f == "CC") century(part);
    else if (f == "Q") {
      if (m_.month != 0) out_ += std::to_string((m_.month - 1) / 3 + 1);
    } else if (f == "RM") {
      roman(part);
    } else if (f == "FX" || f == "TZ" || f == "TZH" || f == "TZM" || f == "OF") {
      zone(part);
    } else {
      return false;
    }
    return true;
  }
  int64_t day_in_year() const {
    return m_.is_interval ? (m_.year * 12 + m_.month) * 30 + m_.day : day_of_year(m_.days);
  }
  /// PostgreSQL's date2j, of an interval's fields as if they were a date's.
  static int64_t julian(int64_t year, int64_t month, int64_t day) {
    year += month > 2 ? 4800 : 4799;
    month += month > 2 ? 1 : 13;
    return year * 365 - 32167 + year / 4 - year / 100 + year / 400 + 7834 * month / 256 + day;
  }
  struct IsoDate {
    int64_t year, week, day_of_year;
  };
  /// The Monday of a year's first ISO week, as a Julian day.
  static int64_t iso_year_begin(int64_t year) {
    const int64_t fourth = julian(year, 1, 4);
    return fourth - (fourth % 7 + 7) % 7;
  }
  /// PostgreSQL's date2isoyear and its kin.
  IsoDate iso_of_interval() const {
    const int64_t day = julian(m_.year, m_.month, m_.day);
    int64_t year = m_.year;
    if (day < iso_year_begin(year)) --year;
    const int64_t week = (day - iso_year_begin(year)) / 7 + 1;
    // Weeks are looked for in the year after that of the interval, whichever they were counted in.
    if (week >= 52 && day >= iso_year_begin(m_.year + 1)) {
      return {year + 1, (day - iso_year_begin(m_.year + 1)) / 7 + 1, day - iso_year_begin(year + 1) + 1};
    }
    return {year, week, day - iso_year_begin(year) + 1};
  }
  void thousands(int64_t year) {
    char text[32];
    std::snprintf(text, sizeof text, "%lld,%03lld", static_cast<long long>(year / 1000), static_cast<long long>(year % 1000));
    out_ += text;
  }
  void century(const PatternPart& part) {
    const int64_t value = m_.is_interval ? m_.year / 100 : m_.year > 0 ? (m_.year - 1) / 100 + 1 : m_.year / 100 - 1;
    number(part, value, value <= 99 && value >= -99 ? 2 : 1);
  }
  void roman(const PatternPart& part) {
    int64_t month = m_.month;
    if (m_.is_interval && month == 0 && m_.year == 0) return;
    // Months of negative intervals count backwards: -1 is December. Whole years are that before the first.
    if (month < 0) month += 13;
    if (month == 0) month = m_.year > 0 ? 12 : 1;
    word(part, kRomanMonths[month - 1], 4);
  }
  void zone(const PatternPart& part) {
    if (part.field == "FX") return;
    if (m_.is_interval) throw_not_of_interval();
    if (part.field == "TZ") out_ += part.text[0] == 'T' ? "UTC" : "utc";
    if (part.field == "TZH" || part.field == "OF") out_ += "+00";
    if (part.field == "TZM") out_ += "00";
  }

  void date_field(const PatternPart& part) {
    if (m_.is_interval) throw_not_of_interval();
    const std::string_view f = part.field;
    const int iso_day = iso_day_of_week(m_.days);
    if (f == "AD") half(part, m_.year <= 0 ? "BC" : "AD");
    else if (f == "MONTH") word(part, kMonthNames[m_.month - 1], 9);
    else if (f == "MON") word(part, kMonthNames[m_.month - 1].substr(0, 3), 3);
    else if (f == "DAY") word(part, kDayNames[iso_day % 7], 9);
    else if (f == "DY") word(part, kDayNames[iso_day % 7].substr(0, 3), 3);
    else if (f == "D") out_ += std::to_string(iso_day % 7 + 1);
    else if (f == "ID") out_ += std::to_string(iso_day);
    else iso_field(part, iso_of_date());
  }
  IsoDate iso_of_date() const {
    int year;
    const int week = iso_week(m_.days, &year);
    return {shown_year(year), week, (week - 1) * 7 + iso_day_of_week(m_.days)};
  }
  void iso_field(const PatternPart& part, const IsoDate& iso) {
    const std::string_view f = part.field;
    const int sign = m_.is_interval && m_.year < 0 ? 1 : 0;  // PostgreSQL asks the interval's year for it, not the ISO year
    if (f == "IW") padded(part, iso.week, 2);
    else if (f == "IDDD") padded(part, iso.day_of_year, 3);
    else if (f == "IYYY") padded(part, iso.year, 4 + sign);
    else if (f == "IYY") padded(part, iso.year % 1000, 3 + sign);
    else if (f == "IY") padded(part, iso.year % 100, 2 + sign);
    else if (f == "I") padded(part, iso.year % 10, 1);
  }

  [[noreturn]] static void throw_not_of_interval() {
    throw Error(sqlstate::kInvalidDatetimeFormat, "invalid format specification for an interval value",
                "Intervals are not tied to specific calendar dates.");
  }

  const Moment& m_;
  std::string& out_;
};

template <typename T>
std::optional<StringRef> written(const Call& call, const T& value, StringRef pattern) {
  if (pattern.size() == 0) return std::nullopt;
  std::string out;
  Writer(moment_of(value), out).run(datetime_pattern(pattern.view()));
  return call.strings.add(out);
}
std::optional<StringRef> timestamp_to_char(const Call& call, int64_t timestamp, StringRef pattern) {
  if (!is_finite_timestamp(timestamp)) return std::nullopt;
  return written(call, timestamp, pattern);
}
std::optional<StringRef> interval_to_char(const Call& call, Interval interval, StringRef pattern) {
  return written(call, interval, pattern);
}

}  // namespace

const std::vector<Function>& datetime_to_char_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    rows.push_back(row<timestamp_to_char>("to_char", {kTimestamp, kVarchar}, always<varchar_type>, kRaises));
    rows.push_back(row<interval_to_char>("to_char", {kInterval, kVarchar}, always<varchar_type>, kRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
