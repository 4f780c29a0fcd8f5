#include "exec/run/executor.h"

#include <malloc.h>

#include <algorithm>
#include <cassert>

#include "exec/operators/aggregate.h"
#include "exec/operators/filter.h"
#include "exec/operators/insert.h"
#include "exec/operators/join.h"
#include "exec/operators/limit.h"
#include "exec/operators/materialize.h"
#include "exec/operators/project.h"
#include "exec/operators/recursion.h"
#include "exec/operators/row_set_source.h"
#include "exec/operators/scan.h"
#include "exec/operators/sort.h"
#include "exec/operators/table_function.h"
#include "exec/operators/values.h"
#include "exec/operators/window.h"
#include "exec/plan/determinism.h"
#include "exec/run/execution.h"
#include "vector/error.h"
#include "vector/interleaving.h"

namespace cairn {

using SinkKind = PipelineDescription::SinkKind;
using SourceKind = PipelineDescription::Leg::SourceKind;

namespace {

constexpr size_t kLargeQueryBytes = size_t{512} << 20;

/// Counts what an operator writes.
class CountedStore final : public ChunkStore {
 public:
  CountedStore(ChunkStore& store, OperatorProfile& profile) : store_(store), profile_(profile) {}
  std::vector<std::shared_ptr<const StoredChunk>> store(std::span<const RowSet::Chunk> chunks) override {
    auto stored = store_.store(chunks);
    for (const auto& chunk : stored) profile_.spilled_bytes.fetch_add(chunk->bytes(), std::memory_order_relaxed);
    return stored;
  }

 private:
  ChunkStore& store_;
  OperatorProfile& profile_;
};

/// glibc keeps what is freed in the arenas of the threads that allocated it, where memory_limit does not see it.
void return_free_memory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace

size_t Sink::bytes() const {
  std::shared_ptr<const RowSet> held = rows();
  return held == nullptr ? 0 : held->bytes();
}

std::unique_ptr<QueryExecution> QueryExecution::start(PlanPtr plan, ExecutionSettings settings,
                                                      std::shared_ptr<ExecutionObserver> observer, bool profiling,
                                                      WorkerPool* pool) {
  settings.threads = std::max(1u, settings.threads);
  settings.vector_capacity = std::max<size_t>(1, settings.vector_capacity);
  auto execution = std::make_unique<Execution>(std::move(plan), settings, std::move(observer), profiling,
                                               pool == nullptr ? WorkerPool::process() : *pool);
  execution->begin();
  return execution;
}

Execution::Execution(PlanPtr plan, ExecutionSettings settings, std::shared_ptr<ExecutionObserver> observer,
                     bool profiling, WorkerPool& pool)
    : plan_(std::move(plan)),
      observer_(std::move(observer)),
      graph_(*plan_),
      progress_(graph_.pipelines.size()),
      crew_(pool, settings.threads),
      query_{settings, profiling, observer_.get(), crew_, MemoryBudget(settings.memory_limit_bytes), profile_},
      stream_(plan_->types, graph_.result_limit, graph_.result_offset, &query_.memory) {
  if (settings.storage != nullptr && settings.memory_limit_bytes != 0) {
    spill_file_ = SpillFile::make(settings.storage, settings.temp_directory, settings.temp_limit_bytes);
  }
  add_profiles(*plan_);
  profile_.pipelines_total = graph_.pipelines.size();
}

Execution::~Execution() {
  query_.canceled.store(true, std::memory_order_relaxed);
  query_.ending.store(true, std::memory_order_relaxed);
  stream_.close();
  std::unique_lock lock(mutex_);
  ended_changed_.wait(lock, [&] { return ended_ || !begun_; });
}

void Execution::begin() {
  begun_ = true;
  try {
    crew_.pool().submit(crew_.node(0), *this);
  } catch (...) {
    begun_ = false;
    throw;
  }
}

void Execution::cancel() {
  query_.canceled.store(true, std::memory_order_relaxed);
  query_.ending.store(true, std::memory_order_relaxed);
  stream_.fail(std::make_exception_ptr(Error(sqlstate::kQueryCanceled, "the query was canceled")));
}

void Execution::run() {
  try {
    run_pipelines();
  } catch (...) {
    stream_.fail(std::current_exception());
  }
  stream_.finish();
  for (Progress& progress : progress_) progress.sink.reset();  // after the end was told: it may take its time
  const size_t limit = query_.memory.limit_bytes();
  const size_t large = limit == 0 ? kLargeQueryBytes : std::min(kLargeQueryBytes, limit / 4);
  if (query_.memory.peak_bytes() >= large) return_free_memory();
  // Under the lock to the end: once `ended` is seen, this object may be gone.
  std::lock_guard lock(mutex_);
  ended_ = true;
  ended_changed_.notify_all();
}

size_t Execution::add_profiles(const PlanNode& node) {
  if (auto known = positions_.find(&node); known != positions_.end()) return known->second;
  const size_t position = profile_.operators.size();
  positions_[&node] = position;
  profile_.operators.push_back(std::make_unique<OperatorProfile>());
  profile_.operators[position]->description = node.describe();
  profile_.operators[position]->estimated_rows = node.estimated_rows;
  for (const PlanPtr& child : node.children) {
    const size_t child_position = add_profiles(*child);
    profile_.operators[position]->children.push_back(child_position);
  }
  return position;
}

void Execution::run_pipelines() {
  if (stream_.satisfied()) return;  // LIMIT 0
  describe_pipelines();
  choose_pipelines();
  for (size_t i = 0; i < progress_.size(); ++i) {
    if (!progress_[i].needed || graph_.pipelines[i].loop != 0) continue;
    throw_if_ending(query_);
    progress_[i].durable != nullptr ? restore(i) : run_pipeline(i);
    profile_.pipelines_done.fetch_add(1, std::memory_order_relaxed);
  }
  report_checkpoints();
}

void Execution::report_checkpoints() {
  if (observer_ == nullptr) return;
  for (size_t i = 0; i < progress_.size(); ++i) {
    const PipelineDescription& pipeline = graph_.pipelines[i];
    if (!pipeline.is_breaker() || !progress_[i].needed) continue;
    if (std::string state = observer_->state(progress_[i].breaker); !state.empty()) {
      profile_of(*pipeline.node).checkpoint = std::move(state);
    }
  }
}

void Execution::describe_pipelines() {
  uint32_t number = 0;
  Determinism determinism;
  for (size_t i = 0; i < progress_.size(); ++i) {
    const PipelineDescription& pipeline = graph_.pipelines[i];
    const PlanNode& node = *pipeline.node;
    const bool build = pipeline.sink == SinkKind::kJoinBuild;
    Breaker& breaker = progress_[i].breaker;
    breaker.number = pipeline.is_breaker() ? number++ : number;
    if (observer_ == nullptr || i + 1 == progress_.size()) continue;
    breaker.fingerprint = build ? build_fingerprint(node) : fingerprint(node);
    breaker.description = (build ? "build of " : "") + profile_of(node).description;
    breaker.types = build ? node.children[1]->types : node.types;
    progress_[i].deterministic = build ? determinism.of_build(node) : determinism.of(node);
    const bool orders = pipeline.sink == SinkKind::kSort || pipeline.sink == SinkKind::kWindow;
    progress_[i].collects_deterministic = orders ? determinism.of(*node.children[0]) : progress_[i].deterministic;
  }
}

/// What its pipeline has collected gets a name: its own where it cannot come out in another way.
void Execution::name_content(size_t number) {
  Progress& progress = progress_[number];
  progress.content.id = progress.deterministic ? progress.breaker.fingerprint : draw_content_id();
  progress.content.edition = draw_content_id();
  for (const size_t input : graph_.pipelines[number].inputs) {
    const Progress& read = progress_[input];
    progress.content.made_of.insert(read.content.made_of.begin(), read.content.made_of.end());
    if (!read.deterministic) progress.content.made_of.insert({read.breaker.fingerprint, read.content.id});
  }
}

void Execution::run_pipeline(size_t number) {
  const PipelineDescription& pipeline = graph_.pipelines[number];
  Progress& progress = progress_[number];
  progress.sink = make_sink(pipeline);
  size_t fragment_bytes = 0;
  {
    std::vector<ActiveLeg> legs;
    const std::vector<PipelineDescription::Leg> described = legs_of(pipeline);  // legs refer to it
    for (const auto& leg : described) legs.push_back(activate(leg));
    PipelineRun run(query_, std::move(legs), *progress.sink, profile_of(*pipeline.node));
    profile_.morsels_total.fetch_add(run.morsel_count(), std::memory_order_relaxed);
    keep_fragments(number, described, run);
    run.run(parallel());
    fragment_bytes = run.charged_bytes();
  }
  meet(MeetingPoint::kFinalize);
  progress.sink->finalize(parallel());
  throw_if_ending(query_);
  progress.sink_bytes = fragment_bytes;
  hold_sink(progress, progress.sink->bytes());
  if (pipeline.loop == 0) release_inputs(number);
  std::shared_ptr<const RowSet> rows = progress.sink->rows();
  if (rows != nullptr && pipeline.sink != SinkKind::kJoinBuild) {
    profile_of(*pipeline.node).rows.fetch_add(rows->row_count(), std::memory_order_relaxed);
  }
  if (observer_ == nullptr || pipeline.loop != 0) return;
  name_content(number);
  if (pipeline.is_breaker()) observer_->completed(progress.breaker, progress.content, std::move(rows));
}

/// Those of the description, and those that joins with several rounds add.
std::vector<PipelineDescription::Leg> Execution::legs_of(const PipelineDescription& pipeline) {
  bool rounds = false;
  for (const auto& leg : pipeline.legs) {
    for (const auto& step : leg.steps) {
      if (step.build == PipelineDescription::kNone) continue;
      start_join_round(*progress_[step.build].sink, 0, parallel());
      rounds |= join_rounds(*progress_[step.build].sink) > 1;
    }
  }
  if (!rounds) return pipeline.legs;
  return with_rounds(pipeline.legs, [this](size_t build) { return join_rounds(*progress_[build].sink); });
}

/// One round of a recursion: its pipelines over the working table.
std::shared_ptr<const RowSet> Execution::run_body(const PipelineDescription::Leg& leg,
                                                  std::shared_ptr<const RowSet> working) {
  working_tables_[leg.node->recursion] = std::move(working);
  for (const size_t part : leg.body) run_pipeline(part);
  std::shared_ptr<const RowSet> rows = progress_[leg.body.back()].sink->rows();
  for (const size_t part : leg.body) {
    progress_[part].sink.reset();
    hold_sink(progress_[part], 0);
  }
  return rows;
}

std::unique_ptr<SourceSeries> Execution::make_series(const PipelineDescription::Leg& leg) {
  return make_recursion(
      *leg.node, progress_[leg.input].sink->rows(),
      [this, &leg](std::shared_ptr<const RowSet> working) { return run_body(leg, std::move(working)); }, query_.memory);
}

void Execution::hold_sink(Progress& progress, size_t bytes) {
  query_.memory.change(std::exchange(progress.sink_bytes, bytes), bytes);
}

/// Frees what nobody reads any more.
void Execution::release_inputs(size_t number) {
  for (size_t input : graph_.pipelines[number].inputs) {
    Progress& progress = progress_[input];
    if (--progress.readers_left > 0) continue;
    progress.sink.reset();
    hold_sink(progress, 0);
  }
}

Sink::Parallel Execution::parallel() {
  return [this](size_t task_count, const std::function<void(size_t)>& task) {
    const auto met_task = [&](size_t number) {
      meet(MeetingPoint::kFinalize);
      task(number);
    };
    crew_.run_tasks(task_count, met_task, [this] { return query_.ending.load(std::memory_order_relaxed); });
    throw_if_ending(query_);  // not all tasks have run
  };
}

ActiveLeg Execution::activate(const PipelineDescription::Leg& leg) {
  ActiveLeg active;
  if (leg.source == SourceKind::kRecursion) {
    active.series = make_series(leg);
  } else {
    active.source = make_source(leg);
  }
  active.source_profile = &profile_of(*leg.node);
  active.counts_rows = leg.source != SourceKind::kRows && leg.source != SourceKind::kWaitingRows;
  active.after_previous = leg.after_previous;
  for (const auto& step : leg.steps) {
    active.operators.push_back(make_operator(step));
    active.operator_profiles.push_back(&profile_of(*step.node));
  }
  return active;
}

std::unique_ptr<Source> Execution::make_source(const PipelineDescription::Leg& leg) {
  switch (leg.source) {
    case SourceKind::kRows: return make_row_set_source(progress_[leg.input].sink->rows());
    case SourceKind::kBuildRows: return make_join_build_rows_source(*leg.node, *progress_[leg.input].sink);
    case SourceKind::kWaitingRows: return make_waiting_rows_source(*progress_[leg.input].sink, leg.round);
    case SourceKind::kWorkingTable: return make_row_set_source(working_tables_.at(leg.node->recursion));
    case SourceKind::kRecursion:
    case SourceKind::kNode: break;
  }
  if (leg.node->kind == PlanNode::Kind::kScan) {
    std::vector<ScanReducer> reducers;
    for (const auto& [reduction, build] : leg.reducers) {
      meet(MeetingPoint::kKeyFilter);
      auto keys = join_key_filter(*progress_[build].sink, reduction->build_column);
      reducers.push_back({std::move(keys), reduction->column, reduction->filters_rows});
    }
    return make_scan_source(*leg.node, crew_.pool(), std::move(reducers));
  }
  if (leg.node->kind == PlanNode::Kind::kValues) return make_values_source(*leg.node);
  assert(leg.node->kind == PlanNode::Kind::kTableFunction);
  return make_table_function_scan(*leg.node);
}

std::unique_ptr<Operator> Execution::make_operator(const PipelineDescription::Step& step) {
  if (step.node->kind == PlanNode::Kind::kFilter) return make_filter(*step.node);
  if (step.node->kind == PlanNode::Kind::kProject) return make_project(*step.node);
  assert(step.node->kind == PlanNode::Kind::kJoin);
  return make_join_probe(*step.node, *progress_[step.build].sink);
}

SinkResources Execution::resources_of(const PlanNode& node) {
  std::unique_ptr<ChunkStore>& store = stores_[&node];
  if (store == nullptr && spill_file_ != nullptr) store = std::make_unique<CountedStore>(*spill_file_, profile_of(node));
  return {&query_.memory, store.get(), query_.settings.threads};
}

std::shared_ptr<Sink> Execution::make_sink(const PipelineDescription& pipeline) {
  const PlanNode& node = *pipeline.node;
  switch (pipeline.sink) {
    case SinkKind::kResult: return make_result_sink(stream_, node.types);
    case SinkKind::kAggregate: return make_aggregate_sink(node, node.children[0]->types, resources_of(node));
    case SinkKind::kJoinBuild: return make_join_build_sink(node, resources_of(node));
    case SinkKind::kWindow: return make_window_sink(node, resources_of(node));
    case SinkKind::kSort: return make_sort_sink(node, resources_of(node));
    case SinkKind::kMaterialize: return make_materialize_sink(node, resources_of(node));
    case SinkKind::kLimit: return make_limit_sink(node);
    case SinkKind::kInsert: return make_insert_sink(node);
  }
  return nullptr;
}

}  // namespace cairn
