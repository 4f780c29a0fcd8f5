#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "exec/crew/memory_budget.h"
#include "exec/crew/morsel_dispatcher.h"
#include "exec/crew/worker_pool.h"
#include "exec/pipeline/pipeline.h"
#include "exec/run/executor.h"

namespace cairn {

/// What all pipelines of one running query share.
struct QueryState {
  const ExecutionSettings settings;
  const bool profiling;
  ExecutionObserver* const observer;  ///< or nullptr
  Crew& crew;
  MemoryBudget memory;
  QueryProfile& profile;
  std::atomic<bool> canceled{false};   ///< by the client, or because the query is being destroyed
  std::atomic<bool> suspended{false};  ///< by the observer's wish
  std::atomic<bool> ending{false};     ///< either of them: what workers look at between batches
};

/// A pipeline's leg made ready to run.
struct ActiveLeg {
  std::unique_ptr<Source> source;
  std::unique_ptr<SourceSeries> series = nullptr;  ///< where there: makes the sources, one after another
  OperatorProfile* source_profile;
  bool counts_rows;  ///< the source is the operator's own (not the rows of a breaker, which were counted already)
  std::vector<std::unique_ptr<Operator>> operators;
  std::vector<OperatorProfile*> operator_profiles;  ///< of each operator
  bool after_previous = false;
  uint64_t first_morsel = UINT64_MAX;  ///< of the leg, among the pipeline's; known when it begins
};

/// One pipeline while it runs: gives the workers morsels, pushes each through a worker's own chain of stages into the
/// worker's open fragment, and sees to it that the sink gets every morsel exactly once.
///
/// Errors are those of a run with one thread: of several failing morsels the first in order counts, those behind it
/// stop, those before it go on (one of them may fail too, or satisfy a LIMIT so that the error never was).
class PipelineRun {
 public:
  PipelineRun(QueryState& query, std::vector<ActiveLeg> legs, Sink& sink, OperatorProfile& sink_profile);
  ~PipelineRun();

  /// From now on fragments that are sealed in the midst are shown to `keep`, before the sink gets them.
  void keep_fragments(std::function<void(Fragment& sealed)> keep) { keep_ = std::move(keep); }
  /// Before it runs: the morsels that the fragment covers need not.
  void take_over(std::unique_ptr<Fragment> sealed);
  /// As far as it is known before it runs.
  uint64_t morsel_count() const;
  /// Returns when all morsels have been consumed, or the sink is satisfied. Throws what a morsel threw; kQueryCanceled
  /// where the query was canceled or suspended.
  void run(const Sink::Parallel& parallel);
  /// Bytes of the sealed fragments, as memory was charged with.
  size_t charged_bytes() const { return charged_bytes_.load(std::memory_order_relaxed); }

 private:
  class Stage;
  struct Worker;
  struct Chain;

  void run_legs(size_t begin, size_t end, const Sink::Parallel& parallel);
  void run_series(size_t number, const Sink::Parallel& parallel);
  bool ends_early() const;
  void work(Worker& worker, MorselDispatcher& dispatcher);
  void run_morsel(Worker& worker, const MorselDispatcher::Taken& taken);
  void finish_morsel(Worker& worker, const MorselDispatcher::Taken& taken, Chain& chain);
  bool ask_observer(Worker& worker);
  void charge(Worker& worker);
  void charge(Worker& worker, size_t bytes);
  void spill(Worker& worker, ChunkStore& store);
  bool is_much_sealed(size_t more) const;
  bool is_worth_spilling(size_t bytes) const;
  bool has_room_for_sealed(const Worker& worker) const;
  void seal(Worker& worker, bool in_the_midst);
  void drop(Worker& worker);
  void fail(uint64_t ordinal, std::exception_ptr error);
  bool over(const Worker& worker) const;
  bool is_taken_over(uint64_t ordinal) const;
  size_t leg_of(uint64_t ordinal) const;
  void check_coverage() const;

  QueryState& query_;
  std::vector<ActiveLeg> legs_;
  Sink& sink_;
  OperatorProfile& sink_profile_;
  std::function<void(Fragment&)> keep_;
  MorselSet taken_over_;       ///< ascending
  uint64_t morsel_count_ = 0;  ///< of the legs that have begun
  bool more_follow_ = false;   ///< legs behind those that run
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<size_t> charged_bytes_{0}, sealed_bytes_{0};
  std::atomic<uint64_t> failed_morsel_{UINT64_MAX};  ///< the first known to have failed
  std::mutex mutex_;                                 ///< of what follows
  std::exception_ptr error_;
  MorselSet covered_;
};

/// Throws kQueryCanceled where the query was canceled or suspended.
void throw_if_ending(const QueryState& query);

}  // namespace cairn
