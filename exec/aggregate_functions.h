#pragma once

#include "exec/aggregate_state.h"

namespace cairn {

/// sum and avg of an integral argument. int64 accumulators as long as a running bound on every group's magnitude
/// proves that they cannot overflow; then they are folded into 128 bits. Exact, in any order.
std::unique_ptr<AggregateState> make_integral_sum(const Type& argument);
/// sum and avg of REAL and DOUBLE: each fragment adds in the order of its rows, fragments are added in the order of
/// their first morsels; so the last digits may depend on how morsels were spread over workers.
std::unique_ptr<AggregateState> make_floating_sum();
/// sum of intervals: months, days and microseconds each. Errors: kDatetimeOverflow.
std::unique_ptr<AggregateState> make_interval_sum();
/// Any function of arguments that are NULL by their type: NULL.
std::unique_ptr<AggregateState> make_null_state();
/// min, max, bool_and and bool_or for every type.
std::unique_ptr<AggregateState> make_extreme(bool max, const Type& argument);
/// The variance family: counts, means and squared deviations per group (Welford 1962), merged as Chan et al. (1979).
std::unique_ptr<AggregateState> make_moments(const Type& argument);
/// any_value: the first value in the input's order that is not NULL.
std::unique_ptr<AggregateState> make_first(const Type& argument);
/// Values joined by `separator` in the input's order.
std::unique_ptr<AggregateState> make_string_agg(std::string separator);
/// Any function over each group's distinct values.
std::unique_ptr<AggregateState> make_distinct(const AggregateLayout::State& inner);

}  // namespace cairn
