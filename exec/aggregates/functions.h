#pragma once

#include "exec/aggregates/state.h"

namespace cairn {

/// Where a group of another state goes that is not merged.
inline constexpr uint32_t kNoGroup = UINT32_MAX;

/// The group of `other` that AggregateState::merge's i-th group comes from.
inline size_t source_group(const uint32_t* from, size_t i) { return from == nullptr ? i : from[i]; }

/// sum and avg of an integral argument. int64 accumulators as long as a running bound on every group's magnitude
/// proves that they cannot overflow; then they are folded into 128 bits. Exact, in any order.
std::unique_ptr<AggregateState> make_integral_sum(const Type& argument);
/// sum and avg of REAL and DOUBLE: exact until the end (exec/aggregates/exact_sums.h).
std::unique_ptr<AggregateState> make_floating_sum();
/// sum and avg of intervals: months, days and microseconds each. Errors: kDatetimeOverflow.
std::unique_ptr<AggregateState> make_interval_sum();
/// Any function of arguments that are NULL by their type: NULL.
std::unique_ptr<AggregateState> make_null_state();
/// min, max, bool_and and bool_or for every type.
std::unique_ptr<AggregateState> make_extreme(bool max, const Type& argument);
/// The variance family: exact sums of the values and of their squares (exec/aggregates/exact_moments.h).
std::unique_ptr<AggregateState> make_moments(const Type& argument);
/// any_value: the first value in the input's order that is not NULL.
std::unique_ptr<AggregateState> make_first(const Type& argument);
/// Values in the input's order, before each but the first `separator`, or where there is a second argument, that.
std::unique_ptr<AggregateState> make_string_agg(std::string separator);
/// bit_and, bit_or and bit_xor of integers.
std::unique_ptr<AggregateState> make_bits(AggregateKind function);
/// Covariance, correlation and linear regression of DOUBLEs (y, x): sums as those of make_moments.
std::unique_ptr<AggregateState> make_pairs();
/// mode, over values that come in order.
std::unique_ptr<AggregateState> make_mode(const Type& argument);
/// percentile_disc and percentile_cont, over values that come in order, group by group. NaN for a fraction gives NULL.
std::unique_ptr<AggregateState> make_percentile(const Type& argument, bool continuous, double fraction);
/// Any function over each group's distinct values.
std::unique_ptr<AggregateState> make_distinct(const AggregateLayout::State& inner);
/// Any function over each group's rows in inner.order (of distinct arguments the first, where inner.distinct).
std::unique_ptr<AggregateState> make_sorted(const AggregateLayout::State& inner);

}  // namespace cairn
