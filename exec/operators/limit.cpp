#include "exec/operators/limit.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "exec/operators/materialize.h"
#include "exec/pipeline/morsel_prefix.h"
#include "exec/pipeline/morsel_window.h"

namespace cairn {
namespace {

class LimitSink : public Sink {
 public:
  explicit LimitSink(const PlanNode& plan)
      : plan_(plan), wanted_(rows_wanted(plan.limit, plan.offset)), prefix_(wanted_) {}

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return std::make_unique<LimitFragment>(*this); }
  void add(std::unique_ptr<Fragment>) override {}  // fragments hand over at the end of each morsel
  bool satisfied() const override { return prefix_.reached(); }
  void begin_morsel(uint64_t ordinal) override {
    std::lock_guard lock(mutex_);
    window_.begin(ordinal);
  }
  bool throttled() const override { return window_.throttled(); }
  void stop_behind(uint64_t ordinal) override {
    std::lock_guard lock(mutex_);
    window_.stop_behind(ordinal);
  }
  void finalize(const Parallel& parallel) override;
  std::shared_ptr<const RowSet> rows() const override { return rows_; }

 private:
  class LimitFragment : public Fragment {
   public:
    explicit LimitFragment(LimitSink& sink) : sink_(sink), rows_(sink.plan_.types) {}

    void consume(Batch& batch, const Morsel&) override {
      if (morsel_full) return;
      rows_.append(batch);
      morsel_full = rows_.row_count() >= sink_.wanted_ || sink_.satisfied();
    }
    void end_morsel(const Morsel& morsel) override {
      sink_.take(morsel.ordinal, std::move(rows_));
      rows_ = RowSet(sink_.plan_.types);
    }
    size_t bytes() const override { return rows_.bytes(); }

   private:
    LimitSink& sink_;
    RowSet rows_;
  };

  void take(uint64_t ordinal, RowSet rows) {
    std::unique_lock lock(mutex_);
    if (prefix_.reached()) return;  // what the rows wanted are is known; this morsel has none of them
    const uint64_t row_count = rows.row_count();
    if (row_count > 0) {
      ahead_bytes_ += rows.bytes();
      morsels_.emplace(ordinal, std::move(rows));
    }
    prefix_.end(ordinal, row_count);  // last: rows that are counted must be there, also where memory is short
    for (auto ahead = morsels_.lower_bound(head_); ahead != morsels_.end() && ahead->first < prefix_.next(); ++ahead) {
      ahead_bytes_ -= ahead->second.bytes();
    }
    head_ = prefix_.next();
    window_.move(head_, ahead_bytes_);
    if (prefix_.reached()) window_.stop_behind(0);
    window_.wait(lock, ordinal);
  }

  const PlanNode& plan_;
  const uint64_t wanted_;
  std::mutex mutex_;
  MorselPrefix prefix_;
  MorselWindow window_;
  uint64_t head_ = 0;       ///< the first morsel that has not ended
  size_t ahead_bytes_ = 0;  ///< of the morsels behind it
  std::map<uint64_t, RowSet> morsels_;
  std::shared_ptr<const RowSet> rows_;
};

void LimitSink::finalize(const Parallel& parallel) {
  std::vector<RowSet> pieces;
  uint64_t skip = static_cast<uint64_t>(plan_.offset), left = wanted_ - skip;
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  for (auto morsels = std::exchange(morsels_, {}); auto& [ordinal, rows] : morsels) {
    if (left == 0) break;
    const uint64_t skipped = std::min(skip, rows.row_count());
    skip -= skipped;
    const uint64_t kept = std::min(left, rows.row_count() - skipped);
    left -= kept;
    if (kept == rows.row_count()) {
      pieces.push_back(std::move(rows));
    } else if (kept > 0) {
      RowSet& piece = pieces.emplace_back(plan_.types);
      uint64_t first = 0;  // of the chunk, among the morsel's rows
      for (size_t chunk = 0; chunk < rows.chunks().size(); ++chunk) {
        const uint64_t chunk_rows = rows.chunks()[chunk].row_count;
        const uint64_t begin = std::clamp(skipped, first, first + chunk_rows);
        const uint64_t end = std::clamp(skipped + kept, first, first + chunk_rows);
        if (begin < end) {
          rows.view(chunk, begin - first, end - begin, batch, scratch);
          piece.append(batch);
        }
        first += chunk_rows;
      }
    }
  }
  rows_ = merge_in_order(plan_.types, std::move(pieces), parallel);
}

}  // namespace

std::unique_ptr<Sink> make_limit_sink(const PlanNode& plan) { return std::make_unique<LimitSink>(plan); }

}  // namespace cairn
