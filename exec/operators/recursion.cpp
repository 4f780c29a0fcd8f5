#include "exec/operators/recursion.h"

#include <utility>

#include "exec/keys/group_index.h"
#include "exec/operators/row_set_source.h"

namespace cairn {
namespace {

using Step = std::function<std::shared_ptr<const RowSet>(std::shared_ptr<const RowSet>)>;

class Recursion : public SourceSeries {
 public:
  Recursion(const PlanNode& plan, std::shared_ptr<const RowSet> base, Step step, MemoryBudget& memory)
      : working_(std::move(base)), step_(std::move(step)), memory_(memory) {
    if (plan.distinct) seen_ = std::make_unique<HashGroups>(plan.types);
  }
  ~Recursion() override { memory_.change(charged_bytes_, 0); }

  std::unique_ptr<Source> next() override {
    if (begun_) working_ = step_(std::move(working_));
    begun_ = true;
    if (seen_ != nullptr) working_ = unseen(*working_);
    charge();
    return working_->row_count() == 0 ? nullptr : make_row_set_source(working_);
  }

 private:
  /// The first of equal rows, of those that no round before had.
  std::shared_ptr<const RowSet> unseen(const RowSet& rows) {
    auto fresh = std::make_shared<RowSet>(rows.types());
    std::vector<std::vector<uint64_t>> scratch;
    std::vector<uint32_t> ids, first;
    Batch batch;
    for (size_t chunk = 0; chunk < rows.chunks().size(); ++chunk) {
      const size_t row_count = rows.chunks()[chunk].row_count;
      const std::shared_ptr<const RowSet::Chunk> pinned = rows.pin(chunk);
      RowSet::view(*pinned, 0, row_count, batch, scratch);
      ids.resize(row_count);
      first.clear();
      size_t known = seen_->size();
      seen_->find_or_add(batch.columns, row_count, ids.data());
      for (uint32_t row = 0; row < row_count; ++row) {
        if (ids[row] != known) continue;
        first.push_back(row);
        ++known;
      }
      batch.selected = true;
      batch.selection = {first.data(), first.size(), nullptr};
      if (!first.empty()) fresh->append(batch);
    }
    fresh->seal();
    return fresh;
  }

  void charge() {
    const size_t bytes = working_->bytes() + (seen_ != nullptr ? seen_->bytes() : 0);
    memory_.change(std::exchange(charged_bytes_, bytes), bytes);
  }

  std::shared_ptr<const RowSet> working_;
  Step step_;
  MemoryBudget& memory_;
  std::unique_ptr<HashGroups> seen_;  ///< UNION: all rows so far
  bool begun_ = false;
  size_t charged_bytes_ = 0;
};

}  // namespace

std::unique_ptr<SourceSeries> make_recursion(const PlanNode& plan, std::shared_ptr<const RowSet> base, Step step,
                                             MemoryBudget& memory) {
  return std::make_unique<Recursion>(plan, std::move(base), std::move(step), memory);
}

}  // namespace cairn
