#include "vector/date.h"

#include "vector/error.h"

namespace cairn {

namespace {

[[noreturn]] void throw_timestamp_out_of_range() { throw Error(sqlstate::kDatetimeOverflow, "timestamp out of range"); }

}  // namespace

int iso_day_of_week(int32_t days) {
  const int64_t since_monday = static_cast<int64_t>(days) + 3;  // 1970-01-01 was a Thursday
  return static_cast<int>(since_monday - floor_divide(since_monday, 7) * 7) + 1;
}

int day_of_year(int32_t days) {
  const CivilDate date = civil_from_days(days);
  return static_cast<int>(days - days_from_civil(date.year, 1, 1)) + 1;
}

int iso_week(int32_t days, int* iso_year) {
  // A week belongs to the year that its Thursday lies in.
  const int32_t thursday = days - iso_day_of_week(days) + 4;
  if (iso_year != nullptr) *iso_year = civil_from_days(thursday).year;
  return (day_of_year(thursday) - 1) / 7 + 1;
}

int64_t date_to_timestamp(int32_t days) {
  if (days == kDateInfinity) return kTimestampInfinity;
  if (days == kDateMinusInfinity) return kTimestampMinusInfinity;
  if (days > kMaxTimestamp / kMicrosPerDay) {
    throw Error(sqlstate::kDatetimeOverflow, "date out of range for timestamp");
  }
  return days * kMicrosPerDay;
}

int32_t timestamp_to_date(int64_t micros) {
  if (micros == kTimestampInfinity) return kDateInfinity;
  if (micros == kTimestampMinusInfinity) return kDateMinusInfinity;
  return static_cast<int32_t>(floor_divide(micros, kMicrosPerDay));
}

int64_t add_interval(int64_t timestamp_micros, const Interval& interval) {
  if (!is_finite_timestamp(timestamp_micros)) return timestamp_micros;
  int64_t days = floor_divide(timestamp_micros, kMicrosPerDay);
  const int64_t time = timestamp_micros - days * kMicrosPerDay;
  if (interval.months != 0) {
    const CivilDate date = civil_from_days(static_cast<int32_t>(days));
    const int64_t months = static_cast<int64_t>(date.year) * 12 + (date.month - 1) + interval.months;
    const int64_t year = floor_divide(months, 12);
    const int month = static_cast<int>(months - year * 12) + 1;
    const int last = days_in_month(year, month);
    days = days_from_civil(year, month, date.day < last ? date.day : last);
  }
  const int128_t result = (static_cast<int128_t>(days) + interval.days) * kMicrosPerDay + time + interval.micros;
  if (result < kMinTimestamp || result > kMaxTimestamp) throw_timestamp_out_of_range();
  return static_cast<int64_t>(result);
}

Interval add_intervals(const Interval& a, const Interval& b) {
  Interval sum;
  if (__builtin_add_overflow(a.months, b.months, &sum.months) || __builtin_add_overflow(a.days, b.days, &sum.days) ||
      __builtin_add_overflow(a.micros, b.micros, &sum.micros)) {
    throw Error(sqlstate::kDatetimeOverflow, "interval out of range");
  }
  return sum;
}

Interval negate_interval(const Interval& interval) {
  Interval negated;
  if (__builtin_sub_overflow(0, interval.months, &negated.months) ||
      __builtin_sub_overflow(0, interval.days, &negated.days) ||
      __builtin_sub_overflow(int64_t{0}, interval.micros, &negated.micros)) {
    throw Error(sqlstate::kDatetimeOverflow, "interval out of range");
  }
  return negated;
}

}  // namespace cairn
