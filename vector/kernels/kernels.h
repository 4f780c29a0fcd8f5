#pragma once

// The kernels that operators call directly; one header, one source per family (hash.cpp, gather.cpp, …).

#include <cstdint>
#include <span>
#include <vector>

#include "vector/column_buffer.h"
#include "vector/vector.h"

namespace cairn {

/// A 64-bit hash per row (rows of `selection` only, dense, where it is not null); NULLs hash alike. The same value
/// hashes alike in every encoding and every integral width, in every run (it is part of what partitions mean).
/// With `combine`, mixes into what `out` holds.
void hash_vector(const Vector& vector, const Selection* selection, bool combine, uint64_t* out);

/// The vector's (selected) rows as flat values of its physical type, validity included, in `buffer` or, where it is
/// flat already and nothing is selected, as it is. Strings are not copied, only their references.
class FlatScratch {
 public:
  std::vector<std::byte> values;
  std::vector<uint64_t> validity;
};
Vector flatten(const Vector& vector, const Selection* selection, FlatScratch& scratch);

/// Rows `indices` of the vector, keeping dictionary and frame-of-reference encodings (only codes are moved).
Vector gather(const Vector& vector, const uint32_t* indices, size_t count, FlatScratch& scratch);

/// equal[i] &= (left row i is not distinct from right row right_rows[i]); the kernel behind hash tables. left and
/// right are of one physical type; right is flat.
void match_rows(const Vector& left, const Vector& right, const uint32_t* right_rows, size_t count, uint8_t* equal);

/// Indices of the mask's set bits, ascending. Returns their count. `out` has room for `rows` + 64.
size_t mask_to_indices(const uint64_t* mask, size_t rows, uint32_t* out);

/// Least and greatest of `count` (> 0) integers of 1 (unsigned), 2, 4 or 8 bytes; unsigned ones of 8 bytes come back as
/// the same bits.
void bounds_of_integers(const void* data, size_t bytes, bool is_signed, size_t count, int64_t* low, int64_t* high);

/// Tightest bounds of the vector's non-NULL values; integral types. Empty or all NULL: an unknown range, which is that of
/// HUGEINTs with both of their ends, too: has_value() tells them apart.
ValueRange compute_range(const Vector& vector);
/// Some row is not NULL.
bool has_value(const Vector& vector);

}  // namespace cairn
