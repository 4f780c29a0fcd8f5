#pragma once

#include "sql/logical_plan.h"

namespace cairn {

/// The share of the scan's rows that pass all of its predicates, counted in its table's sample: what patterns,
/// expressions and correlated columns let pass is seen rather than guessed. `expected` is what statistics say; the less
/// the sample has to say (a few rows in a million), the more it counts, and alone where there is no sample.
double sampled_share(const LogicalNode& scan, double expected);

}  // namespace cairn
