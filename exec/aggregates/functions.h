#pragma once

#include "exec/aggregates/state.h"

namespace cairn {

/// Where a group of another state goes that is not merged.
inline constexpr uint32_t kNoGroup = UINT32_MAX;

/// Appends values[g] of the groups, NULL where has_value(g) is false.
template <typename T, typename HasValue>
void append_values(const AggregateResult& result, const T* values, HasValue has_value, ColumnBuffer& out) {
  Vector vector;
  vector.type = out.type();
  vector.size = result.groups;
  vector.data = values + result.begin;
  const size_t first = out.size();
  out.append(vector);
  for (size_t g = 0; g < result.groups; ++g) {
    if (!has_value(result.begin + g)) out.set_null(first + g);
  }
}

/// The group of `other` that AggregateState::merge's i-th group comes from.
inline size_t source_group(const uint32_t* from, size_t i) { return from == nullptr ? i : from[i]; }

// What the table's functions are computed by; a file per family.

using MadeState = std::unique_ptr<AggregateState>;

/// sum and avg, exact, in any order. Integers: int64 accumulators as long as a running bound on every group's magnitude
/// proves that they cannot overflow; then they are folded into 128 bits. REAL and DOUBLE: exact_sums.h. Intervals:
/// months, days and microseconds each.
MadeState make_sum(const AggregateStateSpec& spec);
MadeState make_floating_sum();
/// Any function of arguments that are NULL by their type: NULL.
MadeState make_null_state();
/// Of every type; for booleans bool_and and bool_or.
MadeState make_min(const AggregateStateSpec& spec);
MadeState make_max(const AggregateStateSpec& spec);
/// The variance family: exact sums of the values and of their squares (exec/aggregates/exact_moments.h).
MadeState make_moments(const AggregateStateSpec& spec);
/// any_value: the first value in the input's order that is not NULL.
MadeState make_first(const AggregateStateSpec& spec);
/// Values in the input's order, before each but the first `separator`, or where there is a second argument, that.
MadeState make_string_agg(const AggregateStateSpec& spec);
/// Of integers.
MadeState make_bit_and(const AggregateStateSpec& spec);
MadeState make_bit_or(const AggregateStateSpec& spec);
MadeState make_bit_xor(const AggregateStateSpec& spec);
/// Covariance, correlation and linear regression of DOUBLEs (y, x): sums as those of make_moments.
MadeState make_pairs(const AggregateStateSpec& spec);
/// The percentiles and modes of spec.statistics, of the argument in spec.order.
MadeState make_ordered_set(const AggregateStateSpec& spec);
/// Any function over each group's distinct values.
MadeState make_distinct(const AggregateStateSpec& spec);
/// Any function over each group's rows in spec.order (of distinct arguments the first, where spec.distinct).
MadeState make_sorted(const AggregateStateSpec& spec);

}  // namespace cairn
