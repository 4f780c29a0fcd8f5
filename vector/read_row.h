#pragma once

// One row of a vector, whatever its encoding. For bulk work flatten first: this decodes anew at each call.

#include "vector/value.h"
#include "vector/vector.h"

namespace cairn {

/// A code or offset of 1, 2, 4 or 8 bytes.
inline uint64_t read_code(const void* data, size_t code_bytes, size_t row) {
  switch (code_bytes) {
    case 1: return static_cast<const uint8_t*>(data)[row];
    case 2: return static_cast<const uint16_t*>(data)[row];
    case 4: return static_cast<const uint32_t*>(data)[row];
    default: return static_cast<const uint64_t*>(data)[row];
  }
}

/// The value of a row that is not integral (or is not frame-of-reference encoded).
template <typename T>
T read_row(const Vector& vector, size_t row) {
  switch (vector.encoding) {
    case Encoding::kConstant: return vector.values<T>()[0];
    case Encoding::kDictionary: return vector.entries<T>()[read_code(vector.data, vector.code_bytes, row)];
    default: return vector.values<T>()[row];
  }
}

/// The flat integral value at `row` of `data`.
inline int128_t read_flat_integral(const void* data, Physical physical, size_t row) {
  switch (physical) {
    case Physical::kBool: return static_cast<const uint8_t*>(data)[row];
    case Physical::kInt16: return static_cast<const int16_t*>(data)[row];
    case Physical::kInt32: return static_cast<const int32_t*>(data)[row];
    case Physical::kInt64: return static_cast<const int64_t*>(data)[row];
    default: return static_cast<const int128_t*>(data)[row];
  }
}

/// The value of a row of an integral vector in any encoding.
inline int128_t read_integral(const Vector& vector, size_t row) {
  const Physical physical = vector.type.physical();
  switch (vector.encoding) {
    case Encoding::kConstant: return read_flat_integral(vector.data, physical, 0);
    case Encoding::kDictionary:
      return read_flat_integral(vector.dictionary, physical, read_code(vector.data, vector.code_bytes, row));
    case Encoding::kFrameOfReference:
      // Wraps: a NULL row's offset may lead beyond the type.
      return static_cast<int128_t>(static_cast<uint128_t>(vector.base) + read_code(vector.data, vector.code_bytes, row));
    default: return read_flat_integral(vector.data, physical, row);
  }
}

/// Any row as a Value; strings are copied.
Value read_value(const Vector& vector, size_t row);

}  // namespace cairn
