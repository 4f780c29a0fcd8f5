#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checkpoint/query_checkpoint.h"
#include "checkpoint/recovery.h"
#include "checkpoint/writer.h"
#include "io/tables/database.h"

namespace cairn {

/// An interrupted query, or statement that changes the database, as users see it.
struct InterruptedQuery {
  std::string id, text, started, pin;
  QueryContext context;
  Fingerprint root;
  std::string writes;                    ///< this and the next: as LoggedQuery has them
  Receipts::Receipt receipt;
  std::optional<std::string> committed;  ///< the answer of a statement that had committed when its process died
  QueryTries tries;
  size_t breakers_durable = 0, breakers_total = 0;
  uint64_t bytes = 0;

  std::pair<Fingerprint, std::string> key() const { return {root, writes}; }  ///< LoggedQuery::key
};

/// The durable breakers of one database, wherever they are: each directory that a session names has a place for them
/// (checkpoint/place.h), and in it every process a directory of its own (checkpoint/owner.h).
///
/// The life of a checkpoint: a breaker completes -> its rows are queued -> the writer thread pins the query's snapshot,
/// encodes and writes the rows and syncs the file -> one log record is appended and synced: now it is durable -> the query
/// ends: an end record is appended, the pin goes, then the files. A query is there as long as both its begin record and
/// its pin are. A directory whose lock can be taken belonged to a process that died: this process takes it over, keeps the
/// files that open queries name, and removes the rest.
///
/// Thread-safe. Nobody waits for checkpoint I/O but the writer thread, and who asks for interrupted queries, or discards
/// one. These give up where their `check` throws.
class CheckpointStore : public std::enable_shared_from_this<CheckpointStore> {
 public:
  using Notice = std::function<void(std::string_view)>;
  using Check = Writer::Check;

  /// Takes over what dead processes left in the database, in `directory` (a setting; "": none), and wherever durable pins
  /// say that queries were interrupted. What users must be told of it comes in `told`, what goes wrong later to `notice`.
  /// Nothing is created before the first breaker is written.
  static std::shared_ptr<CheckpointStore> open(std::shared_ptr<Database> database, const std::string& directory,
                                               Notice notice, std::vector<std::string>& told);
  ~CheckpointStore();

  /// The observer of a query that begins; it finds what is durable among interrupted queries with the same breakers.
  std::shared_ptr<QueryCheckpoint> begin(CheckpointRequest request);

  std::vector<InterruptedQuery> interrupted(const Check& check = {});
  /// One that was killed more than once has several ids, and is found by each.
  std::optional<InterruptedQuery> find(std::string_view id, const Check& check = {});
  /// Forgets an interrupted query and frees its files. False where there is none of this id.
  bool discard(std::string_view id, const Check& check = {});
  uint64_t bytes() const { return bytes_; }  ///< of all files that it holds
  /// Waits until everything queued so far has been written or dropped.
  void drain(const Check& check = {}) { writer_.drain(check); }
  /// Drains, ends the writer thread and removes this process's directories where no open query needs them. Called once,
  /// before the last reference goes.
  /// A notice handler, on the writer thread, does not wait: that thread keeps the store, and does the rest.
  void close();

 private:
  friend class QueryCheckpoint;
  using State = QueryCheckpoint::State;

  CheckpointStore(std::shared_ptr<Database> database, Notice notice);
  void visit(const std::string& directory);
  void forget_expired(std::vector<std::string>& told);
  void retry_unread(const Check& check);
  void mark_ended(const std::vector<std::string>& ids, bool ended);

  Recovered take_over(const std::string& place);
  std::set<std::string> held(const std::string& place);
  void leave();

  // What follows is done by the writer thread alone.
  void tidy_up(const Recovered& recovered);
  void take_over_late(const std::string& place);
  std::shared_ptr<Owner> own(const std::string& place);  ///< makes this process's directory where there is none
  void write(State& query, const Breaker& breaker, const Content& content, const RowSet& rows);
  void write_sealed(State& query);
  bool has_room(const State& query, size_t bytes) const;
  bool make_durable(State& query, DurableBreaker durable, const std::vector<Type>& types,
                    std::span<const RowSet* const> sets, const decltype(FragmentKey::keep)& keep = {});
  void end(State& query);
  std::vector<std::shared_ptr<Interrupted>> take(const std::vector<std::string>& ids);
  void forget(const std::shared_ptr<Interrupted>& query);
  void note_answers(Owner& owner);
  void note_try(const std::string& id, std::optional<uint64_t> durable);
  bool close_query(Owner& owner, const std::string& id, const std::string& pin);
  void remove_idle(const std::shared_ptr<Owner>& owner);
  void remove_place(const std::string& place);
  bool attempt(const std::function<void()>& io) noexcept;

  const std::shared_ptr<Database> database_;
  Storage& storage_;
  const Notice notice_;
  std::atomic<uint64_t> bytes_{0};

  std::map<std::string, std::shared_ptr<Owner>> own_;     ///< by place. The writer thread's
  std::set<std::shared_ptr<Owner>> given_up_;             ///< own ones whose logs have failed. The writer thread's
  std::set<std::string> places_;                          ///< that have been taken over. The writer thread's

  std::mutex mutex_;  ///< guards what follows; never held over I/O
  std::map<std::string, std::shared_ptr<Interrupted>, std::less<>> interrupted_;  ///< by id
  std::set<std::string> visited_;  ///< what the setting has been so far
  std::set<std::string> unread_;   ///< places that could not be read whole

  Writer writer_;  ///< the first to go: its jobs use the rest
};

/// Whether a query of this plan has anything to keep: a breaker, or, where it writes, what it has written of what it reads.
bool can_be_kept(const PlanNode& plan, bool writes);

/// Breakers of a plan, shared nodes once.
size_t count_breakers(const PlanNode& plan);

}  // namespace cairn
