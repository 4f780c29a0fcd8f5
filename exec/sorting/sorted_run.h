#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"
#include "exec/rows/row_address.h"
#include "exec/sorting/sort_order.h"

namespace cairn {

/// How rows are sorted of which not all fit in memory: in sorted runs, which are merged range by range. In a run two
/// columns stand behind the rows' own, the morsel and the row's place in it: they order rows that are equal in all keys,
/// for the morsels of several runs interleave.
class RunOrder {
 public:
  RunOrder(std::vector<SortKey> keys, std::vector<Type> types, const SinkResources& resources);

  /// Of rows that stand in their input's order.
  const SortOrder& of_input() const { return of_input_; }
  /// Of rows of runs, however they stand.
  const SortOrder& of_runs() const { return of_runs_; }
  const std::vector<Type>& types() const { return types_; }
  const std::vector<Type>& run_types() const { return run_types_; }
  const SinkResources& resources() const { return resources_; }

  size_t piece_bytes() const;  ///< of a run that are written together
  size_t range_bytes() const;  ///< of all runs that are merged together
  size_t fan_in() const;       ///< runs that are merged together: more would make ranges of nothing but pieces' ends

 private:
  size_t share_bytes() const;

  std::vector<Type> types_, run_types_;
  SortOrder of_input_, of_runs_;
  SinkResources resources_;
};

/// Rows in order in a ChunkStore.
struct SortedRun {
  struct Piece {
    std::shared_ptr<const StoredChunk> stored;
    uint64_t row_count = 0;
    size_t bytes = 0;  ///< in memory
    bool cut = false;  ///< of its first keys strings have but their beginning
  };
  std::vector<Piece> pieces;
  std::vector<ColumnBuffer> firsts;  ///< the keys of each piece's first row, one column per key of RunOrder::of_runs()

  size_t bytes() const;  ///< memory held
  /// Takes the pieces of another whose rows stand behind this one's.
  void append(SortedRun&& next);
};

/// Writes the rows at `sorted`, which are in order. Their chunks have the columns of run_types().
SortedRun write_run(const RunOrder& order, const ChunkList& chunks, const std::vector<RowAddress>& sorted, ChunkStore& store);

}  // namespace cairn
