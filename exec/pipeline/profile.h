#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
  std::atomic<uint64_t> spilled_bytes{0};                     ///< sinks: written because memory was short
  std::string encodings;             ///< scans: encodings of the columns read, "l_quantity for8"
  std::string checkpoint;            ///< breakers: "durable (loaded)", "computed", "written 1.2 MB", …
};
struct QueryProfile {
  std::vector<std::unique_ptr<OperatorProfile>> operators;  ///< in the plan's depth-first order; 0 is the root
  std::atomic<size_t> pipelines_total{0}, pipelines_done{0}, pipelines_skipped{0};
  std::atomic<uint64_t> morsels_total{0}, morsels_done{0};
};

}  // namespace cairn
