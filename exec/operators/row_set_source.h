#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/rows/row_set.h"

namespace cairn {

/// Pushes the rows of a finished breaker, in order. Morsel i is rows [i * kScanMorselRows, …): independent of the
/// chunks, which may be cut otherwise after they were read back from a checkpoint.
std::unique_ptr<Source> make_row_set_source(std::shared_ptr<const RowSet> rows);

}  // namespace cairn
