#include "exec/operators/sort.h"

#include <algorithm>
#include <mutex>
#include <numeric>

#include "exec/collected_rows.h"
#include "exec/operators/top_n.h"
#include "exec/sort_order.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// With more rows than this to keep, all rows are sorted and cut.
constexpr int64_t kTopRowsMax = 131072;

RowAddress address_of(size_t chunk, size_t offset) {
  return static_cast<RowAddress>(chunk << kAddressOffsetBits | offset);
}

class SortFragment : public Fragment {
 public:
  explicit SortFragment(const std::vector<Type>& types) : rows_(types) {}
  void consume(Batch& batch, const Morsel& morsel) override { rows_.append(batch, morsel.ordinal); }
  size_t bytes() const override { return rows_.rows().bytes(); }
  CollectedRows& rows() { return rows_; }

 private:
  CollectedRows rows_;
};

class SortSink : public Sink {
 public:
  explicit SortSink(const PlanNode& plan)
      : types_(plan.children[0]->types), order_(plan.sort_keys, types_), limit_(plan.limit),
        offset_(std::max<int64_t>(plan.offset, 0)) {}

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return std::make_unique<SortFragment>(types_); }

  void add(std::unique_ptr<Fragment> sealed) override {
    const std::lock_guard lock(mutex_);
    parts_.emplace_back(static_cast<SortFragment*>(sealed.release()));
  }

  void finalize(const Parallel& parallel) override;
  std::shared_ptr<const RowSet> rows() const override { return rows_; }
  void restore(std::shared_ptr<const RowSet> rows, const Parallel&) override { rows_ = std::move(rows); }
  size_t bytes() const override { return rows_ == nullptr ? 0 : rows_->bytes(); }

 private:
  std::vector<Type> types_;
  SortOrder order_;
  int64_t limit_, offset_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SortFragment>> parts_;
  std::shared_ptr<const RowSet> rows_;
};

void SortSink::finalize(const Parallel& parallel) {
  struct Run {
    uint64_t morsel;
    size_t first_chunk;
    uint64_t first_row, rows;
  };
  ChunkList chunks;
  std::vector<Run> runs;
  uint64_t row_count = 0;
  for (const auto& part : parts_) {
    part->rows().rows().seal();
    for (const CollectedRows::Run& run : part->rows().runs()) {
      runs.push_back({run.morsel, chunks.size(), run.first_row, run.rows});
    }
    for (const RowSet::Chunk& chunk : part->rows().rows().chunks()) chunks.push_back(&chunk);
    row_count += part->rows().rows().row_count();
  }
  if (chunks.size() >= size_t{1} << (32 - kAddressOffsetBits)) {
    throw Error(sqlstate::kProgramLimit, "a sort of more than 4294967296 rows");
  }
  std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.morsel < b.morsel; });
  std::vector<RowAddress> in_order;
  in_order.reserve(row_count);
  for (const Run& run : runs) {
    for (uint64_t row = run.first_row; row < run.first_row + run.rows; ++row) {
      in_order.push_back(address_of(run.first_chunk + row / kRowGroupRows, row % kRowGroupRows));
    }
  }
  std::vector<RowAddress> sorted = order_.sort(chunks, in_order, parallel);
  cut_rows(sorted, limit_, offset_);
  rows_ = gather_rows(types_, chunks, sorted, parallel);
  parts_.clear();
}

}  // namespace

void cut_rows(std::vector<RowAddress>& rows, int64_t limit, int64_t offset) {
  rows.erase(rows.begin(), rows.begin() + std::min<int64_t>(offset, static_cast<int64_t>(rows.size())));
  if (limit >= 0 && static_cast<int64_t>(rows.size()) > limit) rows.resize(limit);
}

std::unique_ptr<Sink> make_sort_sink(const PlanNode& plan) {
  if (plan.limit >= 0 && plan.limit <= kTopRowsMax && plan.offset <= kTopRowsMax - plan.limit) {
    return make_top_n_sink(plan);
  }
  return std::make_unique<SortSink>(plan);
}

}  // namespace cairn
