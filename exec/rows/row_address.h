#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exec/rows/row_set.h"
#include "vector/error.h"

namespace cairn {

/// A row among chunks: [chunk number][offset, 17 bits].
using RowAddress = uint32_t;
inline constexpr unsigned kAddressOffsetBits = 17;
static_assert(kRowGroupRows == size_t{1} << kAddressOffsetBits);

inline size_t chunk_of(RowAddress row) { return row >> kAddressOffsetBits; }
inline size_t offset_of(RowAddress row) { return row & (kRowGroupRows - 1); }

/// Errors: kProgramLimit where so many chunks' rows have no addresses.
inline void check_addresses(size_t chunk_count) {
  if (chunk_count >= size_t{1} << (32 - kAddressOffsetBits)) throw Error(sqlstate::kProgramLimit, "a sort of more than 4294967296 rows");
}

using ChunkList = std::vector<const RowSet::Chunk*>;

}  // namespace cairn
