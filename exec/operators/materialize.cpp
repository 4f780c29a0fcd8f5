#include "exec/operators/materialize.h"

#include <algorithm>
#include <cassert>
#include <mutex>

#include "exec/operators/scan.h"
#include "exec/pipeline/collected_rows.h"

namespace cairn {
namespace {

/// Pieces below this are copied together: a reader pays per chunk, and a chunk of few rows is all overhead.
constexpr uint64_t kSmallRows = 8192;

struct MorselRows {
  uint64_t ordinal;
  RowSet rows;
};

class MaterializeFragment : public Fragment {
 public:
  explicit MaterializeFragment(const std::vector<Type>& types) : types_(types) {}

  void consume(Batch& batch, const Morsel& morsel) override {
    if (morsels.empty() || morsels.back().ordinal != morsel.ordinal) morsels.push_back({morsel.ordinal, RowSet(types_)});
    morsels.back().rows.append(batch);
  }
  void end_morsel(const Morsel& morsel) override {
    if (!morsels.empty() && morsels.back().ordinal == morsel.ordinal) ended_bytes_ += morsels.back().rows.bytes();
    last_ended_ = morsel.ordinal;
  }
  size_t bytes() const override {
    const bool open = !morsels.empty() && morsels.back().ordinal != last_ended_;
    return ended_bytes_ + (open ? morsels.back().rows.bytes() : 0);
  }

  /// Morsels of few rows stay: they will be copied together.
  void spill(ChunkStore& store) override {
    ended_bytes_ = 0;
    for (MorselRows& morsel : morsels) {
      if (morsel.rows.row_count() >= kSmallRows) morsel.rows.evict_all(store);
      if (&morsel != &morsels.back() || morsel.ordinal == last_ended_) ended_bytes_ += morsel.rows.bytes();
    }
  }

  std::shared_ptr<const RowSet> save() override {
    auto saved = std::make_shared<RowSet>(with_morsel(types_));
    Batch batch;
    std::vector<std::vector<uint64_t>> scratch;
    for (const MorselRows& morsel : morsels) {
      for (size_t i = 0; i < morsel.rows.chunks().size(); ++i) {
        const std::shared_ptr<const RowSet::Chunk> chunk = morsel.rows.pin(i);
        RowSet::view(*chunk, 0, chunk->row_count, batch, scratch);
        append_with_morsel(*saved, batch, morsel.ordinal);
      }
    }
    return saved;
  }
  void load(const RowSet& saved) {
    for_each_morsel(saved, [this](const Batch& batch, uint64_t ordinal) {
      if (morsels.empty() || morsels.back().ordinal != ordinal) morsels.push_back({ordinal, RowSet(types_)});
      morsels.back().rows.append(batch);
    });
    for (const MorselRows& morsel : morsels) ended_bytes_ += morsel.rows.bytes();
    if (!morsels.empty()) last_ended_ = morsels.back().ordinal;
  }

  std::vector<MorselRows> morsels;

 private:
  const std::vector<Type>& types_;
  size_t ended_bytes_ = 0;
  uint64_t last_ended_ = UINT64_MAX;
};

class MaterializeSink : public Sink {
 public:
  MaterializeSink(const PlanNode& plan, SinkResources resources) : types_(plan.types), resources_(resources) {}

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return std::make_unique<MaterializeFragment>(types_); }

  std::vector<Type> saved_types() const override { return with_morsel(types_); }
  std::unique_ptr<Fragment> reopen(std::shared_ptr<const RowSet> saved) override {
    auto fragment = std::make_unique<MaterializeFragment>(types_);
    fragment->load(*saved);
    return fragment;
  }

  void add(std::unique_ptr<Fragment> sealed) override {
    auto& fragment = static_cast<MaterializeFragment&>(*sealed);
    std::lock_guard lock(mutex_);
    std::move(fragment.morsels.begin(), fragment.morsels.end(), std::back_inserter(morsels_));
  }

  void finalize(const Parallel& parallel) override {
    std::sort(morsels_.begin(), morsels_.end(), [](const auto& a, const auto& b) { return a.ordinal < b.ordinal; });
    std::vector<RowSet> pieces;
    for (MorselRows& morsel : morsels_) pieces.push_back(std::move(morsel.rows));
    morsels_.clear();
    rows_ = merge_in_order(types_, std::move(pieces), parallel);
  }

  std::shared_ptr<const RowSet> rows() const override { return rows_; }
  void restore(std::shared_ptr<const RowSet> rows, const Parallel&) override { rows_ = std::move(rows); }
  ChunkStore* spill_store() const override { return resources_.store; }

 private:
  const std::vector<Type>& types_;
  const SinkResources resources_;
  std::mutex mutex_;
  std::vector<MorselRows> morsels_;
  std::shared_ptr<const RowSet> rows_;
};

RowSet copy_together(const std::vector<Type>& types, std::vector<RowSet>& pieces, size_t begin, size_t end) {
  RowSet merged(types);
  for (size_t i = begin; i < end; ++i) {
    for (const RowSet::Chunk& chunk : pieces[i].chunks()) merged.append(chunk);
    pieces[i] = RowSet(types);
  }
  return merged;
}

}  // namespace

std::shared_ptr<const RowSet> merge_in_order(const std::vector<Type>& types, std::vector<RowSet> pieces,
                                             const Sink::Parallel& parallel) {
  struct Group {
    size_t begin, end;
    uint64_t rows;
  };
  std::vector<Group> groups;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const uint64_t rows = pieces[i].row_count();
    const bool joins = !groups.empty() && rows < kSmallRows && groups.back().rows < kScanMorselRows;
    if (joins && (groups.back().end - groups.back().begin > 1 || groups.back().rows < kSmallRows)) {
      groups.back().end = i + 1;
      groups.back().rows += rows;
    } else {
      groups.push_back({i, i + 1, rows});
    }
  }
  parallel(groups.size(), [&](size_t number) {
    const Group& group = groups[number];
    if (group.end - group.begin > 1) pieces[group.begin] = copy_together(types, pieces, group.begin, group.end);
    pieces[group.begin].seal();
  });
  auto merged = std::make_shared<RowSet>(types);
  for (const Group& group : groups) merged->adopt(std::move(pieces[group.begin]));
  return merged;
}

std::unique_ptr<Sink> make_materialize_sink(const PlanNode& plan, SinkResources resources) {
  return std::make_unique<MaterializeSink>(plan, resources);
}

}  // namespace cairn
