#pragma once

// Sums of floating-point numbers without rounding, and so without an order: every number is an integer multiple of one
// small power of two, the unit, and these integers are added. (Kulisch's long accumulator, cut down to the part that a
// column's numbers need; exec/exact_sums.h chooses the unit, and keeps what does not fit.)

#include <cstddef>
#include <cstdint>

#include "vector/kernels/aggregate.h"
#include "vector/vector.h"

namespace cairn {

/// (high * 2^kLowBits + low) * 2^unit. Neither part carries over to the other: that is left to the owner, who must see to
/// it before 2^22 numbers have been added.
struct ExactSum {
  int64_t low = 0, high = 0;
};
inline constexpr int kLowBits = 40;
/// Numbers fit that are multiples of 2^unit below 2^(unit + kExactBits).
inline constexpr int kExactBits = 80;
/// Units outside these bounds are too near the ends of DOUBLE.
inline constexpr int kLeastUnit = -1072, kGreatestUnit = 900;
/// Rows that are added, or not, as one.
inline constexpr size_t kExactBlockRows = 64;

struct ExactRowsAdded {
  size_t rows = 0;       ///< added, or NULL: a multiple of kExactBlockRows, or all
  double magnitude = 0;  ///< the greatest of the numbers
};

/// Adds rows [begin, values.size) to their groups. `values` is flat, REAL or DOUBLE; NULLs are left out. Stops before the
/// first block of rows with a number that is not a multiple of 2^unit less than `limit`, or is not finite.
/// REQUIRES: begin is a multiple of kExactBlockRows; limit <= 2^(unit + kExactBits).
ExactRowsAdded exact_sum_grouped(const GroupIds& groups, const Vector& values, size_t begin, int unit, double limit,
                                 ExactSum* sums);
/// The same for the rows of the mask (nullptr: all), all of one group.
ExactRowsAdded exact_sum_single(const Vector& values, const uint64_t* mask, size_t begin, int unit, double limit,
                                ExactSum& sum);

}  // namespace cairn
