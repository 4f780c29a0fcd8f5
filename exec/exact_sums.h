#pragma once

#include <cstdint>
#include <vector>

#include "exec/exact_number.h"
#include "vector/kernels/aggregate.h"
#include "vector/kernels/exact_sum.h"
#include "vector/memory_pool.h"
#include "vector/vector.h"

namespace cairn {

/// Sums of numbers per group that do not depend on the order of addition: nothing is rounded before the end.
///
///   parts    two integers per group in a unit that all groups share: what vectors of floating-point numbers are added
///            to, as long as the numbers are not too far apart (docs/decisions/0006)
///   limbs    columns of integers, limb k worth 2^(40 k), made where there is something to keep: products, and numbers
///            that do not fit the parts (Neal: "Fast exact summation using small and large superaccumulators", 2015)
///   special  which groups have seen NaN and infinities
///
/// All of them are plain columns, and merge by addition.
class ExactSums {
 public:
  void resize(size_t groups);
  /// REAL or DOUBLE, in any encoding.
  void add(const GroupIds& groups, const Vector& values);
  /// The rows of the mask (nullptr: all), to group 0.
  void add_single(const Vector& values, const uint64_t* mask);
  /// NaN or an infinity.
  void add_special(size_t group, double value);
  /// ±magnitude * 2^exponent.
  void add(size_t group, bool negative, uint64_t magnitude, int exponent);
  /// ±a * b * 2^exponent.
  void add_product(size_t group, bool negative, uint64_t a, uint64_t b, int exponent);
  /// value * 2^exponent.
  void add_wide(size_t group, int128_t value, int exponent);
  /// As AggregateState::merge. Leaves `other` as it is: several threads may merge parts of it at once.
  void merge(const ExactSums& other, const uint32_t* from, const uint32_t* to, size_t groups);

  bool is_finite(size_t group) const { return special_.empty() || special_[group] == 0; }
  /// What the group's finite numbers add up to.
  void append_terms(size_t group, ExactNumber::Terms& terms) const;
  /// The sum as a T, which is float or double: correctly rounded.
  /// Errors: kNumericOutOfRange where numbers that are all finite have a sum that is not.
  template <typename T>
  T rounded(size_t group) const;
  bool has_limbs() const { return !limbs_.empty(); }
  size_t bytes() const;

 private:
  using Limbs = LargeVector<int64_t>;
  static constexpr int kLimbBits = 40;
  /// Numbers that may be added before carries must go up.
  static constexpr uint64_t kCarryRows = uint64_t{1} << 22;
  /// So many are merged as they are.
  static constexpr uint64_t kUncarriedRows = 1024;

  double limit_for(size_t rows);
  void note_added(const ExactRowsAdded& added);
  template <typename GroupOf>
  void add_block(const Vector& values, size_t begin, size_t end, GroupOf group_of);
  void place(const std::vector<double>& numbers);
  bool lower_unit(int unit);
  void carry_parts();
  void tighten();
  void flush_parts();
  void merge_parts(const ExactSums& other, const uint32_t* from, const uint32_t* to, size_t groups);
  double greatest_high(const uint32_t* from, size_t groups) const;
  void merge_limbs(const ExactSums& other, const uint32_t* from, const uint32_t* to, size_t groups);
  static int64_t carry_of(int64_t limb);
  Limbs& limbs(int limb);
  void count_limb_row();
  void carry_limbs();
  void mark(size_t group, uint8_t what);

  size_t group_count_ = 0;
  LargeVector<ExactSum> parts_;  ///< empty until placed_
  bool placed_ = false;
  int unit_ = 0;
  double magnitude_ = 0;          ///< greatest of the numbers in the parts
  double high_bound_ = 0;         ///< no high part is greater than this, which is at most kHighMax
  uint64_t rows_since_carry_ = 0;
  uint64_t misplaced_rows_ = 0;   ///< that the parts had no room for, since they were placed
  int first_limb_ = 0;
  std::vector<Limbs> limbs_;     ///< of first_limb_, and so on; empty: nothing but 0
  uint64_t limb_rows_ = 0;       ///< numbers since the last carry
  LargeVector<uint8_t> special_;  ///< empty: none
};

}  // namespace cairn
