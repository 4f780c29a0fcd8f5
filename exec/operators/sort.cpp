#include "exec/operators/sort.h"

#include <algorithm>
#include <mutex>

#include "exec/operators/top_n.h"
#include "exec/pipeline/gather_rows.h"
#include "exec/pipeline/parallel.h"
#include "exec/sorting/run_merge.h"
#include "exec/sorting/sorting_fragment.h"

namespace cairn {

namespace {

/// With more rows than this to keep, all rows are sorted and cut.
constexpr int64_t kTopRowsMax = 131072;
/// What a text is thought to take where its length is not known yet.
constexpr size_t kTextBytes = 64;

class SortSink : public Sink {
 public:
  SortSink(const PlanNode& plan, const SinkResources& resources)
      : order_(plan.sort_keys, plan.children[0]->types, resources), limit_(plan.limit),
        offset_(std::max<int64_t>(plan.offset, 0)) {}

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
    rows_ = any_spilled(fragments_) ? merged(parallel) : sorted(parallel);
  }
  ChunkStore* spill_store() const override { return order_.resources().store; }
  std::shared_ptr<const RowSet> rows() const override { return rows_; }
  void restore(std::shared_ptr<const RowSet> rows, const Parallel&) override { rows_ = std::move(rows); }

 private:
  std::shared_ptr<const RowSet> sorted(const Parallel& parallel);
  std::shared_ptr<const RowSet> merged(const Parallel& parallel);

  const RunOrder order_;
  int64_t limit_, offset_;
  std::mutex mutex_;
  SortingFragments fragments_;
  std::shared_ptr<const RowSet> rows_;
};

std::shared_ptr<const RowSet> SortSink::sorted(const Parallel& parallel) {
  const std::vector<std::unique_ptr<CollectedRows>> parts = take_rows(fragments_);
  ChunkList chunks;
  const std::vector<RowAddress> in_order = addresses_in_morsel_order(parts, chunks, parallel);
  std::vector<RowAddress> sorted = order_.of_input().sort(chunks, in_order, parallel);
  cut_rows(sorted, limit_, offset_);
  return gather_rows(order_.types(), chunks, sorted, parallel);
}

/// Rows [offset, offset + limit) of the set.
std::shared_ptr<RowSet> cut_set(RowSet& rows, uint64_t offset, uint64_t limit, const SinkResources& resources) {
  auto cut = std::make_shared<RowSet>(rows.types());
  std::vector<std::vector<uint64_t>> scratch;
  for (RowSet::Chunk& chunk : rows.take_chunks()) {
    const uint64_t begin = std::min<uint64_t>(offset, chunk.row_count);
    const uint64_t count = std::min(limit - cut->row_count(), chunk.row_count - begin);
    offset -= begin;
    if (count == 0) continue;
    RowSet piece(rows.types());
    const bool whole = count == chunk.row_count, resident = chunk.is_resident();
    piece.append_chunk(std::move(chunk));
    if (!whole) {
      const std::shared_ptr<const RowSet::Chunk> pinned = piece.pin(0);
      Batch batch;
      RowSet::view(*pinned, begin, count, batch, scratch);
      RowSet part(rows.types());
      part.append(batch);
      part.seal();
      if (!resident) part.evict(0, *resources.store);
      piece = std::move(part);
    }
    cut->adopt(std::move(piece));
  }
  return cut;
}

std::shared_ptr<const RowSet> SortSink::merged(const Parallel& parallel) {
  const LentBytes fragments(*order_.resources().memory, bytes_of(fragments_));
  const RunMerge merge(order_, take_runs(fragments_, order_, parallel), 0);
  const auto offset = static_cast<uint64_t>(offset_);
  const uint64_t limit = limit_ < 0 ? UINT64_MAX : static_cast<uint64_t>(limit_);
  const auto [first, last] = merge.ranges_of(offset, limit);
  RangeOutput output(order_.types(), last - first, order_.resources());
  parallel(last - first, [&, first = first](size_t task) {
    const MergedRange range = merge.read(first + task);
    const auto rows = gather_rows(order_.types(), range.chunk_list(), range.sorted, run_alone);
    range.held->hold_more(rows->bytes());
    output.put(task, std::move(*rows));
  });
  const std::shared_ptr<RowSet> rows = output.take();
  if (offset == 0 && limit >= rows->row_count()) return rows;
  return cut_set(*rows, offset - merge.rows_before(first), limit, order_.resources());
}

}  // namespace

void cut_rows(std::vector<RowAddress>& rows, int64_t limit, int64_t offset) {
  rows.erase(rows.begin(), rows.begin() + std::min<int64_t>(offset, static_cast<int64_t>(rows.size())));
  if (limit >= 0 && static_cast<int64_t>(rows.size()) > limit) rows.resize(limit);
}

namespace {

/// Every worker has up to twice as many rows as are kept, and they cannot leave memory.
bool top_rows_fit(const PlanNode& plan, const SinkResources& resources) {
  if (plan.limit < 0 || plan.limit > kTopRowsMax || plan.offset > kTopRowsMax - plan.limit) return false;
  if (resources.store == nullptr || resources.memory->limit_bytes() == 0) return true;
  size_t row_bytes = 0;
  for (const Type& type : plan.types) row_bytes += physical_bytes(type.physical()) + (type.is_string() ? kTextBytes : 0);
  const size_t rows = 2 * static_cast<size_t>(plan.limit + plan.offset) * resources.threads;
  return rows * row_bytes <= resources.memory->limit_bytes() / 4;
}

}  // namespace

std::unique_ptr<Sink> make_sort_sink(const PlanNode& plan, SinkResources resources) {
  if (top_rows_fit(plan, resources)) return make_top_n_sink(plan);
  return std::make_unique<SortSink>(plan, resources);
}

}  // namespace cairn
