#pragma once

#include "vector/vector.h"

namespace cairn {

/// An integral vector as kernels see it: an array of integers plus a base. value(row) = base + data[row], where data
/// holds signed or unsigned integers of `bytes` (1 is always unsigned). Offsets of a frame of reference and flat
/// values take the same path.
struct IntegerView {
  const void* data = nullptr;
  uint8_t bytes = 0;  ///< 1, 2, 4, 8; 16: flat 128-bit values
  bool is_signed = false;
  int128_t base = 0;
};

/// REQUIRES: integral type; flat or frame of reference.
inline IntegerView view_integers(const Vector& vector) {
  if (vector.encoding == Encoding::kFrameOfReference) return {vector.data, vector.code_bytes, false, vector.base};
  const uint8_t bytes = static_cast<uint8_t>(physical_bytes(vector.type.physical()));
  return {vector.data, bytes, bytes > 1, 0};
}

/// What is certain about a vector's non-NULL values: its known range, cut to what its encoding or physical type can
/// hold. Unknown only for 128-bit values.
ValueRange proven_range(const Vector& vector);

}  // namespace cairn
