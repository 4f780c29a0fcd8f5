#pragma once

#include <memory>

#include "exec/pipeline.h"
#include "exec/plan.h"
#include "exec/worker_pool.h"

namespace cairn {

/// Rows of a scan's morsel: four to a full row group, each worth a fraction of a millisecond (plain scans) to a few
/// milliseconds (joins). Part of what a morsel's ordinal means: changing it makes older partial checkpoints useless.
inline constexpr uint32_t kScanMorselRows = 32768;

/// Reads a table's row groups as they are encoded, those that zone maps exclude left out, and pushes the rows that pass
/// the plan's predicates. Morsels are pieces of row groups in table order; those of a row group share its loading. Where
/// loading takes its time (files, not caches), further threads of the pool load the next row groups meanwhile.
std::unique_ptr<Source> make_scan_source(const PlanNode& plan, WorkerPool& pool);

}  // namespace cairn
