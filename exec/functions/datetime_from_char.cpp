// to_date and to_timestamp: PostgreSQL's formatting.c (DCH_from_char, do_to_timestamp).

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include "exec/functions/datetime_pattern.h"
#include "exec/functions/executor.h"
#include "vector/date.h"
#include "vector/excerpt.h"

namespace cairn::functions {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c > ' ' && c < 0x7F && !is_digit(c) && !(lower(c) >= 'a' && lower(c) <= 'z'); }

Error invalid(std::string_view value, std::string_view field, std::string_view detail) {
  return Error(sqlstate::kInvalidDatetimeFormat,
               "invalid value \"" + excerpt(value) + "\" for \"" + std::string(field) + "\"", std::string(detail));
}

/// What a text and a template give.
struct Fields {
  std::optional<int64_t> year, month, day, day_of_year, day_of_week, week, week_of_month, century, julian;
  std::optional<int64_t> hour, minute, second, millis, micros, seconds_of_day, zone_hours, zone_minutes;
  int year_digits = 0;
  bool before_christ = false, twelve_hours = false, iso = false, gregorian = false;
  std::optional<bool> afternoon, zone_west;
};

class Reader {
 public:
  Reader(std::string_view text, const DatetimePattern& pattern) : rest_(text), pattern_(pattern) {}

  Fields run() {
    for (at_ = 0; at_ < pattern_.size() && !rest_.empty(); ++at_) {
      const PatternPart& part = pattern_[at_];
      const bool is_field = part.kind == PatternPart::Kind::kField;
      if (!exact_ && (is_field || at_ == 0)) skip_blanks();
      if (!is_field) {
        between_fields(part);
        continue;
      }
      field(part);
      if (exact_) continue;
      skipped_ = 0;
      skip_blanks();
    }
    // A zero is as good as nothing.
    for (std::optional<int64_t>* field : {&fields_.month, &fields_.day, &fields_.day_of_year, &fields_.week,
                                          &fields_.week_of_month, &fields_.century, &fields_.julian})
      if (*field == 0) field->reset();
    return fields_;
  }

 private:
  void skip_blanks() {
    for (; !rest_.empty() && is_blank(rest_[0]); ++skipped_) rest_.remove_prefix(1);
  }
  void skip_character() {
    size_t bytes = 1;
    while (bytes < rest_.size() && (static_cast<unsigned char>(rest_[bytes]) & 0xC0) == 0x80) ++bytes;
    rest_.remove_prefix(std::min(bytes, rest_.size()));
  }

  /// Text of the template takes a character of the input, whatever it is; a blank or separator only one of its kind.
  /// Blanks that were passed over in front of it count for it.
  void between_fields(const PatternPart& part) {
    if (rest_.empty()) return;
    if (exact_) return skip_character();
    if (part.kind == PatternPart::Kind::kText) {
      if (skipped_ > 0) --skipped_;
      else skip_character();
      return;
    }
    --skipped_;
    if (is_blank(rest_[0]) || is_separator(rest_[0])) {
      rest_.remove_prefix(1);
      ++skipped_;
    }
  }

  // ---- numbers

  /// Whether what follows in the template cannot be a digit, so that a number may be as long as it likes.
  bool ends_by_itself(const PatternPart& part) const {
    if (part.ordinal != 0 || at_ + 1 == pattern_.size()) return true;
    const PatternPart& next = pattern_[at_ + 1];
    if (next.kind == PatternPart::Kind::kField) return !next.is_number;
    return !is_digit(next.text[0]);
  }

  /// A number of `length` digits; returns how many characters it had.
  size_t number(const PatternPart& part, size_t length, std::optional<int64_t>& value) {
    while (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
    const std::string_view begin = rest_;
    const bool free = part.fill_mode || ends_by_itself(part);
    if (!free && rest_.size() < length)
      throw Error(sqlstate::kInvalidDatetimeFormat, "source string too short for \"" + part.text + "\" formatting field",
                  "If your source string is not fixed-width, try using the \"FM\" modifier.");
    size_t used = 0;
    const bool sign = rest_.starts_with('-') || rest_.starts_with('+');
    if (sign) ++used;
    int64_t result = 0;
    const size_t most = free ? rest_.size() : length;
    for (; used < most && is_digit(rest_[used]); ++used) {
      result = result * 10 + (rest_[used] - '0');
      if (result > INT32_MAX)
        throw Error(sqlstate::kDatetimeOverflow, "value for \"" + part.text + "\" in source string is out of range");
    }
    const std::string_view shown = begin.substr(0, std::min(length, begin.size()));
    if (used == (sign ? 1u : 0u)) throw invalid(shown, part.text, "Value must be an integer.");
    if (!free && used < length)
      throw invalid(shown, part.text, "If your source string is not fixed-width, try using the \"FM\" modifier.");
    rest_.remove_prefix(used);
    set(part, value, begin.starts_with('-') ? -result : result);
    if (part.ordinal != 0) rest_.remove_prefix(std::min<size_t>(2, rest_.size()));
    return used;
  }

  static void set(const PatternPart& part, std::optional<int64_t>& field, int64_t value) {
    if (field && *field != value)
      throw Error(sqlstate::kInvalidDatetimeFormat, "conflicting values for \"" + part.text + "\" field in formatting string",
                  "This value contradicts a previous setting for the same field type.");
    field = value;
  }

  // ---- names

  /// The index of the name that the input begins with, in any case.
  template <size_t N>
  int64_t name(const PatternPart& part, const std::string_view (&names)[N], size_t length) {
    for (size_t i = 0; i < N; ++i) {
      const std::string_view wanted = names[i].substr(0, length);
      bool same = rest_.size() >= wanted.size();
      for (size_t c = 0; same && c < wanted.size(); ++c) same = lower(rest_[c]) == lower(wanted[c]);
      if (!same) continue;
      rest_.remove_prefix(wanted.size());
      return static_cast<int64_t>(i);
    }
    throw invalid(rest_.substr(0, std::min(rest_.size(), rest_.find(' '))), part.text,
                  "The given value did not match any of the allowed values for this field.");
  }
  /// With periods or without, as the template has it: the second of the two?
  bool second_of(const PatternPart& part, std::string_view first, std::string_view second) {
    std::string names[2];
    for (int i = 0; i < 2; ++i) {
      for (const char c : i == 0 ? first : second) {
        names[i] += c;
        if (part.text.size() == 4) names[i] += '.';
      }
    }
    const std::string_view views[2] = {names[0], names[1]};
    return name(part, views, 4) == 1;
  }

  // ---- fields

  void field(const PatternPart& part) {
    const std::string_view f = part.field;
    if (f == "FX") exact_ = true;
    else if (!clock_field(part, f) && !year_field(part, f)) date_field(part, f);
  }

  bool clock_field(const PatternPart& part, std::string_view f) {
    if (f == "AM") {
      fields_.afternoon = second_of(part, "AM", "PM");
      fields_.twelve_hours = true;
    } else if (f == "HH12") {
      number(part, 2, fields_.hour);
      fields_.twelve_hours = true;
    } else if (f == "HH24") {
      number(part, 2, fields_.hour);
    } else if (f == "MI") {
      number(part, 2, fields_.minute);
    } else if (f == "SS") {
      number(part, 2, fields_.second);
    } else if (f == "SSSS") {
      number(part, part.text.size(), fields_.seconds_of_day);
    } else if (f == "MS" || f == "US" || f.starts_with("FF")) {
      fraction(part, f);
    } else if (f == "TZH") {
      // The sign may have been taken for a separator.
      fields_.zone_west = rest_.starts_with('-') || (skipped_ > 0 && rest_.data()[-1] == '-');
      if (rest_.starts_with('-') || rest_.starts_with('+')) rest_.remove_prefix(1);
      number(part, 2, fields_.zone_hours);
    } else if (f == "TZM") {
      if (!fields_.zone_west) fields_.zone_west = false;
      number(part, 2, fields_.zone_minutes);
    } else if (f == "TZ" || f == "OF") {
      throw Error(sqlstate::kFeatureNotSupported, "formatting field \"" + part.text + "\" is only supported in to_char");
    } else {
      return false;
    }
    return true;
  }
  /// "25" is 0.25 of a second: the digits stand behind a point.
  void fraction(const PatternPart& part, std::string_view f) {
    const size_t most = f == "MS" ? 3 : f == "US" ? 6 : static_cast<size_t>(f[2] - '0');
    std::optional<int64_t> digits;
    size_t used = number(part, most, digits);
    for (; used < (f == "MS" ? 3u : 6u); ++used) *digits *= 10;
    set(part, f == "MS" ? fields_.millis : fields_.micros, *digits);
  }

  bool year_field(const PatternPart& part, std::string_view f) {
    if (f == "Y,YYY") {
      const size_t comma = rest_.find(',');
      if (comma == std::string_view::npos || comma == 0 || comma > 4 || rest_.size() < comma + 4) throw invalid(rest_, part.text, "");
      int64_t year = 0;
      for (size_t i = 0; i < comma + 4; ++i) {
        if (i == comma) continue;
        if (!is_digit(rest_[i])) throw invalid(rest_, part.text, "");
        year = year * 10 + (rest_[i] - '0');
      }
      rest_.remove_prefix(comma + 4);
      set(part, fields_.year, year);
      fields_.year_digits = 4;
      return true;
    }
    const bool iso = f[0] == 'I' && f.size() > 1 ? f[1] == 'Y' : f == "I";
    const std::string_view plain = iso ? std::string_view("YYYY").substr(0, f.size()) : f;
    if (plain != "YYYY" && plain != "YYY" && plain != "YY" && plain != "Y") return false;
    mode(iso);
    std::optional<int64_t> year;
    const size_t used = number(part, plain.size(), year);
    // Two digits are of the years from 1970 to 2069, and so on.
    if (used < 4 && plain != "YYYY") {
      if (*year < 70) *year += 2000;
      else if (*year < 100) *year += 1900;
      else if (*year < 520) *year += 2000;
      else if (*year < 1000) *year += 1000;
    }
    set(part, fields_.year, *year);
    fields_.year_digits = static_cast<int>(plain.size());
    return true;
  }

  void date_field(const PatternPart& part, std::string_view f) {
    static constexpr std::string_view kGregorian[] = {"MONTH", "MON", "RM", "MM", "D", "W"};
    if (std::ranges::find(kGregorian, f) != std::end(kGregorian)) mode(false);
    if (f == "AD") {
      fields_.before_christ = second_of(part, "AD", "BC");
    } else if (f == "MONTH") {
      mode(false);
      set(part, fields_.month, name(part, kMonthNames, 9) + 1);
    } else if (f == "MON") {
      mode(false);
      set(part, fields_.month, name(part, kMonthNames, 3) + 1);
    } else if (f == "RM") {
      mode(false);
      set(part, fields_.month, roman(part));
    } else if (f == "MM") {
      mode(false);
      number(part, 2, fields_.month);
    } else if (f == "DAY") {
      set(part, fields_.day_of_week, name(part, kDayNames, 9) + 1);
    } else if (f == "DY") {
      set(part, fields_.day_of_week, name(part, kDayNames, 3) + 1);
    } else if (f == "DDD" || f == "IDDD") {
      mode(f == "IDDD");
      number(part, 3, fields_.day_of_year);
    } else if (f == "DD") {
      mode(false);
      number(part, 2, fields_.day);
    } else if (f == "D") {
      mode(false);
      number(part, 1, fields_.day_of_week);
    } else if (f == "ID") {
      mode(true);
      number(part, 1, fields_.day_of_week);
      fields_.day_of_week = *fields_.day_of_week < 7 ? *fields_.day_of_week + 1 : 1;
    } else if (f == "WW" || f == "IW") {
      mode(f == "IW");
      number(part, 2, fields_.week);
    } else if (f == "W") {
      mode(false);
      number(part, 1, fields_.week_of_month);
    } else if (f == "Q") {  // says nothing of which day
      std::optional<int64_t> ignored;
      number(part, 1, ignored);
    } else if (f == "CC") {
      number(part, 2, fields_.century);
    } else if (f == "J") {
      number(part, 1, fields_.julian);
    }
  }
  /// The longest of the numbers that the input begins with.
  int64_t roman(const PatternPart& part) {
    int64_t best = -1;
    size_t best_size = 0;
    for (size_t i = 0; i < 12; ++i) {
      const std::string_view wanted = kRomanMonths[i];
      bool same = rest_.size() >= wanted.size() && wanted.size() > best_size;
      for (size_t c = 0; same && c < wanted.size(); ++c) same = lower(rest_[c]) == lower(wanted[c]);
      if (same) best = static_cast<int64_t>(i), best_size = wanted.size();
    }
    if (best < 0) throw invalid(rest_, part.text, "The given value did not match any of the allowed values for this field.");
    rest_.remove_prefix(best_size);
    return best + 1;
  }
  /// Gregorian and ISO week dates do not mix.
  void mode(bool iso) {
    (iso ? fields_.iso : fields_.gregorian) = true;
    if (fields_.iso && fields_.gregorian)
      throw Error(sqlstate::kInvalidDatetimeFormat, "invalid combination of date conventions",
                  "Do not mix Gregorian and ISO week date conventions in a formatting template.");
  }

  std::string_view rest_;
  const DatetimePattern& pattern_;
  size_t at_ = 0;
  bool exact_ = false;  ///< FX
  int skipped_ = 0;     ///< blanks of the input that the template has not asked for
  Fields fields_;
};

Error field_out_of_range(std::string_view text) {
  return Error(sqlstate::kDatetimeOverflow, "date/time field value out of range: \"" + std::string(text) + "\"");
}

int64_t year_of(const Fields& f, bool& given) {
  given = f.year || f.century;
  if (f.year.value_or(0) != 0 || (f.year && !f.century)) {
    int64_t year = *f.year;
    if (f.century && f.year_digits <= 2) {
      const int64_t century = f.before_christ ? -*f.century : *f.century;
      year %= 100;
      if (year == 0) return century * 100 + (century >= 0 ? 0 : 1);
      return century < 0 ? (century + 1) * 100 - year + 1 : (century - 1) * 100 + year;
    }
    if (f.before_christ) year = -year;
    return year < 0 || f.before_christ ? year + 1 : year;
  }
  if (!f.century) return 0;
  const int64_t century = f.before_christ ? -*f.century : *f.century;
  return century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
}

/// Monday of the ISO week.
int64_t iso_week_begin(int64_t year, int64_t week) {
  const auto fourth = static_cast<int32_t>(days_from_civil(year, 1, 4));
  return fourth - (iso_day_of_week(fourth) - 1) + (week - 1) * 7;
}

int64_t days_of(Fields f, std::string_view text) {
  // A zero says nothing.
  for (std::optional<int64_t>* field : {&f.month, &f.day, &f.day_of_year, &f.week, &f.week_of_month, &f.julian, &f.century})
    if (field->value_or(0) == 0) field->reset();
  bool has_year = false;
  int64_t year = year_of(f, has_year);
  int64_t month = 1, day = 1;
  std::optional<int64_t> day_of_year = f.day_of_year;
  const auto take_date = [&](int64_t date_days) {
    const CivilDate date = civil_from_days(static_cast<int32_t>(std::clamp<int64_t>(date_days, kMinDate, kMaxDate)));
    year = date.year, month = date.month, day = date.day;
  };
  if (f.julian) {
    const int64_t julian_days = *f.julian - 2440588;
    if (julian_days < kMinDate || julian_days > kMaxDate) return julian_days;
    take_date(julian_days);
    has_year = true;
  }
  if (year < -4800 || year > 5874897) {  // no day that there is, in either type
    const int64_t named_month = f.month.value_or(month), named_day = f.day.value_or(day);
    if (named_month > 12 || named_day > 31 || named_month < 1 || named_day < 1) throw field_out_of_range(text);
    return year < 0 ? INT32_MIN : INT32_MAX;
  }
  if (f.week) {
    if (f.iso) {
      // A week without a day is its Monday; Sunday is the last day of its week.
      const int64_t weekday = f.day_of_week.value_or(2);
      take_date(iso_week_begin(year, *f.week) + (weekday > 1 ? weekday - 2 : 6));
      has_year = true;
    } else {
      day_of_year = (*f.week - 1) * 7 + 1;
    }
  }
  if (f.month) month = *f.month;
  if (f.day) day = *f.day;
  if (f.week_of_month) day = (*f.week_of_month - 1) * 7 + 1;
  if (day_of_year && (month <= 1 || day <= 1)) {
    if (!has_year && !f.before_christ)
      throw Error(sqlstate::kInvalidDatetimeFormat, "cannot calculate day of year without year information");
    if (f.iso) {
      take_date(iso_week_begin(year, 1) + *day_of_year - 1);
    } else {
      if (*day_of_year < 1 || *day_of_year > (is_leap_year(year) ? 366 : 365)) throw field_out_of_range(text);
      const CivilDate date = civil_from_days(static_cast<int32_t>(days_from_civil(year, 1, 1) + *day_of_year - 1));
      if (month <= 1) month = date.month;
      if (day <= 1) day = date.day;
    }
  }
  if (month < 1 || month > 12 || day < 1 || !is_valid_date(year, static_cast<int>(month), static_cast<int>(std::min<int64_t>(day, 32)))) {
    throw field_out_of_range(text);
  }
  return days_from_civil(year, month, day);
}

int64_t time_of(const Fields& f, std::string_view text) {
  // What is named by itself counts more than the seconds of the day say; a zero says nothing.
  const int64_t of_day = f.seconds_of_day.value_or(0);
  const auto named = [](std::optional<int64_t> field, int64_t otherwise) { return field.value_or(0) != 0 ? *field : otherwise; };
  int64_t hour = named(f.hour, of_day / 3600), minute = named(f.minute, of_day / 60 % 60), second = named(f.second, of_day % 60);
  if (f.twelve_hours) {
    if (hour < 1 || hour > 12)
      throw Error(sqlstate::kInvalidDatetimeFormat, "hour \"" + std::to_string(hour) + "\" is invalid for the 12-hour clock",
                  "Use the 24-hour clock, or give an hour between 1 and 12.");
    hour = hour % 12 + (f.afternoon.value_or(false) ? 12 : 0);
  }
  const int64_t micros = f.millis.value_or(0) * 1000 + f.micros.value_or(0);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || micros < 0 || micros >= kMicrosPerSecond) {
    throw field_out_of_range(text);
  }
  return hour * kMicrosPerHour + minute * kMicrosPerMinute + second * kMicrosPerSecond + micros;
}

/// How much later than UTC the text's clock is.
int64_t zone_of(const Fields& f, std::string_view text) {
  const int64_t hours = f.zone_hours.value_or(0), minutes = f.zone_minutes.value_or(0);
  if (hours < 0 || hours > 15 || minutes < 0 || minutes >= 60)
    throw Error("22009", "time zone displacement out of range: \"" + excerpt(text) + "\"");
  return (hours * kMicrosPerHour + minutes * kMicrosPerMinute) * (f.zone_west.value_or(false) ? -1 : 1);
}

std::optional<int32_t> to_date(StringRef text, StringRef pattern) {
  const Fields fields = Reader(text.view(), datetime_pattern(pattern.view())).run();
  const int64_t days = days_of(fields, text.view());
  time_of(fields, text.view());  // must be one, too
  zone_of(fields, text.view());
  if (days < kMinDate || days > kMaxDate) {
    throw Error(sqlstate::kDatetimeOverflow, "date out of range: \"" + std::string(text.view()) + "\"");
  }
  return static_cast<int32_t>(days);
}

int64_t to_timestamp(StringRef text, StringRef pattern) {
  const Fields fields = Reader(text.view(), datetime_pattern(pattern.view())).run();
  const int128_t micros = int128_t{days_of(fields, text.view())} * kMicrosPerDay + time_of(fields, text.view()) -
                          zone_of(fields, text.view());
  if (micros < kMinTimestamp || micros > kMaxTimestamp) throw Error(sqlstate::kDatetimeOverflow, "timestamp out of range");
  return static_cast<int64_t>(micros);
}

/// Seconds since 1970.
int64_t timestamp_of_seconds(double seconds) {
  if (std::isnan(seconds)) throw Error(sqlstate::kDatetimeOverflow, "timestamp cannot be NaN");
  if (std::isinf(seconds)) return seconds > 0 ? kTimestampInfinity : kTimestampMinusInfinity;
  const double micros = std::rint(seconds * 1e6);
  if (!(micros >= static_cast<double>(kMinTimestamp) && micros <= static_cast<double>(kMaxTimestamp))) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", seconds);
    throw Error(sqlstate::kDatetimeOverflow, "timestamp out of range: \"" + std::string(text) + "\"");
  }
  return static_cast<int64_t>(micros);
}

}  // namespace

const std::vector<Function>& datetime_from_char_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    rows.push_back(row<to_date>("to_date", {kVarchar, kVarchar}, always<Type::date>, kRaises));
    rows.push_back(row<timestamp_of_seconds>("to_timestamp", {kDouble}, always<Type::timestamp>, kRaises));
    rows.push_back(row<to_timestamp>("to_timestamp", {kVarchar, kVarchar}, always<Type::timestamp>, kRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
