#pragma once

// Integral vectors of up to 64 bits, read as int64_t whatever their encoding: what group indexes and join tables on
// integer keys are made of.

#include <cassert>
#include <cstdint>

#include "vector/kernels/kernels.h"
#include "vector/vector.h"

namespace cairn {

/// Rows looked up at a time: what is touched per row stays in the first-level cache.
constexpr size_t kSliceRows = 2048;

/// Whether every value of the vector fits 64 bits by its physical type.
inline bool is_word(const Type& type) { return type.is_integral() && type.physical() != Physical::kInt128; }

/// Calls visit(read), where read(row) is the row's value as int64_t, once with the reader for the vector's encoding.
/// A template instance per encoding and width: call it once per batch. REQUIRES: is_word(vector.type); the vector is
/// not kDictionary (flatten it first).
template <typename Visit>
void visit_integers(const Vector& vector, Visit&& visit) {
  if (vector.encoding == Encoding::kFrameOfReference) {
    const int64_t base = static_cast<int64_t>(vector.base);
    const auto with = [&](auto* codes) {
      visit([=](size_t row) { return static_cast<int64_t>(static_cast<uint64_t>(base) + codes[row]); });
    };
    switch (vector.code_bytes) {
      case 1: return with(vector.values<uint8_t>());
      case 2: return with(vector.values<uint16_t>());
      case 4: return with(vector.values<uint32_t>());
      default: return with(vector.values<uint64_t>());
    }
  }
  assert(vector.encoding != Encoding::kDictionary);
  const bool constant = vector.is_constant();
  const auto with = [&](auto* values) {
    if (constant) {
      const int64_t value = vector.valid(0) ? static_cast<int64_t>(values[0]) : 0;
      visit([=](size_t) { return value; });
    } else {
      visit([=](size_t row) { return static_cast<int64_t>(values[row]); });
    }
  };
  switch (vector.type.physical()) {
    case Physical::kBool: return with(vector.values<uint8_t>());
    case Physical::kInt16: return with(vector.values<int16_t>());
    case Physical::kInt32: return with(vector.values<int32_t>());
    default: return with(vector.values<int64_t>());
  }
}

/// A view of rows [begin, begin + rows). REQUIRES: begin % 64 == 0 where the vector may have NULLs.
inline Vector slice_vector(const Vector& vector, size_t begin, size_t rows) {
  Vector part = vector;
  part.size = rows;
  if (vector.is_constant() || begin == 0) return part;
  const size_t bytes = vector.is_flat() ? physical_bytes(vector.type.physical()) : vector.code_bytes;
  part.data = static_cast<const std::byte*>(vector.data) + begin * bytes;
  if (vector.validity != nullptr) {
    assert(begin % 64 == 0);
    part.validity = vector.validity + begin / 64;
  }
  return part;
}

}  // namespace cairn
