// Parts of dates, times and intervals, and truncation. extract(field from x) is the function "extract_<field>"; date_part
// and date_trunc take the field as text.

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"
#include "vector/date.h"
#include "vector/parse.h"

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

int64_t clock_of(int64_t timestamp) { return timestamp - floor_divide(timestamp, kMicrosPerDay) * kMicrosPerDay; }
int64_t hour(int64_t micros) { return micros / kMicrosPerHour; }
int64_t minute(int64_t micros) { return micros / kMicrosPerMinute % 60; }
int64_t micros_of_minute(int64_t micros) { return micros % kMicrosPerMinute; }  // seconds at scale 6, milliseconds at 3
int64_t all_micros(int64_t micros) { return micros; }

int64_t interval_year(Interval a) { return a.months / 12; }
int64_t interval_month(Interval a) { return a.months % 12; }
int64_t interval_quarter(Interval a) { return a.months % 12 / 3 + 1; }
int64_t interval_decade(Interval a) { return a.months / 120; }
int64_t interval_century(Interval a) { return a.months / 1200; }
int64_t interval_millennium(Interval a) { return a.months / 12000; }
int64_t interval_day(Interval a) { return a.days; }
template <int64_t (*Part)(int64_t)>
int64_t of_interval(Interval a) { return Part(a.micros); }
/// In microseconds: a year has 365.25 days, a month 30.
int128_t interval_epoch(Interval a) {
  return int128_t{a.months / 12} * 1461 * (kMicrosPerDay / 4) + (int128_t{a.months % 12} * 30 + a.days) * kMicrosPerDay +
         a.micros;
}

// ---- infinity. Fields that grow with time are infinite too, which exact numbers cannot be; the others are NULL.

enum class Growth : uint8_t { kGrows, kCycles };

[[noreturn]] void throw_infinite() {
  throw Error(sqlstate::kFeatureNotSupported, "this field of an infinite date is infinite, which an exact number cannot be",
              "date_part gives it as double precision");
}

template <int64_t (*Part)(int32_t), Growth kGrowth>
std::optional<int64_t> of_date(int32_t days) {
  if (is_finite_date(days)) return Part(days);
  if (kGrowth == Growth::kGrows) throw_infinite();
  return std::nullopt;
}
template <int64_t (*Part)(int32_t), Growth kGrowth>
std::optional<int64_t> of_timestamp(int64_t timestamp) {
  if (is_finite_timestamp(timestamp)) return Part(timestamp_to_date(timestamp));
  if (kGrowth == Growth::kGrows) throw_infinite();
  return std::nullopt;
}
template <int64_t (*Part)(int32_t)>
int64_t of_finite_timestamp(int64_t timestamp) {
  return Part(static_cast<int32_t>(floor_divide(timestamp, kMicrosPerDay)));
}
template <int64_t (*Part)(int64_t)>
std::optional<int64_t> of_clock(int64_t timestamp) {
  if (is_finite_timestamp(timestamp)) return Part(clock_of(timestamp));
  return std::nullopt;
}
int64_t epoch_of_timestamp(int64_t timestamp) {
  if (!is_finite_timestamp(timestamp)) throw_infinite();
  return timestamp;
}

/// The day and its part, as PostgreSQL's numeric division rounds it.
constexpr int kJulianScale = 20;
int128_t julian_of_timestamp(int64_t timestamp) {
  if (!is_finite_timestamp(timestamp)) throw_infinite();
  const int128_t unit = power_of_ten(kJulianScale);
  const int128_t part = (clock_of(timestamp) * unit + kMicrosPerDay / 2) / kMicrosPerDay;
  return julian_day(timestamp_to_date(timestamp)) * unit + part;
}

Type julian_type(std::span<const Type>) { return Type::decimal(38, kJulianScale); }

/// Infinity is rare: where the argument's range excludes it, the plain function runs.
template <auto kPlain, auto kChecked>
void evaluate_part(const Function& self, std::span<const Vector> arguments, size_t rows, Type type,
                   EvaluationContext& context, Vector& result) {
  const ValueRange& range = arguments[0].range;
  const ValueRange whole = type_range(arguments[0].type);
  const bool finite = range.min > whole.min && range.max < whole.max;
  (finite ? evaluate_each<kPlain> : evaluate_each<kChecked>)(self, arguments, rows, type, context, result);
}

// ---- fields by name

std::string field_named(StringRef field) {
  const std::string_view unit = unit_named(field.view());
  std::string text(unit.empty() ? field.view() : unit);
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (text == "j" || text == "jd") return "julian";
  return text;
}

Error bad_field(const std::string& field, std::string_view type, bool known) {
  return Error(known ? sqlstate::kFeatureNotSupported : sqlstate::kInvalidParameterValue,
               "unit \"" + field + "\" not " + (known ? "supported" : "recognized") + " for type " + std::string(type));
}

struct DateField {
  std::string_view name;
  int64_t (*part)(int32_t);
  Growth growth;
};
constexpr DateField kDateFields[] = {{"year", year, Growth::kGrows},         {"month", month, Growth::kCycles},
                                     {"day", day, Growth::kCycles},          {"quarter", quarter, Growth::kCycles},
                                     {"dow", day_of_week, Growth::kCycles},  {"isodow", iso_day, Growth::kCycles},
                                     {"doy", ordinal_day, Growth::kCycles},  {"week", week, Growth::kCycles},
                                     {"isoyear", iso_year, Growth::kGrows},  {"decade", decade, Growth::kGrows},
                                     {"century", century, Growth::kGrows},   {"millennium", millennium, Growth::kGrows},
                                     {"julian", julian_day, Growth::kGrows}};

std::optional<double> part_of_clock(const std::string& field, int64_t micros) {
  if (field == "hour") return static_cast<double>(hour(micros));
  if (field == "minute") return static_cast<double>(minute(micros));
  if (field == "second") return static_cast<double>(micros_of_minute(micros)) / 1e6;
  if (field == "milliseconds") return static_cast<double>(micros_of_minute(micros)) / 1e3;
  if (field == "microseconds") return static_cast<double>(micros_of_minute(micros));
  return std::nullopt;
}
bool is_date_field(const std::string& field) {
  for (const DateField& known : kDateFields) {
    if (field == known.name) return true;
  }
  return field.starts_with("timezone");
}

constexpr std::string_view kZoneFields[] = {"timezone", "timezone_hour", "timezone_minute"};

std::optional<double> part_of_timestamp(StringRef field_text, int64_t timestamp) {
  const std::string field = field_named(field_text);
  const bool finite = is_finite_timestamp(timestamp);
  const double infinite = timestamp > 0 ? HUGE_VAL : -HUGE_VAL;
  for (const DateField& known : kDateFields) {
    if (field != known.name) continue;
    if (!finite) return known.growth == Growth::kGrows ? std::optional(infinite) : std::nullopt;
    double part = static_cast<double>(known.part(timestamp_to_date(timestamp)));
    if (field == "julian") part += static_cast<double>(clock_of(timestamp)) / static_cast<double>(kMicrosPerDay);
    return part;
  }
  if (field == "epoch") return finite ? static_cast<double>(timestamp) / 1e6 : infinite;
  const std::optional<double> part = part_of_clock(field, finite ? clock_of(timestamp) : 0);
  const bool is_zone = std::ranges::find(kZoneFields, field) != std::end(kZoneFields);
  if (!part && (finite || !is_zone)) throw bad_field(field, "timestamp without time zone", field.starts_with("timezone"));
  return finite ? part : std::nullopt;
}
std::optional<double> part_of_date(StringRef field, int32_t days) {
  return part_of_timestamp(field, date_to_timestamp(days));
}
double part_of_time(StringRef field_text, int64_t micros) {
  const std::string field = field_named(field_text);
  if (field == "epoch") return static_cast<double>(micros) / 1e6;
  const std::optional<double> part = part_of_clock(field, micros);
  if (!part) throw bad_field(field, "time without time zone", is_date_field(field));
  return *part;
}
double part_of_interval(StringRef field_text, Interval a) {
  const std::string field = field_named(field_text);
  if (field == "year") return static_cast<double>(interval_year(a));
  if (field == "month") return static_cast<double>(interval_month(a));
  if (field == "quarter") return static_cast<double>(interval_quarter(a));
  if (field == "decade") return static_cast<double>(interval_decade(a));
  if (field == "century") return static_cast<double>(interval_century(a));
  if (field == "millennium") return static_cast<double>(interval_millennium(a));
  if (field == "day") return static_cast<double>(interval_day(a));
  if (field == "epoch") return static_cast<double>(interval_epoch(a)) / 1e6;
  const std::optional<double> part = part_of_clock(field, a.micros);
  if (!part) throw bad_field(field, "interval", is_date_field(field));
  return *part;
}

/// A TIMESTAMP has no zone, which of an infinite one is not asked.
template <size_t kField>
std::optional<int64_t> zone_of_timestamp(int64_t timestamp) {
  if (is_finite_timestamp(timestamp)) throw bad_field(std::string(kZoneFields[kField]), "timestamp without time zone", true);
  return std::nullopt;
}

// ---- truncation

int64_t truncate_timestamp(StringRef field_text, int64_t timestamp) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  const std::string field = field_named(field_text);
  const int32_t days = timestamp_to_date(timestamp);
  const CivilDate date = civil_from_days(days);
  const auto first_of = [&](int64_t y, int64_t m) { return days_from_civil(y, m, 1) * kMicrosPerDay; };
  const auto down_to = [&](int64_t unit) { return floor_divide(timestamp, unit) * unit; };
  if (field == "microseconds") return timestamp;
  if (field == "milliseconds") return down_to(1000);
  if (field == "second") return down_to(kMicrosPerSecond);
  if (field == "minute") return down_to(kMicrosPerMinute);
  if (field == "hour") return down_to(kMicrosPerHour);
  if (field == "day") return down_to(kMicrosPerDay);
  if (field == "week") return (int64_t{days} - iso_day_of_week(days) + 1) * kMicrosPerDay;
  if (field == "month") return first_of(date.year, date.month);
  if (field == "quarter") return first_of(date.year, (date.month - 1) / 3 * 3 + 1);
  if (field == "year") return first_of(date.year, 1);
  if (field == "decade") return first_of(floor_divide(date.year, 10) * 10, 1);
  if (field == "century") return first_of(floor_divide(date.year - 1, 100) * 100 + 1, 1);
  if (field == "millennium") return first_of(floor_divide(date.year - 1, 1000) * 1000 + 1, 1);
  throw bad_field(field, "timestamp without time zone", field.starts_with("timezone"));
}

Interval truncate_interval(StringRef field_text, Interval a) {
  const std::string field = field_named(field_text);
  const auto months = [&](int32_t unit) { return Interval{a.months / unit * unit, 0, 0}; };
  const auto time = [&](int64_t unit) { return Interval{a.months, a.days, a.micros / unit * unit}; };
  if (field == "microseconds") return a;
  if (field == "milliseconds") return time(1000);
  if (field == "second") return time(kMicrosPerSecond);
  if (field == "minute") return time(kMicrosPerMinute);
  if (field == "hour") return time(kMicrosPerHour);
  if (field == "day") return {a.months, a.days, 0};
  if (field == "month") return months(1);
  if (field == "quarter") return months(3);
  if (field == "year") return months(12);
  if (field == "decade") return months(120);
  if (field == "century") return months(1200);
  if (field == "millennium") return months(12000);
  throw bad_field(field, "interval", field == "week" || field.starts_with("timezone"));
}

// ---- ranges

ValueRange year_range(std::span<const ValueRange> arguments, std::span<const Type> types) {
  const ValueRange& a = arguments[0];
  const bool date = types[0].id == TypeId::kDate;
  const int128_t low = date ? int128_t{kMinDate} : int128_t{kMinTimestamp};
  const int128_t high = date ? int128_t{kMaxDate} : int128_t{kMaxTimestamp};
  const auto year_of = [&](int128_t value) {
    return int128_t{year(date ? static_cast<int32_t>(value) : timestamp_to_date(static_cast<int64_t>(value)))};
  };
  return {year_of(std::clamp(a.min, low, high)), year_of(std::clamp(a.max, low, high))};
}
template <int Min, int Max>
ValueRange fixed_range(std::span<const ValueRange>, std::span<const Type>) { return {Min, Max}; }

// ---- the table

/// extract gives exact numbers, so that a division behind it is not one of integers.
template <int kDigits>
Type whole_number(std::span<const Type>) { return Type::decimal(kDigits, 0); }

template <int64_t (*Part)(int32_t), Growth kGrowth>
void add_date_part(std::vector<Function>& rows, std::string_view name,
                   ValueRange (*range)(std::span<const ValueRange>, std::span<const Type>) = nullptr) {
  const bool raises = kGrowth == Growth::kGrows;
  const auto type = kGrowth == Growth::kGrows ? whole_number<7> : whole_number<3>;  // a date's year has up to seven digits
  rows.push_back(row<of_date<Part, kGrowth>>(name, {TypeId::kDate}, type, raises));
  rows.back().evaluate = evaluate_part<Part, of_date<Part, kGrowth>>;
  rows.back().result_range = range;
  rows.push_back(row<of_timestamp<Part, kGrowth>>(name, {TypeId::kTimestamp}, type, raises));
  rows.back().evaluate = evaluate_part<of_finite_timestamp<Part>, of_timestamp<Part, kGrowth>>;
  rows.back().result_range = range;
}

void add_date_parts(std::vector<Function>& rows) {
  add_date_part<year, Growth::kGrows>(rows, "extract_year", year_range);
  add_date_part<month, Growth::kCycles>(rows, "extract_month", fixed_range<1, 12>);
  add_date_part<day, Growth::kCycles>(rows, "extract_day", fixed_range<1, 31>);
  add_date_part<quarter, Growth::kCycles>(rows, "extract_quarter", fixed_range<1, 4>);
  add_date_part<day_of_week, Growth::kCycles>(rows, "extract_dow", fixed_range<0, 6>);
  add_date_part<iso_day, Growth::kCycles>(rows, "extract_isodow", fixed_range<1, 7>);
  add_date_part<ordinal_day, Growth::kCycles>(rows, "extract_doy", fixed_range<1, 366>);
  add_date_part<week, Growth::kCycles>(rows, "extract_week", fixed_range<1, 53>);
  add_date_part<iso_year, Growth::kGrows>(rows, "extract_isoyear");
  add_date_part<decade, Growth::kGrows>(rows, "extract_decade");
  add_date_part<century, Growth::kGrows>(rows, "extract_century");
  add_date_part<millennium, Growth::kGrows>(rows, "extract_millennium");
  rows.push_back(row<of_date<julian_day, Growth::kGrows>>("extract_julian", {TypeId::kDate}, whole_number<10>, kRaises));
  rows.push_back(row<julian_of_timestamp>("extract_julian", {TypeId::kTimestamp}, julian_type, kRaises));
  rows.push_back(row<of_date<epoch_of_date, Growth::kGrows>>("extract_epoch", {TypeId::kDate}, whole_number<15>, kRaises));
}

Type seconds_type(std::span<const Type>) { return Type::decimal(8, 6); }
Type milliseconds_type(std::span<const Type>) { return Type::decimal(8, 3); }
Type epoch_type(std::span<const Type>) { return Type::decimal(18, 6); }
Type interval_epoch_type(std::span<const Type>) { return Type::decimal(38, 6); }

void add_clock_parts(std::vector<Function>& rows) {
  using enum TypeId;
  const auto whole = whole_number<8>;
  rows.push_back(row<of_clock<hour>>("extract_hour", {kTimestamp}, whole, kNeverRaises));
  rows.push_back(row<of_clock<minute>>("extract_minute", {kTimestamp}, whole, kNeverRaises));
  rows.push_back(row<of_clock<micros_of_minute>>("extract_second", {kTimestamp}, seconds_type, kNeverRaises));
  rows.push_back(row<of_clock<micros_of_minute>>("extract_milliseconds", {kTimestamp}, milliseconds_type, kNeverRaises));
  rows.push_back(row<of_clock<micros_of_minute>>("extract_microseconds", {kTimestamp}, whole, kNeverRaises));
  rows.push_back(row<epoch_of_timestamp>("extract_epoch", {kTimestamp}, epoch_type, kRaises));
  rows.push_back(row<zone_of_timestamp<0>>("extract_timezone", {kTimestamp}, whole, kRaises));
  rows.push_back(row<zone_of_timestamp<1>>("extract_timezone_hour", {kTimestamp}, whole, kRaises));
  rows.push_back(row<zone_of_timestamp<2>>("extract_timezone_minute", {kTimestamp}, whole, kRaises));
  rows.push_back(row<hour>("extract_hour", {kTime}, whole, kNeverRaises));
  rows.push_back(row<minute>("extract_minute", {kTime}, whole, kNeverRaises));
  rows.push_back(row<micros_of_minute>("extract_second", {kTime}, seconds_type, kNeverRaises));
  rows.push_back(row<micros_of_minute>("extract_milliseconds", {kTime}, milliseconds_type, kNeverRaises));
  rows.push_back(row<micros_of_minute>("extract_microseconds", {kTime}, whole, kNeverRaises));
  rows.push_back(row<all_micros>("extract_epoch", {kTime}, epoch_type, kNeverRaises));
}

void add_interval_parts(std::vector<Function>& rows) {
  using enum TypeId;
  const auto whole = whole_number<10>;
  rows.push_back(row<interval_year>("extract_year", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<interval_month>("extract_month", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<interval_quarter>("extract_quarter", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<interval_decade>("extract_decade", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<interval_century>("extract_century", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<interval_millennium>("extract_millennium", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<interval_day>("extract_day", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<of_interval<hour>>("extract_hour", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<of_interval<minute>>("extract_minute", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<of_interval<micros_of_minute>>("extract_second", {kInterval}, seconds_type, kNeverRaises));
  rows.push_back(row<of_interval<micros_of_minute>>("extract_milliseconds", {kInterval}, milliseconds_type, kNeverRaises));
  rows.push_back(row<of_interval<micros_of_minute>>("extract_microseconds", {kInterval}, whole, kNeverRaises));
  rows.push_back(row<interval_epoch>("extract_epoch", {kInterval}, interval_epoch_type, kNeverRaises));
}

}  // namespace

const std::vector<Function>& date_part_functions() {
  static const std::vector<Function> table = [] {
    using enum TypeId;
    std::vector<Function> rows;
    add_date_parts(rows);
    add_clock_parts(rows);
    add_interval_parts(rows);
    rows.push_back(row<part_of_date>("date_part", {kVarchar, kDate}, always<Type::double_>, kRaises));
    rows.push_back(row<part_of_timestamp>("date_part", {kVarchar, kTimestamp}, always<Type::double_>, kRaises));
    rows.push_back(row<part_of_time>("date_part", {kVarchar, kTime}, always<Type::double_>, kRaises));
    rows.push_back(row<part_of_interval>("date_part", {kVarchar, kInterval}, always<Type::double_>, kRaises));
    rows.push_back(row<truncate_timestamp>("date_trunc", {kVarchar, kTimestamp}, always<Type::timestamp>, kRaises));
    rows.push_back(row<truncate_interval>("date_trunc", {kVarchar, kInterval}, always<Type::interval>, kRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
