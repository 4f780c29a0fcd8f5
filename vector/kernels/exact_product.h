#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn {

/// a[i] * b[i] = high[i] + low[i], exactly (Dekker 1971). Where that cannot be, for numbers that are not finite or are
/// near the ends of DOUBLE, both are 0 and bit i of `odd` is set; mask_words(rows) words. Returns
/// whether some low[i] is not 0.
bool exact_products(const double* a, const double* b, size_t rows, double* high, double* low, uint64_t* odd);

}  // namespace cairn
