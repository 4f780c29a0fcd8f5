#pragma once

// The seams of execution: sources give out morsels, operators transform batches, sinks collect them in fragments.
//
//   Source --morsel--> [Operator]* --batch--> Sink: open fragment --seal--> sealed fragments --finalize--> RowSet
//
// Objects of these classes are immutable while a pipeline runs, but for what is documented as thread-safe; everything a
// worker changes lives in its own *Local or Fragment.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exec/crew/memory_budget.h"
#include "exec/pipeline/parallel.h"
#include "exec/plan/content.h"
#include "exec/plan/plan.h"
#include "exec/rows/chunk_store.h"
#include "exec/rows/row_set.h"
#include "vector/vector.h"

namespace cairn {

struct OperatorProfile;  // exec/pipeline/profile.h
class Storage;           // io/storage/storage.h

struct ExecutionSettings {
  unsigned threads = 1;
  size_t vector_capacity = kDefaultVectorCapacity;
  size_t memory_limit_bytes = 0;  ///< 0: none
  std::shared_ptr<Storage> storage = nullptr;  ///< of temp_directory; nullptr: nothing leaves memory
  std::string temp_directory;
  uint64_t temp_limit_bytes = 0;  ///< 0: none
};

/// What a sink may use. Without a store it keeps everything in memory.
struct SinkResources {
  MemoryBudget* memory = nullptr;
  ChunkStore* store = nullptr;
  unsigned threads = 1;

  bool is_short(size_t more = 0) const { return store != nullptr && memory->is_short(more); }
};

/// A unit of work with a stable identity: the same (source, ordinal) means the same rows in every run over the same
/// snapshot, whatever the threads and settings.
struct Morsel {
  uint64_t ordinal = 0;
  int node = -1;  ///< NUMA node that its data lives on, -1: any
};

/// Where a pushed batch goes next: the rest of the pipeline.
class Consumer {
 public:
  virtual ~Consumer() = default;
  /// The batch and what its vectors point to are valid during the call only. May change batch's selection and columns.
  virtual void push(Batch& batch) = 0;
};

struct WorkerContext {
  const ExecutionSettings* settings = nullptr;
  unsigned worker = 0;
  int node = 0;
};

class Source {
 public:
  struct Local { virtual ~Local() = default; };
  virtual ~Source() = default;
  /// All legs before this one have ended. Called once, before anything else that counts.
  virtual void begin(const Parallel& /*parallel*/) {}
  virtual uint64_t morsel_count() const = 0;
  virtual int morsel_node(uint64_t /*ordinal*/) const { return -1; }
  virtual std::unique_ptr<Local> make_local(const WorkerContext& worker) const = 0;
  /// Pushes all rows of the morsel, in batches of up to settings->vector_capacity rows. Stops early, between batches,
  /// when `stop` says so.
  virtual void run(const Morsel& morsel, Local& local, Consumer& next, const std::function<bool()>& stop) const = 0;
  /// Adds what only the source knows (encodings, skipped row groups) to its operator's profile, once it has run.
  virtual void report(OperatorProfile& /*profile*/) const {}
};

/// Sources one after another, of which each is made when the rows before it have been consumed: a recursion.
class SourceSeries {
 public:
  virtual ~SourceSeries() = default;
  /// The next source, or nullptr at the end. Called by the thread that leads the query, between pipelines' morsels.
  virtual std::unique_ptr<Source> next() = 0;
};

class Operator {
 public:
  struct Local { virtual ~Local() = default; };
  virtual ~Operator() = default;
  virtual std::unique_ptr<Local> make_local(const WorkerContext& worker) const = 0;
  virtual void push(Batch& batch, Local& local, Consumer& next) const = 0;
};

/// The morsels of its source that a fragment covers: ascending, disjoint ranges [first, last).
using MorselSet = std::vector<std::pair<uint64_t, uint64_t>>;

/// What one worker collected since the last seal. Open: only its worker touches it. Sealed: immutable, and it knows
/// exactly which morsels it covers. Merging fragments is associative and commutative.
class Fragment {
 public:
  virtual ~Fragment() = default;
  virtual void consume(Batch& batch, const Morsel& morsel) = 0;
  /// All rows of the morsel have been consumed (or as many as it wanted, where it set morsel_full).
  virtual void end_morsel(const Morsel& /*morsel*/) {}
  virtual size_t bytes() const = 0;
  /// Writes what it holds to the store, so that bytes() is next to nothing; it goes on collecting. Called by its worker,
  /// between batches, where its sink has a spill_store().
  virtual void spill(ChunkStore& /*store*/) {}
  /// Sealed: what it holds as plain columns, of its sink's saved_types(); nullptr where it has spilled. It may go on holding
  /// the same, in this form.
  virtual std::shared_ptr<const RowSet> save() { return nullptr; }
  /// What save() covers, where that is not what it covers itself.
  virtual MorselSet saved_morsels() const { return covered; }
  MorselSet covered;         ///< kept by the executor; complete when sealed
  bool morsel_full = false;  ///< set by consume: this morsel's further rows change nothing; reset by the executor
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual std::unique_ptr<Fragment> open(const WorkerContext& worker) = 0;
  /// Takes a sealed fragment. Thread-safe.
  virtual void add(std::unique_ptr<Fragment> sealed) = 0;
  using Parallel = cairn::Parallel;
  /// All morsels are covered: merges the fragments into what the next pipelines read.
  virtual void finalize(const Parallel& parallel) = 0;
  /// Of the columns that its fragments save. Empty: they cannot.
  virtual std::vector<Type> saved_types() const { return {}; }
  /// A sealed fragment that holds what another one saved, in whatever process; it covers nothing yet. nullptr: what it
  /// refers to is not there.
  virtual std::unique_ptr<Fragment> reopen(std::shared_ptr<const RowSet> /*saved*/) { return nullptr; }
  /// Whether a reopened fragment of these morsels may be added, as the next one.
  virtual bool has_place_for(const MorselSet& /*covered*/) const { return true; }
  /// FragmentKey::keep of what its fragments save.
  virtual std::function<bool(std::string_view pin)> keeper() const { return {}; }
  /// Where fragments go when memory is short; nullptr: they stay.
  virtual ChunkStore* spill_store() const { return nullptr; }
  /// No further morsel can change the result: the pipeline may end early (LIMIT). Thread-safe, cheap.
  virtual bool satisfied() const { return false; }
  // Sinks that use rows in the order of morsels make workers wait that are far ahead. Thread-safe.
  virtual void begin_morsel(uint64_t /*ordinal*/) {}
  /// Workers should take the first morsel that is left, wherever it lives. Cheap.
  virtual bool throttled() const { return false; }
  /// The morsel failed or was given up: those behind it have nobody to wait for.
  virtual void stop_behind(uint64_t /*ordinal*/) {}
  /// Memory held once finalized, for memory_limit.
  virtual size_t bytes() const;

  /// Breakers only: the rows that finalize made, shared with whoever writes or reads them; nullptr for other sinks.
  virtual std::shared_ptr<const RowSet> rows() const { return nullptr; }
  /// Breakers only: takes rows that an earlier run made durable, instead of running the pipeline.
  virtual void restore(std::shared_ptr<const RowSet> /*rows*/, const Parallel& /*parallel*/) {}
};

/// A breaker of a running query, as the checkpoint layer sees it.
struct Breaker {
  uint32_t number = 0;  ///< position among the query's breakers, in execution order
  Fingerprint fingerprint;
  std::string description;
  std::vector<Type> types;
};

/// What one worker has collected since it last sealed, seen from outside.
struct OpenFragment {
  bool can_be_kept = false;  ///< sealed now, it goes to ExecutionObserver::sealed
  size_t bytes = 0;
  std::chrono::steady_clock::time_point opened;
};

/// Which rows of a join's build side have found a match: a byte each, 0 or 1. Set while the query runs (std::atomic_ref).
using MatchFlags = std::shared_ptr<std::vector<uint8_t>>;

/// What names sealed fragments of a breaker whose pipeline has not completed.
struct FragmentKey {
  Breaker breaker;      ///< types: the sink's saved_types()
  Fingerprint morsels;  ///< what is cut into morsels, and how: elsewhere the same numbers mean other rows
  /// Of the joins that its morsels leave marks at: a fragment is nothing without the marks of its morsels. More of them do
  /// no harm, since the morsels that left them will run, or are in other fragments.
  std::vector<MatchFlags> matches;
  /// Where its fragments name what lies elsewhere, which nobody else's may: makes that durable for as long as the database's
  /// pin of this name lasts. False: it is gone.
  std::function<bool(std::string_view pin)> keep;
};

/// The questions that execution asks while it runs; checkpoint/ implements them, exec/ knows nothing more about it.
/// All functions are thread-safe and quick: none waits for I/O but load().
class ExecutionObserver {
 public:
  enum class Wish : uint8_t { kContinue, kSeal, kSuspend };
  virtual ~ExecutionObserver() = default;
  /// Before anything runs: which content of this breaker can be had.
  virtual std::optional<Content> durable(const Breaker&) { return std::nullopt; }
  /// Its rows, in memory up to so many bytes; nullptr where any check fails (it is then computed as if it had never been).
  virtual std::shared_ptr<const RowSet> load(const Breaker&, size_t /*resident_bytes_max*/) { return nullptr; }
  /// The breaker's pipeline has completed; `rows` may be kept and written behind the workers' backs.
  virtual void completed(const Breaker&, const Content&, std::shared_ptr<const RowSet>) {}
  /// Asked by every worker at every morsel boundary.
  virtual Wish at_morsel_boundary(const OpenFragment&) { return Wish::kContinue; }
  /// A worker has sealed a fragment of a breaker, by kSeal: its rows may be written behind its back.
  virtual void sealed(const FragmentKey&, const MorselSet& /*covered*/, std::shared_ptr<const RowSet> /*saved*/) {}
  /// Before the breaker's pipeline runs: gives what of it is durable, disjoint in what it covers, and sets the matches. Where
  /// FragmentKey::keep is set, the first morsels come first. False: it is not taken.
  using Take = std::function<bool(MorselSet covered, std::shared_ptr<const RowSet> saved)>;
  virtual void fragments(const FragmentKey&, uint64_t /*morsel_count*/, const Take&) {}
  /// What EXPLAIN ANALYZE says of a breaker's durability: "durable, 1.2 MB"; empty: nothing to say.
  virtual std::string state(const Breaker&) { return {}; }
  /// How many of how many pipelines need not run.
  virtual void planned(size_t /*pipelines_skipped*/, size_t /*pipelines_total*/) {}
};

}  // namespace cairn
