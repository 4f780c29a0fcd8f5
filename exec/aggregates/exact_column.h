#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exec/aggregates/exact_limbs.h"
#include "exec/aggregates/exact_number.h"
#include "vector/column_buffer.h"
#include "vector/kernels/exact_window.h"
#include "vector/memory_pool.h"

namespace cairn {

/// Where the parts of each group's sum are: every `stride`-th of what another owns.
struct ExactParts {
  ExactSum* first;
  size_t stride;
  ExactSum& operator[](size_t group) const { return first[group * stride]; }
};

/// The sum in units.
inline int128_t exact_value(const ExactSum& parts) {
  return static_cast<int128_t>(parts.high) * (int64_t{1} << kLowBits) + parts.low;
}
/// With the least low part.
inline ExactSum exact_parts(int128_t value) {
  const int128_t high = (value + (int128_t{1} << (kLowBits - 1))) >> kLowBits;
  return {static_cast<int64_t>(value - high * (int64_t{1} << kLowBits)), static_cast<int64_t>(high)};
}

/// A number that its column's window did not take.
struct ExactMisfit {
  uint32_t group;
  double value;
};

/// Sums of numbers per group that do not depend on the order of addition: nothing is rounded before the end.
///
///   parts    two integers per group in a unit that all groups share: what vectors of floating-point numbers are added
///            to, as long as the numbers are not too far apart (docs/decisions/0006). The owner's, and passed in
///   limbs    for numbers that do not fit the parts
///   special  which groups have seen NaN and infinities
///
/// All of them merge by addition. The unit moves where many numbers do not fit; what that costs, a few steps for every
/// group, is spread over as many rows.
class ExactColumn {
 public:
  void resize(size_t groups);

  bool placed() const { return placed_; }
  /// Chooses the unit by some of the numbers. REQUIRES: !placed().
  void place(std::span<const double> numbers);
  /// What so many rows, at most kCarryRows, may be added in.
  ExactWindow window(ExactParts parts, size_t rows);
  /// Such rows were added, the greatest of them this.
  void note_added(size_t rows, double magnitude);
  /// What the window did not take: specials, too.
  void add_misfits(ExactParts parts, std::span<const ExactMisfit> misfits);
  /// NaN or an infinity.
  void add_special(size_t group, double value);
  ExactLimbs& limbs() { return limbs_; }
  const ExactLimbs& limbs() const { return limbs_; }
  /// How parts of another are taken over.
  struct PartsMerge {
    enum How : uint8_t { kNotAtAll, kAdded, kCarried, kToLimbs } how = kNotAtAll;
    int shift = 0;  ///< from its unit to this one's
  };
  /// As AggregateState::merge, but for the parts, which merge_parts is to take over, some groups at a time. Leaves `other`
  /// as it is: several threads may merge parts of it at once.
  PartsMerge merge(ExactParts parts, const ExactColumn& other, ExactParts other_parts, const uint32_t* from,
                   const uint32_t* to, size_t groups);
  void merge_parts(PartsMerge merge, ExactParts parts, const ExactColumn& other, ExactParts other_parts,
                   const uint32_t* from, const uint32_t* to, size_t begin, size_t end);

  bool is_finite(size_t group) const { return special_.empty() || special_[group] == 0; }
  /// What the group's finite numbers add up to.
  void append_terms(ExactParts parts, size_t group, ExactNumber::Terms& terms) const;
  /// The sum as a T, which is float or double: correctly rounded.
  /// Errors: kNumericOutOfRange where numbers that are all finite have a sum that is not.
  template <typename T>
  T rounded(ExactParts parts, size_t group) const;
  /// A HUGEINT for each of the groups: its parts, and what unit they are in.
  void save_parts(ExactParts parts, std::span<const uint32_t> groups, ColumnBuffer& out) const;
  /// REQUIRES: nothing was added to any group.
  void load_parts(ExactParts parts, const int128_t* saved, size_t groups);
  /// How often all groups were gone over, which additions must not bring about often.
  uint64_t passes() const { return passes_; }
  /// Without the parts.
  size_t bytes() const { return limbs_.bytes() + special_.capacity(); }

 private:
  friend void save_limbs(std::span<ExactColumn> columns, std::span<const uint32_t> groups, ColumnBuffer& out);
  friend void load_limbs(std::span<ExactColumn> columns, const Vector& saved, size_t groups);

  void adapt(ExactParts parts, std::span<const ExactMisfit> misfits);
  void place_anew(ExactParts parts, std::span<const ExactMisfit> misfits);
  bool lower_unit(ExactParts parts, int unit);
  void carry_parts(ExactParts parts);
  void tighten(ExactParts parts);
  void flush_parts(ExactParts parts);
  void make_room(ExactParts parts, double more);
  PartsMerge make_parts_merge(ExactParts parts, const ExactColumn& other, ExactParts other_parts, const uint32_t* from,
                              size_t groups);
  void mark(size_t group, uint8_t what);

  size_t group_count_ = 0;
  bool placed_ = false;           ///< until then all parts are 0
  int unit_ = 0;
  double magnitude_ = 0;          ///< greatest of the numbers in the parts
  double high_bound_ = 0;         ///< no high part is greater than this, which is at most kHighMax
  uint64_t rows_since_carry_ = 0;
  uint64_t rows_ = 0;             ///< that were to be added, all in all
  uint64_t lower_after_ = 0;      ///< so many of them the unit may be lowered
  uint64_t misplaced_rows_ = 0;   ///< that the parts had no room for, since they were placed
  uint64_t patience_ = 8192;      ///< with so many of them, and as many as there are groups
  uint64_t passes_ = 0;
  ExactLimbs limbs_;
  LargeVector<uint8_t> special_;  ///< empty: none
};

/// What the groups of several columns hold beside their parts: a text of bytes for each of the groups.
void save_limbs(std::span<ExactColumn> columns, std::span<const uint32_t> groups, ColumnBuffer& out);
/// REQUIRES: nothing of this kind was added to any group.
void load_limbs(std::span<ExactColumn> columns, const Vector& saved, size_t groups);

}  // namespace cairn
