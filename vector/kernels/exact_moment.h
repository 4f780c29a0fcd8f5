#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "vector/kernels/aggregate.h"
#include "vector/kernels/exact_window.h"

namespace cairn {

/// What the sums of one group are: a row of memory, so that a group costs one or two lines of the cache, not one per sum.
///
///   one argument   x, high and low part of x², number of rows (its `low`)
///   two, y and x   y, x, high and low part of y², of x y, of x²
///
/// A product is the two DOUBLEs that it is exactly (Dekker 1971).
template <size_t kArguments>
struct ExactMomentLayout {
  static constexpr size_t kProducts = kArguments * (kArguments + 1) / 2;
  static constexpr size_t kNumbers = kArguments + 2 * kProducts;
  static constexpr bool kCounts = kArguments == 1;
  static constexpr size_t kSums = kNumbers + (kCounts ? 1 : 0);
  static constexpr size_t high_of(size_t a, size_t b) { return kArguments + 2 * (a + b); }  // (0,0), (0,1), (1,1)
};

/// One of the numbers that each row gives.
struct ExactMomentNumber {
  ExactWindow window;           ///< those to add
  uint64_t* misfits = nullptr;  ///< takes a bit for each row that was left out; mask_words(rows) words
  double magnitude = 0;         ///< takes the greatest that was added
  bool all = true;              ///< whether none was left out
};

/// Adds all rows, but for those whose bit in `validity` (nullptr: none) is not set. Where a product is not finite, or
/// near the ends of DOUBLE (exact_product_exists), its high part is a misfit and its low part 0.
/// REQUIRES: `numbers` are kNumbers, `sums` kSums a group, on a boundary of 64 bytes; groups.rows in each argument.
template <size_t kArguments>
void exact_moments_grouped(const GroupIds& groups, const double* const* arguments, const uint64_t* validity,
                           ExactMomentNumber* numbers, ExactSum* sums);

/// Products and factors that are as great are no pairs of DOUBLEs, or might not be.
inline constexpr double kGreatProduct = 0x1p900, kSmallProduct = 0x1p-900;
inline bool exact_product_exists(double a, double b) {
  const double product = std::fabs(a * b);
  if (!(std::fabs(a) < kGreatProduct) || !(std::fabs(b) < kGreatProduct)) return false;
  return a == 0 || b == 0 || (product < kGreatProduct && product > kSmallProduct);
}

}  // namespace cairn
