// Ordered-set functions. They live inside a sorted state (aggregate_chosen.cpp), which feeds them all rows, group by
// group in order, once they are complete: there is nothing to merge or save.

#include <algorithm>
#include <cassert>
#include <cmath>

#include "exec/aggregates/functions.h"
#include "exec/functions/scaled_interval.h"
#include "exec/keys/group_index.h"

namespace cairn {

namespace {

class OrderStatistic : public AggregateState {
 public:
  void merge(AggregateState&, const uint32_t*, const uint32_t*, size_t) override { assert(false); }
  std::vector<Type> saved_types() const override { return {}; }
  void save(std::span<const uint32_t>, std::span<ColumnBuffer>) override { assert(false); }
  void load(std::span<const Vector>, size_t) override { assert(false); }
};

/// The most frequent value, of several the first in order.
class Mode : public OrderStatistic {
 public:
  explicit Mode(const Type& argument) : values_(std::vector<Type>{Type::big_int(), argument}) {}
  void resize(size_t groups) override { group_count_ = groups; }
  void update(const GroupedBatch& batch, const Vector& argument) override {
    std::vector<int64_t> groups(batch.groups.rows);
    for (size_t row = 0; row < groups.size(); ++row) groups[row] = batch.groups.at(row);
    Vector keys[2];
    keys[0].type = Type::big_int();
    keys[0].size = groups.size();
    keys[0].data = groups.data();
    keys[1] = argument;
    std::vector<uint32_t> ids(groups.size());
    values_.find_or_add(keys, groups.size(), ids.data());
    counts_.resize(values_.size(), 0);
    for (const uint32_t id : ids) ++counts_[id];
  }
  void prepare_finish(const Parallel&) override {
    winners_.assign(group_count_, kNone);
    std::vector<uint64_t> scratch;
    if (counts_.empty()) return;
    const int64_t* groups = values_.keys(0, 0, values_.size(), scratch).values<int64_t>();
    for (uint32_t id = 0; id < counts_.size(); ++id) {
      uint32_t& winner = winners_[groups[id]];
      if (winner == kNone || counts_[id] > counts_[winner]) winner = id;
    }
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    std::vector<uint64_t> scratch;
    for (size_t group = result.begin; group < result.begin + result.groups; ++group) {
      if (winners_[group] == kNone) {
        out.append_null();
      } else {
        out.append(values_.keys(1, winners_[group], 1, scratch));
      }
    }
  }
  size_t bytes() const override { return values_.bytes() + counts_.capacity() * sizeof(uint64_t); }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  size_t group_count_ = 0;
  HashGroups values_;  ///< (group, value)
  std::vector<uint64_t> counts_;
  std::vector<uint32_t> winners_;  ///< per group
};

class Percentile : public OrderStatistic {
 public:
  Percentile(const Type& argument, bool continuous, double fraction)
      : continuous_(continuous), fraction_(fraction), values_(argument) {}
  void resize(size_t groups) override { ends_.resize(groups, 0); }
  void update(const GroupedBatch& batch, const Vector& argument) override {
    values_.append(argument);
    for (size_t row = 0; row < batch.groups.rows; ++row) ++ends_[batch.groups.at(row)];
  }
  void prepare_finish(const Parallel&) override {
    for (size_t group = 1; group < ends_.size(); ++group) ends_[group] += ends_[group - 1];
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    for (size_t group = result.begin; group < result.begin + result.groups; ++group) {
      const size_t begin = group == 0 ? 0 : ends_[group - 1], count = ends_[group] - begin;
      if (count == 0 || std::isnan(fraction_)) {
        out.append_null();
      } else if (continuous_) {
        append_interpolated(begin, count, out);
      } else {
        const auto rank = static_cast<uint32_t>(std::ceil(fraction_ * static_cast<double>(count)));
        const auto row = static_cast<uint32_t>(begin + std::max<uint32_t>(rank, 1) - 1);
        const Selection selection{&row, 1, nullptr};
        out.append(values_.view(), &selection);
      }
    }
  }
  size_t bytes() const override { return values_.bytes() + ends_.capacity() * sizeof(size_t); }

 private:
  void append_interpolated(size_t begin, size_t count, ColumnBuffer& out) {
    const double rank = fraction_ * static_cast<double>(count - 1), below = std::floor(rank);
    const auto between = [&]<typename T>(const T* first) {
      const T low = first[static_cast<size_t>(below)], high = first[static_cast<size_t>(std::ceil(rank))];
      *static_cast<T*>(out.append_uninitialized(1)) = interpolated(low, high, rank - below);
    };
    if (values_.type().id == TypeId::kInterval) {
      between(values_.values<Interval>() + begin);
    } else {
      between(values_.values<double>() + begin);
    }
  }
  static double interpolated(double low, double high, double share) { return low == high ? low : low + share * (high - low); }
  static Interval interpolated(const Interval& low, const Interval& high, double share) {
    return add_intervals(low, functions::interval_times(add_intervals(high, negate_interval(low)), share));
  }

  bool continuous_;
  double fraction_;
  ColumnBuffer values_;       ///< group by group
  std::vector<size_t> ends_;  ///< per group; counts, until all rows are there
};

}  // namespace

MadeState make_mode(const AggregateStateSpec& spec) { return std::make_unique<Mode>(spec.argument); }
MadeState make_percentile_continuous(const AggregateStateSpec& spec) {
  return std::make_unique<Percentile>(spec.argument, true, spec.fraction);
}
MadeState make_percentile_discrete(const AggregateStateSpec& spec) {
  return std::make_unique<Percentile>(spec.argument, false, spec.fraction);
}

}  // namespace cairn
