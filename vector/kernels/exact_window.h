#pragma once

// Sums of floating-point numbers without rounding, and so without an order: every number is an integer multiple of one
// small power of two, the unit, and these integers are added. (Kulisch's long accumulator, cut down to the part that a
// column's numbers need; exec/aggregates/exact_column.h chooses the unit, and keeps what does not fit.)

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

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

/// The numbers that are added: multiples of 2^unit whose magnitude is less than `limit`. As it is by default, 0 alone.
struct ExactWindow {
  ExactWindow() : ExactWindow(0) { limit = std::numeric_limits<double>::denorm_min(); }
  explicit ExactWindow(int unit_exponent)
      : unit(unit_exponent), limit(std::ldexp(1.0, unit + kExactBits)),
        high_magic(std::ldexp(1.5, unit + kLowBits + 52)), low_magic(std::ldexp(1.5, unit + 52)) {}
  int unit;
  double limit;
  double high_magic, low_magic;  ///< what numbers are cut with: 1.5 * 2^52 times the worth of a part's 1
};

/// Rows that are cut at a time, a word of a mask: the parts stay in the nearest cache.
inline constexpr size_t kTileRows = 64;
/// Sums that fit the nearer caches are not worth a prefetch.
inline constexpr size_t kCachedBytes = size_t{1} << 19;

}  // namespace cairn
