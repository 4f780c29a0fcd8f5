#pragma once

// From any encoding to flat values: what flatten and ColumnBuffer stand on.

#include <cstddef>
#include <cstdint>

#include "vector/vector.h"

namespace cairn {

/// Writes the vector's (selected) rows densely as flat values of its physical type. `out` has room for all of them.
void decode_values(const Vector& vector, const Selection* selection, void* out);

/// The validity bits of the (selected) rows, densely, into mask_words(rows) words; bits behind the last row are 0.
/// REQUIRES: vector.may_have_nulls().
void decode_validity(const Vector& vector, const Selection* selection, uint64_t* out);

/// out[i] = values[indices[i]], values of 1, 2, 4, 8 or 16 bytes.
void gather_values(const void* values, size_t value_bytes, const uint32_t* indices, size_t count, void* out);
/// Bit i of out = bit indices[i] of `bits`.
void gather_bits(const uint64_t* bits, const uint32_t* indices, size_t count, uint64_t* out);

/// A word with the low `bits` bits set; 64 gives all.
constexpr uint64_t low_bits(size_t bits) { return bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }

/// out = `rows` bits of `bits` from bit `begin` on; bits behind the last are 0.
void copy_bits(const uint64_t* bits, size_t begin, size_t rows, uint64_t* out);

}  // namespace cairn
