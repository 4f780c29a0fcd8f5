// Parts of dates and times, truncation, and arithmetic with intervals. extract(field from x) is the function
// "extract_<field>"; date_part and date_trunc take the field as text.

#include <array>
#include <cmath>
#include <string>

#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"
#include "vector/date.h"

namespace cairn::functions {

namespace {

// ---- parts of a date (days), of a time of day (microseconds), of an interval

int64_t year(int32_t days) {
  const int32_t astronomical = civil_from_days(days).year;
  return astronomical > 0 ? astronomical : astronomical - 1;  // there is no year 0 in SQL
}
int64_t month(int32_t days) { return civil_from_days(days).month; }
int64_t day(int32_t days) { return civil_from_days(days).day; }
int64_t quarter(int32_t days) { return (civil_from_days(days).month - 1) / 3 + 1; }
int64_t day_of_week(int32_t days) { return iso_day_of_week(days) % 7; }
int64_t iso_day(int32_t days) { return iso_day_of_week(days); }
int64_t ordinal_day(int32_t days) { return day_of_year(days); }
int64_t week(int32_t days) { return iso_week(days); }
int64_t iso_year(int32_t days) {
  int result;
  iso_week(days, &result);
  return result > 0 ? result : result - 1;
}
int64_t decade(int32_t days) { return floor_divide(civil_from_days(days).year, 10); }
int64_t century(int32_t days) {
  const int64_t y = civil_from_days(days).year;
  return y > 0 ? (y + 99) / 100 : -((99 - (y - 1)) / 100);
}
int64_t millennium(int32_t days) {
  const int64_t y = civil_from_days(days).year;
  return y > 0 ? (y + 999) / 1000 : -((999 - (y - 1)) / 1000);
}
int64_t julian_day(int32_t days) { return static_cast<int64_t>(days) + 2440588; }
int64_t epoch_of_date(int32_t days) { return static_cast<int64_t>(days) * 86400; }

int32_t days_of(int64_t timestamp) { return static_cast<int32_t>(floor_divide(timestamp, kMicrosPerDay)); }
int64_t clock_of(int64_t timestamp) { return timestamp - floor_divide(timestamp, kMicrosPerDay) * kMicrosPerDay; }

template <int64_t (*Part)(int32_t)>
int64_t of_timestamp(int64_t timestamp) { return Part(days_of(timestamp)); }

int64_t hour(int64_t micros) { return clock_of(micros) / kMicrosPerHour; }
int64_t hour_of_time(int64_t micros) { return micros / kMicrosPerHour; }
int64_t minute(int64_t micros) { return clock_of(micros) / kMicrosPerMinute % 60; }
int64_t milliseconds_part(int64_t micros) { return clock_of(micros) % kMicrosPerMinute; }  // in microseconds
int64_t microseconds(int64_t micros) { return milliseconds_part(micros); }
double second(int64_t micros) { return static_cast<double>(milliseconds_part(micros)) / 1e6; }
double milliseconds(int64_t micros) { return static_cast<double>(milliseconds_part(micros)) / 1e3; }
double epoch(int64_t micros) { return static_cast<double>(micros) / 1e6; }

int64_t interval_year(Interval a) { return a.months / 12; }
int64_t interval_month(Interval a) { return a.months % 12; }
int64_t interval_day(Interval a) { return a.days; }
int64_t interval_hour(Interval a) { return a.micros / kMicrosPerHour; }
int64_t interval_minute(Interval a) { return a.micros / kMicrosPerMinute % 60; }
double interval_second(Interval a) { return static_cast<double>(a.micros % kMicrosPerMinute) / 1e6; }
double interval_epoch(Interval a) {
  return (static_cast<double>(a.months / 12) * 365.25 + (a.months % 12) * 30.0 + a.days) * 86400.0 +
         static_cast<double>(a.micros) / 1e6;
}

// ---- arithmetic

int64_t date_plus_interval(int32_t days, Interval interval) { return add_interval_to_date(days, interval); }
int64_t interval_plus_date(Interval interval, int32_t days) { return add_interval_to_date(days, interval); }
int64_t date_minus_interval(int32_t days, Interval interval) {
  return add_interval_to_date(days, negate_interval(interval));
}
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
int64_t time_minus_interval(int64_t time, Interval interval) { return wrap_time(int128_t{time} - interval.micros); }
int64_t date_plus_time(int32_t days, int64_t time) { return add_interval_to_date(days, Interval{0, 0, time}); }
Interval time_minus_time(int64_t a, int64_t b) { return {0, 0, a - b}; }
Interval timestamp_minus_timestamp(int64_t a, int64_t b) {
  int64_t micros;
  if (__builtin_sub_overflow(a, b, &micros)) throw Error(sqlstate::kDatetimeOverflow, "interval out of range");
  return {0, static_cast<int32_t>(micros / kMicrosPerDay), micros % kMicrosPerDay};
}
Interval interval_minus_interval(Interval a, Interval b) { return add_intervals(a, negate_interval(b)); }
Interval plus(Interval a, Interval b) { return add_intervals(a, b); }
Interval minus(Interval a) { return negate_interval(a); }

/// Every field times the factor; what is behind the point goes down to the next smaller field.
Interval scale_interval(Interval a, double factor) {
  const double months = a.months * factor;
  const double days = a.days * factor + std::rint((months - std::trunc(months)) * 30 * 1e6) / 1e6;
  const double micros = static_cast<double>(a.micros) * factor +
                        (days - std::trunc(days)) * static_cast<double>(kMicrosPerDay);
  if (!(std::fabs(months) <= INT32_MAX && std::fabs(days) <= INT32_MAX && std::fabs(micros) < 9.2e18)) {
    throw Error(sqlstate::kDatetimeOverflow, "interval out of range");
  }
  return {static_cast<int32_t>(months), static_cast<int32_t>(days), static_cast<int64_t>(std::rint(micros))};
}
Interval interval_times(Interval a, double factor) { return scale_interval(a, factor); }
Interval times_interval(double factor, Interval a) { return scale_interval(a, factor); }
Interval interval_over(Interval a, double divisor) {
  if (divisor == 0) throw Error(sqlstate::kDivisionByZero, "division by zero");
  return scale_interval(a, 1 / divisor);
}

int32_t make_date(int32_t y, int32_t m, int32_t d) {
  if (y == 0 || y < -4713 || y > 5874897 || !is_valid_date(y < 0 ? y + 1 : y, m, d)) {
    throw Error(sqlstate::kDatetimeOverflow, "date field value out of range: " + std::to_string(y) + "-" +
                                                 std::to_string(m) + "-" + std::to_string(d));
  }
  return static_cast<int32_t>(days_from_civil(y < 0 ? y + 1 : y, m, d));
}

// ---- fields by name

std::string lower_field(StringRef field) {
  std::string text(field.view());
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

Error unknown_field(const std::string& field, std::string_view type) {
  return Error(sqlstate::kInvalidParameterValue, "unit \"" + field + "\" not recognized for type " + std::string(type));
}

int64_t truncate_timestamp(StringRef field_text, int64_t timestamp) {
  const std::string field = lower_field(field_text);
  const int32_t days = days_of(timestamp);
  const CivilDate date = civil_from_days(days);
  const auto first_of = [](int64_t y, int64_t m) { return days_from_civil(y, m, 1) * kMicrosPerDay; };
  const auto down_to = [timestamp](int64_t unit) { return floor_divide(timestamp, unit) * unit; };
  if (field == "microseconds" || field == "microsecond") return timestamp;
  if (field == "milliseconds" || field == "millisecond") return down_to(1000);
  if (field == "second") return down_to(kMicrosPerSecond);
  if (field == "minute") return down_to(kMicrosPerMinute);
  if (field == "hour") return down_to(kMicrosPerHour);
  if (field == "day") return down_to(kMicrosPerDay);
  if (field == "week") return (static_cast<int64_t>(days) - iso_day_of_week(days) + 1) * kMicrosPerDay;
  if (field == "month") return first_of(date.year, date.month);
  if (field == "quarter") return first_of(date.year, (date.month - 1) / 3 * 3 + 1);
  if (field == "year") return first_of(date.year, 1);
  if (field == "decade") return first_of(floor_divide(date.year, 10) * 10, 1);
  if (field == "century") return first_of(floor_divide(date.year - 1, 100) * 100 + 1, 1);
  if (field == "millennium") return first_of(floor_divide(date.year - 1, 1000) * 1000 + 1, 1);
  throw unknown_field(field, "timestamp");
}
int64_t truncate_date(StringRef field, int32_t days) { return truncate_timestamp(field, days * kMicrosPerDay); }

struct DateField {
  std::string_view name;
  int64_t (*part)(int32_t);
  ValueRange range;
};
constexpr DateField kDateFields[] = {
    {"year", year, {}},           {"month", month, {1, 12}},         {"day", day, {1, 31}},
    {"quarter", quarter, {1, 4}}, {"dow", day_of_week, {0, 6}},      {"isodow", iso_day, {1, 7}},
    {"doy", ordinal_day, {1, 366}}, {"week", week, {1, 53}},         {"isoyear", iso_year, {}},
    {"decade", decade, {}},       {"century", century, {}},          {"millennium", millennium, {}},
    {"julian", julian_day, {}}};

double part_of_timestamp(StringRef field_text, int64_t timestamp) {
  const std::string field = lower_field(field_text);
  for (const DateField& known : kDateFields) {
    if (field != known.name) continue;
    double part = static_cast<double>(known.part(days_of(timestamp)));
    if (field == "julian") part += static_cast<double>(clock_of(timestamp)) / static_cast<double>(kMicrosPerDay);
    return part;
  }
  if (field == "hour") return static_cast<double>(hour(timestamp));
  if (field == "minute") return static_cast<double>(minute(timestamp));
  if (field == "second") return second(timestamp);
  if (field == "milliseconds") return milliseconds(timestamp);
  if (field == "microseconds") return static_cast<double>(microseconds(timestamp));
  if (field == "epoch") return epoch(timestamp);
  throw unknown_field(field, "timestamp");
}
double part_of_date(StringRef field, int32_t days) { return part_of_timestamp(field, days * kMicrosPerDay); }
double part_of_interval(StringRef field_text, Interval a) {
  const std::string field = lower_field(field_text);
  if (field == "year") return static_cast<double>(interval_year(a));
  if (field == "month") return static_cast<double>(interval_month(a));
  if (field == "quarter") return static_cast<double>(interval_month(a) / 3 + 1);
  if (field == "day") return static_cast<double>(interval_day(a));
  if (field == "hour") return static_cast<double>(interval_hour(a));
  if (field == "minute") return static_cast<double>(interval_minute(a));
  if (field == "second") return interval_second(a);
  if (field == "epoch") return interval_epoch(a);
  throw unknown_field(field, "interval");
}

// ---- ranges

ValueRange year_range(std::span<const ValueRange> arguments, std::span<const Type> types) {
  const auto year_of = [&](int128_t value) {
    return int128_t{year(types[0].id == TypeId::kDate ? static_cast<int32_t>(value)
                                                      : days_of(static_cast<int64_t>(value)))};
  };
  const ValueRange whole = type_range(types[0]);
  const ValueRange& a = arguments[0];
  return {year_of(a.min < whole.min ? whole.min : a.min), year_of(a.max > whole.max ? whole.max : a.max)};
}

template <int Min, int Max>
ValueRange fixed_range(std::span<const ValueRange>, std::span<const Type>) { return {Min, Max}; }

// ---- the table

template <int64_t (*Part)(int32_t)>
void add_date_part(std::vector<Function>& rows, std::string_view name,
                   ValueRange (*range)(std::span<const ValueRange>, std::span<const Type>) = nullptr) {
  rows.push_back(row<Part>(name, {TypeId::kDate}, always<Type::big_int>, kNeverRaises));
  rows.back().result_range = range;
  rows.push_back(row<of_timestamp<Part>>(name, {TypeId::kTimestamp}, always<Type::big_int>, kNeverRaises));
  rows.back().result_range = range;
}

void add_date_parts(std::vector<Function>& rows) {
  add_date_part<year>(rows, "extract_year", year_range);
  add_date_part<month>(rows, "extract_month", fixed_range<1, 12>);
  add_date_part<day>(rows, "extract_day", fixed_range<1, 31>);
  add_date_part<quarter>(rows, "extract_quarter", fixed_range<1, 4>);
  add_date_part<day_of_week>(rows, "extract_dow", fixed_range<0, 6>);
  add_date_part<iso_day>(rows, "extract_isodow", fixed_range<1, 7>);
  add_date_part<ordinal_day>(rows, "extract_doy", fixed_range<1, 366>);
  add_date_part<week>(rows, "extract_week", fixed_range<1, 53>);
  add_date_part<iso_year>(rows, "extract_isoyear");
  add_date_part<decade>(rows, "extract_decade");
  add_date_part<century>(rows, "extract_century");
  add_date_part<millennium>(rows, "extract_millennium");
}

void add_clock_parts(std::vector<Function>& rows) {
  using enum TypeId;
  rows.push_back(row<epoch_of_date>("extract_epoch", {kDate}, always<Type::big_int>, kNeverRaises));
  rows.push_back(row<julian_day>("extract_julian", {kDate}, always<Type::big_int>, kNeverRaises));
  rows.push_back(row<hour>("extract_hour", {kTimestamp}, always<Type::big_int>, kNeverRaises));
  rows.push_back(row<hour_of_time>("extract_hour", {kTime}, always<Type::big_int>, kNeverRaises));
  for (const TypeId id : {kTimestamp, kTime}) {
    rows.push_back(row<minute>("extract_minute", {id}, always<Type::big_int>, kNeverRaises));
    rows.push_back(row<second>("extract_second", {id}, always<Type::double_>, kNeverRaises));
    rows.push_back(row<milliseconds>("extract_milliseconds", {id}, always<Type::double_>, kNeverRaises));
    rows.push_back(row<microseconds>("extract_microseconds", {id}, always<Type::big_int>, kNeverRaises));
    rows.push_back(row<epoch>("extract_epoch", {id}, always<Type::double_>, kNeverRaises));
  }
  rows.push_back(row<interval_year>("extract_year", {kInterval}, always<Type::big_int>, kNeverRaises));
  rows.push_back(row<interval_month>("extract_month", {kInterval}, always<Type::big_int>, kNeverRaises));
  rows.push_back(row<interval_day>("extract_day", {kInterval}, always<Type::big_int>, kNeverRaises));
  rows.push_back(row<interval_hour>("extract_hour", {kInterval}, always<Type::big_int>, kNeverRaises));
  rows.push_back(row<interval_minute>("extract_minute", {kInterval}, always<Type::big_int>, kNeverRaises));
  rows.push_back(row<interval_second>("extract_second", {kInterval}, always<Type::double_>, kNeverRaises));
  rows.push_back(row<interval_epoch>("extract_epoch", {kInterval}, always<Type::double_>, kNeverRaises));
  rows.push_back(row<part_of_date>("date_part", {kVarchar, kDate}, always<Type::double_>, kRaises));
  rows.push_back(row<part_of_timestamp>("date_part", {kVarchar, kTimestamp}, always<Type::double_>, kRaises));
  rows.push_back(row<part_of_interval>("date_part", {kVarchar, kInterval}, always<Type::double_>, kRaises));
  rows.push_back(row<truncate_date>("date_trunc", {kVarchar, kDate}, always<Type::timestamp>, kRaises));
  rows.push_back(row<truncate_timestamp>("date_trunc", {kVarchar, kTimestamp}, always<Type::timestamp>, kRaises));
  rows.push_back(row<make_date>("make_date", {kInteger, kInteger, kInteger}, always<Type::date>, kRaises));
}

void add_arithmetic(std::vector<Function>& rows) {
  using enum TypeId;
  rows.push_back(row<date_plus_interval>("+", {kDate, kInterval}, always<Type::timestamp>, kRaises));
  rows.push_back(row<interval_plus_date>("+", {kInterval, kDate}, always<Type::timestamp>, kRaises));
  rows.push_back(row<date_minus_interval>("-", {kDate, kInterval}, always<Type::timestamp>, kRaises));
  rows.push_back(row<timestamp_plus_interval>("+", {kTimestamp, kInterval}, always<Type::timestamp>, kRaises));
  rows.push_back(row<interval_plus_timestamp>("+", {kInterval, kTimestamp}, always<Type::timestamp>, kRaises));
  rows.push_back(row<timestamp_minus_interval>("-", {kTimestamp, kInterval}, always<Type::timestamp>, kRaises));
  rows.push_back(row<time_plus_interval>("+", {kTime, kInterval}, always<Type::time>, kNeverRaises));
  rows.push_back(row<time_minus_interval>("-", {kTime, kInterval}, always<Type::time>, kNeverRaises));
  rows.push_back(row<date_plus_time>("+", {kDate, kTime}, always<Type::timestamp>, kRaises));
  rows.push_back(row<time_minus_time>("-", {kTime, kTime}, always<Type::interval>, kNeverRaises));
  rows.push_back(row<timestamp_minus_timestamp>("-", {kTimestamp, kTimestamp}, always<Type::interval>, kRaises));
  rows.push_back(row<plus>("+", {kInterval, kInterval}, always<Type::interval>, kRaises));
  rows.push_back(row<interval_minus_interval>("-", {kInterval, kInterval}, always<Type::interval>, kRaises));
  rows.push_back(row<minus>("-", {kInterval}, always<Type::interval>, kRaises));
  rows.push_back(row<interval_times>("*", {kInterval, kDouble}, always<Type::interval>, kRaises));
  rows.push_back(row<times_interval>("*", {kDouble, kInterval}, always<Type::interval>, kRaises));
  rows.push_back(row<interval_over>("/", {kInterval, kDouble}, always<Type::interval>, kRaises));
}

}  // namespace

const std::vector<Function>& datetime_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    add_date_parts(rows);
    add_clock_parts(rows);
    add_arithmetic(rows);
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
