#pragma once

#include <optional>

#include "sql/logical_plan.h"

namespace cairn {

/// The expression in a simpler form with the same value on every row: constants folded (what raises an error is left
/// to run time), three-valued logic simplified, NOT pushed down, comparisons freed of casts. May raise fewer errors
/// (FALSE AND 1/0 = 1), never more.
ExpressionPtr simplified(ExpressionPtr expression);

/// One step each, for a node whose arguments are simplified already.
ExpressionPtr simplified_and(ExpressionPtr expression);
ExpressionPtr simplified_or(ExpressionPtr expression);
ExpressionPtr simplified_not(ExpressionPtr expression);
ExpressionPtr simplified_comparison(ExpressionPtr expression);
ExpressionPtr simplified_in(ExpressionPtr expression);

/// `cast(x as T) op constant` as a comparison of x with a constant of x's own type, where that is exactly the same for
/// every x: integers against wider integers, decimals and doubles, decimals of other scales, dates against timestamps.
/// nullptr where it is not.
ExpressionPtr without_cast(const Expression& comparison);

Expression::Comparison inverted(Expression::Comparison comparison);  ///< NOT (a op b): < becomes >=
Expression::Comparison flipped(Expression::Comparison comparison);   ///< a op b as b op a: < becomes >

}  // namespace cairn
