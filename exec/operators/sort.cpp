#include "exec/operators/sort.h"

#include <algorithm>
#include <mutex>

#include "exec/operators/top_n.h"
#include "exec/pipeline/collected_rows.h"
#include "exec/pipeline/gather_rows.h"
#include "exec/sorting/sort_order.h"

namespace cairn {

namespace {

/// With more rows than this to keep, all rows are sorted and cut.
constexpr int64_t kTopRowsMax = 131072;

class SortSink : public Sink {
 public:
  explicit SortSink(const PlanNode& plan)
      : types_(plan.children[0]->types), order_(plan.sort_keys, types_), limit_(plan.limit),
        offset_(std::max<int64_t>(plan.offset, 0)) {}

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return std::make_unique<CollectedFragment>(types_); }

  void add(std::unique_ptr<Fragment> sealed) override {
    const std::lock_guard lock(mutex_);
    parts_.push_back(static_cast<CollectedFragment&>(*sealed).take());
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
  std::vector<std::unique_ptr<CollectedRows>> parts_;
  std::shared_ptr<const RowSet> rows_;
};

void SortSink::finalize(const Parallel& parallel) {
  ChunkList chunks;
  const std::vector<RowAddress> in_order = addresses_in_morsel_order(parts_, chunks);
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

std::unique_ptr<Sink> make_sort_sink(const PlanNode& plan, SinkResources /*resources*/) {
  if (plan.limit >= 0 && plan.limit <= kTopRowsMax && plan.offset <= kTopRowsMax - plan.limit) {
    return make_top_n_sink(plan);
  }
  return std::make_unique<SortSink>(plan);
}

}  // namespace cairn
