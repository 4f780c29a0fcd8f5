#pragma once

#include <memory>

#include "exec/crew/worker_pool.h"
#include "exec/keys/key_filter.h"
#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// Rows of a scan's morsel: four to a full row group, each worth a fraction of a millisecond (plain scans) to a few
/// milliseconds (joins). Part of what a morsel's ordinal means: changing it makes older partial checkpoints useless.
inline constexpr uint32_t kScanMorselRows = 32768;

/// What one of plan.reductions knows: rows whose column is not among the keys are not wanted.
struct ScanReducer {
  std::shared_ptr<const KeyFilter> keys;
  uint32_t column;    ///< of the output
  bool filters_rows;  ///< otherwise only row groups are left out
};

/// Reads a table's row groups as they are encoded, those that zone maps (and reducers) exclude left out, and pushes the rows that pass
/// the plan's predicates. Morsels are pieces of row groups in table order; those of a row group share its loading. Where
/// loading takes its time (files, not caches), further threads of the pool load the next row groups meanwhile.
std::unique_ptr<Source> make_scan_source(const PlanNode& plan, WorkerPool& pool, std::vector<ScanReducer> reducers = {});

}  // namespace cairn
