#pragma once

// Bit masks over the rows of a batch: bit i of word i/64 is row i; bits behind the last row are 0.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "vector/vector.h"

namespace cairn {

/// Set bits; bits behind the last row must be 0.
uint64_t count_mask(const uint64_t* mask, size_t rows);
/// out[i] = 1 where bit i is set, else 0.
void mask_to_bytes(const uint64_t* mask, size_t rows, uint8_t* out);
/// Bit i = bytes[i] is not 0.
void bytes_to_mask(const uint8_t* bytes, size_t rows, uint64_t* out);
/// Calls each(i) for every bit i that is set, in ascending order.
template <typename Each>
void for_set_bits(std::span<const uint64_t> mask, Each each) {
  for (size_t word = 0; word < mask.size(); ++word) {
    for (uint64_t bits = mask[word]; bits != 0; bits &= bits - 1) {
      each(word * 64 + static_cast<size_t>(std::countr_zero(bits)));
    }
  }
}
void indices_to_mask(const uint32_t* indices, size_t count, size_t rows, uint64_t* out);

}  // namespace cairn
