#pragma once

#include <memory>

#include "exec/pipeline/pipeline.h"
#include "exec/pipeline/profile.h"
#include "exec/plan/plan.h"

namespace cairn {

/// One execution of one plan. Runs on the process's workers in the background; the client pulls result batches.
/// Batches come in the plan's order (a parallel scan's rows in the order of the table), whatever the threads.
class QueryExecution {
 public:
  /// Starts at once; `observer` may be nullptr. `pool`: the workers, by default the process's; outlives the execution.
  static std::unique_ptr<QueryExecution> start(PlanPtr plan, ExecutionSettings settings,
                                               std::shared_ptr<ExecutionObserver> observer, bool profiling = false,
                                               class WorkerPool* pool = nullptr);
  virtual ~QueryExecution() = default;  ///< cancels and waits where it is still running

  /// The next rows (flat columns, owned by the caller), or nullptr at the end. Blocks. Throws the query's error.
  virtual std::unique_ptr<RowSet::Chunk> next() = 0;
  /// From any thread: the query ends soon with kQueryCanceled.
  virtual void cancel() = 0;
  virtual const QueryProfile& profile() const = 0;
};

}  // namespace cairn
