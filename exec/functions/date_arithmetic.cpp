// Sums, differences and products of dates, times and intervals; age, bins, and justified intervals.

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"
#include "exec/functions/scaled_interval.h"
#include "vector/date.h"

namespace cairn::functions {

namespace {

Error interval_out_of_range() { return Error(sqlstate::kDatetimeOverflow, "interval out of range"); }

// ---- dates and days

int32_t checked_date(int64_t days) {
  if (days < kMinDate || days > kMaxDate) throw Error(sqlstate::kDatetimeOverflow, "date out of range");
  return static_cast<int32_t>(days);
}
int32_t date_plus_days(int32_t date, int32_t days) { return is_finite_date(date) ? checked_date(int64_t{date} + days) : date; }
int32_t days_plus_date(int32_t days, int32_t date) { return date_plus_days(date, days); }
int32_t date_minus_days(int32_t date, int32_t days) { return is_finite_date(date) ? checked_date(int64_t{date} - days) : date; }
int32_t date_minus_date(const Call& call, int32_t a, int32_t b) {
  if (!is_finite_date(a) || !is_finite_date(b)) throw Error(sqlstate::kDatetimeOverflow, "cannot subtract infinite dates");
  int32_t days;
  if (__builtin_sub_overflow(a, b, &days)) throw out_of_range(call.result_type);
  return days;
}

// ---- with intervals

int64_t date_plus_interval(int32_t days, Interval interval) { return add_interval(date_to_timestamp(days), interval); }
int64_t interval_plus_date(Interval interval, int32_t days) { return date_plus_interval(days, interval); }
int64_t date_minus_interval(int32_t days, Interval interval) { return date_plus_interval(days, negate_interval(interval)); }
int64_t timestamp_plus_interval(int64_t timestamp, Interval interval) { return add_interval(timestamp, interval); }
int64_t interval_plus_timestamp(Interval interval, int64_t timestamp) { return add_interval(timestamp, interval); }
int64_t timestamp_minus_interval(int64_t timestamp, Interval interval) {
  return add_interval(timestamp, negate_interval(interval));
}
int64_t wrap_time(int128_t micros) {
  const int64_t rest = static_cast<int64_t>(micros % kMicrosPerDay);
  return rest < 0 ? rest + kMicrosPerDay : rest;
}
int64_t time_plus_interval(int64_t time, Interval interval) { return wrap_time(int128_t{time} + interval.micros); }
int64_t interval_plus_time(Interval interval, int64_t time) { return time_plus_interval(time, interval); }
int64_t time_minus_interval(int64_t time, Interval interval) { return wrap_time(int128_t{time} - interval.micros); }
int64_t date_plus_time(int32_t days, int64_t time) { return date_plus_interval(days, {0, 0, time}); }
int64_t time_plus_date(int64_t time, int32_t days) { return date_plus_time(days, time); }
Interval time_minus_time(int64_t a, int64_t b) {
  return {0, 0, static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b))};
}

int64_t checked_difference(int64_t a, int64_t b) {
  if (!is_finite_timestamp(a) || !is_finite_timestamp(b)) {
    throw Error(sqlstate::kDatetimeOverflow, "cannot subtract infinite timestamps");
  }
  int64_t micros;
  if (__builtin_sub_overflow(a, b, &micros)) throw interval_out_of_range();
  return micros;
}
Interval timestamp_minus_timestamp(int64_t a, int64_t b) {
  const int64_t micros = checked_difference(a, b);
  return {0, static_cast<int32_t>(micros / kMicrosPerDay), micros % kMicrosPerDay};
}
Interval interval_minus_interval(Interval a, Interval b) { return add_intervals(a, negate_interval(b)); }
Interval plus(Interval a, Interval b) { return add_intervals(a, b); }
Interval minus(Interval a) { return negate_interval(a); }

/// Every field by `scale`; what is behind the point goes down to the next smaller field, as in PostgreSQL.
template <typename Scale>
Interval scale_interval(Interval a, Scale scale) {
  const auto rounded = [](double value) { return std::rint(value * 1e6) / 1e6; };
  const double months = scale(a.months), days = scale(a.days);
  if (!(std::fabs(months) <= INT32_MAX && std::fabs(days) <= INT32_MAX)) throw interval_out_of_range();
  Interval result{static_cast<int32_t>(months), static_cast<int32_t>(days), 0};
  const double days_of_months = rounded((months - result.months) * 30);
  const double whole_days = std::trunc(days_of_months);
  double seconds = rounded((days - result.days + days_of_months - whole_days) * 86400);
  int64_t more_days = static_cast<int64_t>(whole_days);
  if (std::fabs(seconds) >= 86400) {
    const int64_t carried = static_cast<int64_t>(seconds / 86400);
    more_days += carried;
    seconds -= static_cast<double>(carried) * 86400;
  }
  const double micros = std::rint(scale(static_cast<double>(a.micros)) + seconds * 1e6);
  if (__builtin_add_overflow(int64_t{result.days}, more_days, &result.days) || !(std::fabs(micros) < 0x1p63)) {
    throw interval_out_of_range();
  }
  result.micros = static_cast<int64_t>(micros);
  return result;
}
Interval times_interval(double factor, Interval a) { return interval_times(a, factor); }

}  // namespace

Interval interval_times(Interval interval, double factor) {
  return scale_interval(interval, [factor](double field) { return field * factor; });
}

Interval interval_over(Interval interval, double divisor) {
  if (divisor == 0) throw Error(sqlstate::kDivisionByZero, "division by zero");
  return scale_interval(interval, [divisor](double field) { return field / divisor; });
}

namespace {

// ---- age

/// The difference in years, months, days and time, as one counts on a calendar.
Interval age(int64_t later, int64_t earlier) {
  checked_difference(later, earlier);
  const bool negative = later < earlier;
  if (negative) std::swap(later, earlier);
  const CivilDate a = civil_from_days(timestamp_to_date(later)), b = civil_from_days(timestamp_to_date(earlier));
  int64_t micros = (later - floor_divide(later, kMicrosPerDay) * kMicrosPerDay) -
                   (earlier - floor_divide(earlier, kMicrosPerDay) * kMicrosPerDay);
  int32_t days = a.day - b.day;
  int32_t months = (a.year - b.year) * 12 + (a.month - b.month);
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  while (days < 0) {  // borrowed is a month as long as the earlier one's
    days += days_in_month(b.year, b.month);
    --months;
  }
  return negative ? Interval{-months, -days, -micros} : Interval{months, days, micros};
}

/// The begin of the stride, counted from the origin, that the timestamp lies in.
int64_t bin(Interval stride, int64_t timestamp, int64_t origin) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  if (!is_finite_timestamp(origin)) throw Error(sqlstate::kDatetimeOverflow, "origin out of range");
  if (stride.months != 0) {
    throw Error(sqlstate::kFeatureNotSupported, "timestamps cannot be binned into intervals containing months or years");
  }
  const int128_t width = int128_t{stride.days} * kMicrosPerDay + stride.micros;
  if (width <= 0) throw Error(sqlstate::kDatetimeOverflow, "stride must be greater than zero");
  if (width > INT64_MAX) throw interval_out_of_range();
  const int128_t distance = int128_t{timestamp} - origin;
  const int128_t bins = distance / width - (distance % width < 0);
  const int128_t result = origin + bins * width;
  if (result < kMinTimestamp) throw Error(sqlstate::kDatetimeOverflow, "timestamp out of range");
  return static_cast<int64_t>(result);
}

// ---- justify_hours, justify_days, justify_interval

/// Moves whole units from a smaller field up into a larger one; both shall have one sign.
template <typename Small, typename Large>
void carry(Small& small, Large& large, int64_t unit) {
  const int64_t whole = small / unit;
  small = static_cast<Small>(small - whole * unit);
  if (__builtin_add_overflow(int64_t{large}, whole, &large)) throw interval_out_of_range();
}
template <typename Small, typename Large>
void align_signs(Small& small, Large& large, int64_t unit) {
  if (large > 0 && small < 0) {
    small = static_cast<Small>(small + unit);
    --large;
  } else if (large < 0 && small > 0) {
    small = static_cast<Small>(small - unit);
    ++large;
  }
}
Interval justify_hours(Interval a) {
  carry(a.micros, a.days, kMicrosPerDay);
  align_signs(a.micros, a.days, kMicrosPerDay);
  return a;
}
Interval justify_days(Interval a) {
  carry(a.days, a.months, 30);
  align_signs(a.days, a.months, 30);
  return a;
}
Interval justify_interval(Interval a) {
  // Beforehand days and time of opposite signs, so that the carries below cannot overflow needlessly.
  if ((a.days > 0 && a.micros > 0) || (a.days < 0 && a.micros < 0)) carry(a.days, a.months, 30);
  carry(a.micros, a.days, kMicrosPerDay);
  carry(a.days, a.months, 30);
  if (a.months > 0 && (a.days < 0 || (a.days == 0 && a.micros < 0))) {
    a.days += 30;
    --a.months;
  } else if (a.months < 0 && (a.days > 0 || (a.days == 0 && a.micros > 0))) {
    a.days -= 30;
    ++a.months;
  }
  align_signs(a.micros, a.days, kMicrosPerDay);
  return a;
}

/// TIME(p) and TIMESTAMP(p): rounded to so many digits of a second.
int64_t round_fraction(int64_t micros, int32_t digits) {
  if (!is_finite_timestamp(micros) || digits >= 6) return micros;
  int64_t unit = 1;
  for (int i = std::max(digits, 0); i < 6; ++i) unit *= 10;
  return floor_divide(micros + unit / 2, unit) * unit;
}

/// INTERVAL(p): away from zero where it is halfway.
Interval round_interval_fraction(Interval interval, int32_t digits) {
  const bool negative = interval.micros < 0;
  const int64_t rounded = round_fraction(negative ? -interval.micros : interval.micros, digits);
  interval.micros = negative ? -rounded : rounded;
  return interval;
}

bool finite_date(int32_t days) { return is_finite_date(days); }
bool finite_timestamp(int64_t micros) { return is_finite_timestamp(micros); }
bool finite_interval(Interval) { return true; }

void add_with_intervals(std::vector<Function>& rows) {
  using enum TypeId;
  const auto timestamp = always<Type::timestamp>;
  const auto interval = always<Type::interval>;
  rows.push_back(row<date_plus_interval>("+", {kDate, kInterval}, timestamp, kRaises));
  rows.push_back(row<interval_plus_date>("+", {kInterval, kDate}, timestamp, kRaises));
  rows.push_back(row<date_minus_interval>("-", {kDate, kInterval}, timestamp, kRaises));
  rows.push_back(row<timestamp_plus_interval>("+", {kTimestamp, kInterval}, timestamp, kRaises));
  rows.push_back(row<interval_plus_timestamp>("+", {kInterval, kTimestamp}, timestamp, kRaises));
  rows.push_back(row<timestamp_minus_interval>("-", {kTimestamp, kInterval}, timestamp, kRaises));
  rows.push_back(row<time_plus_interval>("+", {kTime, kInterval}, always<Type::time>, kNeverRaises));
  rows.push_back(row<interval_plus_time>("+", {kInterval, kTime}, always<Type::time>, kNeverRaises));
  rows.push_back(row<time_minus_interval>("-", {kTime, kInterval}, always<Type::time>, kNeverRaises));
  rows.push_back(row<date_plus_time>("+", {kDate, kTime}, timestamp, kRaises));
  rows.push_back(row<time_plus_date>("+", {kTime, kDate}, timestamp, kRaises));
  rows.push_back(row<time_minus_time>("-", {kTime, kTime}, interval, kNeverRaises));
  rows.push_back(row<timestamp_minus_timestamp>("-", {kTimestamp, kTimestamp}, interval, kRaises));
  rows.push_back(row<plus>("+", {kInterval, kInterval}, interval, kRaises));
  rows.push_back(row<interval_minus_interval>("-", {kInterval, kInterval}, interval, kRaises));
  rows.push_back(row<minus>("-", {kInterval}, interval, kRaises));
  rows.push_back(row<interval_times>("*", {kInterval, kDouble}, interval, kRaises));
  rows.push_back(row<times_interval>("*", {kDouble, kInterval}, interval, kRaises));
  rows.push_back(row<interval_over>("/", {kInterval, kDouble}, interval, kRaises));
}

}  // namespace

const std::vector<Function>& date_arithmetic_functions() {
  static const std::vector<Function> table = [] {
    using enum TypeId;
    std::vector<Function> rows;
    rows.push_back(row<date_plus_days>("+", {kDate, kInteger}, first_type, kRaises));
    rows.push_back(row<days_plus_date>("+", {kInteger, kDate}, always<Type::date>, kRaises));
    rows.push_back(row<date_minus_days>("-", {kDate, kInteger}, first_type, kRaises));
    rows.push_back(row<date_minus_date>("-", {kDate, kDate}, always<Type::integer>, kRaises));
    add_with_intervals(rows);
    const auto interval = always<Type::interval>;
    rows.push_back(row<age>("age", {kTimestamp, kTimestamp}, interval, kRaises));
    rows.push_back(row<bin>("date_bin", {kInterval, kTimestamp, kTimestamp}, always<Type::timestamp>, kRaises));
    rows.push_back(row<justify_hours>("justify_hours", {kInterval}, interval, kRaises));
    rows.push_back(row<justify_days>("justify_days", {kInterval}, interval, kRaises));
    rows.push_back(row<justify_interval>("justify_interval", {kInterval}, interval, kRaises));
    rows.push_back(row<round_interval_fraction>("round_fraction", {kInterval, kInteger}, first_type, kNeverRaises));
    for (const TypeId id : {kTime, kTimestamp}) {
      rows.push_back(row<round_fraction>("round_fraction", {id, kInteger}, first_type, kNeverRaises));
    }
    rows.push_back(row<finite_date>("isfinite", {kDate}, always<Type::boolean>, kNeverRaises));
    rows.push_back(row<finite_timestamp>("isfinite", {kTimestamp}, always<Type::boolean>, kNeverRaises));
    rows.push_back(row<finite_interval>("isfinite", {kInterval}, always<Type::boolean>, kNeverRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
