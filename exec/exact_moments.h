#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "exec/exact_number.h"
#include "exec/exact_sums.h"
#include "vector/memory_pool.h"

namespace cairn {

/// Per group the number of rows, and the exact sums of their arguments and of the products of these: of x and x², or of
/// x, y, x², xy and y². What variances, covariances and regressions are made of, n * sum(x * y) - sum(x) * sum(y), is
/// then exact, too, however far from 0 the values lie. A product is added as the two DOUBLEs that it is exactly.
template <size_t kArguments>
class ExactMoments {
 public:
  static constexpr size_t kProducts = kArguments * (kArguments + 1) / 2;

  void resize(size_t groups);
  /// `arguments` are flat DOUBLEs; rows in which one is NULL do not count.
  void add(const GroupIds& groups, const std::array<Vector, kArguments>& arguments);
  /// A row of exact numbers, in units of 1.
  void add_integer(uint32_t group, int128_t value)
    requires(kArguments == 1);
  /// As AggregateState::merge.
  void merge(ExactMoments& other, const uint32_t* from, const uint32_t* to, size_t groups);

  int64_t count(size_t group) const { return counts_[group]; }
  /// Where this is false all sums of products are finite.
  bool may_overflow() const;
  /// No NaN, no infinity among the argument's values.
  bool is_finite(size_t group, size_t argument) const { return sums_[argument].is_finite(group); }
  double sum(size_t group, size_t argument) const { return sums_[argument].template rounded<double>(group); }
  /// The sum of products of deviations from the means: n of them times n. 0 where there are no rows.
  /// REQUIRES: is_finite of both.
  ScaledDouble deviations(size_t group, size_t a, size_t b) const;
  size_t bytes() const;

 private:
  /// The numbers in the columns of limbs of `low` are products, too.
  struct Products {
    ExactSums high, low;
  };
  static constexpr size_t product_of(size_t a, size_t b) { return a + b; }  // (0,0), (0,1), (1,1)
  void add_odd(Products& products, const GroupIds& groups, const Vector& a, const Vector& b);

  LargeVector<int64_t> counts_;
  std::array<ExactSums, kArguments> sums_;
  std::array<Products, kProducts> products_;
  std::vector<uint64_t> validity_, odd_;
  std::vector<double> high_, low_;  ///< of a batch
};

}  // namespace cairn
