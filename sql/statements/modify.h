#pragma once

#include <set>

#include "io/tables/row_identity.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {

/// The table whose rows a statement changes that names the relation, with the views on the way to it. Errors:
/// kUndefinedTable, kNotInPrerequisiteState.
ModificationTarget modification_target(SessionState& session, const Snapshot& snapshot, const std::string& key,
                                       std::string_view verb, int position);

/// A plan that runs inside a statement; interrupt() reaches it.
class RunningPlan {
 public:
  RunningPlan(SessionState& session, const PlanPtr& plan, std::shared_ptr<QueryCheckpoint> checkpoint = nullptr);
  ~RunningPlan();
  RunningPlan(const RunningPlan&) = delete;
  RunningPlan& operator=(const RunningPlan&) = delete;
  /// The next rows; nullptr at the end.
  std::unique_ptr<RowSet::Chunk> next() { return execution_->next(); }

 private:
  SessionState& session_;
  std::unique_ptr<QueryExecution> execution_;
};

/// Applies the rows of a bound modification to its target.
class Modification {
 public:
  Modification(const BoundModification& bound, WriteTransaction& transaction);
  void apply(std::unique_ptr<RowSet::Chunk> chunk);
  /// Writes and deletes what was collected.
  void finish();
  int64_t changed_rows() const { return changed_rows_; }
  /// What is wrong where a view with a CHECK OPTION does not have a new row.
  const std::optional<Error>& outside_view() const { return outside_view_; }
  std::vector<std::unique_ptr<RowSet::Chunk>> take_returned() { return std::move(returned_); }

 private:
  BoundModification::Action merge_action(const RowSet::Chunk& chunk, size_t row);
  /// Whether the row is stored (of DELETE: is one to count); notes what goes.
  bool takes(const RowSet::Chunk& chunk, size_t row);
  void check_proposed(const RowSet::Chunk& chunk, size_t row) const;
  void check_view(const RowSet::Chunk& chunk, size_t row);
  std::string row_text(const RowSet::Chunk& chunk, size_t row) const;
  bool mark(int64_t identity);
  bool is_repeated_key(const RowSet::Chunk& chunk, size_t row);

  const BoundModification& bound_;
  WriteTransaction& transaction_;
  std::unique_ptr<TableWriter> writer_;
  std::vector<std::vector<uint64_t>> deleted_;        ///< masks, by position of the row group
  std::vector<std::set<std::string>> new_keys_;       ///< ON CONFLICT: of rows stored by this statement, by arbiter
  std::vector<std::unique_ptr<RowSet::Chunk>> returned_;
  std::optional<Error> outside_view_;
  int64_t changed_rows_ = 0;
};

}  // namespace cairn
