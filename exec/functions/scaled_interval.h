#pragma once

#include "vector/date.h"

namespace cairn::functions {

/// Every field by the divisor; what is behind the point goes down to the next smaller field, as in PostgreSQL.
/// Errors: kDivisionByZero, kDatetimeOverflow.
Interval interval_over(Interval interval, double divisor);
/// The same with a factor. Errors: kDatetimeOverflow.
Interval interval_times(Interval interval, double factor);

}  // namespace cairn::functions
