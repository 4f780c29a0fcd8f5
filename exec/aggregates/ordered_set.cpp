// Ordered-set functions: percentiles and mode. Functions over the same argument in the same order share a state, which keeps
// the plain values; which rows are asked for is found without sorting them (exec/sorting/rank_search.h).

#include <algorithm>
#include <cmath>
#include <numeric>

#include "exec/aggregates/functions.h"
#include "exec/aggregates/group_members.h"
#include "exec/aggregates/list_rows.h"
#include "exec/aggregates/list_state.h"
#include "exec/functions/scaled_interval.h"
#include "exec/sorting/rank_search.h"
#include "vector/kernels/kernels.h"

namespace cairn {

namespace {

/// Groups of more rows are searched by all threads, one after the other; of the others a task has so many rows.
constexpr size_t kTaskRows = 65536;

class OrderedSet : public ListState {
 public:
  explicit OrderedSet(const AggregateStateSpec& spec)
      : statistics_(spec.statistics), order_{kValue + spec.order[0].column, spec.order[0].descending, false}, rows_(row_types(spec)) {}
  std::vector<Type> saved_types() const override {
    std::vector<Type> types = rows_.types();
    types[kGroup] = Type::big_int();
    return types;
  }

  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    groups_.resize(batch.groups.rows);
    for (size_t row = 0; row < groups_.size(); ++row) groups_[row] = static_cast<int32_t>(batch.groups.at(row));
    Batch kept;
    kept.size = groups_.size();
    kept.columns = {numbers(), argument};
    kept.columns.insert(kept.columns.end(), batch.further.begin(), batch.further.end());
    if (argument.may_have_nulls()) {
      present_.clear();
      for (uint32_t row = 0; row < kept.size; ++row) {
        if (argument.valid(row)) present_.push_back(row);
      }
      for (size_t column = kValue; column < kept.columns.size(); ++column) kept.columns[column].validity = nullptr;
      kept.selected = true;
      kept.selection = {present_.data(), present_.size(), nullptr};
    }
    if (kept.row_count() > 0) rows_.append(kept);
  }

  void for_each_batch(const std::function<void(Batch&)>& visit) const override {
    Batch batch;
    std::vector<int64_t> groups;
    std::vector<std::vector<uint64_t>> scratch;
    for (const RowSet::Chunk& chunk : rows_.chunks()) {
      RowSet::view(chunk, 0, chunk.row_count, batch, scratch);
      const int32_t* narrow = batch.columns[kGroup].values<int32_t>();
      groups.assign(narrow, narrow + chunk.row_count);
      batch.columns[kGroup] = integers(groups.data(), groups.size());
      visit(batch);
    }
  }
  void add_rows(const Batch& batch) override {
    const int64_t* groups = batch.columns[kGroup].values<int64_t>();
    groups_.assign(groups, groups + batch.size);
    Batch narrow = batch;
    narrow.columns[kGroup] = numbers();
    rows_.append(narrow);
  }
  bool adopt(ListState& from, const uint32_t* to) override {
    auto* other = dynamic_cast<OrderedSet*>(&from);
    return other != nullptr && adopt_rows<int32_t>(rows_, other->rows_, to);
  }

  void prepare_finish(const Parallel& parallel) override;
  void finish(const AggregateResult& result, ColumnBuffer& out) override;
  size_t bytes() const override {
    return rows_.bytes() + members_.bytes() + found_.capacity() * sizeof(RowAddress);
  }

 private:
  using Statistic = AggregateStateSpec::Statistic;
  static constexpr uint32_t kGroup = 0, kValue = 1;
  /// Rows that a statistic is made of: a continuous percentile of two.
  static constexpr size_t kRowsOfEach = 2;

  /// Group, value, and what it is ordered by where that is not the value (a CHAR without its blanks).
  static std::vector<Type> row_types(const AggregateStateSpec& spec) {
    std::vector<Type> types = {Type::integer(), spec.argument};
    types.insert(types.end(), spec.further_types.begin(), spec.further_types.end());
    return types;
  }
  Vector numbers() const {
    Vector vector;
    vector.type = Type::integer();
    vector.size = groups_.size();
    vector.data = groups_.data();
    return vector;
  }
  void index_groups();
  void search(size_t group, const RankSearch& search, const Parallel& parallel);
  void append_value(RowAddress row, ColumnBuffer& out) const {
    const auto offset = static_cast<uint32_t>(offset_of(row));
    const Selection selection{&offset, 1, nullptr};
    out.append(rows_.chunks()[chunk_of(row)].columns[kValue].view(), &selection);
  }
  void append_interpolated(RowAddress low, RowAddress high, double share, ColumnBuffer& out) const;
  static double interpolated(double low, double high, double share) { return low == high ? low : low + share * (high - low); }
  static Interval interpolated(const Interval& low, const Interval& high, double share) {
    return add_intervals(low, functions::interval_times(add_intervals(high, negate_interval(low)), share));
  }
  static double continuous_rank(double fraction, size_t rows) { return fraction * static_cast<double>(rows - 1); }

  const std::vector<Statistic> statistics_;
  const SortKey order_;
  RowSet rows_;
  std::vector<int32_t> groups_;  ///< of a batch
  std::vector<uint32_t> present_;
  // What prepare_finish makes.
  GroupMembers members_;           ///< row addresses
  LargeVector<RowAddress> found_;  ///< per group and statistic
};

void OrderedSet::index_groups() {
  members_.assign(group_count_, [&](const auto& visit) {
    for (size_t number = 0; number < rows_.chunks().size(); ++number) {
      const RowSet::Chunk& chunk = rows_.chunks()[number];
      const int32_t* groups = chunk.columns[kGroup].values<int32_t>();
      const auto first = static_cast<RowAddress>(number << kAddressOffsetBits);
      for (RowAddress row = 0; row < chunk.row_count; ++row) visit(groups[row], first | row);
    }
  });
}

void OrderedSet::prepare_finish(const Parallel& parallel) {
  rows_.seal();
  check_addresses(rows_.chunks().size());
  index_groups();
  found_.resize(group_count_ * statistics_.size() * kRowsOfEach);
  if (rows_.row_count() == 0) return;
  ChunkList chunks;
  for (const RowSet::Chunk& chunk : rows_.chunks()) chunks.push_back(&chunk);
  const RankSearch by_value(order_, kValue, rows_.types(), chunks, parallel);
  std::vector<size_t> firsts;  // groups that a task begins with
  for (size_t group = 0, task_end = 0; group < group_count_; ++group) {
    if (members_.count(group) > kTaskRows) search(group, by_value, parallel);
    if (!firsts.empty() && members_.begin(group) < task_end) continue;
    firsts.push_back(group);
    task_end = members_.begin(group) + kTaskRows;
  }
  parallel(firsts.size(), [&](size_t task) {
    const size_t end = task + 1 < firsts.size() ? firsts[task + 1] : group_count_;
    for (size_t group = firsts[task]; group < end; ++group) {
      if (members_.count(group) <= kTaskRows) search(group, by_value, run_alone);
    }
  });
}

void OrderedSet::search(size_t group, const RankSearch& by_value, const Parallel& parallel) {
  const std::span<const RowAddress> rows = members_.of(group);
  if (rows.empty()) return;
  RowAddress* found = found_.data() + group * statistics_.size() * kRowsOfEach;
  struct Wanted {
    size_t rank, place;
  };
  std::vector<Wanted> wanted;
  for (size_t s = 0; s < statistics_.size(); ++s) {
    const auto& [kind, fraction] = statistics_[s];
    if (kind == AggregateKind::kMode) {
      found[s * kRowsOfEach] = by_value.longest_run(rows, parallel).first;
    } else if (std::isnan(fraction)) {
      continue;
    } else if (kind == AggregateKind::kPercentileContinuous) {
      const double rank = continuous_rank(fraction, rows.size());
      wanted.push_back({static_cast<size_t>(std::floor(rank)), s * kRowsOfEach});
      wanted.push_back({static_cast<size_t>(std::ceil(rank)), s * kRowsOfEach + 1});
    } else {
      const auto rank = static_cast<size_t>(std::ceil(fraction * static_cast<double>(rows.size())));
      wanted.push_back({std::max<size_t>(rank, 1) - 1, s * kRowsOfEach});
    }
  }
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.rank < b.rank; });
  std::vector<size_t> ranks;
  for (const Wanted& each : wanted) ranks.push_back(each.rank);
  std::vector<RowAddress> at_ranks(ranks.size());
  by_value.find(rows, ranks, at_ranks.data(), parallel);
  for (size_t i = 0; i < wanted.size(); ++i) found[wanted[i].place] = at_ranks[i];
}

void OrderedSet::finish(const AggregateResult& result, ColumnBuffer& out) {
  const auto& [kind, fraction] = statistics_[result.statistic];
  for (size_t group = result.begin; group < result.begin + result.groups; ++group) {
    const size_t rows = members_.count(group);
    const RowAddress* found = found_.data() + (group * statistics_.size() + result.statistic) * kRowsOfEach;
    if (rows == 0 || std::isnan(fraction)) {
      out.append_null();
    } else if (kind == AggregateKind::kPercentileContinuous) {
      const double rank = continuous_rank(fraction, rows);
      append_interpolated(found[0], found[1], rank - std::floor(rank), out);
    } else {
      append_value(found[0], out);
    }
  }
}

void OrderedSet::append_interpolated(RowAddress low, RowAddress high, double share, ColumnBuffer& out) const {
  const auto between = [&]<typename T>(const T*) {
    const auto value = [&](RowAddress row) { return rows_.chunks()[chunk_of(row)].columns[kValue].values<T>()[offset_of(row)]; };
    *static_cast<T*>(out.append_uninitialized(1)) = interpolated(value(low), value(high), share);
  };
  if (out.type().id == TypeId::kInterval) {
    between(static_cast<const Interval*>(nullptr));
  } else {
    between(static_cast<const double*>(nullptr));
  }
}

}  // namespace

MadeState make_ordered_set(const AggregateStateSpec& spec) { return std::make_unique<OrderedSet>(spec); }

}  // namespace cairn
