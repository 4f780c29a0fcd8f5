#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vector/value.h"
#include "vector/vector.h"

namespace cairn {

/// One column of a row group as execution reads it: the segment, verified and (where it was) LZ4-decompressed, but
/// still constant, dictionary or frame-of-reference encoded. Immutable; shared by all queries that have it pinned.
class ColumnChunk {
 public:
  virtual ~ColumnChunk() = default;
  /// Rows [begin, begin + rows) without inflating them. Validity is shifted into `scratch` where begin % 64 != 0.
  /// The bytes live as long as this chunk. REQUIRES: begin + rows <= the row group's row_count.
  virtual Vector slice(size_t begin, size_t rows, std::vector<uint64_t>& scratch) const = 0;
  virtual size_t bytes() const = 0;
};

/// What is known of a column in one row group without reading it.
struct ZoneMap {
  uint32_t null_count = 0;
  bool has_bounds = false;  ///< min and max are set (some value is not NULL)
  Value min, max;           ///< strings: possibly truncated prefixes: min <= all, and all <= max
};

}  // namespace cairn
