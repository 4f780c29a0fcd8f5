#pragma once

#include <span>
#include <vector>

#include "exec/plan/plan.h"
#include "exec/rows/row_address.h"

namespace cairn {

/// Order of two values that are not NULL, of one type, in flat vectors: negative, 0, positive. NaN is greater than all
/// other numbers and equal to itself.
int compare_values(const Vector& a, size_t a_row, const Vector& b, size_t b_row);

/// The order of two rows by one key; NULLs are equal. The vectors are flat.
int compare_by(const SortKey& key, const Vector& a, size_t a_row, const Vector& b, size_t b_row);

/// Compares rows of sealed chunks by sort keys; NULLs are equal.
class RowComparison {
 public:
  RowComparison(std::span<const SortKey> keys, const ChunkList& chunks);
  int compare(RowAddress a, RowAddress b) const;

 private:
  std::vector<SortKey> keys_;
  std::vector<Vector> columns_;  ///< [chunk][key]
};

}  // namespace cairn
