#pragma once

#include <memory>
#include <vector>

#include "exec/pipeline/pipeline.h"
#include "exec/rows/row_address.h"
#include "exec/rows/row_set.h"

namespace cairn {

/// Appends one column's values at `count` addresses to `out`, which is empty.
void gather_column(const ChunkList& chunks, size_t column, const RowAddress* rows, size_t count, ColumnBuffer& out);

/// The rows at `addresses`, in that order, as a sealed set of full chunks.
std::shared_ptr<RowSet> gather_rows(const std::vector<Type>& types, const ChunkList& chunks,
                                    const std::vector<RowAddress>& addresses, const Sink::Parallel& parallel);

}  // namespace cairn
