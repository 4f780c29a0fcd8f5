#pragma once

// How kernels over groups walk their rows: ids and values in their own widths, NULLs left out.

#include <cstddef>
#include <cstdint>

#include "vector/kernels/aggregate.h"
#include "vector/kernels/integer_view.h"
#include "vector/kernels/kernels.h"

namespace cairn {

inline bool mask_bit(const uint64_t* mask, size_t row) { return (mask[row / 64] >> (row % 64)) & 1; }

/// Calls visit(ids) with the ids' array in its own width.
template <typename Visit>
void with_ids(const GroupIds& groups, Visit visit) {
  switch (groups.id_bytes) {
    case 1: return visit(static_cast<const uint8_t*>(groups.ids));
    case 2: return visit(static_cast<const uint16_t*>(groups.ids));
    default: return visit(static_cast<const uint32_t*>(groups.ids));
  }
}

/// Calls visit(values) with the view's array in its own width and sign.
template <typename Visit>
void with_values(const IntegerView& view, Visit visit) {
  switch (view.bytes) {
    case 1: return visit(static_cast<const uint8_t*>(view.data));
    case 2: return view.is_signed ? visit(static_cast<const int16_t*>(view.data)) : visit(static_cast<const uint16_t*>(view.data));
    case 4: return view.is_signed ? visit(static_cast<const int32_t*>(view.data)) : visit(static_cast<const uint32_t*>(view.data));
    case 8: return view.is_signed ? visit(static_cast<const int64_t*>(view.data)) : visit(static_cast<const uint64_t*>(view.data));
    default: return visit(static_cast<const int128_t*>(view.data));
  }
}

/// A plain loop over the rows that are not NULL.
template <typename Each>
void for_valid_rows(size_t rows, const uint64_t* validity, Each each) {
  if (validity == nullptr) {
    for (size_t row = 0; row < rows; ++row) each(row);
    return;
  }
  for (size_t row = 0; row < rows; ++row) {
    if (mask_bit(validity, row)) each(row);
  }
}

/// The vector without dictionary or constant encoding. The scratch is this thread's.
inline Vector plain_values(const Vector& values) {
  thread_local FlatScratch scratch;
  if (values.is_flat() || values.encoding == Encoding::kFrameOfReference) return values;
  return flatten(values, nullptr, scratch);
}

}  // namespace cairn
