#pragma once

// Integer arithmetic modulo 2^(8 * bytes). Kernels know nothing of types: whoever calls them has proven, by value
// ranges, that the true result fits, and then signedness does not matter either.

#include <cstddef>
#include <cstdint>

#include "vector/kernels/integer_view.h"

namespace cairn {

/// out[i] = view.data[i] + add in `out_bytes` (1, 2, 4, 8) bytes; signed values are sign-extended. The view's base is
/// not looked at. Reads of 16-byte values take their low half.
void convert_integers(const IntegerView& view, size_t rows, size_t out_bytes, uint64_t add, void* out);

/// out = a + b + k, a - b + k, (a + add_a) * (b + add_b) + k; all of `bytes` bytes.
void add_integers(size_t bytes, const void* a, const void* b, uint64_t k, size_t rows, void* out);
void subtract_integers(size_t bytes, const void* a, const void* b, uint64_t k, size_t rows, void* out);
void multiply_integers(size_t bytes, const void* a, uint64_t add_a, const void* b, uint64_t add_b, uint64_t k,
                       size_t rows, void* out);
/// The product of a[i] + add_a and b[i] + add_b, each as an unsigned number of 32 bits, in 64 bits, plus k.
void multiply_widening(const uint32_t* a, uint32_t add_a, const uint32_t* b, uint32_t add_b, uint64_t k, size_t rows,
                       uint64_t* out);
/// out = a * factor + k
void scale_integers(size_t bytes, const void* a, uint64_t factor, uint64_t k, size_t rows, void* out);

/// out = mask bit ? a : b
void blend_values(size_t bytes, const uint64_t* mask, const void* a, const void* b, size_t rows, void* out);
/// All values alike.
void fill_values(size_t bytes, const void* value, size_t rows, void* out);

/// 64-bit arithmetic that notices overflow: returns whether any row left 64 bits, or the bounds. Rows under a NULL
/// count too: on true, look closer.
enum class CheckedOperation : uint8_t { kAdd, kSubtract, kMultiply };
bool compute_checked(CheckedOperation operation, const int64_t* a, const int64_t* b, int64_t min, int64_t max, size_t rows,
                     int64_t* out);

}  // namespace cairn
