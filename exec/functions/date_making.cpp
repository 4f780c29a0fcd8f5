// Dates, times and intervals made of their fields; OVERLAPS.

#include <cmath>
#include <optional>
#include <string>

#include "exec/functions/executor.h"
#include "vector/date.h"
#include "vector/read_row.h"

namespace cairn::functions {

namespace {

Error bad_date(int32_t y, int32_t m, int32_t d) {
  return Error(sqlstate::kDatetimeOverflow, "date field value out of range: " + std::to_string(y) + "-" +
                                                std::to_string(m) + "-" + std::to_string(d));
}

/// Years before Christ are negative.
int32_t make_date(int32_t y, int32_t m, int32_t d) {
  if (y == 0 || y < -4713 || y > 5874897 || !is_valid_date(y < 0 ? y + 1 : y, m, d)) throw bad_date(y, m, d);
  const int64_t days = days_from_civil(y < 0 ? y + 1 : y, m, d);
  if (days < kMinDate || days > kMaxDate) throw Error(sqlstate::kDatetimeOverflow, "date out of range");
  return static_cast<int32_t>(days);
}

int64_t make_time(int32_t h, int32_t m, double s) {
  const int64_t micros = std::fabs(s) < 100 ? static_cast<int64_t>(std::rint(s * 1e6)) : -1;
  const int64_t time = h * kMicrosPerHour + m * kMicrosPerMinute + micros;
  if (h < 0 || m < 0 || m > 59 || micros < 0 || micros > kMicrosPerMinute || time > kMicrosPerDay) {
    throw Error(sqlstate::kDatetimeOverflow, "time field value out of range: " + std::to_string(h) + ":" +
                                                 std::to_string(m) + ":" + std::to_string(s));
  }
  return time;
}

int64_t make_timestamp(int32_t y, int32_t mo, int32_t d, int32_t h, int32_t mi, double s) {
  const int64_t time = make_time(h, mi, s);
  const int128_t micros = int128_t{make_date(y, mo, d)} * kMicrosPerDay + time;
  if (micros < kMinTimestamp || micros > kMaxTimestamp) throw Error(sqlstate::kDatetimeOverflow, "timestamp out of range");
  return static_cast<int64_t>(micros);
}

Interval make_interval(int32_t years, int32_t months, int32_t weeks, int32_t days, int32_t hours, int32_t mins, double secs) {
  const int64_t all_months = int64_t{years} * 12 + months, all_days = int64_t{weeks} * 7 + days;
  const double micros = std::rint(secs * 1e6);
  int64_t time = hours * kMicrosPerHour + mins * kMicrosPerMinute;
  if (all_months != static_cast<int32_t>(all_months) || all_days != static_cast<int32_t>(all_days) ||
      !(std::fabs(micros) < 9.2e18) || __builtin_add_overflow(time, static_cast<int64_t>(micros), &time)) {
    throw Error(sqlstate::kDatetimeOverflow, "interval out of range");
  }
  return {static_cast<int32_t>(all_months), static_cast<int32_t>(all_days), time};
}

// ---- (a, b) OVERLAPS (c, d)

/// A period's ends in order. Of two ends, one may be NULL, and then it is the end; without any there is no period.
struct Period {
  std::optional<int64_t> begin, end;

  /// An interval in place of the end counts from the begin.
  Period(const Vector& from, const Vector& to, size_t row) : begin(read(from, row)) {
    if (to.type.id != TypeId::kInterval) end = read(to, row);
    else if (begin && to.valid(row)) end = later(*begin, read_row<Interval>(to, row), from.type.id == TypeId::kTime);
    if (!begin || (end && *end < *begin)) begin.swap(end);
  }
  static int64_t later(int64_t begin, Interval interval, bool is_time) {
    if (!is_time) return add_interval(begin, interval);
    const auto rest = static_cast<int64_t>((int128_t{begin} + interval.micros) % kMicrosPerDay);
    return rest < 0 ? rest + kMicrosPerDay : rest;
  }
  static std::optional<int64_t> read(const Vector& vector, size_t row) {
    if (!vector.valid(row)) return std::nullopt;
    return static_cast<int64_t>(read_integral(vector, row));
  }
};

/// Half-open periods; NULL where it depends on an end that is NULL.
std::optional<bool> overlap(Period a, Period b) {
  if (!a.begin || !b.begin) return std::nullopt;
  if (*a.begin > *b.begin) std::swap(a, b);
  if (*a.begin == *b.begin) return a.end && b.end ? std::optional(true) : std::nullopt;
  if (!a.end) return std::nullopt;
  if (*b.begin < *a.end) return true;
  return b.end ? std::optional(false) : std::nullopt;
}

void evaluate_overlaps(const Function&, std::span<const Vector> arguments, size_t rows, Type type,
                       EvaluationContext& context, Vector& result) {
  uint8_t* out = static_cast<uint8_t*>(start_flat(type, rows, context, result));
  uint64_t* validity = copy_validity(nullptr, rows, context);
  for (size_t i = 0; i < rows; ++i) {
    const std::optional<bool> answer = overlap({arguments[0], arguments[1], i}, {arguments[2], arguments[3], i});
    out[i] = answer.value_or(false);
    if (!answer) validity[i / 64] &= ~(uint64_t{1} << (i % 64));
  }
  result.validity = validity;
}

Function overlaps_row(TypeId begin, TypeId first_end, TypeId second_end) {
  Function function;
  function.name = "overlaps";
  function.arguments = {begin, first_end, begin, second_end};
  function.strict = false;
  function.result_type = always<Type::boolean>;
  function.evaluate = evaluate_overlaps;
  return function;
}

}  // namespace

const std::vector<Function>& date_making_functions() {
  static const std::vector<Function> table = [] {
    using enum TypeId;
    std::vector<Function> rows;
    rows.push_back(row<make_date>("make_date", {kInteger, kInteger, kInteger}, always<Type::date>, kRaises));
    rows.push_back(row<make_time>("make_time", {kInteger, kInteger, kDouble}, always<Type::time>, kRaises));
    rows.push_back(row<make_timestamp>("make_timestamp", {kInteger, kInteger, kInteger, kInteger, kInteger, kDouble},
                                       always<Type::timestamp>, kRaises));
    rows.push_back(row<make_interval>("make_interval", {kInteger, kInteger, kInteger, kInteger, kInteger, kInteger, kDouble},
                                      always<Type::interval>, kRaises));
    for (const TypeId begin : {kTimestamp, kTime})
      for (const TypeId first_end : {begin, kInterval})
        for (const TypeId second_end : {begin, kInterval}) rows.push_back(overlaps_row(begin, first_end, second_end));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
