#include "sql/binder/guards.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// Rows as the execution makes them. The session must outlive it.
class QueryResult final : public StatementResult {
 public:
  QueryResult(SessionState& session, SessionState::Planned planned, const Statement& statement)
      : session_(session), block_(session.block_number()), planned_(std::move(planned)), checkpoint_(session.make_observer(planned_, statement)),
        execution_(session.start(planned_.plan, checkpoint_, false)), of_execute_(statement.of_execute) {
    session_.begin_running(execution_.get(), checkpoint_);
  }
  ~QueryResult() override { end(false); }

  const std::vector<std::string>& names() const override { return planned_.names; }
  const std::vector<Type>& types() const override { return planned_.plan->types; }

  std::unique_ptr<RowSet::Chunk> next() override {
    if (execution_ == nullptr) return nullptr;
    try {
      std::unique_ptr<RowSet::Chunk> chunk = execution_->next();
      if (chunk != nullptr) {
        row_count_ += chunk->row_count;
        return chunk;
      }
    } catch (Error& error) {
      if (of_execute_) error.position = -1;
      fail();
      throw;
    } catch (...) {
      fail();
      throw;
    }
    end(true);
    return nullptr;
  }

  int64_t changed_rows() const override { return -1; }
  std::string command_tag() const override { return "SELECT " + std::to_string(row_count_); }

 private:
  /// The answer was delivered, or nobody wants it any more: the query's own checkpoints have served.
  void end(bool delivered) {
    if (execution_ == nullptr) return;
    session_.end_running(execution_.get());
    execution_.reset();
    if (checkpoint_ != nullptr) checkpoint_->finish(delivered);
  }

  void fail() {
    session_.fail_block(block_);
    end(false);
  }

  SessionState& session_;
  const uint64_t block_;
  SessionState::Planned planned_;
  std::shared_ptr<QueryCheckpoint> checkpoint_;
  std::unique_ptr<QueryExecution> execution_;
  const bool of_execute_;
  uint64_t row_count_ = 0;
};

}  // namespace

ResultPtr run_select(SessionState& session, const Statement& statement) {
  // Of a set operation, the leftmost SELECT has it.
  PgQuery__SelectStmt* select = statement.node->select_stmt;
  while (select->larg != nullptr) select = select->larg;
  if (select->into_clause != nullptr) {
    const Restore<PgQuery__IntoClause*> without(select->into_clause, nullptr);
    return create_table_as(session, statement, *without.before(), false);
  }
  return std::make_unique<QueryResult>(session, session.plan_query(statement), statement);
}

}  // namespace cairn
