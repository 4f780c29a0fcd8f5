#include "exec/operators/aggregate.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "exec/crew/held_bytes.h"
#include "exec/operators/aggregate_direct.h"
#include "exec/operators/aggregate_merge.h"
#include "exec/operators/aggregate_spill.h"
#include "vector/kernels/mask.h"

namespace cairn {

namespace {

/// Of the rows of a batch, the share that must be selected for computing on all of them to be cheaper than compacting.
constexpr size_t kCompactBelow = 4;  // a quarter

class AggregateFragment : public Fragment {
 public:
  explicit AggregateFragment(const AggregateShape& shape) : shape_(shape), saved_(shape, first_level(shape)) {
    part_.groups = shape.make_groups();
    if (!shape.group_columns.empty() && !shape.layout.wants_whole_input) {
      direct_ = std::make_unique<DirectGroups>(shape.layout, shape.group_columns, shape.input_types);
    }
    scratch_.resize(shape.input_types.size());
  }
  void consume(Batch& batch, const Morsel& morsel) override;
  void end_morsel(const Morsel&) override { flush(); }
  size_t bytes() const override {
    const size_t groups = sealed_ != nullptr ? sealed_->bytes() : part_.groups.index->bytes() + part_.groups.states->bytes();
    return groups + saved_.bytes() + (direct_ ? direct_->bytes() : 0);
  }
  void spill(ChunkStore& store) override {
    if (sealed_ != nullptr) part_ = load_part(shape_, *std::exchange(sealed_, nullptr));
    flush();
    if (part_.groups.index->size() == 0) return;
    saved_.add(part_.groups, &store);
    Groups further = shape_.make_groups(part_.groups.index->is_scattered());
    further.states->continue_after(*part_.groups.states);
    part_ = {std::move(further), {}};
  }
  std::shared_ptr<const RowSet> save() override {
    if (!saved_.empty()) return nullptr;
    if (sealed_ != nullptr) return sealed_;
    if (auto saved = save_part(shape_, part_)) load(std::move(saved));
    return sealed_;
  }
  void load(std::shared_ptr<const RowSet> saved) {
    sealed_ = std::move(saved);
    part_ = {};
    direct_.reset();
  }
  /// Of the states that a merge will load.
  size_t bytes_to_load() const { return sealed_ != nullptr ? sealed_->bytes() : 0; }
  std::vector<GroupPart> take() {
    if (sealed_ != nullptr) return parts_of(shape_, sealed_);
    std::vector<GroupPart> parts;
    parts.push_back(std::move(part_));
    return parts;
  }
  SavedPartitions take_saved() { return std::move(saved_); }

 private:
  void flush() {
    if (direct_ != nullptr) direct_->flush(*part_.groups.index, *part_.groups.states);
  }
  void consume_single(const Batch& batch, uint64_t morsel);
  void consume_grouped(const Batch& batch, uint64_t morsel);
  Batch compact(const Batch& batch);

  const AggregateShape& shape_;
  GroupPart part_;
  std::shared_ptr<const RowSet> sealed_;  ///< what it has saved, instead of part_
  SavedPartitions saved_;                 ///< what it has spilled
  std::unique_ptr<DirectGroups> direct_;
  std::vector<uint32_t> ids_;
  std::vector<uint64_t> mask_;
  std::vector<FlatScratch> scratch_;
};

class AggregateSink : public Sink {
 public:
  AggregateSink(const PlanNode& plan, std::vector<Type> input_types, SinkResources resources)
      : shape_(plan, std::move(input_types)), resources_(resources), saved_(shape_, first_level(shape_)) {}

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return std::make_unique<AggregateFragment>(shape_); }

  std::vector<Type> saved_types() const override { return saved_part_types(shape_); }
  std::unique_ptr<Fragment> reopen(std::shared_ptr<const RowSet> saved) override {
    auto fragment = std::make_unique<AggregateFragment>(shape_);
    fragment->load(std::move(saved));
    return fragment;
  }
  void add(std::unique_ptr<Fragment> sealed) override {
    auto& fragment = static_cast<AggregateFragment&>(*sealed);
    const size_t bytes = fragment.bytes(), bytes_to_load = fragment.bytes_to_load();
    std::vector<GroupPart> parts = fragment.take();
    const std::lock_guard lock(mutex_);
    std::move(parts.begin(), parts.end(), std::back_inserter(parts_));
    part_bytes_ += bytes;
    merge_bytes_ += bytes + bytes_to_load;
    saved_.adopt(fragment.take_saved());
  }

  void finalize(const Parallel& parallel) override {
    if (spill_store() != nullptr && (!saved_.empty() || resources_.is_short(merge_bytes_))) {
      rows_ = merge_saved(shape_, std::move(parts_), part_bytes_, std::move(saved_), resources_, parallel);
      return;
    }
    std::optional<HeldBytes> merged;  // the parts are there as long
    if (resources_.memory != nullptr && parts_.size() > 1) merged.emplace(*resources_.memory).hold(merge_bytes_);
    rows_ = merge_groups(shape_, std::move(parts_), resources_.threads, parallel);
  }
  std::shared_ptr<const RowSet> rows() const override { return rows_; }
  void restore(std::shared_ptr<const RowSet> rows, const Parallel&) override { rows_ = std::move(rows); }
  /// One group alone could not be split.
  ChunkStore* spill_store() const override { return shape_.group_columns.empty() ? nullptr : resources_.store; }

 private:
  AggregateShape shape_;
  SinkResources resources_;
  std::mutex mutex_;
  std::vector<GroupPart> parts_;
  size_t part_bytes_ = 0, merge_bytes_ = 0;  ///< of the parts; what merging them takes
  SavedPartitions saved_;  ///< of all fragments
  std::shared_ptr<const RowSet> rows_;
};

void AggregateFragment::consume(Batch& batch, const Morsel& morsel) {
  if (batch.row_count() == 0) return;
  if (part_.runs.empty() || part_.runs.back().morsel != morsel.ordinal) {
    part_.runs.push_back({morsel.ordinal, part_.groups.index->size()});
  }
  const bool sparse = batch.row_count() * kCompactBelow < batch.size || !shape_.layout.tolerates_rubbish;
  if (batch.selected && sparse) {
    const Batch dense = compact(batch);
    shape_.group_columns.empty() ? consume_single(dense, morsel.ordinal) : consume_grouped(dense, morsel.ordinal);
  } else {
    shape_.group_columns.empty() ? consume_single(batch, morsel.ordinal) : consume_grouped(batch, morsel.ordinal);
  }
}

/// The selected rows of the columns that are needed.
Batch AggregateFragment::compact(const Batch& batch) {
  Batch dense;
  dense.size = batch.selection.count;
  dense.columns.resize(batch.columns.size());
  for (const uint32_t column : shape_.needed) {
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
  part_.groups.states->update_single(batch.columns, batch.size, mask, morsel);
}

void AggregateFragment::consume_grouped(const Batch& batch, uint64_t morsel) {
  if (direct_ != nullptr && direct_->accepts(batch)) {
    if (!direct_->empty() && !direct_->same_codes(batch)) flush();
    return direct_->add(batch, morsel);
  }
  flush();  // keeps groups in the order of their first rows
  if (batch.selected) return consume_grouped(compact(batch), morsel);
  std::vector<Vector> keys;
  for (const uint32_t column : shape_.group_columns) keys.push_back(batch.columns[column]);
  ids_.resize(batch.size);
  const size_t groups_before = part_.groups.index->size();
  part_.groups.index->find_or_add(keys, batch.size, ids_.data());
  part_.groups.states->resize(part_.groups.index->size());
  const GroupIds ids{ids_.data(), 4, batch.size, static_cast<uint32_t>(part_.groups.index->size())};
  part_.groups.states->update({ids, nullptr, groups_before, morsel}, batch.columns);
}

}  // namespace

std::unique_ptr<Sink> make_aggregate_sink(const PlanNode& plan, std::vector<Type> input_types,
                                          SinkResources resources) {
  return std::make_unique<AggregateSink>(plan, std::move(input_types), resources);
}

}  // namespace cairn
