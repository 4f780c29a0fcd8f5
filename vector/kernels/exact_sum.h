#pragma once

#include <cstddef>
#include <cstdint>

#include "vector/kernels/aggregate.h"
#include "vector/kernels/exact_window.h"
#include "vector/vector.h"

namespace cairn {

struct ExactRowsAdded {
  double magnitude = 0;  ///< the greatest of the numbers added
  bool all = true;       ///< none was left out
};

/// Adds all rows to their groups. `values` is flat, REAL or DOUBLE; NULLs are left out, and so are numbers outside the
/// window, and what is not finite: the bits of these rows are set in `misfits`, mask_words(values.size) words.
ExactRowsAdded exact_sum_grouped(const GroupIds& groups, const Vector& values, const ExactWindow& window, ExactSum* sums,
                                 uint64_t* misfits);
/// The same for the rows of the mask (nullptr: all), all of one group.
ExactRowsAdded exact_sum_single(const Vector& values, const uint64_t* mask, const ExactWindow& window, ExactSum& sum,
                                uint64_t* misfits);

}  // namespace cairn
