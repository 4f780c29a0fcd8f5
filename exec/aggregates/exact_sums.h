#pragma once

#include <cstdint>
#include <vector>

#include "exec/aggregates/exact_column.h"
#include "vector/column_buffer.h"
#include "vector/kernels/aggregate.h"
#include "vector/kernels/exact_sum.h"
#include "vector/kernels/kernels.h"
#include "vector/memory_pool.h"
#include "vector/vector.h"

namespace cairn {

/// Sums of floating-point numbers per group, exact until the end: one ExactColumn.
class ExactSums {
 public:
  void resize(size_t groups);
  /// REAL or DOUBLE, in any encoding.
  void add(const GroupIds& groups, const Vector& values);
  /// The rows of the mask (nullptr: all), to group 0.
  void add_single(const Vector& values, const uint64_t* mask);
  /// As AggregateState::merge. Leaves `other` as it is: several threads may merge parts of it at once.
  void merge(const ExactSums& other, const uint32_t* from, const uint32_t* to, size_t groups);

  /// The sum as a T, which is float or double: correctly rounded.
  /// Errors: kNumericOutOfRange where numbers that are all finite have a sum that is not.
  template <typename T>
  T rounded(size_t group) const {
    return column_.rounded<T>(parts(), group);
  }
  /// As ExactColumn's.
  uint64_t passes() const { return column_.passes(); }
  size_t bytes() const;

  // As AggregateState's.
  std::vector<Type> saved_types() const { return {Type::huge_int(), Type::varchar()}; }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns);
  void load(std::span<const Vector> columns, size_t groups);

 private:
  ExactParts parts() const { return {const_cast<ExactSum*>(parts_.data()), 1}; }
  template <typename GroupOf, typename AddFitting>
  void add_rows(const Vector& values, GroupOf group_of, AddFitting add_fitting);

  LargeVector<ExactSum> parts_;
  ExactColumn column_;
  FlatScratch flat_;
  std::vector<uint64_t> misfit_rows_;  ///< of a batch
  std::vector<ExactMisfit> misfits_;
};

}  // namespace cairn
