#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace cairn {

/// A finite number as ±magnitude * 2^exponent, the magnitude odd, or 0.
struct DecodedDouble {
  explicit DecodedDouble(double value) {
    const uint64_t bits = std::bit_cast<uint64_t>(value);
    negative = bits >> 63 != 0;
    const int biased = static_cast<int>(bits >> 52 & 0x7ff);
    magnitude = bits & ((uint64_t{1} << 52) - 1);
    if (biased != 0) magnitude |= uint64_t{1} << 52;
    if (magnitude == 0) return;
    const int zeros = std::countr_zero(magnitude);
    magnitude >>= zeros;
    exponent = std::max(biased, 1) - 1075 + zeros;
  }
  int top() const { return exponent + static_cast<int>(std::bit_width(magnitude)); }
  bool negative;
  uint64_t magnitude;
  int exponent = 0;
};

/// Units are multiples of 8, so that states of one column mostly agree.
inline int rounded_unit(int unit) { return unit >= 0 ? unit / 8 * 8 : -((7 - unit) / 8 * 8); }

}  // namespace cairn
