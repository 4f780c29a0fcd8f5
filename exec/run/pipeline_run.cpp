#include "exec/run/pipeline_run.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <optional>

#include "vector/error.h"
#include "vector/interleaving.h"

namespace cairn {
namespace {

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

/// Adds the time until its end, however that comes.
class Timer {
 public:
  explicit Timer(uint64_t& total_ns) : total_ns_(total_ns), begin_ns_(now_ns()) {}
  ~Timer() { total_ns_ += now_ns() - begin_ns_; }

 private:
  uint64_t& total_ns_;
  const uint64_t begin_ns_;
};

/// Thrown through the operators when a morsel is to end in the midst of a batch (a join may make millions of rows of
/// one). Not an error; never leaves this file.
struct MorselStopped {};

constexpr unsigned kBatchesPerCharge = 16;
/// A fragment that has less is not worth a write: unless the limit itself is small.
constexpr size_t kSpillBytesMin = size_t{4} << 20;
/// Nor is one that has less than this, even where the query would fail.
constexpr size_t kBytesBeyondMin = size_t{256} << 10;

}  // namespace

struct PipelineRun::Worker {
  WorkerContext context;
  PipelineRun* run = nullptr;
  Morsel morsel;  ///< numbered over all legs
  std::unique_ptr<Fragment> fragment;
  MorselSet covered;
  size_t charged_bytes = 0;  ///< for the open fragment
  std::chrono::steady_clock::time_point opened;
  std::vector<std::unique_ptr<Chain>> chains;  ///< one per leg, made when the worker's first morsel of it comes
  std::function<bool()> stop;
};

/// The next operator, or at last the fragment, as the consumer of what stands before it. Counts what comes in.
class PipelineRun::Stage : public Consumer {
 public:
  void push(Batch& batch) override {
    const size_t row_count = batch.row_count();
    if (worker->run->over(*worker)) throw MorselStopped{};
    if (row_count == 0) return;
    rows += row_count;
    ++batches;
    if (!timed) return forward(batch);
    const Timer timer(time_ns);
    forward(batch);
  }

  Worker* worker = nullptr;
  const Operator* op = nullptr;  ///< nullptr: the fragment
  Operator::Local* local = nullptr;
  Consumer* next = nullptr;
  bool timed = false;
  uint64_t rows = 0, batches = 0, time_ns = 0;  ///< since the morsel began; time with what stands behind

 private:
  void forward(Batch& batch) {
    if (op != nullptr) return op->push(batch, *local, *next);
    worker->fragment->consume(batch, worker->morsel);
    if (batches % kBatchesPerCharge == 0) worker->run->charge(*worker);
  }
};

/// One worker's way from a leg's source to its fragment.
struct PipelineRun::Chain {
  Chain(const ActiveLeg& leg, Worker& worker, bool timed) : stages(leg.operators.size() + 1) {
    source_local = leg.source->make_local(worker.context);
    for (size_t i = 0; i < stages.size(); ++i) {
      stages[i].worker = &worker;
      stages[i].timed = timed;
      if (i == leg.operators.size()) break;
      stages[i].op = leg.operators[i].get();
      locals.push_back(leg.operators[i]->make_local(worker.context));
      stages[i].local = locals.back().get();
      stages[i].next = &stages[i + 1];
    }
  }
  std::unique_ptr<Source::Local> source_local;
  std::vector<std::unique_ptr<Operator::Local>> locals;
  std::vector<Stage> stages;
  uint64_t source_time_ns = 0;  ///< of the morsel, with all stages
};

PipelineRun::PipelineRun(QueryState& query, std::vector<ActiveLeg> legs, Sink& sink, OperatorProfile& sink_profile)
    : query_(query), legs_(std::move(legs)), sink_(sink), sink_profile_(sink_profile) {
  for (unsigned i = 0; i < query.crew.size(); ++i) {
    auto worker = std::make_unique<Worker>();
    worker->context = {&query.settings, i, query.crew.node(i)};
    worker->run = this;
    worker->chains.resize(legs_.size());
    worker->stop = [this, raw = worker.get()] { return over(*raw); };
    workers_.push_back(std::move(worker));
  }
}

PipelineRun::~PipelineRun() = default;

uint64_t PipelineRun::morsel_count() const {
  uint64_t count = 0;
  for (const ActiveLeg& leg : legs_) {
    if (leg.source != nullptr) count += leg.source->morsel_count();
  }
  return count;
}

bool PipelineRun::over(const Worker& worker) const {
  return query_.ending.load(std::memory_order_relaxed) || worker.fragment->morsel_full ||
         worker.morsel.ordinal > failed_morsel_.load(std::memory_order_relaxed);
}

size_t PipelineRun::leg_of(uint64_t ordinal) const {
  auto after = std::upper_bound(legs_.begin(), legs_.end(), ordinal,
                                [](uint64_t morsel, const ActiveLeg& leg) { return morsel < leg.first_morsel; });
  return static_cast<size_t>(after - legs_.begin()) - 1;
}

void PipelineRun::take_over(std::unique_ptr<Fragment> sealed) {
  for (const auto& [first, last] : sealed->covered) {
    query_.profile.morsels_done.fetch_add(last - first, std::memory_order_relaxed);
  }
  const auto middle = static_cast<ptrdiff_t>(taken_over_.size());
  taken_over_.insert(taken_over_.end(), sealed->covered.begin(), sealed->covered.end());
  std::inplace_merge(taken_over_.begin(), taken_over_.begin() + middle, taken_over_.end());
  covered_.insert(covered_.end(), sealed->covered.begin(), sealed->covered.end());
  const size_t bytes = sealed->bytes();
  ChunkStore* const store = sink_.spill_store();
  if (store != nullptr && (query_.memory.is_short(bytes) || is_much_sealed(bytes))) sealed->spill(*store);
  sealed_bytes_.fetch_add(sealed->bytes(), std::memory_order_relaxed);
  charged_bytes_.fetch_add(sealed->bytes(), std::memory_order_relaxed);
  query_.memory.change(0, sealed->bytes());
  sink_.add(std::move(sealed));
}

bool PipelineRun::is_taken_over(uint64_t ordinal) const {
  const auto after = std::upper_bound(taken_over_.begin(), taken_over_.end(), ordinal,
                                      [](uint64_t morsel, const auto& range) { return morsel < range.first; });
  return after != taken_over_.begin() && ordinal < std::prev(after)->second;
}

void PipelineRun::run(const Sink::Parallel& parallel) {
  for (size_t begin = 0; begin < legs_.size();) {
    size_t end = begin + 1;
    while (end < legs_.size() && !legs_[end].after_previous) ++end;
    more_follow_ = end < legs_.size() || legs_[begin].series != nullptr;
    legs_[begin].series != nullptr ? run_series(begin, parallel) : run_legs(begin, end, parallel);
    begin = end;
  }
  throw_if_ending(query_);
  if (!sink_.satisfied()) {
    if (error_) std::rethrow_exception(error_);
    check_coverage();
  }
  for (const ActiveLeg& leg : legs_) {
    if (leg.source != nullptr) leg.source->report(*leg.source_profile);
  }
}

/// What is left changes nothing any more.
bool PipelineRun::ends_early() const {
  return sink_.satisfied() || error_ || query_.ending.load(std::memory_order_relaxed);
}

void PipelineRun::run_series(size_t number, const Sink::Parallel& parallel) {
  ActiveLeg& leg = legs_[number];
  while (!ends_early()) {
    std::unique_ptr<Source> source = leg.series->next();
    if (source == nullptr) return;
    for (const auto& worker : workers_) worker->chains[number].reset();
    leg.source = std::move(source);
    query_.profile.morsels_total.fetch_add(leg.source->morsel_count(), std::memory_order_relaxed);
    run_legs(number, number + 1, parallel);
  }
}

void PipelineRun::run_legs(size_t begin, size_t end, const Sink::Parallel& parallel) {
  if (ends_early()) return;
  for (size_t i = begin; i < end; ++i) {
    const uint64_t known = legs_[i].source->morsel_count();
    legs_[i].source->begin(parallel);
    query_.profile.morsels_total.fetch_add(legs_[i].source->morsel_count() - known, std::memory_order_relaxed);
  }
  const uint64_t first = morsel_count_;
  for (size_t i = begin; i < end; ++i) {
    legs_[i].first_morsel = morsel_count_;
    morsel_count_ += legs_[i].source->morsel_count();
  }
  const uint64_t count = morsel_count_ - first;
  if (count == 0) return;
  MorselDispatcher dispatcher(first, count, query_.crew.pool().topology().node_count(), [&](uint64_t ordinal) {
    const ActiveLeg& leg = legs_[leg_of(ordinal)];
    return leg.source->morsel_node(ordinal - leg.first_morsel);
  });
  query_.crew.run(count, [&](unsigned worker) { work(*workers_[worker], dispatcher); });
  for (const auto& worker : workers_) {
    for (size_t i = begin; i < end; ++i) worker->chains[i].reset();  // what its operators keep for their batches
  }
}

void PipelineRun::work(Worker& worker, MorselDispatcher& dispatcher) {
  const int node = worker.context.node;
  while (!query_.ending.load(std::memory_order_relaxed) && !sink_.satisfied()) {
    auto taken = sink_.throttled() ? dispatcher.take_lowest(node) : dispatcher.take(node);
    if (!taken) break;
    if (taken->ordinal > failed_morsel_.load(std::memory_order_relaxed) || is_taken_over(taken->ordinal)) continue;
    meet(MeetingPoint::kMorsel);
    try {
      run_morsel(worker, *taken);
      if (!ask_observer(worker)) break;
    } catch (...) {
      // The fragment holds a part of the morsel: it is lost, and so is the query, unless a LIMIT is satisfied by the
      // morsels before, whose rows sinks with a limit have got already.
      drop(worker);
      fail(taken->ordinal, std::current_exception());
    }
  }
  try {
    seal(worker, false);
  } catch (...) {
    fail(0, std::current_exception());
  }
}

void PipelineRun::run_morsel(Worker& worker, const MorselDispatcher::Taken& taken) {
  const size_t leg_number = leg_of(taken.ordinal);
  const ActiveLeg& leg = legs_[leg_number];
  if (worker.fragment == nullptr) {
    worker.fragment = sink_.open(worker.context);
    if (query_.observer != nullptr) worker.opened = std::chrono::steady_clock::now();
  }
  worker.fragment->morsel_full = false;
  worker.morsel = {taken.ordinal, taken.home};
  sink_.begin_morsel(taken.ordinal);
  auto& chain = worker.chains[leg_number];
  if (chain == nullptr) chain = std::make_unique<Chain>(leg, worker, query_.profiling);
  const uint64_t begin = query_.profiling ? now_ns() : 0;
  bool stopped = false;
  try {
    leg.source->run({taken.ordinal - leg.first_morsel, taken.home}, *chain->source_local, chain->stages[0], worker.stop);
  } catch (const MorselStopped&) {
    stopped = true;
  }
  if (query_.profiling) chain->source_time_ns = now_ns() - begin;
  const bool full = worker.fragment->morsel_full;
  if (over(worker) && !(full && !query_.ending.load(std::memory_order_relaxed))) {
    drop(worker);  // not all of the morsel: the query ends, or an earlier morsel failed
    sink_.stop_behind(taken.ordinal);
    return;
  }
  worker.fragment->end_morsel(worker.morsel);
  if (!worker.covered.empty() && worker.covered.back().second == taken.ordinal) {
    ++worker.covered.back().second;
  } else {
    worker.covered.emplace_back(taken.ordinal, taken.ordinal + 1);
  }
  finish_morsel(worker, taken, *chain);
  if (stopped) chain.reset();  // operators were left in the midst of a batch
}

void PipelineRun::finish_morsel(Worker& worker, const MorselDispatcher::Taken& taken, Chain& chain) {
  const ActiveLeg& leg = legs_[leg_of(taken.ordinal)];
  constexpr auto kRelaxed = std::memory_order_relaxed;
  for (size_t i = 0; i < chain.stages.size(); ++i) {
    Stage& stage = chain.stages[i];
    OperatorProfile& before = i == 0 ? *leg.source_profile : *leg.operator_profiles[i - 1];
    if (i > 0 || leg.counts_rows) {
      before.rows.fetch_add(stage.rows, kRelaxed);
      before.batches.fetch_add(stage.batches, kRelaxed);
    }
    if (query_.profiling) {
      const uint64_t with_rest = i == 0 ? chain.source_time_ns : chain.stages[i - 1].time_ns;
      before.time_ns.fetch_add(with_rest - stage.time_ns, kRelaxed);
      if (i + 1 == chain.stages.size()) sink_profile_.time_ns.fetch_add(stage.time_ns, kRelaxed);
    }
  }
  for (Stage& stage : chain.stages) stage.rows = stage.batches = stage.time_ns = 0;
  (taken.local ? leg.source_profile->morsels_local : leg.source_profile->morsels_remote).fetch_add(1, kRelaxed);
  query_.profile.morsels_done.fetch_add(1, kRelaxed);
  charge(worker);
}

bool PipelineRun::ask_observer(Worker& worker) {
  if (query_.observer == nullptr || worker.fragment == nullptr) return true;
  const bool has_room = has_room_for_sealed(worker);
  switch (query_.observer->at_morsel_boundary({keep_ != nullptr && has_room, worker.charged_bytes, worker.opened})) {
    case ExecutionObserver::Wish::kContinue: return true;
    case ExecutionObserver::Wish::kSeal:
      if (has_room) seal(worker, true);
      return true;
    case ExecutionObserver::Wish::kSuspend:
      seal(worker, true);
      query_.suspended.store(true, std::memory_order_relaxed);
      query_.ending.store(true, std::memory_order_relaxed);
      return false;
  }
  return true;
}

/// Nobody asks a sealed fragment to spill later: they may take a quarter of the limit, with `more` bytes.
bool PipelineRun::is_much_sealed(size_t more) const {
  const size_t limit = query_.memory.limit_bytes();
  return limit != 0 && sealed_bytes_.load(std::memory_order_relaxed) + more > limit / 4;
}

bool PipelineRun::is_worth_spilling(size_t bytes) const {
  return bytes >= std::min(kSpillBytesMin, query_.memory.limit_bytes() / (8 * workers_.size()));
}

/// Memory is left for one more sealed fragment; or it spills when it is sealed.
bool PipelineRun::has_room_for_sealed(const Worker& worker) const {
  if (query_.memory.limit_bytes() == 0) return true;
  if (query_.memory.is_short()) return false;
  return !is_much_sealed(worker.charged_bytes) || (sink_.spill_store() != nullptr && is_worth_spilling(worker.charged_bytes));
}

void PipelineRun::charge(Worker& worker) {
  const size_t bytes = worker.fragment->bytes();
  if (ChunkStore* store = sink_.spill_store(); store != nullptr && query_.memory.is_short(bytes - worker.charged_bytes)) {
    const bool is_beyond = bytes > worker.charged_bytes + query_.memory.left_bytes();
    if (is_worth_spilling(bytes) || (is_beyond && bytes >= kBytesBeyondMin)) return spill(worker, *store);
  }
  charge(worker, bytes);
}

void PipelineRun::spill(Worker& worker, ChunkStore& store) {
  worker.fragment->spill(store);
  charge(worker, worker.fragment->bytes());
}

void PipelineRun::charge(Worker& worker, size_t bytes) {
  const size_t before = std::exchange(worker.charged_bytes, bytes);
  charged_bytes_.fetch_add(bytes - before, std::memory_order_relaxed);
  query_.memory.change(before, bytes);
}

void PipelineRun::drop(Worker& worker) {
  worker.fragment.reset();
  worker.covered.clear();
  const size_t bytes = std::exchange(worker.charged_bytes, 0);
  charged_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  query_.memory.change(bytes, 0);
}

void PipelineRun::seal(Worker& worker, bool in_the_midst) {
  if (worker.fragment == nullptr) return;
  meet(MeetingPoint::kSeal);
  // Stolen morsels come out of order.
  std::sort(worker.covered.begin(), worker.covered.end());
  MorselSet merged;
  for (const auto& range : worker.covered) {
    if (!merged.empty() && merged.back().second == range.first) {
      merged.back().second = range.second;
    } else {
      merged.push_back(range);
    }
  }
  worker.covered.clear();
  {
    std::lock_guard lock(mutex_);
    covered_.insert(covered_.end(), merged.begin(), merged.end());
  }
  worker.fragment->covered = std::move(merged);
  if (in_the_midst) {
    if (keep_ != nullptr) keep_(*worker.fragment);
    charge(worker, worker.fragment->bytes());  // saved, it may have another form
  }
  if (in_the_midst || more_follow_) {  // legs may be many, each with its fragments
    ChunkStore* const store = sink_.spill_store();
    if (store != nullptr && is_much_sealed(worker.charged_bytes)) spill(worker, *store);
    sealed_bytes_.fetch_add(worker.charged_bytes, std::memory_order_relaxed);
  }
  worker.charged_bytes = 0;  // stays charged, to the pipeline
  sink_.add(std::move(worker.fragment));
}

void PipelineRun::fail(uint64_t ordinal, std::exception_ptr error) {
  {
    std::lock_guard lock(mutex_);
    if (error_ && ordinal >= failed_morsel_.load(std::memory_order_relaxed)) return;
    error_ = std::move(error);
    failed_morsel_.store(ordinal, std::memory_order_relaxed);
  }
  sink_.stop_behind(ordinal);
}

void PipelineRun::check_coverage() const {
  MorselSet covered = covered_;
  std::sort(covered.begin(), covered.end());
  uint64_t next = 0;
  for (const auto& [first, last] : covered) {
    if (first != next) break;
    next = last;
  }
  size_t total = 0;
  for (const auto& [first, last] : covered) total += last - first;
  if (next != morsel_count_ || total != morsel_count_) {
    throw Error(sqlstate::kInternalError, "a pipeline's fragments do not cover every morsel exactly once");
  }
}

void throw_if_ending(const QueryState& query) {
  if (query.suspended.load(std::memory_order_relaxed)) {
    throw Error(sqlstate::kQueryCanceled, "the query was suspended");
  }
  if (query.canceled.load(std::memory_order_relaxed)) {
    throw Error(sqlstate::kQueryCanceled, "the query was canceled");
  }
}

}  // namespace cairn
