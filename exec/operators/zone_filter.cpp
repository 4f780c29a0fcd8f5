#include "exec/operators/zone_filter.h"

#include <cmath>
#include <compare>
#include <optional>

namespace cairn {
namespace {

using Comparison = Expression::Comparison;

/// Order of two values of one physical kind; nullopt where zone maps say nothing about them.
std::optional<std::strong_ordering> order(const Value& a, const Value& b) {
  if (a.type.is_string() && b.type.is_string()) return a.string <=> b.string;
  if (a.type.is_integral() && b.type.is_integral()) {
    if (a.type.scale != b.type.scale) return std::nullopt;
    return a.integer < b.integer   ? std::strong_ordering::less
           : a.integer > b.integer ? std::strong_ordering::greater
                                   : std::strong_ordering::equal;
  }
  if (a.type.is_floating() && b.type.is_floating() && !std::isnan(a.floating) && !std::isnan(b.floating)) {
    return a.floating < b.floating   ? std::strong_ordering::less
           : a.floating > b.floating ? std::strong_ordering::greater
                                     : std::strong_ordering::equal;
  }
  return std::nullopt;
}

/// The column below the expression, through casts that keep integers as they are; nullptr where it is something else.
const Expression* column_of(const Expression& expression) {
  if (expression.kind == Expression::Kind::kColumn) return &expression;
  if (expression.kind != Expression::Kind::kCast || expression.arguments.size() != 1) return nullptr;
  const Expression& argument = *expression.arguments[0];
  const bool widens = expression.type.is_integer() && argument.type.is_integer() && expression.type.id >= argument.type.id;
  return widens ? column_of(argument) : nullptr;
}

Comparison mirrored(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess: return Comparison::kGreater;
    case Comparison::kLessEqual: return Comparison::kGreaterEqual;
    case Comparison::kGreater: return Comparison::kLess;
    case Comparison::kGreaterEqual: return Comparison::kLessEqual;
    default: return comparison;
  }
}

class ZoneFilter {
 public:
  ZoneFilter(const RowGroup& group, const std::vector<uint32_t>& columns) : group_(group), columns_(columns) {}

  bool may_pass(const Expression& predicate) const {
    switch (predicate.kind) {
      case Expression::Kind::kConstant:
        return !predicate.value.null && predicate.value.integer != 0;
      case Expression::Kind::kColumn:
        return compare(predicate, Comparison::kEqual, Value::of_boolean(true));
      case Expression::Kind::kNot:
        if (predicate.arguments[0]->kind != Expression::Kind::kColumn) return true;
        return compare(*predicate.arguments[0], Comparison::kEqual, Value::of_boolean(false));
      case Expression::Kind::kAnd:
        for (const ExpressionPtr& argument : predicate.arguments) {
          if (!may_pass(*argument)) return false;
        }
        return true;
      case Expression::Kind::kOr:
        for (const ExpressionPtr& argument : predicate.arguments) {
          if (may_pass(*argument)) return true;
        }
        return false;
      case Expression::Kind::kCompare:
        return comparison(predicate);
      case Expression::Kind::kIn:
        return in_list(predicate);
      case Expression::Kind::kIsNull:
        return null_test(predicate, true);
      case Expression::Kind::kIsNotNull:
        return null_test(predicate, false);
      default: return true;
    }
  }

 private:
  const ZoneMap& zone(const Expression& column) const { return group_.zone_map(columns_[column.column]); }
  bool all_null(const ZoneMap& map) const { return map.null_count == group_.row_count(); }

  bool comparison(const Expression& predicate) const {
    const Expression* left = predicate.arguments[0].get();
    const Expression* right = predicate.arguments[1].get();
    Comparison comparison = predicate.comparison;
    if (left->kind == Expression::Kind::kConstant) {
      std::swap(left, right);
      comparison = mirrored(comparison);
    }
    const Expression* column = column_of(*left);
    if (column == nullptr || right->kind != Expression::Kind::kConstant) return true;
    return compare(*column, comparison, right->value);
  }

  bool in_list(const Expression& predicate) const {
    const Expression* column = column_of(*predicate.arguments[0]);
    if (column == nullptr) return true;
    for (size_t i = 1; i < predicate.arguments.size(); ++i) {
      if (predicate.arguments[i]->kind != Expression::Kind::kConstant) return true;
      if (compare(*column, Comparison::kEqual, predicate.arguments[i]->value)) return true;
    }
    return false;
  }

  bool null_test(const Expression& predicate, bool is_null) const {
    const Expression* column = column_of(*predicate.arguments[0]);
    if (column == nullptr) return true;
    return is_null ? zone(*column).null_count > 0 : !all_null(zone(*column));
  }

  bool compare(const Expression& column, Comparison comparison, Value constant) const {
    if (constant.type.id == TypeId::kChar) {  // is stored without trailing blanks
      constant.string.erase(constant.string.find_last_not_of(' ') + 1);
    }
    const ZoneMap& map = zone(column);
    if (comparison == Comparison::kDistinct) return true;
    if (comparison == Comparison::kNotDistinct) {
      if (constant.null) return map.null_count > 0;
      comparison = Comparison::kEqual;
    }
    if (constant.null || all_null(map)) return false;
    if (!map.has_bounds) return true;
    const auto to_min = order(map.min, constant), to_max = order(map.max, constant);
    if (!to_min || !to_max) return true;
    switch (comparison) {
      case Comparison::kEqual: return *to_min <= 0 && *to_max >= 0;
      case Comparison::kNotEqual: return *to_min != 0 || *to_max != 0;
      case Comparison::kLess: return *to_min < 0;
      case Comparison::kLessEqual: return *to_min <= 0;
      case Comparison::kGreater: return *to_max > 0;
      case Comparison::kGreaterEqual: return *to_max >= 0;
      default: return true;
    }
  }

  const RowGroup& group_;
  const std::vector<uint32_t>& columns_;
};

}  // namespace

bool may_pass(const RowGroup& group, const std::vector<uint32_t>& columns, const Expression& predicate) {
  return ZoneFilter(group, columns).may_pass(predicate);
}

}  // namespace cairn
