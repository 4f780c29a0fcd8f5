// Intervals as PostgreSQL reads them (datetime.c: DecodeInterval, DecodeISO8601Interval).

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "vector/date.h"
#include "vector/datetime_fields.h"
#include "vector/parse.h"

namespace cairn {

using namespace parsing;

namespace {

enum class Status : uint8_t { kParsed, kMalformed, kOutOfRange };

struct UnitName {
  std::string_view name;
  std::string_view unit;
};

constexpr UnitName kUnitNames[] = {
    {"microsecond", "microseconds"}, {"microseconds", "microseconds"}, {"us", "microseconds"}, {"usec", "microseconds"},
    {"usecs", "microseconds"}, {"usecond", "microseconds"}, {"useconds", "microseconds"},
    {"millisecond", "milliseconds"}, {"milliseconds", "milliseconds"}, {"ms", "milliseconds"}, {"msec", "milliseconds"},
    {"msecs", "milliseconds"}, {"msecond", "milliseconds"}, {"mseconds", "milliseconds"},
    {"second", "second"}, {"seconds", "second"}, {"sec", "second"}, {"secs", "second"}, {"s", "second"},
    {"minute", "minute"}, {"minutes", "minute"}, {"min", "minute"}, {"mins", "minute"}, {"m", "minute"},
    {"hour", "hour"}, {"hours", "hour"}, {"hr", "hour"}, {"hrs", "hour"}, {"h", "hour"},
    {"day", "day"}, {"days", "day"}, {"d", "day"},
    {"week", "week"}, {"weeks", "week"}, {"w", "week"},
    {"month", "month"}, {"months", "month"}, {"mon", "month"}, {"mons", "month"},
    {"quarter", "quarter"}, {"qtr", "quarter"},
    {"year", "year"}, {"years", "year"}, {"yr", "year"}, {"yrs", "year"}, {"y", "year"},
    {"decade", "decade"}, {"decades", "decade"}, {"dec", "decade"}, {"decs", "decade"},
    {"century", "century"}, {"centuries", "century"}, {"cent", "century"}, {"c", "century"},
    {"millennium", "millennium"}, {"millennia", "millennium"}, {"millenniums", "millennium"}, {"mil", "millennium"},
    {"mils", "millennium"}};

struct Unit {
  std::string_view name;
  int32_t months;  ///< of one unit; fractions of a month are days of 1/30
  int32_t days;    ///< fractions of a day are time
  int64_t micros;
};

constexpr Unit kUnits[] = {{"microseconds", 0, 0, 1},
                           {"milliseconds", 0, 0, 1000},
                           {"second", 0, 0, kMicrosPerSecond},
                           {"minute", 0, 0, kMicrosPerMinute},
                           {"hour", 0, 0, kMicrosPerHour},
                           {"day", 0, 1, 0},
                           {"week", 0, 7, 0},
                           {"month", 1, 0, 0},
                           {"year", 12, 0, 0},
                           {"decade", 120, 0, 0},
                           {"century", 1200, 0, 0},
                           {"millennium", 12000, 0, 0}};

template <typename T>
bool add_to(T& field, int64_t amount) {
  int64_t sum;
  if (__builtin_add_overflow(int64_t{field}, amount, &sum) || sum != static_cast<T>(sum)) return false;
  field = static_cast<T>(sum);
  return true;
}

/// fraction * scale microseconds, rounded.
bool add_micros(double fraction, int64_t scale, Interval& value) {
  return add_to(value.micros, static_cast<int64_t>(std::rint(fraction * static_cast<double>(scale))));
}

/// fraction * scale days; what is below a day becomes time.
bool add_days(double fraction, int scale, Interval& value) {
  const double days = fraction * scale;
  const double whole = std::trunc(days);
  return add_to(value.days, static_cast<int64_t>(whole)) && add_micros(days - whole, kMicrosPerDay, value);
}

/// whole + fraction units, as PostgreSQL carries fractions down: years into months, months into days of 30, days and
/// weeks into time.
bool add_units(const Unit& unit, int64_t whole, double fraction, Interval& value) {
  int64_t amount;
  if (unit.micros != 0) {
    if (__builtin_mul_overflow(whole, unit.micros, &amount)) return false;
    return add_to(value.micros, amount) && add_micros(fraction, unit.micros, value);
  }
  if (__builtin_mul_overflow(whole, int64_t{unit.months + unit.days}, &amount)) return false;
  if (unit.days != 0) return add_to(value.days, amount) && add_days(fraction, unit.days, value);
  if (!add_to(value.months, amount)) return false;
  if (unit.months == 1) return add_days(fraction, 30, value);
  return add_to(value.months, static_cast<int64_t>(std::rint(fraction * unit.months)));
}

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

/// "[-+]12[.5]" into a whole number and a fraction of the same sign.
Status split_amount(std::string_view text, int64_t& whole, double& fraction, std::string_view& rest) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  whole = 0;
  fraction = 0;
  size_t digits = 0;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits) {
    const int digit = negative ? '0' - text[0] : text[0] - '0';
    if (__builtin_mul_overflow(whole, int64_t{10}, &whole) || __builtin_add_overflow(whole, int64_t{digit}, &whole)) {
      return Status::kOutOfRange;
    }
  }
  if (text.starts_with('.')) {
    double numerator = 0, denominator = 1;
    for (text.remove_prefix(1); !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits) {
      if (denominator >= 1e18) continue;
      numerator = numerator * 10 + (text[0] - '0');
      denominator *= 10;
    }
    fraction = (negative ? -numerator : numerator) / denominator;
  }
  rest = text;
  return digits == 0 ? Status::kMalformed : Status::kParsed;
}

/// Reads the fields from the last to the first, for a unit stands behind its amount.
class IntervalReader {
 public:
  IntervalReader(Interval& value, std::string_view default_unit, bool minutes_first)
      : value_(value), default_unit_(default_unit), minutes_first_(minutes_first) {}

  Status run(const FieldList& fields) {
    for (size_t i = fields.size(); i-- > 0;) {
      const Field& field = fields[i];
      Status status;
      switch (field.kind) {
        case Field::Kind::kWord:
        case Field::Kind::kSigned: status = word(field.text); break;
        case Field::Kind::kTime: status = clock(field.text); break;
        case Field::Kind::kZone: status = field.text.find(':') != std::string_view::npos ? clock(field.text) : amount(field.text); break;
        default: status = amount(field.text);
      }
      if (status != Status::kParsed) return status;
    }
    if (seen_ == 0) return Status::kMalformed;
    if (!ago_) return Status::kParsed;
    if (value_.months == INT32_MIN || value_.days == INT32_MIN || value_.micros == INT64_MIN) return Status::kOutOfRange;
    value_ = {-value_.months, -value_.days, -value_.micros};
    return Status::kParsed;
  }

 private:
  /// Each unit may stand once.
  bool see(size_t unit) {
    const unsigned bit = 1u << unit;
    if ((seen_ & bit) != 0) return false;
    seen_ |= bit;
    return true;
  }

  Status word(std::string_view text) {
    if (text == "ago") {
      ago_ = true;
      unit_ = {};
      return Status::kParsed;
    }
    unit_ = unit_named(text);
    return find_unit(unit_) != nullptr ? Status::kParsed : Status::kMalformed;
  }

  Status clock(std::string_view text) {
    const bool negative = text[0] == '-';
    if (negative || text[0] == '+') text.remove_prefix(1);
    std::string whole;
    if (minutes_first_ && std::ranges::count(text, ':') == 1) text = whole = "00:" + std::string(text);
    int64_t micros = 0;
    switch (parse_clock(text, false, micros)) {
      case ClockStatus::kParsed: break;
      case ClockStatus::kMalformed: return Status::kMalformed;
      case ClockStatus::kOutOfRange: return Status::kOutOfRange;
    }
    // Hours, minutes, seconds and what is below are spoken for.
    for (size_t unit = 0; unit <= 4; ++unit) {
      if (!see(unit)) return Status::kMalformed;
    }
    if (!add_to(value_.micros, negative ? -micros : micros)) return Status::kOutOfRange;
    unit_ = "day";  // "3 04:05:06": a number in front of a time counts days
    return Status::kParsed;
  }

  Status amount(std::string_view text) {
    int64_t whole;
    double fraction;
    std::string_view rest;
    if (const Status status = split_amount(text, whole, fraction, rest); status != Status::kParsed) return status;
    std::string_view name = unit_.empty() ? default_unit_ : unit_;
    if (!rest.empty()) {  // years-months
      int64_t months;
      if (rest[0] != '-' || fraction != 0) return Status::kMalformed;
      rest.remove_prefix(1);
      if (take_digits(rest, months) == 0) return Status::kMalformed;
      if (months > 11) return Status::kOutOfRange;
      if (!rest.empty()) return Status::kMalformed;
      if (__builtin_mul_overflow(whole, int64_t{12}, &whole)) return Status::kOutOfRange;
      whole += text[0] == '-' ? -months : months;
      name = "month";
    }
    const Unit* unit = find_unit(name);
    if (unit == nullptr || !see(static_cast<size_t>(unit - kUnits))) return Status::kMalformed;
    return add_units(*unit, whole, fraction, value_) ? Status::kParsed : Status::kOutOfRange;
  }

  Interval& value_;
  const std::string_view default_unit_;
  const bool minutes_first_;
  std::string_view unit_;  ///< of the amount that comes next
  unsigned seen_ = 0;
  bool ago_ = false;
};

/// "1Y2M3DT4H5M6S", and the alternative form "0001-02-03T04:05:06" or "00010203T040506", behind the P.
Status parse_iso_interval(std::string_view text, Interval& value) {
  bool in_time = false;
  if (text.empty()) return Status::kMalformed;
  int position = 0;  // of the alternative form: years, months, days; hours, minutes, seconds
  while (!text.empty()) {
    if (text[0] == 'T') {
      in_time = true;
      position = 3;
      text.remove_prefix(1);
      if (text.empty()) return Status::kMalformed;
      continue;
    }
    static constexpr std::string_view kAlternative[] = {"year", "month", "day", "hour", "minute", "second"};
    int64_t whole;
    double fraction;
    std::string_view rest;
    const std::string_view begin = text;
    if (const Status status = split_amount(text, whole, fraction, rest); status != Status::kParsed) return status;
    const size_t digits = begin.size() - rest.size();
    if (rest.empty() || rest[0] == 'T' || rest[0] == '-' || rest[0] == ':') {
      if (position == (in_time ? 3 : 0) && (rest.empty() || rest[0] == 'T') && digits == (in_time ? 6u : 8u)) {  // run together
        int64_t units[3] = {whole / 10000, whole / 100 % 100, whole % 100};
        for (int i = 0; i < 3; ++i) {
          if (!add_units(*find_unit(kAlternative[position + i]), units[i], i == 2 ? fraction : 0, value)) return Status::kOutOfRange;
        }
        position += 3;
      } else {
        if (position >= (in_time ? 6 : 3)) return Status::kMalformed;
        if (!add_units(*find_unit(kAlternative[position++]), whole, fraction, value)) return Status::kOutOfRange;
        if (!rest.empty() && rest[0] != 'T') rest.remove_prefix(1);
      }
      text = rest;
      continue;
    }
    const char letter = rest[0];
    const std::string_view name = letter == 'Y'               ? "year"
                                  : letter == 'M' && !in_time ? "month"
                                  : letter == 'W'             ? "week"
                                  : letter == 'D'             ? "day"
                                  : letter == 'H' && in_time  ? "hour"
                                  : letter == 'M'             ? "minute"
                                  : letter == 'S' && in_time  ? "second"
                                                              : "";
    const Unit* unit = find_unit(name);
    if (unit == nullptr) return Status::kMalformed;
    if (!add_units(*unit, whole, fraction, value)) return Status::kOutOfRange;
    text = rest.substr(1);
  }
  return Status::kParsed;
}

Status parse(std::string_view text, Interval& value, std::string_view default_unit, bool minutes_first = false) {
  value = Interval();
  FieldList fields;
  Status status = fields.split(text) ? IntervalReader(value, default_unit, minutes_first).run(fields) : Status::kMalformed;
  if (status != Status::kMalformed) return status;
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  value = Interval();
  return text.starts_with('P') ? parse_iso_interval(text.substr(1), value) : Status::kMalformed;
}

}  // namespace

std::string_view unit_named(std::string_view word) {
  char buffer[16];
  if (word.size() > sizeof buffer) return {};
  for (size_t i = 0; i < word.size(); ++i) buffer[i] = lower(word[i]);
  for (const UnitName& known : kUnitNames) {
    if (known.name == std::string_view(buffer, word.size())) return known.unit;
  }
  return {};
}

bool parse_interval(std::string_view text, Interval& value, std::string_view default_unit, bool minutes_first) {
  return parse(text, value, default_unit, minutes_first) == Status::kParsed;
}

bool interval_overflows(std::string_view text) {
  Interval value;
  return parse(text, value, "second") == Status::kOutOfRange;
}

}  // namespace cairn
