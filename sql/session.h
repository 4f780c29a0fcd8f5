#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exec/run/executor.h"
#include "io/tables/database.h"

namespace cairn {

/// Progress of the running statement, readable from any thread.
struct Progress {
  double fraction = -1;  ///< 0..1, or -1: unknown
  size_t pipelines_done = 0, pipelines_total = 0;
  uint64_t checkpointed_bytes = 0;
};

/// The rows of one statement. Statements without rows have no columns and a `changed_rows` count or -1.
class StatementResult {
 public:
  virtual ~StatementResult() = default;
  virtual const std::vector<std::string>& names() const = 0;
  virtual const std::vector<Type>& types() const = 0;
  virtual std::unique_ptr<RowSet::Chunk> next() = 0;  ///< nullptr at the end; throws the statement's error
  virtual int64_t changed_rows() const = 0;
  /// "SELECT 5", "CREATE TABLE", "INSERT 0 3": PostgreSQL's command tags; complete once next() gave nullptr.
  virtual std::string command_tag() const = 0;
};

class PreparedStatement {
 public:
  virtual ~PreparedStatement() = default;
  virtual size_t parameter_count() const = 0;
  virtual Type parameter_type(size_t index) const = 0;  ///< as inferred
  virtual std::unique_ptr<StatementResult> execute(const std::vector<Value>& parameters) = 0;
};

/// What all sessions of one open database share: the database, its checkpoint store, defaults of settings.
class Engine {
 public:
  static std::shared_ptr<Engine> open(std::string_view path, DatabaseOptions options = {});
  virtual ~Engine() = default;
  virtual Database& database() = 0;
  virtual std::unique_ptr<class Session> connect() = 0;
};

/// One user's connection: settings, transaction state, prepared statements. One thread at a time, but for interrupt
/// and progress.
class Session {
 public:
  virtual ~Session() = default;
  /// Runs the first statement of `text` and returns the bytes consumed (its ';' included) in `consumed`; nullptr where
  /// only blanks and comments are left. Errors carry positions relative to text's start.
  virtual std::unique_ptr<StatementResult> execute(std::string_view text, size_t& consumed) = 0;
  virtual std::unique_ptr<PreparedStatement> prepare(std::string_view text) = 0;
  virtual void interrupt() = 0;   ///< any thread: the running statement ends with kQueryCanceled
  virtual Progress progress() const = 0;  ///< any thread
  /// Notices and warnings ("resumed: 4 of 7 pipelines skipped"); the default handler writes them to stderr.
  virtual void set_notice_handler(std::function<void(std::string_view)> handler) = 0;

  struct InterruptedQuery {
    std::string id, text, started;  ///< started: ISO 8601, UTC
    size_t breakers_durable = 0, breakers_total = 0;
    std::string receipt;            ///< that its session's commits left (leave_receipts), as "name: text"; empty: none
    uint64_t bytes = 0;         ///< of its checkpoints
    uint64_t bytes_pinned = 0;  ///< of tables as they were, which are kept for it alone
    bool given_up = false;   ///< its process died again and again where it went on
    bool committed = false;  ///< its answer may not have been read: it had changed the database when its process died
    bool writes = false;     ///< it changes the database: only resume goes on with it
  };
  virtual std::vector<InterruptedQuery> interrupted_queries() = 0;
  virtual std::unique_ptr<StatementResult> resume(std::string_view id) = 0;
  virtual void discard(std::string_view id) = 0;

  /// From now on every commit of the session leaves this receipt (WriteTransaction::leave_receipt). Without a name: none.
  virtual void leave_receipts(std::string_view name, std::string_view text) = 0;
  virtual std::optional<std::string> receipt(std::string_view name) = 0;
  enum class BlockState : uint8_t { kNone, kOpen, kFailed };
  virtual BlockState block_state() const = 0;
};

}  // namespace cairn
