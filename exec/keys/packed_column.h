#pragma once

#include <memory>

#include "exec/rows/row_set.h"
#include "vector/kernels/kernels.h"
#include "vector/vector.h"

namespace cairn {

/// A column of a RowSet as one array, as narrow as its values allow, to be read at random: integers as offsets from
/// their minimum, strings of few distinct values as codes into a dictionary of its own.
class PackedColumn {
 public:
  /// `rows` outlives this.
  PackedColumn(const RowSet& rows, size_t column);

  /// All rows; NULLs, range and dictionary included. Valid as long as this is.
  const Vector& vector() const { return vector_; }
  size_t bytes() const { return values_.capacity() + validity_.capacity() * sizeof(uint64_t); }

 private:
  void pack_validity(const RowSet& rows, size_t column);
  void pack_flat(const RowSet& rows, size_t column);
  bool pack_offsets(const RowSet& rows, size_t column);
  bool pack_dictionary(const RowSet& rows, size_t column);

  Vector vector_;
  AlignedBytes values_;
  std::vector<uint64_t> validity_;
  std::unique_ptr<ColumnBuffer> dictionary_;
};

}  // namespace cairn
