#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "exec/functions/function.h"
#include "sql/optimizer/column_set.h"
#include "sql/optimizer/rewrite.h"
#include "sql/optimizer/simplify.h"
#include "sql/optimizer/statistics.h"

namespace cairn {
namespace {

using Comparison = Expression::Comparison;

// Guesses where statistics say nothing, in the tradition of System R (Selinger et al., SIGMOD 1979).
constexpr double kUnknownPredicate = 1.0 / 3;
constexpr double kUnknownRange = 1.0 / 3;
constexpr double kLeast = 1e-9;

double clamped(double share) { return std::clamp(share, 0.0, 1.0); }

/// Texts are made of words: a word somewhere is rarer than one at the start of a short list of types, every further
/// one is rarer still, and no pattern picks less than one of the distinct values.
double like_selectivity(const Expression& like, const ColumnEstimate& operand) {
  if (like.arguments[1]->kind != Expression::Kind::kConstant) return kUnknownPredicate;
  const std::string& pattern = like.arguments[1]->value.string;
  double share = 1;
  size_t literal = 0;
  auto end_piece = [&] {
    if (literal > 0) share *= share == 1 ? (literal < 3 ? 0.2 : 0.06) : 0.25;
    literal = 0;
  };
  for (char c : pattern) {
    if (c == '%') end_piece();
    else if (c != '_') ++literal;
  }
  end_piece();
  const bool few_values = operand.distinct < 1000;
  if (few_values && share < 1) share = std::max(share, 0.12);
  return std::max(share, 1 / std::max(operand.distinct, 1.0));
}

double normal_tail_above(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

/// The share of values below `bound`.
double share_below(const ColumnEstimate& column, double bound) {
  if (column.has_spread && column.deviation > 0) return 1 - normal_tail_above((bound - column.mean) / column.deviation);
  if (!column.has_range) return kUnknownRange;
  if (column.high <= column.low) return bound > column.low ? 1 : 0;
  return clamped((bound - column.low) / (column.high - column.low));
}

double equality_selectivity(const ColumnEstimate& column, const Value& constant) {
  if (column.has_range && has_natural_value(constant)) {
    const double value = natural_value(constant);
    if (value < column.low || value > column.high) return kLeast;
  }
  return 1 / std::max(column.distinct, 1.0);
}

double constant_comparison(const Expression& e, const ColumnEstimate& column) {
  const Value& constant = e.arguments[1]->value;
  if (constant.null) return e.comparison == Comparison::kDistinct ? 1 - column.null_fraction : kLeast;
  const double not_null = 1 - column.null_fraction;
  const double equal = equality_selectivity(column, constant);
  const bool measurable = has_natural_value(constant) && (column.has_range || column.has_spread);
  const double below = measurable ? share_below(column, natural_value(constant)) : kUnknownRange;
  switch (e.comparison) {
    case Comparison::kEqual:
    case Comparison::kNotDistinct: return not_null * equal;
    case Comparison::kNotEqual: return not_null * (1 - equal);
    case Comparison::kDistinct: return 1 - not_null * equal;
    case Comparison::kLess: return not_null * below;
    case Comparison::kLessEqual: return not_null * clamped(measurable ? below + equal : below);
    case Comparison::kGreater: return not_null * (measurable ? clamped(1 - below - equal) : kUnknownRange);
    case Comparison::kGreaterEqual: return not_null * (measurable ? 1 - below : kUnknownRange);
  }
  return kUnknownPredicate;
}

/// P(x < y) of two values spread evenly over their ranges.
double share_less(const ColumnEstimate& x, const ColumnEstimate& y) {
  if (!x.has_range || !y.has_range || x.high <= x.low || y.high <= y.low) return kUnknownRange;
  if (x.high <= y.low) return 1;
  if (y.high <= x.low) return kLeast;
  // Mean of P(x < v) over v in y's range, by a few points: exactness is not worth more.
  double sum = 0;
  constexpr int kPoints = 16;
  for (int i = 0; i < kPoints; ++i) {
    const double v = y.low + (y.high - y.low) * (i + 0.5) / kPoints;
    sum += clamped((v - x.low) / (x.high - x.low));
  }
  return sum / kPoints;
}

double column_comparison(const Expression& e, const RelationEstimate& input) {
  const ColumnEstimate left = input.describe(*e.arguments[0]), right = input.describe(*e.arguments[1]);
  const double not_null = (1 - left.null_fraction) * (1 - right.null_fraction);
  const double equal = 1 / std::max({left.distinct, right.distinct, 1.0});
  switch (e.comparison) {
    case Comparison::kEqual:
    case Comparison::kNotDistinct: return not_null * equal;
    case Comparison::kNotEqual:
    case Comparison::kDistinct: return not_null * (1 - equal);
    case Comparison::kLess:
    case Comparison::kLessEqual: return not_null * share_less(left, right);
    case Comparison::kGreater:
    case Comparison::kGreaterEqual: return not_null * share_less(right, left);
  }
  return kUnknownPredicate;
}

double list_selectivity(const Expression& in, const RelationEstimate& input) {
  const ColumnEstimate column = input.describe(*in.arguments[0]);
  double share = 0;
  for (size_t i = 1; i < in.arguments.size(); ++i) {
    const bool constant = in.arguments[i]->kind == Expression::Kind::kConstant;
    share += constant ? equality_selectivity(column, in.arguments[i]->value) : 1 / std::max(column.distinct, 1.0);
  }
  return clamped(share) * (1 - column.null_fraction);
}

/// Branches that fix one column to different values exclude each other; others overlap by chance.
double disjunction_selectivity(const Expression& e, const RelationEstimate& input) {
  double miss = 1;
  for (const auto& branch : e.arguments) miss *= 1 - selectivity(*branch, input);
  return 1 - miss;
}

double share_of_true(const Expression& e, const RelationEstimate& input) {
  const ColumnEstimate column = input.describe(e);
  return column.has_spread ? clamped(column.mean) : 0.5;
}

}  // namespace

double selectivity(const Expression& e, const RelationEstimate& input) {
  switch (e.kind) {
    case Expression::Kind::kConstant:
      return is_true(e) ? 1 : kLeast;
    case Expression::Kind::kColumn:
      return share_of_true(e, input);
    case Expression::Kind::kAnd: {
      RelationEstimate rest = input;
      rest.rows = 1;
      for (const auto& conjunct : e.arguments) restrict_to(*conjunct, rest);
      return clamped(rest.rows);
    }
    case Expression::Kind::kOr:
      return disjunction_selectivity(e, input);
    case Expression::Kind::kNot:
      return clamped(1 - selectivity(*e.arguments[0], input));
    case Expression::Kind::kIsNull:
      return input.describe(*e.arguments[0]).null_fraction;
    case Expression::Kind::kIsNotNull:
      return 1 - input.describe(*e.arguments[0]).null_fraction;
    case Expression::Kind::kIn:
      return list_selectivity(e, input);
    case Expression::Kind::kLike:
      return like_selectivity(e, input.describe(*e.arguments[0]));
    case Expression::Kind::kCompare:
      if (e.arguments[1]->kind == Expression::Kind::kConstant)
        return constant_comparison(e, input.describe(*e.arguments[0]));
      return column_comparison(e, input);
    default: return kUnknownPredicate;
  }
}

void restrict_to(const Expression& e, RelationEstimate& relation) {
  if (e.kind == Expression::Kind::kAnd) {
    for (const auto& conjunct : e.arguments) restrict_to(*conjunct, relation);
    return;
  }
  const double share = std::max(selectivity(e, relation), kLeast);
  relation.rows *= share;
  const std::vector<ColumnId> used = columns_of(e).ids();
  if (used.size() != 1) return;
  auto found = relation.columns.find(used[0]);
  if (found == relation.columns.end()) return;
  ColumnEstimate& column = found->second;
  const bool direct = !e.arguments.empty() && e.arguments[0]->kind == Expression::Kind::kColumn;

  if (e.kind == Expression::Kind::kIsNull && direct) {
    column.null_fraction = 1;
    column.distinct = 1;
    return;
  }
  column.null_fraction = 0;
  column.distinct = std::max(1.0, column.distinct * std::min(1.0, share));
  if (e.kind != Expression::Kind::kCompare || !direct || e.arguments[1]->kind != Expression::Kind::kConstant ||
      !column.has_range)
    return;
  const double bound = natural_value(e.arguments[1]->value);
  if (!has_natural_value(e.arguments[1]->value)) return;
  const bool upper = e.comparison == Comparison::kLess || e.comparison == Comparison::kLessEqual;
  const bool lower = e.comparison == Comparison::kGreater || e.comparison == Comparison::kGreaterEqual;
  if (e.comparison == Comparison::kEqual) column.low = column.high = bound;
  if (upper) column.high = std::max(column.low, std::min(column.high, bound));
  if (lower) column.low = std::min(column.high, std::max(column.low, bound));
}

void restrict_to(const std::vector<ExpressionPtr>& predicates, RelationEstimate& relation) {
  for (const auto& predicate : predicates) restrict_to(*predicate, relation);
}

}  // namespace cairn
