#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "checkpoint/store.h"
#include "io/tables/receipts.h"
#include "sql/binder/binder.h"
#include "sql/notice_sink.h"
#include "sql/parser/parser.h"
#include "sql/session.h"
#include "sql/session_values.h"
#include "sql/settings.h"

namespace cairn {

/// The right to change the database, which one session at a time has. A statement outside a transaction block waits for
/// another such statement; nobody waits for a transaction block, which may never end: that is kWriteConflict.
class WriterTurn {
 public:
  class Hold {
   public:
    Hold(WriterTurn& turn, bool block);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    WriterTurn& turn_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false, by_block_ = false;
};

class EngineState final : public Engine, public std::enable_shared_from_this<EngineState> {
 public:
  EngineState(std::string_view path, DatabaseOptions options);
  ~EngineState() override;
  Database& database() override { return *database_; }
  /// Of the database and of temporary files.
  const std::shared_ptr<Storage>& storage() const { return storage_; }
  std::unique_ptr<Session> connect() override;

  /// The database's store of checkpoints; nullptr where there is no place for one. The first to ask opens it, with what
  /// is in `directory` (a setting), and hears what became of interrupted queries that cannot be resumed.
  std::shared_ptr<CheckpointStore> checkpoints(const std::string& directory, const CheckpointStore::Notice& notice);
  WriterTurn& writer_turn() { return writer_turn_; }

 private:
  const std::shared_ptr<Storage> storage_;
  std::shared_ptr<Database> database_;
  WriterTurn writer_turn_;
  std::mutex mutex_;
  std::shared_ptr<CheckpointStore> store_;  ///< nullptr: nobody has asked for it
};

/// A statement on its way through the session.
struct Statement {
  std::shared_ptr<const SyntaxTree> tree;
  const pg::Node* node = nullptr;          ///< in the tree: the whole, or what EXPLAIN and PREPARE hold
  std::string text;                        ///< that positions refer to
  const std::vector<Value>* parameters = nullptr;
  std::vector<Type> parameter_types;
  std::shared_ptr<const CommittedSnapshot> snapshot;  ///< given where a resumed query keeps its own; else nullptr
  std::shared_ptr<const Snapshot> relations;  ///< given where a part of a statement sees what the whole has changed
  const cairn::InterruptedQuery* resumed = nullptr;  ///< that it goes on with: the plan must be the same
  bool of_execute = false;  ///< EXECUTE runs it: its text is not what the client gave, and errors have no place there
};

/// Errors of an interrupted statement whose surroundings are not what they were: kWriteConflict.
Error cannot_go_on(const cairn::InterruptedQuery& statement, const std::string& why);

/// One connection. Statements are one function each, in sql/statements/ (statements.h); this class holds what they
/// share: settings, the transaction, prepared statements, what runs now.
class SessionState final : public Session {
 public:
  explicit SessionState(std::shared_ptr<EngineState> engine);
  ~SessionState() override;

  std::unique_ptr<StatementResult> execute(std::string_view text, size_t& consumed) override;
  std::unique_ptr<PreparedStatement> prepare(std::string_view text) override;
  void interrupt() override;
  Progress progress() const override;
  void set_notice_handler(std::function<void(std::string_view)> handler) override;
  std::vector<InterruptedQuery> interrupted_queries() override;
  std::unique_ptr<StatementResult> resume(std::string_view id) override;
  void discard(std::string_view id) override;
  void leave_receipts(std::string_view name, std::string_view text) override;
  std::optional<std::string> receipt(std::string_view name) override;
  BlockState block_state() const override;

  // What statements use.
  /// Runs a parsed statement; in a transaction block an error marks the block as failed.
  std::unique_ptr<StatementResult> run(const Statement& statement);
  /// What `step` returns. An error of it marks the transaction block, where there is one, as failed.
  template <typename Step>
  auto failing_block(const Step& step) {
    try {
      return step();
    } catch (...) {
      if (block_) block_->failed = true;
      throw;
    }
  }
  EngineState& engine() { return *engine_; }
  Settings& settings() { return settings_; }
  void notice(std::string_view text) { notices_->send(text); }
  int64_t now_micros() const { return now_micros_; }
  /// Throws kQueryCanceled where interrupt() was called since the statement began.
  void check_interrupted() const;
  const std::atomic<bool>& interrupted() const { return interrupted_; }

  /// The database as the current statement sees it, with the session's temporary relations.
  std::shared_ptr<const Snapshot> snapshot() const { return view().relations; }
  struct View {
    std::shared_ptr<const Snapshot> relations;
    std::shared_ptr<const CommittedSnapshot> committed;  ///< nullptr: a transaction's own changes are to be seen
  };
  View view() const;
  BindContext bind_context(const Statement& statement);
  /// Binds, optimizes and plans a query.
  struct Planned {
    PlanPtr plan;
    std::vector<std::string> names;
    std::shared_ptr<const CommittedSnapshot> snapshot;  ///< that it could go on from; nullptr: it could not be resumed

    /// Temporary relations die with the process: after it, a text that names them would mean nothing, whatever the plan.
    void keep_committed(const NamesMet& met, std::string_view target = {});
  };
  /// Errors: kNotInPrerequisiteState where the statement is resumed, and is planned otherwise than when it began, or has
  /// changed the database already.
  void check_resumed(const Planned& planned, const Statement& statement) const;
  Planned plan_query(const Statement& statement, std::vector<PassTrace>* trace = nullptr);
  PlanPtr plan(LogicalPlan&& logical, std::vector<PassTrace>* trace = nullptr);

  /// The one place where checkpoints meet execution. nullptr: this query writes and reads none.
  std::shared_ptr<QueryCheckpoint> make_observer(const Planned& planned, const Statement& statement, bool writes = false);
  /// Goes on with the statement of this text that was interrupted where the session's commits would have left the very
  /// receipt that they leave now: it is the same statement. nullptr where there is none.
  std::unique_ptr<StatementResult> go_on_here(const Statement& statement);
  std::unique_ptr<QueryExecution> start(const PlanPtr& plan, std::shared_ptr<ExecutionObserver> observer, bool profiling);
  /// Between these two, interrupt() and progress() reach the execution.
  void begin_running(QueryExecution* execution, std::shared_ptr<QueryCheckpoint> checkpoint);
  void end_running(QueryExecution* execution);

  // Transactions (statements/transaction.cpp).
  /// Runs `change` on the block's write transaction, or on one of its own that is committed behind it. `relation`: the
  /// key of what is changed; temporary relations live in a database of the session's own.
  using Change = std::function<void(std::shared_ptr<WriteTransaction>)>;
  void change(const Change& change, std::string_view relation = {});
  void begin_block(bool read_only);
  /// False where the block had failed, and was rolled back instead.
  bool commit_block();
  void roll_back_block();
  bool in_block() const { return block_.has_value(); }
  /// 0: there is none.
  uint64_t block_number() const { return block_ ? block_->number : 0; }
  /// An error came with the rows of a statement in that block.
  void fail_block(uint64_t number) {
    if (block_ && block_->number == number) block_->failed = true;
  }
  bool block_is_read_only() const { return block_ && block_->read_only; }
  void set_block_read_only(bool read_only) { block_->read_only = read_only; }
  /// The database that the relation of this key is in.
  Database& database_of(std::string_view relation);
  SearchPath search_path() const { return SearchPath(settings_.get("search_path")); }

  // PREPARE (statements/prepare.cpp).
  std::map<std::string, Statement, std::less<>>& named_statements() { return named_statements_; }

  /// Progress of work that is no query: COPY, tpch_load.
  struct Work {
    std::atomic<uint64_t> done{0}, total{0};
  };
  Work& work() { return work_; }

 private:
  struct Block {
    std::shared_ptr<const CommittedSnapshot> snapshot;
    std::shared_ptr<WriteTransaction> write;   ///< begun by the first change
    std::unique_ptr<WriterTurn::Hold> hold;
    std::shared_ptr<WriteTransaction> temporary_write;  ///< to the session's own database
    bool read_only = false;
    bool failed = false;
    uint64_t number = 0;  ///< among the session's
    Settings settings;    ///< as they were before it
  };
  /// Errors: kInFailedTransaction.
  void check_block_goes_on() const;
  std::unique_ptr<StatementResult> execute_first(std::string_view text, size_t& consumed);
  std::unique_ptr<PreparedStatement> prepare_only(std::string_view text);
  std::unique_ptr<StatementResult> run_prescanned(std::string_view text, const StatementExtent& extent);
  std::unique_ptr<PreparedStatement> prepare_prescanned(std::string_view text, const StatementExtent& extent);
  void start_statement();
  void read_clock();
  NoticeSink::Handler notice_forwarder() const;
  std::shared_ptr<CheckpointStore> checkpoint_store();
  CheckpointStore::Check interruption_check() const;
  void tell_of_interrupted(CheckpointStore& store, const Statement& statement);
  QueryContext context_of(const Statement& statement) const;
  std::string temp_directory() const;
  std::unique_ptr<StatementResult> resume_query(const cairn::InterruptedQuery& query);
  std::unique_ptr<StatementResult> answer_of_committed(std::string_view id, std::string_view answer);
  void commit(WriteTransaction& transaction);
  Block end_block();
  void change_temporary(const Change& change);
  /// Does what ON COMMIT says.
  void finish_temporary_tables(WriteTransaction& transaction);

  std::shared_ptr<EngineState> engine_;
  std::shared_ptr<NoticeSink> notices_ = std::make_shared<NoticeSink>();
  Settings settings_;
  SessionValues values_;
  std::shared_ptr<Database> temporary_;  ///< of temporary relations; nullptr: there was none yet
  std::optional<Block> block_;
  uint64_t blocks_begun_ = 0;
  std::map<std::string, Statement, std::less<>> named_statements_;
  Receipts::Receipt receipt_;  ///< that commits leave; without a name: none
  int64_t now_micros_ = 0;
  std::atomic<bool> interrupted_{false};
  Work work_;

  mutable std::mutex mutex_;  ///< guards what follows: interrupt() and progress() come from other threads
  struct Running {
    QueryExecution* execution;
    std::shared_ptr<QueryCheckpoint> checkpoint;
  };
  std::vector<Running> running_;
};

}  // namespace cairn
