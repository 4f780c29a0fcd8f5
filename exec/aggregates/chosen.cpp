// Functions over a choice of their input: distinct values, or rows in an order of the call's own.

#include <algorithm>
#include <numeric>

#include "exec/aggregates/functions.h"
#include "exec/aggregates/list_rows.h"
#include "exec/aggregates/list_state.h"
#include "exec/evaluation/integral_output.h"
#include "exec/keys/group_index.h"
#include "exec/pipeline/gather_rows.h"
#include "exec/pipeline/parallel.h"
#include "exec/sorting/sort_order.h"

namespace cairn {

namespace {

Vector group_numbers(const GroupIds& ids) {
  Vector vector;
  vector.type = Type::big_int();
  vector.encoding = Encoding::kFrameOfReference;
  vector.code_bytes = ids.id_bytes;
  vector.size = ids.rows;
  vector.data = ids.ids;
  return vector;
}

/// The rows of `values` that are not NULL.
std::vector<uint32_t> present_rows(const Vector& values, size_t row_count) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < row_count; ++row) {
    if (values.valid(row)) rows.push_back(row);
  }
  return rows;
}

/// The function itself, over the rows that were chosen for it; it sees them all before the first result is asked for.
class Chosen {
 public:
  Chosen(const AggregateStateSpec& inner, size_t group_count)
      : group_count_(group_count), counts_(std::max<size_t>(group_count, 1), 0) {
    AggregateStateSpec plain = inner;
    plain.distinct = false;
    plain.order.clear();
    if (plain.function->make_state == nullptr) return;
    state_ = make_aggregate_state(plain);
    state_->resize(group_count);
  }

  void add(const Vector& groups, const Vector& argument, std::span<const Vector> further) {
    ids_.resize(groups.size);
    for (size_t row = 0; row < groups.size; ++row) {
      ids_[row] = static_cast<uint32_t>(groups.values<int64_t>()[row]);
      ++counts_[ids_[row]];
    }
    if (state_ == nullptr) return;
    state_->update({{ids_.data(), 4, ids_.size(), static_cast<uint32_t>(group_count_)}, nullptr, 0, 0, further},
                   argument);
  }
  void complete() {
    if (state_ != nullptr) state_->prepare_finish(run_alone);
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) {
    const int64_t* counts = counts_.data() + result.begin;
    if (state_ != nullptr) return state_->finish({result.kind, result.begin, result.groups, counts}, out);
    append_integers(out, result.groups, nullptr, [&](size_t g) { return int128_t{counts[g]}; });
  }

 private:
  size_t group_count_;
  std::vector<int64_t> counts_;
  std::vector<uint32_t> ids_;
  std::unique_ptr<AggregateState> state_;  ///< nullptr: the counts are all
};

/// The set of (group, value) pairs; the function itself sees each once, at the end. A few large sets of other fragments stay
/// as they are until then: of each those count that none of the others before it has.
class Distinct : public ListState {
 public:
  explicit Distinct(const AggregateStateSpec& inner)
      : inner_(inner), pairs_(std::make_unique<HashGroups>(saved_types())) {}
  std::vector<Type> saved_types() const override { return {Type::big_int(), inner_.argument}; }

  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (!argument.constant_null()) add(group_numbers(batch.groups), argument);
  }

  void for_each_batch(const std::function<void(Batch&)>& visit) const override {
    for (const Set& set : adopted_) visit_slices(set, visit);
    visit_slices({pairs_, {}}, visit);
  }
  void add_rows(const Batch& batch) override {
    if (!batch.selected) return add(batch.columns[0], batch.columns[1]);
    FlatScratch scratch[2];
    const Selection& rows = batch.selection;
    add(gather(batch.columns[0], rows.indices, rows.count, scratch[0]),
        gather(batch.columns[1], rows.indices, rows.count, scratch[1]));
  }
  bool adopt(ListState& from, const uint32_t* to) override {
    auto* other = dynamic_cast<Distinct*>(&from);
    if (other == nullptr || !other->adopted_.empty() || adopted_.size() == kAdoptedMax || other->pairs_->size() < kAdoptedPairs) {
      return false;
    }
    adopted_.push_back({std::exchange(other->pairs_, std::make_shared<HashGroups>(saved_types())),
                        {to, to + other->group_count_}});
    return true;
  }

  void prepare_finish(const Parallel& parallel) override {
    chosen_ = std::make_unique<Chosen>(inner_, group_count_);
    std::vector<Set> before;
    for (const Set& set : adopted_) {
      add_unseen(set, before, parallel);
      std::vector<uint32_t> numbers(group_count_, kNoGroup);
      for (uint32_t own = 0; own < set.groups.size(); ++own) numbers[set.groups[own]] = own;
      before.push_back({set.pairs, std::move(numbers)});
    }
    add_unseen({pairs_, {}}, before, parallel);
    chosen_->complete();
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override { chosen_->finish(result, out); }
  size_t bytes() const override {
    size_t bytes = pairs_->bytes();
    for (const Set& set : adopted_) bytes += set.pairs->bytes() + set.groups.capacity() * sizeof(uint32_t);
    return bytes;
  }

 private:
  /// Each more costs every later one a look into it; less is not worth it.
  static constexpr size_t kAdoptedMax = 3, kAdoptedPairs = 65536;
  struct Set {
    std::shared_ptr<HashGroups> pairs;
    std::vector<uint32_t> groups;  ///< other numbers of its groups; none: they have the same
  };
  struct Scratch {
    std::vector<int64_t> groups;
    std::vector<uint64_t> validity;
  };

  /// The set's pairs [begin, begin + rows) with the groups' other numbers.
  static void view(const Set& set, size_t begin, size_t rows, Vector keys[2], Scratch& scratch) {
    keys[0] = set.pairs->keys(0, begin, rows, scratch.validity);
    keys[1] = set.pairs->keys(1, begin, rows, scratch.validity);
    if (set.groups.empty()) return;
    scratch.groups.resize(rows);
    for (size_t row = 0; row < rows; ++row) scratch.groups[row] = set.groups[keys[0].values<int64_t>()[row]];
    keys[0] = integers(scratch.groups.data(), rows);
  }
  static void visit_slices(const Set& set, const std::function<void(Batch&)>& visit) {
    Scratch scratch;
    for (size_t begin = 0; begin < set.pairs->size(); begin += kRowGroupRows) {
      Batch batch;
      batch.size = std::min(kRowGroupRows, set.pairs->size() - begin);
      batch.columns.resize(2);
      view(set, begin, batch.size, batch.columns.data(), scratch);
      visit(batch);
    }
  }

  /// `before`: what was added already, with the numbers that groups here have there.
  void add_unseen(const Set& set, const std::vector<Set>& before, const Parallel& parallel) {
    const size_t pairs = set.pairs->size(), slices = (pairs + kRowGroupRows - 1) / kRowGroupRows;
    const auto rows_of = [&](size_t slice) { return std::min(kRowGroupRows, pairs - slice * kRowGroupRows); };
    std::vector<std::vector<uint32_t>> unseen(slices);
    if (!before.empty()) {
      parallel(slices, [&](size_t slice) {
        unseen[slice] = unseen_rows(set, slice * kRowGroupRows, rows_of(slice), before);
      });
    }
    Scratch scratch;
    FlatScratch flat[2];
    for (size_t slice = 0; slice < slices; ++slice) {
      Vector keys[2];
      view(set, slice * kRowGroupRows, rows_of(slice), keys, scratch);
      const std::vector<uint32_t>& rows = unseen[slice];
      if (!before.empty() && rows.empty()) continue;
      for (size_t column = 0; column < 2 && !before.empty(); ++column) {
        keys[column] = gather(keys[column], rows.data(), rows.size(), flat[column]);
      }
      chosen_->add(keys[0], keys[1], {});
    }
  }
  static std::vector<uint32_t> unseen_rows(const Set& set, size_t begin, size_t rows, const std::vector<Set>& before) {
    std::vector<uint32_t> unseen;
    std::vector<uint8_t> seen(rows, 0);
    std::vector<int64_t> groups(rows);
    std::vector<uint32_t> ids(rows);
    Vector keys[2];
    Scratch scratch;
    HashGroups::Scratch finding;
    view(set, begin, rows, keys, scratch);
    for (const Set& other : before) {
      for (size_t row = 0; row < rows; ++row) groups[row] = other.groups[keys[0].values<int64_t>()[row]];
      const Vector asked[2] = {integers(groups.data(), rows), keys[1]};
      other.pairs->find(asked, rows, ids.data(), finding);
      for (size_t row = 0; row < rows; ++row) seen[row] |= ids[row] != HashGroups::kNoGroup ? 1 : 0;
    }
    for (uint32_t row = 0; row < rows; ++row) {
      if (seen[row] == 0) unseen.push_back(row);
    }
    return unseen;
  }

  /// NULLs do not count.
  void add(const Vector& groups, const Vector& values) {
    FlatScratch group_scratch, value_scratch;
    Vector keys[2] = {groups, values};
    if (values.may_have_nulls()) {
      const std::vector<uint32_t> rows = present_rows(values, groups.size);
      if (rows.empty()) return;
      keys[0] = gather(groups, rows.data(), rows.size(), group_scratch);
      keys[1] = gather(values, rows.data(), rows.size(), value_scratch);
      keys[1].validity = nullptr;
    }
    ids_.resize(keys[0].size);
    pairs_->find_or_add(keys, keys[0].size, ids_.data());
  }

  AggregateStateSpec inner_;
  std::shared_ptr<HashGroups> pairs_;
  std::vector<Set> adopted_;
  std::vector<uint32_t> ids_;
  std::unique_ptr<Chosen> chosen_;
};

/// All rows with where they stood in the input, sorted at the end.
class Sorted : public ListState {
 public:
  explicit Sorted(const AggregateStateSpec& inner) : inner_(inner), rows_(row_types(inner)) {}
  std::vector<Type> saved_types() const override { return rows_.types(); }

  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    const size_t row_count = batch.groups.rows;
    sequence_.resize(row_count);
    std::iota(sequence_.begin(), sequence_.end(), static_cast<int64_t>(seen_));
    seen_ += row_count;
    const std::vector<int64_t> morsels(row_count, static_cast<int64_t>(batch.morsel));
    const std::vector<uint32_t> rows = present_rows(argument, row_count);
    Batch kept;
    kept.size = row_count;
    kept.selected = true;
    kept.selection = {rows.data(), rows.size(), nullptr};
    kept.columns = {group_numbers(batch.groups), integers(morsels.data(), row_count),
                    integers(sequence_.data(), row_count), argument};
    kept.columns.insert(kept.columns.end(), batch.further.begin(), batch.further.end());
    if (!rows.empty()) rows_.append(kept);
  }

  void for_each_batch(const std::function<void(Batch&)>& visit) const override {
    Batch batch;
    std::vector<std::vector<uint64_t>> scratch;
    for (size_t chunk = 0; chunk < rows_.chunks().size(); ++chunk) {
      rows_.view(chunk, 0, rows_.chunks()[chunk].row_count, batch, scratch);
      visit(batch);
    }
  }
  void add_rows(const Batch& batch) override { rows_.append(batch); }
  bool adopt(ListState& from, const uint32_t* to) override {
    auto* other = dynamic_cast<Sorted*>(&from);
    return other != nullptr && adopt_rows<int64_t>(rows_, other->rows_, to);
  }
  void continue_after(const AggregateState& before) override { seen_ = static_cast<const Sorted&>(before).seen_; }

  void prepare_finish(const Parallel& parallel) override {
    chosen_ = std::make_unique<Chosen>(inner_, group_count_);
    const std::shared_ptr<RowSet> sorted = sort(parallel);
    Batch batch;
    std::vector<std::vector<uint64_t>> scratch;
    HashGroups seen(distinct_types());
    for (size_t chunk = 0; chunk < sorted->chunks().size(); ++chunk) {
      sorted->view(chunk, 0, sorted->chunks()[chunk].row_count, batch, scratch);
      inner_.distinct ? add_new(batch, seen) : add(batch.columns);
    }
    chosen_->complete();
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override { chosen_->finish(result, out); }
  size_t bytes() const override { return rows_.bytes(); }

 private:
  /// Columns of rows_: the argument and what the state reads further stand behind these.
  static constexpr uint32_t kGroup = 0, kMorsel = 1, kSequence = 2, kArgument = 3;

  static std::vector<Type> row_types(const AggregateStateSpec& inner) {
    std::vector<Type> types = {Type::big_int(), Type::big_int(), Type::big_int(), inner.argument};
    types.insert(types.end(), inner.further_types.begin(), inner.further_types.end());
    return types;
  }
  size_t argument_count() const { return 1 + inner_.further_arguments; }
  std::vector<Type> distinct_types() const {
    std::vector<Type> types = {Type::big_int()};
    for (size_t i = 0; i < argument_count(); ++i) types.push_back(rows_.types()[kArgument + i]);
    return types;
  }

  std::shared_ptr<RowSet> sort(const Parallel& parallel) {
    std::vector<SortKey> keys = {{kGroup}};
    for (SortKey key : inner_.order) {
      key.column += kArgument;
      keys.push_back(key);
    }
    keys.push_back({kMorsel});
    keys.push_back({kSequence});
    rows_.seal();
    check_addresses(rows_.chunks().size());
    ChunkList chunks;
    std::vector<RowAddress> addresses;
    for (const RowSet::Chunk& chunk : rows_.chunks()) {
      const auto first = static_cast<RowAddress>(chunks.size() << kAddressOffsetBits);
      for (RowAddress row = 0; row < chunk.row_count; ++row) addresses.push_back(first | row);
      chunks.push_back(&chunk);
    }
    const SortOrder order(std::move(keys), rows_.types());
    auto sorted = gather_rows(rows_.types(), chunks, order.sort(chunks, addresses, parallel), parallel);
    rows_ = RowSet(rows_.types());
    return sorted;
  }

  void add(const std::vector<Vector>& columns) {
    const std::span<const Vector> further(columns.data() + kArgument + 1, inner_.further_arguments);
    chosen_->add(columns[kGroup], columns[kArgument], further);
  }

  /// The rows whose arguments the group has not seen.
  void add_new(const Batch& batch, HashGroups& seen) {
    std::vector<Vector> keys = {batch.columns[kGroup]};
    for (size_t i = 0; i < argument_count(); ++i) keys.push_back(batch.columns[kArgument + i]);
    std::vector<uint32_t> ids(batch.size), rows;
    size_t known = seen.size();
    seen.find_or_add(keys, batch.size, ids.data());
    for (uint32_t row = 0; row < batch.size; ++row) {
      if (ids[row] != known) continue;
      rows.push_back(row);
      ++known;
    }
    if (rows.empty()) return;
    std::vector<FlatScratch> scratch(batch.columns.size());
    std::vector<Vector> columns;
    for (size_t i = 0; i < batch.columns.size(); ++i) {
      columns.push_back(gather(batch.columns[i], rows.data(), rows.size(), scratch[i]));
    }
    add(columns);
  }

  AggregateStateSpec inner_;
  RowSet rows_;
  uint64_t seen_ = 0;  ///< rows; numbers them, so that equal ones keep their order
  std::vector<int64_t> sequence_;
  std::unique_ptr<Chosen> chosen_;
};

}  // namespace

MadeState make_distinct(const AggregateStateSpec& spec) { return std::make_unique<Distinct>(spec); }
MadeState make_sorted(const AggregateStateSpec& spec) { return std::make_unique<Sorted>(spec); }

}  // namespace cairn
