#pragma once

#include "vector/date.h"

namespace cairn::functions {

/// Every field by the divisor; what is behind the point goes down to the next smaller field, as in PostgreSQL.
/// Errors: kDivisionByZero, kDatetimeOverflow.
Interval interval_over(Interval interval, double divisor);

}  // namespace cairn::functions
