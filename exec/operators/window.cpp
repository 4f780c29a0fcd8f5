#include "exec/operators/window.h"

#include <algorithm>
#include <mutex>

#include "exec/pipeline/gather_rows.h"
#include "exec/pipeline/parallel.h"
#include "exec/sorting/run_merge.h"
#include "exec/sorting/sorting_fragment.h"
#include "exec/windows/aggregate.h"
#include "exec/windows/rows.h"
#include "exec/windows/value.h"

namespace cairn {
namespace {

/// Partitions are evaluated together up to so many rows.
constexpr size_t kTaskRows = 32768;

class WindowSink : public Sink {
 public:
  WindowSink(const PlanNode& plan, const SinkResources& resources)
      : plan_(plan), input_types_(plan.children[0]->types), partition_keys_(keys_of(plan.groups)),
        order_(with(partition_keys_, plan.sort_keys), input_types_, resources) {}

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return std::make_unique<SortingFragment>(order_); }
  std::vector<Type> saved_types() const override { return with_morsel(order_.types()); }
  std::unique_ptr<Fragment> reopen(std::shared_ptr<const RowSet> saved) override {
    return SortingFragment::reopen(order_, *saved);
  }
  void add(std::unique_ptr<Fragment> sealed) override {
    const std::lock_guard lock(mutex_);
    fragments_.emplace_back(static_cast<SortingFragment*>(sealed.release()));
  }
  void finalize(const Parallel& parallel) override {
    rows_ = any_spilled(fragments_) ? merged(parallel) : with_calls(*sort(parallel), parallel);
  }
  /// A partition is in memory while it is evaluated: where there is but one, its rows can stay as well.
  ChunkStore* spill_store() const override { return partition_keys_.empty() ? nullptr : order_.resources().store; }
  std::shared_ptr<const RowSet> rows() const override { return rows_; }
  void restore(std::shared_ptr<const RowSet> rows, const Parallel&) override { rows_ = std::move(rows); }

 private:
  /// Partitions [first, last) of one call.
  struct Task {
    size_t call, first, last;
    ColumnBuffer results;
  };

  std::shared_ptr<RowSet> sort(const Parallel& parallel);
  std::vector<Task> make_tasks(const WindowRows& rows) const;
  std::shared_ptr<RowSet> with_calls(RowSet& sorted, const Parallel& parallel) const;
  std::shared_ptr<const RowSet> merged(const Parallel& parallel);

  static std::vector<SortKey> keys_of(const std::vector<uint32_t>& columns) {
    std::vector<SortKey> keys;
    for (const uint32_t column : columns) keys.push_back({column, false, false});
    return keys;
  }
  static std::vector<SortKey> with(std::vector<SortKey> keys, const std::vector<SortKey>& further) {
    keys.insert(keys.end(), further.begin(), further.end());
    return keys;
  }

  const PlanNode& plan_;
  const std::vector<Type>& input_types_;
  const std::vector<SortKey> partition_keys_;
  const RunOrder order_;
  std::mutex mutex_;
  SortingFragments fragments_;
  std::shared_ptr<const RowSet> rows_;
};

std::shared_ptr<RowSet> WindowSink::sort(const Parallel& parallel) {
  const std::vector<std::unique_ptr<CollectedRows>> parts = take_rows(fragments_);
  ChunkList chunks;
  std::vector<RowAddress> addresses = addresses_in_morsel_order(parts, chunks, parallel);
  if (!order_.of_input().keys().empty()) addresses = order_.of_input().sort(chunks, addresses, parallel);
  return gather_rows(input_types_, chunks, addresses, parallel);
}

/// Ranges of whole partitions, each evaluated on its own.
std::shared_ptr<const RowSet> WindowSink::merged(const Parallel& parallel) {
  const LentBytes fragments(*order_.resources().memory, bytes_of(fragments_));
  const RunMerge merge(order_, take_runs(fragments_, order_, parallel), partition_keys_.size());
  RangeOutput output(plan_.types, merge.range_count(), order_.resources());
  parallel(merge.range_count(), [&](size_t number) {
    MergedRange range = merge.read(number);
    const auto sorted = gather_rows(input_types_, range.chunk_list(), range.sorted, run_alone);
    range.held->hold_more(sorted->bytes());
    range.chunks.clear();
    range.held->hold(sorted->bytes());
    output.put(number, std::move(*with_calls(*sorted, run_alone)));
  });
  return output.take();
}

/// Cut where the rows say so, not the threads.
std::vector<WindowSink::Task> WindowSink::make_tasks(const WindowRows& rows) const {
  std::vector<Task> tasks;
  for (size_t call = 0; call < plan_.window_calls.size(); ++call) {
    size_t first = 0;
    for (size_t p = 0; p < rows.partition_count(); ++p) {
      if (rows.partition(p).end - rows.partition(first).begin < kTaskRows && p + 1 < rows.partition_count()) continue;
      tasks.push_back({call, first, p + 1, ColumnBuffer(plan_.types[input_types_.size() + call])});
      first = p + 1;
    }
  }
  return tasks;
}

/// The columns of the calls beside those of the rows. Takes the rows' chunks.
std::shared_ptr<RowSet> WindowSink::with_calls(RowSet& sorted, const Parallel& parallel) const {
  std::vector<Task> tasks;
  {
    const WindowRows rows(sorted, partition_keys_, plan_.sort_keys, parallel);
    tasks = make_tasks(rows);
    parallel(tasks.size(), [&](size_t number) {
      Task& task = tasks[number];
      const WindowCall& call = plan_.window_calls[task.call];
      if (call.function == WindowFunction::kAggregate) {
        append_window_aggregate(rows, call, task.first, task.last, *order_.resources().memory, task.results);
      } else {
        append_window_values(rows, call, task.first, task.last, task.results);
      }
    });
  }
  std::vector<RowSet::Chunk> chunks = sorted.take_chunks();
  for (RowSet::Chunk& chunk : chunks) {
    for (size_t c = input_types_.size(); c < plan_.types.size(); ++c) chunk.columns.emplace_back(plan_.types[c]);
  }
  parallel(plan_.window_calls.size(), [&](size_t call) {
    const size_t column = input_types_.size() + call;
    size_t chunk = 0;
    std::vector<uint64_t> scratch;
    for (Task& task : tasks) {
      if (task.call != call) continue;
      for (size_t begin = 0; begin < task.results.size();) {
        ColumnBuffer& to = chunks[chunk].columns[column];
        const size_t count = std::min(task.results.size() - begin, chunks[chunk].row_count - to.size());
        to.append(task.results.view(begin, count, &scratch));
        begin += count;
        if (to.size() == chunks[chunk].row_count) ++chunk;
      }
      task.results = ColumnBuffer(plan_.types[column]);
    }
  });
  auto result = std::make_shared<RowSet>(plan_.types);
  for (RowSet::Chunk& chunk : chunks) result->append_chunk(std::move(chunk));
  result->seal();
  return result;
}

}  // namespace

std::unique_ptr<Sink> make_window_sink(const PlanNode& plan, SinkResources resources) {
  return std::make_unique<WindowSink>(plan, resources);
}

}  // namespace cairn
