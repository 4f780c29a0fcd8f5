#include <utility>

#include "io/storage/storage.h"
#include "sql/statements/drop.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {

SessionState::View SessionState::view() const {
  View seen;
  if (block_ && block_->write != nullptr) {
    seen.relations = block_->write->snapshot();
  } else {
    seen.relations = seen.committed = block_ ? block_->snapshot : engine_->database().snapshot();
  }
  if (temporary_ == nullptr) return seen;
  const std::shared_ptr<const Snapshot> own =
      block_ && block_->temporary_write != nullptr ? block_->temporary_write->snapshot() : temporary_->snapshot();
  auto both = std::make_shared<Snapshot>(*seen.relations);
  const auto add = [](auto& all, auto more) {  // no name is in both
    if (all.size() < more.size()) std::swap(all, more);
    for (const auto& [name, relation] : more) all.insert_or_assign(name, relation);
  };
  add(both->tables, own->tables);
  add(both->views, own->views);
  add(both->sequences, own->sequences);
  seen.relations = std::move(both);
  return seen;
}

void SessionState::begin_block(bool read_only) {
  block_.emplace();
  block_->snapshot = engine_->database().snapshot();
  block_->read_only = read_only;
  block_->number = ++blocks_begun_;
  block_->settings = settings_;
}

SessionState::Block SessionState::end_block() {
  Block block = std::move(*block_);
  block_.reset();
  read_clock();  // a block that follows at once has a time of its own
  return block;
}

bool SessionState::commit_block() {
  // Whatever commit() does, the block is over.
  Block block = end_block();
  Settings settings = std::exchange(settings_, std::move(block.settings));  // SET goes with a block that fails
  if (block.failed) return false;
  if (block.write != nullptr) commit(*block.write);
  if (temporary_ != nullptr) {
    if (block.temporary_write == nullptr) block.temporary_write = temporary_->begin_write();
    finish_temporary_tables(*block.temporary_write);
    block.temporary_write->commit();
  }
  settings_ = std::move(settings);
  return true;
}

void SessionState::commit(WriteTransaction& transaction) {
  if (!receipt_.first.empty()) transaction.leave_receipt(receipt_.first, receipt_.second);
  transaction.commit();
}

Session::BlockState SessionState::block_state() const {
  return !block_ ? BlockState::kNone : block_->failed ? BlockState::kFailed : BlockState::kOpen;
}

void SessionState::roll_back_block() { settings_ = std::move(end_block().settings); }

Database& SessionState::database_of(std::string_view relation) {
  return is_temporary(relation) ? *temporary_ : engine_->database();
}

void SessionState::finish_temporary_tables(WriteTransaction& transaction) {
  const std::shared_ptr<const Snapshot> snapshot = transaction.snapshot();
  DropPlan plan;
  plan.quiet = true;
  for (const auto& [name, table] : snapshot->tables) {
    if (table->schema.on_commit == OnCommit::kDrop) plan_drop(*this, *snapshot, name, {}, true, plan);
    if (table->schema.on_commit != OnCommit::kDeleteRows || table->row_groups.empty()) continue;
    transaction.drop_table(name);
    transaction.create_table(table->schema);
  }
  drop_planned(transaction, *snapshot, plan, true);
}

void SessionState::change_temporary(const Change& change) {
  if (temporary_ == nullptr) temporary_ = Database::open(":memory:", make_storage());
  if (!block_) {
    std::shared_ptr<WriteTransaction> transaction = temporary_->begin_write();
    change(transaction);
    check_interrupted();
    finish_temporary_tables(*transaction);
    transaction->commit();
    return;
  }
  if (block_->temporary_write == nullptr) block_->temporary_write = temporary_->begin_write();
  block_->temporary_write->begin_statement();
  change(block_->temporary_write);
}

void SessionState::change(const Change& change, std::string_view relation) {
  if (is_temporary(relation)) return change_temporary(change);
  if (!block_) {
    WriterTurn::Hold hold(engine_->writer_turn(), false);
    std::shared_ptr<WriteTransaction> transaction = engine_->database().begin_write();
    change(transaction);
    check_interrupted();
    commit(*transaction);
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

void check_transaction_options(std::span<pg::Node* const> options, std::optional<bool>& read_only) {
  for (const pg::Node* node : options) {
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

ResultPtr run_transaction(SessionState& session, const PgQuery__TransactionStmt& statement) {
  const bool commits = statement.kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT;
  if (statement.chain && !session.in_block())
    throw Error("25P01", std::string(commits ? "COMMIT" : "ROLLBACK") + " AND CHAIN can only be used in transaction blocks");
  const bool was_read_only = session.block_is_read_only();
  // AND CHAIN: the next block begins at once, under the same options.
  const auto ended = [&](const char* tag) {
    if (statement.chain) session.begin_block(was_read_only);
    return make_done(tag);
  };
  switch (statement.kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START: {
      std::optional<bool> read_only;
      check_transaction_options(pg::list(statement.options, statement.n_options), read_only);
      if (session.in_block()) {
        session.notice("warning: there is already a transaction in progress");
      } else {
        session.begin_block(read_only.value_or(false));
      }
      return make_done("BEGIN");
    }
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT:
      if (!session.in_block()) {
        session.notice("warning: there is no transaction in progress");
        return make_done("COMMIT");
      }
      return ended(session.commit_block() ? "COMMIT" : "ROLLBACK");
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK:
      if (session.in_block()) {
        session.roll_back_block();
      } else {
        session.notice("warning: there is no transaction in progress");
      }
      return ended("ROLLBACK");
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO: throw_unsupported("SAVEPOINT", -1);
    default: throw_unsupported("two-phase commit", -1);
  }
}

}  // namespace cairn
