#pragma once

#include <memory>
#include <vector>

#include "exec/evaluation/predicate_evaluator.h"
#include "exec/operators/join_table.h"

namespace cairn {

/// One worker's probe of a join table: the state of JoinProbe, and the steps of a batch.
///
/// Where every key has at most one build row, the incoming batch goes on with a narrower selection, and the build
/// columns are added to it, filled at the selected rows only: no probe column is moved. Where a key has several, pairs
/// (probe row, build row) are made, a batch's worth at a time, and both sides gathered. Residual predicates are decided
/// on candidates before anything else is gathered.
class JoinProber : public Operator::Local {
 public:
  JoinProber(const PlanNode& plan, const JoinColumns& columns, const JoinTable& table, size_t capacity);
  void push(Batch& batch, Consumer& next);

 private:
  /// A build column's values at the rows of a batch; kept between batches so that rubbish rows stay readable.
  struct Spread {
    std::vector<std::byte> values;
    std::vector<uint64_t> validity;
  };

  void push_unique(Batch& batch, size_t found, Consumer& next);
  void push_pairs(Batch& batch, size_t found, Consumer& next);
  /// All rows go on, or none, or with NULLs or marks: whatever the kind does with rows whose matches are known.
  void push_by_match(Batch& batch, Consumer& next);
  size_t filter_unique(Batch& batch, size_t found);
  void flush_pairs(Batch& batch, Consumer& next);
  void filter_pairs(Batch& batch);
  void emit_pairs(Batch& batch, Consumer& next);
  void push_marks(Batch& batch, Consumer& next);
  void find_unknown(Batch& batch, Consumer& next);
  /// Marks those of the rows, which have the same NULL keys, that some row of the index makes unknown.
  void find_unknown_in(Batch& batch, std::vector<uint32_t>& rows, const UnknownMatches::Index& index, Consumer& next);
  /// Rows of the batch that have a match, or have none, in listed_.
  void list_rows(const Batch& batch, bool matched);
  /// Pushes rows of the batch with build_vectors_ (and a mark) as the rest of the columns.
  void emit(Batch& batch, const uint32_t* rows, size_t count, Consumer& next, const Vector* mark = nullptr);
  /// The build column at the batch's rows rows_[i], of the build rows groups_[i], i < count.
  Vector spread(uint32_t build_column, size_t batch_rows, size_t count, bool others_null);
  void spread_all(size_t batch_rows, size_t count, bool others_null);
  Vector null_of(uint32_t build_column) const;
  bool keeps_all_probe_rows() const;

  const PlanNode& plan_;
  const JoinColumns& columns_;
  const JoinTable& table_;
  const JoinIndex& index_;
  size_t capacity_;
  JoinRounds::Waiting* const waiting_;  ///< nullptr: all rows find what they match in the table
  std::unique_ptr<PredicateEvaluator> residual_;
  JoinIndex::Scratch find_scratch_, unknown_scratch_;
  std::vector<uint32_t> rows_, groups_;          ///< what find gave: rows of the batch, and their groups, or build rows
  std::vector<uint32_t> pair_rows_, pair_build_rows_;
  std::vector<uint8_t> matched_;                 ///< per row of the batch: it has a match
  std::vector<uint8_t> unknown_;                 ///< kMark: it has none, but a NULL might be one
  std::vector<uint8_t>* flags_ = &matched_;      ///< which of the two flush_pairs sets
  std::vector<uint64_t> mark_validity_;
  std::vector<uint32_t> listed_;
  std::vector<Vector> build_vectors_;            ///< per build column: what emit adds
  std::vector<Spread> spread_;                   ///< per build column
  std::vector<FlatScratch> gathered_;            ///< per column of the full output
};

}  // namespace cairn
