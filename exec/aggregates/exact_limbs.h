#pragma once

#include <cstdint>
#include <vector>

#include "exec/aggregates/exact_number.h"
#include "vector/int128.h"
#include "vector/memory_pool.h"

namespace cairn {

/// Sums of any numbers per group, exact: columns of integers, limb k worth 2^(40 k), made where there is something to
/// keep (Neal: "Fast exact summation using small and large superaccumulators", 2015).
class ExactLimbs {
 public:
  ExactLimbs() = default;
  ExactLimbs(ExactLimbs&&) = default;
  ExactLimbs& operator=(ExactLimbs&&) = default;

  void resize(size_t groups);
  /// ±magnitude * 2^exponent.
  void add(size_t group, bool negative, uint64_t magnitude, int exponent);
  /// ±a * b * 2^exponent.
  void add_product(size_t group, bool negative, uint64_t a, uint64_t b, int exponent);
  /// value * 2^exponent.
  void add_wide(size_t group, int128_t value, int exponent);
  /// As AggregateState::merge. Leaves `other` as it is.
  void merge(const ExactLimbs& other, const uint32_t* from, const uint32_t* to, size_t groups);

  /// Nothing but 0 was added.
  bool empty() const { return limbs_.empty(); }
  void append_terms(size_t group, ExactNumber::Terms& terms) const;
  size_t bytes() const;

  /// Brings the limbs to their least size.
  void carry();
  /// The group's limbs that are not 0, carried: each(number, value).
  template <typename Each>
  void for_each(size_t group, Each each) const {
    for (size_t at = 0; at < limbs_.size(); ++at) {
      if (!limbs_[at].empty() && limbs_[at][group] != 0) each(first_limb_ + static_cast<int>(at), limbs_[at][group]);
    }
  }
  size_t count(size_t group) const {
    size_t limbs = 0;
    for_each(group, [&](int, int64_t) { ++limbs; });
    return limbs;
  }
  /// Before such limbs are added, at most one each to a group's own.
  void expect_loads() { rows_ += 2; }
  void load(size_t group, int limb, int64_t value) { limbs(limb)[group] += value; }

  /// Numbers that may be added to an integer of parts below 2^40 before carries must go up.
  static constexpr uint64_t kCarryRows = uint64_t{1} << 22;
  /// So many are merged as they are.
  static constexpr uint64_t kUncarriedRows = uint64_t{1} << 16;

 private:
  using Limbs = LargeVector<int64_t>;
  static constexpr int kLimbBits = 40;

  static int64_t carry_of(int64_t limb);
  Limbs& limbs(int limb);
  void find_columns();

  size_t group_count_ = 0;
  int first_limb_ = 0;
  std::vector<Limbs> limbs_;  ///< of first_limb_, and so on; empty: nothing but 0
  std::vector<int64_t*> columns_;  ///< where these are; nullptr for one that is empty
  uint64_t rows_ = 0;         ///< numbers since the last carry
};

}  // namespace cairn
