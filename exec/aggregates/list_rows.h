#pragma once

#include "exec/rows/row_set.h"

namespace cairn {

/// Takes over a list's rows, whose first column is the group, a T: those of group g become to[g]'s. Chunks stay as they are.
/// False, and nothing happens, where they are less than half full: there might come to be too many.
template <typename T>
bool adopt_rows(RowSet& into, RowSet& from, const uint32_t* to) {
  if (2 * from.row_count() < from.chunks().size() * kRowGroupRows) return false;
  for (RowSet::Chunk& chunk : from.take_chunks()) {
    T* groups = chunk.columns[0].values<T>();
    for (size_t row = 0; row < chunk.row_count; ++row) groups[row] = static_cast<T>(to[groups[row]]);
    chunk.ranges.clear();
    into.append_chunk(std::move(chunk));
  }
  return true;
}

}  // namespace cairn
