#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/plan_columns.h"
#include "vector/error.h"

// ROWS, RANGE and GROUPS: the frame of a call with OVER.

namespace cairn {
namespace {

/// PostgreSQL's FRAMEOPTION bits (nodes/parsenodes.h).
enum FrameOption : int32_t {
  kNonDefault = 0x1, kRange = 0x2, kRows = 0x4, kGroups = 0x8,
  kStartUnbounded = 0x20, kEndUnbounded = 0x100, kStartCurrentRow = 0x200, kEndCurrentRow = 0x400,
  kStartPreceding = 0x800, kEndPreceding = 0x1000, kStartFollowing = 0x2000, kEndFollowing = 0x4000,
  kExcludeCurrentRow = 0x8000, kExcludeGroup = 0x10000, kExcludeTies = 0x20000,
};

WindowFrame frame_of(int32_t options) {
  using Unit = WindowFrame::Unit;
  using Bound = WindowFrame::Bound;
  using Exclusion = WindowFrame::Exclusion;
  WindowFrame frame;
  if ((options & kNonDefault) == 0) return frame;
  frame.unit = (options & kRows) != 0 ? Unit::kRows : (options & kGroups) != 0 ? Unit::kGroups : Unit::kRange;
  frame.start = (options & kStartUnbounded) != 0    ? Bound::kUnbounded
                : (options & kStartPreceding) != 0  ? Bound::kPreceding
                : (options & kStartFollowing) != 0  ? Bound::kFollowing
                                                    : Bound::kCurrentRow;
  frame.end = (options & kEndUnbounded) != 0    ? Bound::kUnbounded
              : (options & kEndPreceding) != 0  ? Bound::kPreceding
              : (options & kEndFollowing) != 0  ? Bound::kFollowing
                                                : Bound::kCurrentRow;
  frame.exclusion = (options & kExcludeCurrentRow) != 0 ? Exclusion::kCurrentRow
                    : (options & kExcludeGroup) != 0    ? Exclusion::kGroup
                    : (options & kExcludeTies) != 0     ? Exclusion::kTies
                                                        : Exclusion::kNone;
  return frame;
}

std::string frame_unit_name(WindowFrame::Unit unit) {
  return unit == WindowFrame::Unit::kRows ? "ROWS" : unit == WindowFrame::Unit::kGroups ? "GROUPS" : "RANGE";
}

}  // namespace

void Binder::window_frame(const PgQuery__WindowDef& syntax, const BoundWindow& window, LogicalWindowCall& call) {
  call.frame = frame_of(syntax.frame_options);
  if (call.frame.unit == WindowFrame::Unit::kGroups && window.sort_keys.empty())
    throw windowing_error("GROUPS mode requires an ORDER BY clause", syntax.location);
  if (syntax.start_offset == nullptr && syntax.end_offset == nullptr) return;
  if (call.frame.unit == WindowFrame::Unit::kRange && window.sort_keys.size() != 1)
    throw windowing_error("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column", syntax.location);
  if (syntax.start_offset != nullptr) call.start_size = frame_size(*syntax.start_offset, window, call);
  if (syntax.end_offset != nullptr) call.end_size = frame_size(*syntax.end_offset, window, call);
  if (call.frame.unit == WindowFrame::Unit::kRange) range_values(window, call, syntax.location);
}

ExpressionPtr Binder::frame_size(const pg::Node& syntax, const BoundWindow& window, const LogicalWindowCall& call) {
  Restore<std::string_view> inside(level_->no_window_because, "window functions are not allowed in window definitions");
  ExpressionPtr size = expression(syntax);
  for_each_column(*size, [&](const Expression& column) {
    if (owner(column.column) == level_)
      throw Error(sqlstate::kInvalidColumnReference,
                  "argument of " + frame_unit_name(call.frame.unit) + " must not contain variables").at(column.position);
  });
  if (call.frame.unit != WindowFrame::Unit::kRange)
    return fold(coerce(std::move(size), Type::big_int(), CastContext::kAssignment, pg::location(&syntax)));
  // What can be added to the key.
  const Type& key = window.sort_keys[0].expression->type;
  bool is_time = key.id == TypeId::kDate || key.id == TypeId::kTimestamp || key.id == TypeId::kTime || key.id == TypeId::kInterval;
  bool fits = is_untyped(*size) || (is_time             ? converts_implicitly(size->type.id, TypeId::kInterval)
                                    : key.is_integer()  ? size->type.is_integer()
                                    : key.is_exact()    ? size->type.is_exact()
                                                        : size->type.is_numeric());
  if (!(is_time || key.is_numeric()) || !fits)
    throw Error(sqlstate::kFeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type " +
                                                    type_name(key) + " and offset type " + type_name(size->type))
        .at(pg::location(&syntax));
  if (is_untyped(*size) || is_time)
    size = coerce(std::move(size), is_time ? Type::interval() : key, CastContext::kImplicit, pg::location(&syntax));
  return fold(key.id == TypeId::kTime ? clock_part(std::move(size), pg::location(&syntax)) : std::move(size));
}

/// What a time of day can be moved by: an interval without its months and days.
ExpressionPtr Binder::clock_part(ExpressionPtr interval, int position) {
  std::vector<ExpressionPtr> arguments;
  arguments.push_back(Expression::make_constant(Value::of_string("day")));
  arguments.push_back(interval->clone());
  return binary("-", std::move(interval), call("date_trunc", arguments, position), position);
}

/// The key of RANGE frames, and the values at their ends.
void Binder::range_values(const BoundWindow& window, LogicalWindowCall& call, int position) {
  call.range_key = window.sort_keys[0].expression->clone();
  const Type given = call.range_key->type;
  // No sum of BIGINTs leaves HUGEINT; a sum of times would be a time of day again.
  std::optional<Type> wider;
  if (given.is_integer()) wider = Type::huge_int();
  if (given.id == TypeId::kTime) wider = Type::interval();
  if (wider) call.range_key = coerce(std::move(call.range_key), *wider, CastContext::kExplicit);
  auto value = [&](WindowFrame::Bound bound, const ExpressionPtr& size) -> ExpressionPtr {
    if (size == nullptr) return nullptr;
    bool subtract = (bound == WindowFrame::Bound::kPreceding) != window.sort_keys[0].descending;
    ExpressionPtr step = size->clone();
    if (given.is_integer()) step = coerce(std::move(step), *wider, CastContext::kExplicit);
    return binary(subtract ? "-" : "+", call.range_key->clone(), std::move(step), position);
  };
  call.start_value = value(call.frame.start, call.start_size);
  call.end_value = value(call.frame.end, call.end_size);
  std::vector<ExpressionPtr*> compared{&call.range_key};
  for (ExpressionPtr* e : {&call.start_value, &call.end_value})
    if (*e != nullptr) compared.push_back(e);
  unify(compared, "RANGE", position);
}

}  // namespace cairn
