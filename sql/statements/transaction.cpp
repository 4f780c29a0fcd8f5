#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {

std::shared_ptr<const Snapshot> SessionState::snapshot() const {
  if (!block_) return engine_->database().snapshot();
  return block_->write != nullptr ? block_->write->snapshot() : block_->snapshot;
}

void SessionState::begin_block(bool read_only) {
  block_.emplace();
  block_->snapshot = engine_->database().snapshot();
  block_->read_only = read_only;
}

bool SessionState::commit_block() {
  bool failed = block_->failed;
  std::shared_ptr<WriteTransaction> write = block_->write;
  // Whatever commit() does, the block is over.
  Block block = std::move(*block_);
  block_.reset();
  if (!failed && write != nullptr) write->commit();
  return !failed;
}

void SessionState::roll_back_block() { block_.reset(); }

void SessionState::change(const std::function<void(std::shared_ptr<WriteTransaction>)>& change) {
  if (!block_) {
    WriterTurn::Hold hold(engine_->writer_turn(), false);
    std::shared_ptr<WriteTransaction> transaction = engine_->database().begin_write();
    change(transaction);
    check_interrupted();
    transaction->commit();
    return;
  }
  if (block_->read_only)
    throw Error(sqlstate::kReadOnly, "cannot change the database in a read-only transaction");
  if (block_->write == nullptr) {
    auto hold = std::make_unique<WriterTurn::Hold>(engine_->writer_turn(), true);
    if (engine_->database().snapshot()->number != block_->snapshot->number)
      throw Error(sqlstate::kWriteConflict, "could not serialize access: the database has changed since the transaction began",
                  "Roll back and repeat the transaction.");
    block_->write = engine_->database().begin_write();
    block_->hold = std::move(hold);
  }
  block_->write->begin_statement();
  change(block_->write);
}

namespace {

void check_options(const PgQuery__TransactionStmt& statement, bool& read_only) {
  for (const pg::Node* node : pg::list(statement.options, statement.n_options)) {
    const PgQuery__DefElem& option = *node->def_elem;
    std::string_view name = option.defname;
    if (name == "transaction_isolation") {
      if (pg::string_value(option.arg) == "serializable")
        throw_unsupported("isolation level SERIALIZABLE", option.location);
    } else if (name == "transaction_read_only") {
      read_only = option.arg->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL && option.arg->a_const->ival->ival != 0;
    } else if (name != "transaction_deferrable") {
      throw_unsupported("transaction option " + std::string(name), option.location);
    }
  }
}

}  // namespace

ResultPtr run_transaction(SessionState& session, const PgQuery__TransactionStmt& statement) {
  if (statement.chain) throw_unsupported("AND CHAIN", -1);
  switch (statement.kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START: {
      bool read_only = false;
      check_options(statement, read_only);
      if (session.in_block()) {
        session.notice("warning: there is already a transaction in progress");
      } else {
        session.begin_block(read_only);
      }
      return make_done("BEGIN");
    }
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT:
      if (!session.in_block()) {
        session.notice("warning: there is no transaction in progress");
        return make_done("COMMIT");
      }
      return make_done(session.commit_block() ? "COMMIT" : "ROLLBACK");
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK:
      if (session.in_block()) {
        session.roll_back_block();
      } else {
        session.notice("warning: there is no transaction in progress");
      }
      return make_done("ROLLBACK");
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO: throw_unsupported("SAVEPOINT", -1);
    default: throw_unsupported("two-phase commit", -1);
  }
}

}  // namespace cairn
