#pragma once

#include <memory>
#include <vector>

#include "exec/pipeline/collected_rows.h"
#include "exec/sorting/sorted_run.h"

namespace cairn {

/// Collects rows that are to be sorted. When memory is short, what is there becomes a sorted run.
class SortingFragment : public Fragment {
 public:
  explicit SortingFragment(const RunOrder& order);
  void consume(Batch& batch, const Morsel& morsel) override { rows_->append(batch, morsel.ordinal); }
  size_t bytes() const override { return rows_->rows().bytes() + run_bytes_; }
  void spill(ChunkStore& store) override;
  std::shared_ptr<const RowSet> save() override { return has_spilled() ? nullptr : rows_->save(); }
  static std::unique_ptr<SortingFragment> reopen(const RunOrder& order, const RowSet& saved);

  bool has_spilled() const { return !runs_.empty(); }
  std::unique_ptr<CollectedRows> take_rows() { return std::move(rows_); }
  std::vector<SortedRun> take_runs() { return std::move(runs_); }

 private:
  const RunOrder& order_;
  std::unique_ptr<CollectedRows> rows_;
  std::vector<SortedRun> runs_;
  size_t run_bytes_ = 0;
  /// The last morsel of which rows were spilled, and how many: it may go on.
  CollectedRows::Run spilled_ = {UINT64_MAX, 0, 0};
};

using SortingFragments = std::vector<std::unique_ptr<SortingFragment>>;

size_t bytes_of(const SortingFragments& fragments);

/// Whether part of the fragments is in a store.
bool any_spilled(const SortingFragments& fragments);

/// The rows of fragments of which nothing was spilled. Empties `fragments`.
std::vector<std::unique_ptr<CollectedRows>> take_rows(SortingFragments& fragments);

/// All that the fragments hold as at most order.fan_in() runs: what is still in memory becomes some, and too many are
/// merged, group by group. Empties `fragments`. REQUIRES: order.resources().store.
std::vector<SortedRun> take_runs(SortingFragments& fragments, const RunOrder& order, const Sink::Parallel& parallel);

}  // namespace cairn
