#include "exec/operators/row_set_source.h"

#include <algorithm>

#include "exec/operators/scan.h"

namespace cairn {
namespace {

class RowSetSource : public Source {
 public:
  explicit RowSetSource(std::shared_ptr<const RowSet> rows) : rows_(std::move(rows)) {
    uint64_t first = 0;
    for (const RowSet::Chunk& chunk : rows_->chunks()) {
      first_rows_.push_back(first);
      first += chunk.row_count;
    }
  }

  uint64_t morsel_count() const override { return (rows_->row_count() + kScanMorselRows - 1) / kScanMorselRows; }

  std::unique_ptr<Local> make_local(const WorkerContext& worker) const override {
    return std::make_unique<RowsLocal>(worker.settings->vector_capacity);
  }

  void run(const Morsel& morsel, Local& base, Consumer& next, const std::function<bool()>& stop) const override {
    auto& local = static_cast<RowsLocal&>(base);
    uint64_t row = morsel.ordinal * kScanMorselRows;
    const uint64_t end = std::min<uint64_t>(row + kScanMorselRows, rows_->row_count());
    auto after = std::upper_bound(first_rows_.begin(), first_rows_.end(), row);
    for (auto chunk = static_cast<size_t>(after - first_rows_.begin()) - 1; row < end; ++chunk) {
      const uint64_t chunk_end = std::min(end, first_rows_[chunk] + rows_->chunks()[chunk].row_count);
      if (row < chunk_end && (local.pinned == nullptr || local.pinned_chunk != chunk)) {
        local.pinned.reset();
        local.pinned = rows_->pin(chunk);
        local.pinned_chunk = chunk;
      }
      while (row < chunk_end) {
        if (stop()) return;
        const size_t count = std::min<uint64_t>(local.capacity, chunk_end - row);
        RowSet::view(*local.pinned, row - first_rows_[chunk], count, local.batch, local.scratch);
        row += count;
        next.push(local.batch);
      }
    }
  }

 private:
  struct RowsLocal : Local {
    explicit RowsLocal(size_t batch_capacity) : capacity(batch_capacity) {}
    size_t capacity;
    size_t pinned_chunk = 0;
    std::shared_ptr<const RowSet::Chunk> pinned;
    Batch batch;
    std::vector<std::vector<uint64_t>> scratch;
  };

  std::shared_ptr<const RowSet> rows_;
  std::vector<uint64_t> first_rows_;  ///< of each chunk
};

}  // namespace

std::unique_ptr<Source> make_row_set_source(std::shared_ptr<const RowSet> rows) {
  return std::make_unique<RowSetSource>(std::move(rows));
}

}  // namespace cairn
