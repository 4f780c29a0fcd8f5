#include "exec/functions/cast.h"

#include <cmath>
#include <cstdio>

#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"
#include "vector/date.h"
#include "vector/error.h"
#include "vector/format.h"
#include "vector/parse.h"
#include "vector/read_row.h"

namespace cairn {

namespace functions {
namespace {

// ---- between numbers

/// From one scale to a smaller one, rounding half away from zero.
int128_t scale_down(const Call& call, int128_t value) {
  const int128_t unit = power_of_ten(call.arguments[0].type.scale - call.result_type.scale);
  const int128_t quotient = value / unit;
  const int128_t rest = value % unit;
  const int128_t magnitude = rest < 0 ? -rest : rest;
  return magnitude < unit - magnitude ? quotient : quotient + (value < 0 ? -1 : 1);
}

double exact_to_double(const Call& call, int128_t value) {
  const int scale = call.arguments[0].type.scale;
  // Both operands are exact up to 2^53 and 10^22, and then the quotient is correctly rounded; others go through text.
  constexpr int128_t kExact = int128_t{1} << 53;
  if (scale > 22 || (scale > 0 && (value > kExact || value < -kExact))) {
    std::string text;
    format_decimal(value, scale, text);
    double result = 0;
    parse_double(text, result);
    return result;
  }
  return scale == 0 ? static_cast<double>(value) : static_cast<double>(value) / static_cast<double>(power_of_ten(scale));
}
float exact_to_real(const Call& call, int128_t value) { return static_cast<float>(exact_to_double(call, value)); }

int128_t double_to_integer(const Call& call, double value) {
  const double rounded = std::rint(value);
  const ValueRange bounds = type_range(call.result_type);
  // The upper bound as a double may be rounded up to a value outside: hence the strict comparison.
  const double end = call.result_type.id == TypeId::kHugeInt ? 0x1p127 : static_cast<double>(bounds.max + 1);
  if (!(rounded >= -end && rounded < end)) throw out_of_range(call.result_type);
  return static_cast<int128_t>(rounded);
}
int128_t real_to_integer(const Call& call, float value) { return double_to_integer(call, static_cast<double>(value)); }

/// Through the decimal text with the digits that the binary type can be trusted with, as PostgreSQL does.
int128_t floating_to_decimal(const Call& call, double value, int digits) {
  const Type& type = call.result_type;
  if (!std::isfinite(value)) {
    throw Error(sqlstate::kNumericOutOfRange, "cannot convert NaN or infinity to " + type.to_string());
  }
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%.*g", digits, value);
  int128_t result;
  const std::string_view view(text, static_cast<size_t>(length));
  if (!parse_decimal(view, type.precision, type.scale, result)) throw parse_error(view, type);
  return result;
}
int128_t double_to_decimal(const Call& call, double value) { return floating_to_decimal(call, value, 15); }
int128_t real_to_decimal(const Call& call, float value) { return floating_to_decimal(call, static_cast<double>(value), 6); }

double real_to_double(float value) { return static_cast<double>(value); }
float double_to_real(double value) {
  const float result = static_cast<float>(value);
  if (std::isinf(result) && std::isfinite(value)) throw Error(sqlstate::kNumericOutOfRange, "value out of range: overflow");
  if (result == 0 && value != 0) throw Error(sqlstate::kNumericOutOfRange, "value out of range: underflow");
  return result;
}
bool integer_to_boolean(int128_t value) { return value != 0; }

// ---- dates and times

int64_t midnight(int32_t days) { return date_to_timestamp(days); }
int32_t date_of(int64_t micros) { return timestamp_to_date(micros); }
std::optional<int64_t> time_of(int64_t micros) {
  if (!is_finite_timestamp(micros)) return std::nullopt;
  return micros - floor_divide(micros, kMicrosPerDay) * kMicrosPerDay;
}
Interval time_to_interval(int64_t micros) { return {0, 0, micros}; }
int64_t interval_to_time(Interval interval) {
  const int64_t rest = interval.micros % kMicrosPerDay;
  return rest < 0 ? rest + kMicrosPerDay : rest;
}

// ---- to and from text

std::string_view without_blanks(std::string_view text) { return text.substr(0, text.find_last_not_of(' ') + 1); }

template <typename T, bool (*Parse)(std::string_view, T&)>
T parse_plain(const Call& call, StringRef text) {
  T value;
  if (!Parse(text.view(), value)) throw parse_error(text.view(), call.result_type);
  return value;
}
int128_t parse_exact(const Call& call, StringRef text) { return parse_value(text.view(), call.result_type).integer; }
bool parse_interval_text(std::string_view text, Interval& value) { return parse_interval(text, value); }

/// What CHAR(n) keeps of it.
std::string_view stripped(std::string_view text, const Type& type) {
  const bool strips = type.id == TypeId::kChar && type.length != 0;
  return strips ? without_blanks(text) : text;
}

/// Also CHAR(n) with its blanks, as a CHAR without a length.
void evaluate_to_text(const Function&, std::span<const Vector> arguments, size_t rows, Type type,
                      EvaluationContext& context, Vector& result) {
  StringRef* out = static_cast<StringRef*>(start_flat(type, rows, context, result));
  result.validity = combine_validity(arguments, rows, context);
  std::string text;
  for (size_t row_index = 0; row_index < rows; ++row_index) {
    text.clear();
    if (arguments[0].valid(row_index)) format_row(arguments[0], row_index, "", text);
    std::string_view shown = text;
    if (type.limit() != Type::kNoLimit) shown = stripped(shown.substr(0, type.length), type);  // numbers and dates are ASCII
    out[row_index] = context.strings().add(shown);
  }
}

/// Bytes of the first `count` characters.
size_t bytes_of(std::string_view text, uint32_t count) {
  size_t at = 0;
  for (uint32_t characters = 0; at < text.size() && characters < count; ++characters) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

/// Cut to the type's characters; CHAR(n) loses trailing blanks, as does what becomes of a CHAR.
StringRef cut(const Call& call, StringRef text) {
  const Type& type = call.result_type;
  std::string_view view = text.view();
  if (call.arguments[0].type.id == TypeId::kChar) view = without_blanks(view);
  if (type.limit() != Type::kNoLimit) view = view.substr(0, bytes_of(view, type.length));
  return StringRef(stripped(view, type));
}

/// On the way into a column nothing but blanks is cut off.
StringRef assign_text(const Call& call, StringRef text, int32_t length) {
  const std::string_view view = text.view();
  if (view.find_first_not_of(' ', bytes_of(view, static_cast<uint32_t>(length))) != std::string_view::npos)
    throw Error(sqlstate::kStringTooLong, "value too long for type " + std::string(message_type_name(call.result_type)) + "(" +
                                              std::to_string(length) + ")");
  return cut(call, text);
}

/// The functions themselves; their names are only seen in errors of the program.
struct CastFunctions {
  template <auto F>
  static Function make(std::string_view name, bool can_raise) {
    return row<F>(name, {}, nullptr, can_raise);
  }
  Function scale_down_ = make<scale_down>("scale_down", kRaises);
  Function exact_to_double_ = make<exact_to_double>("exact_to_double", kNeverRaises);
  Function exact_to_real_ = make<exact_to_real>("exact_to_real", kNeverRaises);
  Function double_to_integer_ = make<double_to_integer>("double_to_integer", kRaises);
  Function real_to_integer_ = make<real_to_integer>("real_to_integer", kRaises);
  Function double_to_decimal_ = make<double_to_decimal>("double_to_decimal", kRaises);
  Function real_to_decimal_ = make<real_to_decimal>("real_to_decimal", kRaises);
  Function real_to_double_ = make<real_to_double>("real_to_double", kNeverRaises);
  Function double_to_real_ = make<double_to_real>("double_to_real", kRaises);
  Function integer_to_boolean_ = make<integer_to_boolean>("integer_to_boolean", kNeverRaises);
  Function date_to_timestamp_ = make<midnight>("date_to_timestamp", kRaises);
  Function timestamp_to_date_ = make<date_of>("timestamp_to_date", kNeverRaises);
  Function timestamp_to_time_ = make<time_of>("timestamp_to_time", kNeverRaises);
  Function time_to_interval_ = make<time_to_interval>("time_to_interval", kNeverRaises);
  Function interval_to_time_ = make<interval_to_time>("interval_to_time", kNeverRaises);
  Function parse_boolean_ = make<parse_plain<bool, parse_boolean>>("parse_boolean", kRaises);
  Function parse_exact_ = make<parse_exact>("parse_exact", kRaises);
  Function parse_real_ = make<parse_plain<float, parse_real>>("parse_real", kRaises);
  Function parse_double_ = make<parse_plain<double, parse_double>>("parse_double", kRaises);
  Function parse_date_ = make<parse_plain<int32_t, parse_date>>("parse_date", kRaises);
  Function parse_time_ = make<parse_plain<int64_t, parse_time>>("parse_time", kRaises);
  Function parse_timestamp_ = make<parse_plain<int64_t, parse_timestamp>>("parse_timestamp", kRaises);
  Function parse_interval_ = make<parse_plain<Interval, parse_interval_text>>("parse_interval", kRaises);
  Function cut_ = make<cut>("cut", kNeverRaises);
  Function to_text_;

  Function assign_text_ = make<assign_text>("assigned", kRaises);

  CastFunctions() {
    to_text_.name = "to_text";
    to_text_.can_raise = false;
    to_text_.evaluate = evaluate_to_text;
  }
};

const CastFunctions& all() {
  static const CastFunctions functions;
  return functions;
}

const Function* find_from_text(const Type& to) {
  switch (to.id) {
    case TypeId::kBoolean: return &all().parse_boolean_;
    case TypeId::kReal: return &all().parse_real_;
    case TypeId::kDouble: return &all().parse_double_;
    case TypeId::kDate: return &all().parse_date_;
    case TypeId::kTime: return &all().parse_time_;
    case TypeId::kTimestamp: return &all().parse_timestamp_;
    case TypeId::kInterval: return &all().parse_interval_;
    case TypeId::kVarchar:
    case TypeId::kChar: return &all().cut_;
    default: return to.is_exact() ? &all().parse_exact_ : nullptr;
  }
}

const Function* find_from_floating(const Type& from, const Type& to) {
  const bool real = from.id == TypeId::kReal;
  if (to.is_integer()) return real ? &all().real_to_integer_ : &all().double_to_integer_;
  if (to.id == TypeId::kDecimal) return real ? &all().real_to_decimal_ : &all().double_to_decimal_;
  if (to.id == TypeId::kDouble && real) return &all().real_to_double_;
  if (to.id == TypeId::kReal && !real) return &all().double_to_real_;
  return nullptr;
}

}  // namespace
}  // namespace functions

CastKind cast_kind(const Type& from, const Type& to) {
  if (from == to || from.id == TypeId::kNull) return CastKind::kRelabel;
  if (from.is_string() && to.is_string()) {
    // Only a CHAR without a length has blanks that the text must lose, and takes those of a CHAR(n).
    const bool changes = to.id == TypeId::kChar ? from.id == TypeId::kChar : from.id == TypeId::kChar && from.length == 0;
    return to.limit() == Type::kNoLimit && !changes ? CastKind::kRelabel : CastKind::kFunction;
  }
  if (from.id == to.id && !from.is_exact()) return CastKind::kRelabel;
  if (from.is_exact() && to.is_exact()) return from.scale > to.scale ? CastKind::kFunction : CastKind::kScale;
  if (from.id == TypeId::kBoolean && to.is_integer()) return CastKind::kScale;
  return find_cast_function(from, to) != nullptr ? CastKind::kFunction : CastKind::kNone;
}

int128_t cast_factor(const Type& from, const Type& to) {
  return power_of_ten(to.scale - from.scale);
}

const Function* text_assignment() { return &functions::all().assign_text_; }

const Function* find_cast_function(const Type& from, const Type& to) {
  const auto& casts = functions::all();
  if (from.id == TypeId::kChar && to == Type::character()) return &casts.to_text_;
  if (from.is_string()) return functions::find_from_text(to);
  if (to.is_string()) return from.id == TypeId::kNull ? nullptr : &casts.to_text_;
  if (from.is_floating()) return functions::find_from_floating(from, to);
  if (from.is_exact()) {
    if (to.id == TypeId::kDouble) return &casts.exact_to_double_;
    if (to.id == TypeId::kReal) return &casts.exact_to_real_;
    if (to.is_exact() && from.scale > to.scale) return &casts.scale_down_;
    if (to.id == TypeId::kBoolean && from.is_integer()) return &casts.integer_to_boolean_;
  }
  if (from.id == TypeId::kDate && to.id == TypeId::kTimestamp) return &casts.date_to_timestamp_;
  if (from.id == TypeId::kTimestamp && to.id == TypeId::kDate) return &casts.timestamp_to_date_;
  if (from.id == TypeId::kTimestamp && to.id == TypeId::kTime) return &casts.timestamp_to_time_;
  if (from.id == TypeId::kTime && to.id == TypeId::kInterval) return &casts.time_to_interval_;
  if (from.id == TypeId::kInterval && to.id == TypeId::kTime) return &casts.interval_to_time_;
  return nullptr;
}

}  // namespace cairn
