#pragma once

// Calendar arithmetic in the proleptic Gregorian calendar. Days count from 1970-01-01, microseconds from its midnight.

#include <cstdint>

#include "vector/int128.h"
#include "vector/type.h"

namespace cairn {

inline constexpr int64_t kMicrosPerSecond = 1000000;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

/// Bounds of DATE, as PostgreSQL's: 4714-11-24 BC to 5874897-12-31; TIMESTAMP ends where 64 bits do, after 294247-01-09.
inline constexpr int32_t kMinDate = -2440588;
inline constexpr int32_t kMaxDate = 2145042905;
inline constexpr int64_t kMinTimestamp = kMinDate * kMicrosPerDay;
inline constexpr int64_t kMaxTimestamp = 106751991 * kMicrosPerDay - 1;

/// 'infinity' and '-infinity': later and earlier than all others.
inline constexpr int32_t kDateInfinity = INT32_MAX, kDateMinusInfinity = INT32_MIN;
inline constexpr int64_t kTimestampInfinity = INT64_MAX, kTimestampMinusInfinity = INT64_MIN;
constexpr bool is_finite_date(int32_t days) { return days != kDateInfinity && days != kDateMinusInfinity; }
constexpr bool is_finite_timestamp(int64_t micros) {
  return micros != kTimestampInfinity && micros != kTimestampMinusInfinity;
}

/// Midnight of the date; infinity stays infinite. Error: kDatetimeOverflow behind the last TIMESTAMP.
int64_t date_to_timestamp(int32_t days);
int32_t timestamp_to_date(int64_t micros);

struct CivilDate {
  int32_t year;   ///< astronomical: 0 is 1 BC
  int32_t month;  ///< 1..12
  int32_t day;    ///< 1..31
  friend bool operator==(const CivilDate&, const CivilDate&) = default;
};

/// Howard Hinnant's algorithms ("chrono-compatible low-level date algorithms"); valid for any date that fits.
constexpr int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

constexpr CivilDate civil_from_days(int32_t days) {
  const int64_t shifted = static_cast<int64_t>(days) + 719468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const uint32_t day_of_era = static_cast<uint32_t>(shifted - era * 146097);
  const uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint32_t shifted_month = (5 * day_of_year + 2) / 153;
  const int32_t month = static_cast<int32_t>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {static_cast<int32_t>(static_cast<int64_t>(year_of_era) + era * 400) + (month <= 2), month,
          static_cast<int32_t>(day_of_year - (153 * shifted_month + 2) / 5 + 1)};
}

constexpr bool is_leap_year(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
constexpr int days_in_month(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : kDays[month - 1];
}
constexpr bool is_valid_date(int64_t year, int month, int day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

/// Division that rounds towards minus infinity.
constexpr int64_t floor_divide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0);
}

/// ISO 8601: Monday is 1, Sunday 7; the week that a day belongs to and that week's year.
int iso_day_of_week(int32_t days);
int iso_week(int32_t days, int* iso_year = nullptr);
int day_of_year(int32_t days);

/// timestamp + interval as PostgreSQL adds: months first (the day is cut to the month's last), then days, then
/// time. Error: kDatetimeOverflow outside the type's bounds.
int64_t add_interval(int64_t timestamp_micros, const Interval& interval);

/// a ± b field by field. Error: kDatetimeOverflow.
Interval add_intervals(const Interval& a, const Interval& b);
Interval negate_interval(const Interval& interval);
/// The value that comparisons, hashes and sort orders use: a month is 30 days, a day 24 hours.
constexpr int128_t interval_order(const Interval& interval) {
  return (static_cast<int128_t>(interval.months) * 30 + interval.days) * kMicrosPerDay + interval.micros;
}

}  // namespace cairn
