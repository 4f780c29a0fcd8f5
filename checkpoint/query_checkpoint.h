#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "checkpoint/record.h"
#include "exec/pipeline/pipeline.h"
#include "io/tables/database.h"

namespace cairn {

class CheckpointStore;

enum class CheckpointMode : uint8_t {
  kOff,   ///< nothing is written; what an earlier process left may still be used
  kAuto,  ///< breakers of queries that have run for a while
  kAll,   ///< every completed breaker
};

/// Name of the receipt that a statement leaves whose checkpoints have this id.
std::string statement_receipt(std::string_view id);

/// What a session says of a query that begins.
struct CheckpointRequest {
  std::string text;
  QueryContext context;
  PlanPtr plan;
  std::shared_ptr<const CommittedSnapshot> snapshot;
  std::string directory;   ///< where checkpoints are to be written; "": in the database
  CheckpointMode mode = CheckpointMode::kAuto;
  uint64_t bytes_max = 0;  ///< cap on all files of this store; 0: none
  std::chrono::milliseconds epoch{0};  ///< how long a worker collects before it seals; 0: by what it would cost
  std::chrono::milliseconds retention{0};  ///< how long what is durable is kept for who comes back; 0: until it is discarded
  bool writes = false;     ///< it changes the database, with what the plan gives
  std::string goes_on;     ///< LoggedQuery::writes of the interrupted statement that it goes on with
  Receipts::Receipt receipt;  ///< LoggedQuery::receipt
  bool verbose = false;    ///< a notice for every breaker that becomes durable, or does not
  std::function<void(std::string_view)> notice;
};

/// One running query's part of the store; the executor's observer.
class QueryCheckpoint : public ExecutionObserver {
 public:
  ~QueryCheckpoint() override { finish(false); }

  std::optional<Content> durable(const Breaker& breaker) override;
  std::shared_ptr<const RowSet> load(const Breaker& breaker, size_t resident_bytes_max) override;
  void fragments(const FragmentKey& key, uint64_t morsel_count, const Take& take) override;
  Wish at_morsel_boundary(const OpenFragment& fragment) override;
  void sealed(const FragmentKey& key, const MorselSet& covered, std::shared_ptr<const RowSet> saved) override;
  void completed(const Breaker& breaker, const Content& content, std::shared_ptr<const RowSet> rows) override;
  void planned(size_t pipelines_skipped, size_t pipelines_total) override;
  std::string state(const Breaker& breaker) override;

  /// The query has ended: its own files are no longer needed; where its answer was delivered, neither are those of the
  /// interrupted queries that it stands for. (Where it failed or was cancelled, they can be resumed again.) Returns without
  /// waiting; only the first call does anything.
  void finish(bool delivered) noexcept;
  uint64_t bytes_written() const;
  /// Of a statement that changes the database, before it commits: whoever asks for it later, under whatever id it ran,
  /// learns that it has (statement_receipt), and what its answer was. So does who asks for the receipt of the session that
  /// it began in.
  void leave_receipts(WriteTransaction& transaction, std::string_view answer) const;

 private:
  friend class CheckpointStore;
  struct State;  ///< shared with the writer thread
  struct Found {
    std::string path;
    DurableBreaker breaker;
    bool own;  ///< of the very query that goes on
  };
  QueryCheckpoint(std::shared_ptr<CheckpointStore> store, CheckpointRequest request);
  const Found* find(const Breaker& breaker) const;
  bool is_early() const;
  std::set<const DurableBreaker*> begin_try(std::vector<std::shared_ptr<struct Interrupted>> entries,
                                            const struct QueryTries& tries);
  bool is_due(const OpenFragment& fragment) const;

  const std::shared_ptr<CheckpointStore> store_;
  const std::shared_ptr<State> state_;
  std::map<Fingerprint, Found> found_;  ///< durable from before; fixed when the query begins
  std::map<Fingerprint, std::vector<Found>> found_fragments_;  ///< of breakers that were not complete; the same
};

}  // namespace cairn
