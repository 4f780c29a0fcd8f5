#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "exec/aggregates/exact_column.h"
#include "exec/aggregates/exact_number.h"
#include "vector/column_buffer.h"
#include "vector/kernels/exact_moment.h"
#include "vector/memory_pool.h"
#include "vector/vector.h"

namespace cairn {

/// Per group the number of rows, and the exact sums of their arguments and of the products of these: of x and x², or of
/// x, y, x², xy and y². What variances, covariances and regressions are made of, n * sum(x * y) - sum(x) * sum(y), is
/// then exact, too, however far from 0 the values lie. A product is added as the two DOUBLEs that it is exactly.
template <size_t kArguments>
class ExactMoments {
 public:
  void resize(size_t groups);
  /// `arguments` are flat DOUBLEs; rows in which one is NULL do not count.
  void add(const GroupIds& groups, const std::array<Vector, kArguments>& arguments);
  /// A row of exact numbers, in units of 1.
  void add_integer(uint32_t group, int128_t value)
    requires(kArguments == 1);
  /// As AggregateState::merge.
  void merge(ExactMoments& other, const uint32_t* from, const uint32_t* to, size_t groups);

  int64_t count(size_t group) const { return const_cast<ExactMoments*>(this)->count_of(group); }
  /// Where this is false all sums of products are finite.
  bool may_overflow() const;
  /// No NaN, no infinity among the argument's values.
  bool is_finite(size_t group, size_t argument) const { return columns_[argument].is_finite(group); }
  double sum(size_t group, size_t argument) const {
    return columns_[argument].template rounded<double>(parts(argument), group);
  }
  /// The sum of products of deviations from the means: n of them times n. 0 where there are no rows.
  /// REQUIRES: is_finite of both.
  ScaledDouble deviations(size_t group, size_t a, size_t b) const;
  size_t bytes() const;

  // As AggregateState's.
  std::vector<Type> saved_types() const;
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns);
  void load(std::span<const Vector> columns, size_t groups);

 private:
  using Layout = ExactMomentLayout<kArguments>;
  /// The arguments' values in a batch.
  using Numbers = std::array<const double*, kArguments>;

  int64_t& count_of(size_t group) {
    return Layout::kCounts ? sums_[group * Layout::kSums + Layout::kNumbers].low : counts_[group];
  }
  ExactParts parts(size_t number) const { return {const_cast<ExactSum*>(sums_.data()) + number, Layout::kSums}; }
  /// Number `number` of a row; 0 for a product that is no pair of DOUBLEs.
  static double number_of(size_t number, const Numbers& arguments, size_t row);
  const uint64_t* common_validity(const std::array<Vector, kArguments>& arguments, size_t rows);
  void place(const GroupIds& groups, const Numbers& arguments, const uint64_t* validity);
  void add_misfits(size_t number, const GroupIds& groups, const Numbers& arguments);

  LargeVector<ExactSum> sums_;    ///< a row of kSums per group, as Layout says
  LargeVector<int64_t> counts_;   ///< where they have no place there
  std::array<ExactColumn, Layout::kNumbers> columns_;  ///< the limbs of low parts keep products that have no parts, too
  std::vector<uint64_t> validity_, misfit_rows_;  ///< of a batch
  std::vector<ExactMisfit> misfits_;
};

}  // namespace cairn
