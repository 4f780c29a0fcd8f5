#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exec/rows/row_set.h"

namespace cairn {

/// A row among chunks: [chunk number][offset, 17 bits].
using RowAddress = uint32_t;
inline constexpr unsigned kAddressOffsetBits = 17;
static_assert(kRowGroupRows == size_t{1} << kAddressOffsetBits);

inline size_t chunk_of(RowAddress row) { return row >> kAddressOffsetBits; }
inline size_t offset_of(RowAddress row) { return row & (kRowGroupRows - 1); }

using ChunkList = std::vector<const RowSet::Chunk*>;

}  // namespace cairn
