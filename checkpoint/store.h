#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "checkpoint/log.h"
#include "exec/pipeline.h"
#include "io/database.h"

namespace cairn {

enum class CheckpointMode : uint8_t {
  kOff,   ///< nothing is written; what an earlier process left may still be used
  kAuto,  ///< breakers of queries that have run for a while
  kAll,   ///< every completed breaker
};

class QueryCheckpoint;

/// An interrupted query, as users see it.
struct InterruptedQuery {
  std::string id, text, started, pin;
  size_t breakers_durable = 0, breakers_total = 0;
  uint64_t bytes = 0;
};

/// What a session says of a query that begins.
struct CheckpointRequest {
  std::string text;
  PlanPtr plan;
  std::shared_ptr<const Snapshot> snapshot;
  CheckpointMode mode = CheckpointMode::kAuto;
  uint64_t bytes_max = 0;  ///< cap on all files of this store; 0: none
  bool verbose = false;    ///< a notice for every breaker that becomes durable
  std::function<void(std::string_view)> notice;
};

/// The durable breakers of one database in one directory. Below it every process has a directory of its own:
///
///   <directory>/<owner>/owner.lock   held while the process lives
///   <directory>/<owner>/log          checkpoint/log.h
///   <directory>/<owner>/<query>-<n>  checkpoint/fragment_file.h
///
/// The life of a checkpoint: a breaker completes -> its rows are queued -> the writer thread encodes and writes them
/// and syncs the file -> one log record is appended and synced: now it is durable -> the query ends: an end record is
/// appended, then the files go. A directory whose lock can be taken belonged to a process that died: this process
/// takes it over, keeps the files that open queries name, and removes the rest. Thread-safe.
class CheckpointStore : public std::enable_shared_from_this<CheckpointStore> {
 public:
  /// Nothing is created before the first breaker is written; directories of dead processes are taken over at once.
  static std::shared_ptr<CheckpointStore> open(std::shared_ptr<Database> database, std::string directory,
                                               std::function<void(std::string_view)> warning);
  ~CheckpointStore();

  /// The observer of a query that begins; it finds what is durable among interrupted queries with the same breakers.
  std::shared_ptr<QueryCheckpoint> begin(CheckpointRequest request);

  std::vector<InterruptedQuery> interrupted();
  std::optional<InterruptedQuery> find(std::string_view id);
  /// Forgets an interrupted query and frees its files. False where there is none of this id.
  bool discard(std::string_view id);
  uint64_t bytes();  ///< of all files that it holds
  /// Waits until everything queued so far has been written or dropped.
  void drain();
  /// Drains, ends the writer thread and removes this process's directory where no open query needs it. Called once,
  /// before the last reference goes.
  void close();

 private:
  friend class QueryCheckpoint;
  struct Owner;        ///< one process's directory: this one's or a dead one's
  struct Interrupted;  ///< an open query of a dead process
  struct Task;         ///< a breaker to write, or a query to clean up

  CheckpointStore(std::shared_ptr<Database> database, std::string directory,
                  std::function<void(std::string_view)> warning);
  void adopt_dead_owners();
  void adopt(const std::string& name, std::unique_ptr<FileLock> lock);
  void forget(const Interrupted& query);  ///< REQUIRES: mutex_ held
  Owner& own();                           ///< makes this process's directory where there is none
  void run();                             ///< the writer thread
  void write(const Task& task);
  void end(const Task& task);
  void enqueue(Task task);
  void unpin(const std::string& pin) noexcept;
  void sweep_owners();  ///< removes directories of dead owners without open queries. REQUIRES: mutex_ held

  const std::shared_ptr<Database> database_;
  Storage& storage_;
  const std::string directory_;
  const std::function<void(std::string_view)> warning_;

  std::mutex mutex_;  ///< guards what follows
  std::unique_ptr<Owner> own_;
  std::vector<std::unique_ptr<Owner>> adopted_;
  std::map<std::string, std::unique_ptr<Interrupted>, std::less<>> interrupted_;  ///< by id
  std::condition_variable wake_, idle_;
  std::deque<Task> tasks_;
  size_t queued_bytes_ = 0;
  bool busy_ = false, closing_ = false;
  uint64_t own_bytes_ = 0;
  std::thread writer_;
};

/// One running query's part of the store; the executor's observer.
class QueryCheckpoint : public ExecutionObserver {
 public:
  ~QueryCheckpoint() override { finish(); }

  bool is_durable(const Breaker& breaker) override;
  std::shared_ptr<const RowSet> load(const Breaker& breaker) override;
  void completed(const Breaker& breaker, std::shared_ptr<const RowSet> rows) override;
  void planned(size_t pipelines_skipped, size_t pipelines_total) override;
  std::string state(const Breaker& breaker) override;

  /// The answer was delivered, or the query failed or was cancelled: its files, and those of interrupted queries that
  /// it stands for, are no longer needed. Returns without waiting; only the first call does anything.
  void finish();
  uint64_t bytes_written() const;

 private:
  friend class CheckpointStore;
  struct State;  ///< shared with the writer thread
  struct Found { std::string path; DurableBreaker breaker; };
  QueryCheckpoint(std::shared_ptr<CheckpointStore> store, CheckpointRequest request);

  const std::shared_ptr<CheckpointStore> store_;
  const std::shared_ptr<State> state_;
  std::map<Fingerprint, Found> found_;  ///< durable from before; fixed when the query begins
};

/// Breakers of a plan, shared nodes once.
size_t count_breakers(const PlanNode& plan);

}  // namespace cairn
