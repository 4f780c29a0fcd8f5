#include "exec/operators/aggregate.h"

#include <algorithm>
#include <mutex>
#include <numeric>

#include "exec/operators/aggregate_direct.h"
#include "vector/kernels/mask.h"

namespace cairn {

namespace {

/// Of the rows of a batch, the share that must be selected for computing on all of them to be cheaper than compacting.
constexpr size_t kCompactBelow = 4;  // a quarter

/// The groups that a fragment first saw in one morsel: [first_group, the next run's first_group).
struct GroupRun {
  uint64_t morsel = 0;
  size_t first_group = 0;
};

struct Groups {
  std::unique_ptr<GroupIndex> index;
  std::unique_ptr<AggregateStates> states;
};

class AggregateSink;

class AggregateFragment : public Fragment {
 public:
  explicit AggregateFragment(const AggregateSink& sink);
  void consume(Batch& batch, const Morsel& morsel) override;
  void end_morsel(const Morsel&) override { flush(); }
  size_t bytes() const override {
    return groups_.index->bytes() + groups_.states->bytes() + (direct_ ? direct_->bytes() : 0);
  }

  void flush() {
    if (direct_ != nullptr) direct_->flush(*groups_.index, *groups_.states);
  }
  const std::vector<GroupRun>& runs() const { return runs_; }
  Groups& groups() { return groups_; }

 private:
  void consume_single(const Batch& batch, uint64_t morsel);
  void consume_grouped(const Batch& batch, uint64_t morsel);
  Batch compact(const Batch& batch);

  const AggregateSink& sink_;
  Groups groups_;
  std::unique_ptr<DirectGroups> direct_;
  std::vector<GroupRun> runs_;
  std::vector<uint32_t> ids_;
  std::vector<uint64_t> mask_;
  std::vector<FlatScratch> scratch_;
};

class AggregateSink : public Sink {
 public:
  AggregateSink(const PlanNode& plan, std::vector<Type> input_types)
      : types_(plan.types), group_columns_(plan.groups), input_types_(std::move(input_types)),
        layout_(plan.aggregates, input_types_) {
    for (const uint32_t column : group_columns_) key_types_.push_back(input_types_[column]);
    needed_ = group_columns_;
    for (const AggregateLayout::Input& input : layout_.inputs) {
      if (input.column >= 0) needed_.push_back(static_cast<uint32_t>(input.column));
      if (input.filter >= 0) needed_.push_back(static_cast<uint32_t>(input.filter));
    }
    std::sort(needed_.begin(), needed_.end());
    needed_.erase(std::unique(needed_.begin(), needed_.end()), needed_.end());
  }

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return std::make_unique<AggregateFragment>(*this); }

  void add(std::unique_ptr<Fragment> sealed) override {
    static_cast<AggregateFragment&>(*sealed).flush();
    const std::lock_guard lock(mutex_);
    fragments_.emplace_back(static_cast<AggregateFragment*>(sealed.release()));
  }

  void finalize(const Parallel& parallel) override;
  std::shared_ptr<const RowSet> rows() const override { return rows_; }
  void restore(std::shared_ptr<const RowSet> rows, const Parallel&) override { rows_ = std::move(rows); }
  size_t bytes() const override { return rows_ == nullptr ? 0 : rows_->bytes(); }

  Groups make_groups() const {
    Groups groups{GroupIndex::make(key_types_), std::make_unique<AggregateStates>(layout_, key_types_.empty())};
    groups.states->resize(groups.index->size());
    return groups;
  }
  const AggregateLayout& layout() const { return layout_; }
  const std::vector<uint32_t>& group_columns() const { return group_columns_; }
  const std::vector<Type>& input_types() const { return input_types_; }
  const std::vector<uint32_t>& needed() const { return needed_; }

 private:
  Groups merge_fragments();
  RowSet::Chunk make_chunk(const Groups& groups, size_t begin, size_t rows) const;

  std::vector<Type> types_;
  std::vector<uint32_t> group_columns_;
  std::vector<Type> input_types_, key_types_;
  AggregateLayout layout_;
  std::vector<uint32_t> needed_;  ///< input columns that anything reads
  std::mutex mutex_;
  std::vector<std::unique_ptr<AggregateFragment>> fragments_;
  std::shared_ptr<const RowSet> rows_;
};

AggregateFragment::AggregateFragment(const AggregateSink& sink) : sink_(sink), groups_(sink.make_groups()) {
  if (!sink.group_columns().empty() && !sink.layout().wants_whole_input) {
    direct_ = std::make_unique<DirectGroups>(sink.layout(), sink.group_columns(), sink.input_types());
  }
  scratch_.resize(sink.input_types().size());
}

void AggregateFragment::consume(Batch& batch, const Morsel& morsel) {
  if (batch.row_count() == 0) return;
  if (runs_.empty() || runs_.back().morsel != morsel.ordinal) {
    flush();
    runs_.push_back({morsel.ordinal, groups_.index->size()});
  }
  const bool sparse = batch.row_count() * kCompactBelow < batch.size || !sink_.layout().tolerates_rubbish;
  if (batch.selected && sparse) {
    const Batch dense = compact(batch);
    sink_.group_columns().empty() ? consume_single(dense, morsel.ordinal) : consume_grouped(dense, morsel.ordinal);
  } else {
    sink_.group_columns().empty() ? consume_single(batch, morsel.ordinal) : consume_grouped(batch, morsel.ordinal);
  }
}

/// The selected rows of the columns that are needed.
Batch AggregateFragment::compact(const Batch& batch) {
  Batch dense;
  dense.size = batch.selection.count;
  dense.columns.resize(batch.columns.size());
  for (const uint32_t column : sink_.needed()) {
    dense.columns[column] =
        gather(batch.columns[column], batch.selection.indices, batch.selection.count, scratch_[column]);
  }
  return dense;
}

void AggregateFragment::consume_single(const Batch& batch, uint64_t morsel) {
  const uint64_t* mask = nullptr;
  if (batch.selected) {
    mask = batch.selection.mask;
    if (mask == nullptr) {
      mask_.resize(mask_words(batch.size));
      indices_to_mask(batch.selection.indices, batch.selection.count, batch.size, mask_.data());
      mask = mask_.data();
    }
  }
  groups_.states->update_single(batch.columns, batch.size, mask, morsel);
}

void AggregateFragment::consume_grouped(const Batch& batch, uint64_t morsel) {
  if (direct_ != nullptr && direct_->accepts(batch)) {
    if (!direct_->empty() && !direct_->same_codes(batch)) flush();
    return direct_->add(batch, morsel);
  }
  flush();  // keeps groups in the order of their first rows
  if (batch.selected) return consume_grouped(compact(batch), morsel);
  std::vector<Vector> keys;
  for (const uint32_t column : sink_.group_columns()) keys.push_back(batch.columns[column]);
  ids_.resize(batch.size);
  const size_t groups_before = groups_.index->size();
  groups_.index->find_or_add(keys, batch.size, ids_.data());
  groups_.states->resize(groups_.index->size());
  const GroupIds ids{ids_.data(), 4, batch.size, static_cast<uint32_t>(groups_.index->size())};
  groups_.states->update({ids, nullptr, groups_before, morsel}, batch.columns);
}

/// All fragments' groups as one, in the order of first morsels: as if one worker had done all morsels in order.
Groups AggregateSink::merge_fragments() {
  struct Run {
    uint64_t morsel;
    size_t fragment, begin, end;
  };
  std::vector<Run> runs;
  bool ascending = true;
  for (size_t f = 0; f < fragments_.size(); ++f) {
    const std::vector<GroupRun>& of = fragments_[f]->runs();
    for (size_t r = 0; r < of.size(); ++r) {
      const size_t end = r + 1 < of.size() ? of[r + 1].first_group : fragments_[f]->groups().index->size();
      ascending &= r == 0 || of[r - 1].morsel < of[r].morsel;
      runs.push_back({of[r].morsel, f, of[r].first_group, end});
    }
  }
  if (fragments_.size() == 1 && ascending) return std::move(fragments_[0]->groups());
  std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.morsel < b.morsel; });

  Groups merged = make_groups();
  // Without keys, every fragment has group 0, which no run names.
  std::vector<std::vector<uint32_t>> maps(fragments_.size(), std::vector<uint32_t>(key_types_.empty() ? 1 : 0, 0));
  std::vector<size_t> order;  // of fragments, by their first morsels
  std::vector<std::vector<uint64_t>> scratch(key_types_.size());
  std::vector<Vector> keys(key_types_.size());
  for (const Run& run : runs) {
    std::vector<uint32_t>& map = maps[run.fragment];
    GroupIndex& index = *fragments_[run.fragment]->groups().index;
    if (std::find(order.begin(), order.end(), run.fragment) == order.end()) order.push_back(run.fragment);
    if (key_types_.empty()) continue;
    map.resize(index.size());
    for (size_t c = 0; c < keys.size(); ++c) keys[c] = index.keys(c, run.begin, run.end - run.begin, scratch[c]);
    merged.index->find_or_add(keys, run.end - run.begin, map.data() + run.begin);
  }
  merged.states->resize(merged.index->size());
  for (const size_t f : order) merged.states->expect(*fragments_[f]->groups().states);
  for (const size_t f : order) {
    merged.states->merge(*fragments_[f]->groups().states, nullptr, maps[f].data(), maps[f].size(), 0);
  }
  return merged;
}

RowSet::Chunk AggregateSink::make_chunk(const Groups& groups, size_t begin, size_t rows) const {
  RowSet::Chunk chunk;
  chunk.row_count = rows;
  std::vector<uint64_t> scratch;
  for (size_t c = 0; c < types_.size(); ++c) {
    ColumnBuffer& column = chunk.columns.emplace_back(types_[c]);
    column.reserve(rows);
    if (c < key_types_.size()) {
      column.append(groups.index->keys(c, begin, rows, scratch));
    } else {
      groups.states->finish(c - key_types_.size(), begin, rows, column);
    }
  }
  return chunk;
}

void AggregateSink::finalize(const Parallel& parallel) {
  Groups groups = merge_fragments();
  fragments_.clear();
  groups.states->prepare_finish();
  const size_t group_count = groups.index->size();
  std::vector<RowSet::Chunk> chunks((group_count + kRowGroupRows - 1) / kRowGroupRows);
  parallel(chunks.size(), [&](size_t task) {
    const size_t begin = task * kRowGroupRows;
    chunks[task] = make_chunk(groups, begin, std::min(kRowGroupRows, group_count - begin));
  });
  auto rows = std::make_shared<RowSet>(types_);
  for (RowSet::Chunk& chunk : chunks) rows->append_chunk(std::move(chunk));
  rows->seal();
  rows_ = std::move(rows);
}

}  // namespace

std::unique_ptr<Sink> make_aggregate_sink(const PlanNode& plan, std::vector<Type> input_types) {
  return std::make_unique<AggregateSink>(plan, std::move(input_types));
}

}  // namespace cairn
