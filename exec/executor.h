#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "exec/pipeline.h"
#include "exec/plan.h"

namespace cairn {

/// What progress bars and EXPLAIN ANALYZE show. Counters are updated while the query runs, read from any thread;
/// encodings and checkpoint are complete, and only then to be read, once next() has returned nullptr.
struct OperatorProfile {
  std::string description;
  std::vector<size_t> children;      ///< positions in QueryProfile::operators
  double estimated_rows = 0;
  std::atomic<uint64_t> rows{0};     ///< out
  std::atomic<uint64_t> batches{0};
  std::atomic<uint64_t> time_ns{0};  ///< own time, over all workers; only where profiling is on
  std::atomic<uint64_t> morsels_local{0}, morsels_remote{0};  ///< sources only
  std::atomic<uint64_t> row_groups_skipped{0};                ///< scans only: by zone maps
  std::string encodings;             ///< scans: encodings of the columns read, "l_quantity for8"
  std::string checkpoint;            ///< breakers: "durable (loaded)", "computed", "written 1.2 MB", …
};
struct QueryProfile {
  std::vector<std::unique_ptr<OperatorProfile>> operators;  ///< in the plan's depth-first order; 0 is the root
  std::atomic<size_t> pipelines_total{0}, pipelines_done{0}, pipelines_skipped{0};
  std::atomic<uint64_t> morsels_total{0}, morsels_done{0};
};

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
