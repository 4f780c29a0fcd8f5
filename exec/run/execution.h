#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "exec/crew/worker_pool.h"
#include "exec/plan/pipeline_graph.h"
#include "exec/run/executor.h"
#include "exec/rows/spill_file.h"
#include "exec/run/pipeline_run.h"
#include "exec/run/result_stream.h"

namespace cairn {

/// A running query: a task on a worker of the pool, which leads the query's crew through its pipelines.
class Execution : public QueryExecution, private WorkerPool::Task {
 public:
  Execution(PlanPtr plan, ExecutionSettings settings, std::shared_ptr<ExecutionObserver> observer, bool profiling,
            WorkerPool& pool);
  ~Execution() override;
  void begin();

  std::unique_ptr<RowSet::Chunk> next() override { return stream_.next(); }
  void cancel() override;
  const QueryProfile& profile() const override { return profile_; }

 private:
  /// A pipeline's run-time side, by its number in the graph.
  struct Progress {
    bool needed = false;                      ///< it, or the rows that restore it
    std::shared_ptr<const RowSet> durable;    ///< found in a checkpoint: it need not run
    std::shared_ptr<Sink> sink;               ///< from the time it runs until its last reader has ended
    size_t readers_left = 0;
    size_t sink_bytes = 0;
    Breaker breaker;
    bool deterministic = false;               ///< what it makes
    bool collects_deterministic = false;      ///< what comes in, and so what its fragments hold of a morsel
    Content content;                          ///< once it has completed
  };

  void run() override;
  void run_pipelines();
  void describe_pipelines();
  void report_checkpoints();
  void choose_pipelines();
  PipelineChoice load_durable();
  void name_content(size_t number);
  void run_pipeline(size_t number);
  std::vector<PipelineDescription::Leg> legs_of(const PipelineDescription& pipeline);
  std::unique_ptr<SourceSeries> make_series(const PipelineDescription::Leg& leg);
  std::shared_ptr<const RowSet> run_body(const PipelineDescription::Leg& leg, std::shared_ptr<const RowSet> working);
  void restore(size_t number);
  void release_inputs(size_t number);
  size_t room_for_durable() const;
  /// Takes over what is durable of the pipeline, and hands over what becomes so; where its morsels mean the same in every
  /// process that runs this plan over these inputs.
  void keep_fragments(size_t number, const std::vector<PipelineDescription::Leg>& legs, PipelineRun& run);
  void hold_sink(Progress& progress, size_t bytes);
  ActiveLeg activate(const PipelineDescription::Leg& leg);
  std::unique_ptr<Source> make_source(const PipelineDescription::Leg& leg);
  std::unique_ptr<Operator> make_operator(const PipelineDescription::Step& step);
  std::shared_ptr<Sink> make_sink(const PipelineDescription& pipeline);
  SinkResources resources_of(const PlanNode& node);
  Sink::Parallel parallel();
  OperatorProfile& profile_of(const PlanNode& node) { return *profile_.operators[positions_.at(&node)]; }
  size_t add_profiles(const PlanNode& node);

  const PlanPtr plan_;
  const std::shared_ptr<ExecutionObserver> observer_;
  QueryProfile profile_;
  std::unordered_map<const PlanNode*, size_t> positions_;  ///< in the profile
  PipelineGraph graph_;
  std::vector<Progress> progress_;
  std::unordered_map<uint32_t, std::shared_ptr<const RowSet>> working_tables_;  ///< by their recursions' numbers
  Crew crew_;
  QueryState query_;
  std::shared_ptr<SpillFile> spill_file_;  ///< nullptr: nothing leaves memory
  std::unordered_map<const PlanNode*, std::unique_ptr<ChunkStore>> stores_;  ///< of the operators that hold rows
  ResultStream stream_;
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool begun_ = false, ended_ = false;
};

}  // namespace cairn
