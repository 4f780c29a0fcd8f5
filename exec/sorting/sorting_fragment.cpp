#include "exec/sorting/sorting_fragment.h"

#include <algorithm>

#include "exec/pipeline/parallel.h"
#include "exec/sorting/run_merge.h"

namespace cairn {
namespace {

/// Two columns more: the morsel of each row, and its place among the morsel's rows, of which `before_first` stand
/// before those of the first run.
void append_positions(std::vector<RowSet::Chunk>& chunks, const std::vector<CollectedRows::Run>& runs, uint64_t before_first) {
  std::vector<std::pair<int64_t*, int64_t*>> columns;
  for (RowSet::Chunk& chunk : chunks) {
    chunk.columns.emplace_back(Type::big_int());
    chunk.columns.emplace_back(Type::big_int());
    void* const places = chunk.columns.back().append_uninitialized(chunk.row_count);
    void* const morsels = chunk.columns[chunk.columns.size() - 2].append_uninitialized(chunk.row_count);
    columns.emplace_back(static_cast<int64_t*>(morsels), static_cast<int64_t*>(places));
  }
  for (const CollectedRows::Run& run : runs) {
    for (uint64_t i = 0; i < run.rows; ++i) {
      const uint64_t row = run.first_row + i;
      const auto& [morsels, places] = columns[row / kRowGroupRows];
      morsels[row % kRowGroupRows] = static_cast<int64_t>(run.morsel);
      places[row % kRowGroupRows] = static_cast<int64_t>(before_first + i);
    }
    before_first = 0;
  }
}

/// One run of several.
SortedRun merge_runs(const RunOrder& order, std::vector<SortedRun> runs, const Sink::Parallel& parallel) {
  const RunMerge merge(order, std::move(runs), 0);
  std::vector<SortedRun> parts(merge.range_count());
  parallel(parts.size(), [&](size_t range) {
    const MergedRange rows = merge.read(range);
    parts[range] = write_run(order, rows.chunk_list(), rows.sorted, *order.resources().store);
  });
  SortedRun merged;
  for (SortedRun& part : parts) merged.append(std::move(part));
  return merged;
}

}  // namespace

SortingFragment::SortingFragment(const RunOrder& order)
    : order_(order), rows_(std::make_unique<CollectedRows>(order.types())) {}

std::unique_ptr<SortingFragment> SortingFragment::reopen(const RunOrder& order, const RowSet& saved) {
  auto fragment = std::make_unique<SortingFragment>(order);
  fragment->rows_->load(saved);
  return fragment;
}

void SortingFragment::spill(ChunkStore& store) {
  if (rows_->rows().row_count() == 0) return;
  std::vector<std::unique_ptr<CollectedRows>> parts;
  parts.push_back(std::exchange(rows_, std::make_unique<CollectedRows>(order_.types())));
  ChunkList list;
  std::vector<RowAddress> sorted = addresses_in_morsel_order(parts, list, run_alone);
  sorted = order_.of_input().sort(list, sorted, run_alone);
  const std::vector<CollectedRows::Run>& collected = parts[0]->runs();
  const uint64_t before_first = collected[0].morsel == spilled_.morsel ? spilled_.rows : 0;
  std::vector<RowSet::Chunk> chunks = parts[0]->rows().take_chunks();  // `list` points to them still
  append_positions(chunks, collected, before_first);
  runs_.push_back(write_run(order_, list, sorted, store));
  run_bytes_ += runs_.back().bytes();
  spilled_ = collected.back();
  if (collected.size() == 1) spilled_.rows += before_first;
}

size_t bytes_of(const SortingFragments& fragments) {
  size_t bytes = 0;
  for (const auto& fragment : fragments) bytes += fragment->bytes();
  return bytes;
}

bool any_spilled(const SortingFragments& fragments) {
  return std::any_of(fragments.begin(), fragments.end(), [](const auto& fragment) { return fragment->has_spilled(); });
}

std::vector<std::unique_ptr<CollectedRows>> take_rows(SortingFragments& fragments) {
  std::vector<std::unique_ptr<CollectedRows>> rows;
  for (const auto& fragment : fragments) rows.push_back(fragment->take_rows());
  fragments.clear();
  return rows;
}

std::vector<SortedRun> take_runs(SortingFragments& fragments, const RunOrder& order, const Sink::Parallel& parallel) {
  parallel(fragments.size(), [&](size_t i) { fragments[i]->spill(*order.resources().store); });
  std::vector<SortedRun> runs;
  for (const auto& fragment : fragments) {
    for (SortedRun& run : fragment->take_runs()) runs.push_back(std::move(run));
  }
  fragments.clear();
  while (runs.size() > order.fan_in()) {
    // Groups as even as can be: a pass takes all runs along, however few there are too many.
    const size_t group_count = (runs.size() + order.fan_in() - 1) / order.fan_in();
    std::vector<SortedRun> merged;
    for (size_t group = 0; group < group_count; ++group) {
      const auto begin = runs.begin() + static_cast<ptrdiff_t>(group * runs.size() / group_count);
      const auto end = runs.begin() + static_cast<ptrdiff_t>((group + 1) * runs.size() / group_count);
      merged.push_back(merge_runs(order, {std::make_move_iterator(begin), std::make_move_iterator(end)}, parallel));
    }
    runs = std::move(merged);
  }
  return runs;
}

}  // namespace cairn
