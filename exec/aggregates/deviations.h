#pragma once

#include <cmath>
#include <limits>

#include "exec/aggregates/exact_moments.h"
#include "vector/error.h"

namespace cairn {

/// The sum of products of deviations from the means of two arguments (or of one, squared), of one group.
class Deviations {
 public:
  /// Errors: kNumericOutOfRange where the sum is no DOUBLE though all values are finite, as in PostgreSQL.
  template <size_t kArguments>
  Deviations(const ExactMoments<kArguments>& moments, size_t group, size_t a, size_t b) {
    if (!moments.is_finite(group, a) || !moments.is_finite(group, b)) {
      sum_ = std::numeric_limits<double>::quiet_NaN();
      return;
    }
    if (moments.count(group) == 0) return;
    const ScaledDouble times_count = moments.deviations(group, a, b);
    sum_ = std::ldexp(times_count.mantissa / static_cast<double>(moments.count(group)), times_count.exponent);
    if (std::isinf(sum_)) throw Error(sqlstate::kNumericOutOfRange, "value out of range: overflow");
  }
  double sum() const { return sum_; }
  double of_mean(double count) const { return sum_ / count; }

 private:
  double sum_ = 0;
};

}  // namespace cairn
