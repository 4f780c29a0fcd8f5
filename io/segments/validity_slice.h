#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vector/vector.h"

namespace cairn {

/// The mask of rows [begin, begin + rows), in place where begin % 64 == 0, else shifted into `scratch`; nullptr if none
/// of them is NULL. REQUIRES: one readable word behind the mask.
inline const uint64_t* slice_validity(const uint64_t* mask, size_t begin, size_t rows, std::vector<uint64_t>& scratch) {
  if (mask == nullptr || rows == 0) return nullptr;
  const uint64_t* from = mask + begin / 64;
  const unsigned shift = begin % 64;
  if (shift != 0) {
    scratch.resize(mask_words(rows));
    for (size_t word = 0; word < scratch.size(); ++word) {
      scratch[word] = (from[word] >> shift) | (from[word + 1] << (64 - shift));
    }
    from = scratch.data();
  }
  uint64_t missing = 0;
  for (size_t word = 0; word < rows / 64; ++word) missing |= ~from[word];
  if (rows % 64 != 0) missing |= ~from[rows / 64] & ((uint64_t{1} << (rows % 64)) - 1);
  return missing == 0 ? nullptr : from;
}

}  // namespace cairn
