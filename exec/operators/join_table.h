#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "exec/keys/join_index.h"
#include "exec/keys/key_filter.h"
#include "exec/keys/packed_column.h"
#include "exec/keys/unknown_matches.h"
#include "exec/operators/join_rounds.h"
#include "exec/pipeline/collected_rows.h"
#include "exec/pipeline/pipeline.h"

namespace cairn {

/// Where the columns of a join's full output come from, and which are wanted.
struct JoinColumns {
  explicit JoinColumns(const PlanNode& plan);

  size_t probe_count, build_count;
  bool has_build_output;            ///< kSemi, kAnti, kMark give out no build columns
  bool emits_pairs;                 ///< rows go on with what they match: has_build_output, but kRightSemi, kRightAnti
  std::vector<uint32_t> outputs;    ///< positions in the full output, in order
  std::vector<uint32_t> residual;   ///< positions that the residual predicates read
  std::vector<uint32_t> build_wanted;  ///< build columns that outputs or residual read
};

/// The build side of a join: a breaker. Its rows, and, once they are complete, the index on their keys and their
/// columns packed for random reads. Where they are larger than memory, of one round of them at a time.
class JoinTable : public Sink {
 public:
  JoinTable(const PlanNode& plan, SinkResources resources);

  std::unique_ptr<Fragment> open(const WorkerContext& worker) override;
  void add(std::unique_ptr<Fragment> sealed) override;
  std::vector<Type> saved_types() const override { return with_morsel(types_); }
  std::unique_ptr<Fragment> reopen(std::shared_ptr<const RowSet> saved) override;
  void finalize(const Parallel& parallel) override;
  size_t bytes() const override;
  std::shared_ptr<const RowSet> rows() const override { return rounds_ != nullptr ? rounds_->rows() : rows_; }
  void restore(std::shared_ptr<const RowSet> rows, const Parallel& parallel) override;
  ChunkStore* spill_store() const override { return can_spill_ ? resources_.store : nullptr; }

  bool is_partitioned() const { return rounds_ != nullptr; }
  size_t round_count() const { return rounds_ == nullptr ? 1 : rounds_->count(); }
  /// The index and the columns are those of this round from now on, matched() is false for all rows. Between legs.
  void start_round(size_t round, const Parallel& parallel);
  /// Where probe rows wait that are not of this round; nullptr: none are, or the first is over.
  JoinRounds::Waiting* make_waiting() const;
  std::shared_ptr<const RowSet> take_waiting() const { return rounds_->take_waiting(round_, probe_types_); }

  const JoinIndex& index() const { return *index_; }
  uint64_t row_count() const { return rows_->row_count(); }
  /// The values of a build column. Not thread-safe: asked for between pipelines.
  std::shared_ptr<const KeyFilter> key_filter(uint32_t build_column);
  /// All rows of a wanted build column.
  const Vector& column(uint32_t build_column) const { return packed_[build_column]->vector(); }

  /// kMark: what NULLs might match; nullptr where nobody asks, or only whether there are any decides.
  UnknownMatches* unknown_matches() const { return unknown_matches_.get(); }

  /// keeps_matches: notes that a build row has found a match. Thread-safe.
  void mark_matched(uint32_t row) const {
    std::atomic_ref<uint8_t> flag((*matched_)[row]);
    if (flag.load(std::memory_order_relaxed) == 0) flag.store(1, std::memory_order_relaxed);
  }
  MatchFlags matches() const { return matched_; }
  bool matched(uint32_t row) const { return std::atomic_ref<uint8_t>((*matched_)[row]).load(std::memory_order_relaxed) != 0; }

 private:
  void build(const Parallel& parallel);
  size_t table_bytes() const;
  bool fits(size_t row_bytes, uint64_t row_count) const;
  std::unique_ptr<Fragment> make_fragment();
  PartitionedRows make_partitions();
  void add_spilled(PartitionedRows rows);
  void partition(std::vector<std::shared_ptr<const RowSet>> held, const Parallel& parallel);

  std::vector<Type> types_, probe_types_;
  std::vector<uint32_t> keys_, probe_keys_;
  bool nulls_match_;
  bool keeps_matched_;
  bool tells_unknown_;  ///< kMark in three-valued logic
  JoinColumns columns_;
  const SinkResources resources_;
  const bool can_spill_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<CollectedRows>> parts_;
  std::shared_ptr<HashFilter> filter_;        ///< once rows have left memory
  std::unique_ptr<PartitionedRows> spilled_;  ///< what fragments wrote
  std::unique_ptr<JoinRounds> rounds_;        ///< nullptr: all rows are in memory
  size_t round_ = 0;
  std::optional<HeldBytes> held_;             ///< where there are rounds: the filter, and their tables, which differ
  std::shared_ptr<const RowSet> rows_;
  std::unique_ptr<JoinIndex> index_;
  std::vector<std::unique_ptr<PackedColumn>> packed_;  ///< by build column; nullptr where nobody wants it
  std::unique_ptr<UnknownMatches> unknown_matches_;
  MatchFlags matched_ = std::make_shared<std::vector<uint8_t>>();
  std::map<uint32_t, std::shared_ptr<const KeyFilter>> key_filters_;  ///< by build column
};

}  // namespace cairn
