#pragma once

// Comparisons into bit masks, 64 rows per word; bits behind the last row are 0.

#include <cstddef>
#include <cstdint>

#include "vector/string_ref.h"
#include "vector/vector.h"

namespace cairn {

/// Bit i: data[i] lies in [low, low + span], modulo 2^(8 * bytes): with a constant moved into the domain of the data,
/// this one kernel serves =, <, <=, >, >= and BETWEEN, signed and unsigned alike.
void compare_range(size_t bytes, const void* data, uint64_t low, uint64_t span, size_t rows, uint64_t* out);

/// Bit i: a[i] < b[i], a[i] == b[i]; integers of 1 (unsigned), 2, 4 or 8 bytes.
void compare_less(size_t bytes, bool is_signed, const void* a, const void* b, size_t rows, uint64_t* out);
void compare_equal(size_t bytes, const void* a, const void* b, size_t rows, uint64_t* out);

/// Bit i: table[codes[i]] != 0, codes of 1, 2 or 4 bytes.
void mask_by_table(const uint8_t* table, size_t table_size, const void* codes, size_t code_bytes, size_t rows, uint64_t* out);

/// DOUBLEs (REALs) as integers in the same order: -0.0 equals 0.0, NaN is the greatest and equals itself.
void order_doubles(const double* values, size_t rows, int64_t* out);
void order_floats(const float* values, size_t rows, int64_t* out);
int64_t order_double(double value);

}  // namespace cairn
