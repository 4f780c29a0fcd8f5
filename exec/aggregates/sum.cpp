#include <algorithm>
#include <cmath>

#include "exec/aggregates/functions.h"
#include "exec/aggregates/saved_values.h"
#include "exec/evaluation/integral_output.h"
#include "exec/functions/scaled_interval.h"
#include "vector/kernels/integer_view.h"
#include "vector/read_row.h"

namespace cairn {

namespace {

/// Accumulators stay below this in magnitude.
constexpr int128_t kBudgetMax = int128_t{1} << 62;

/// Greatest magnitude of the vector's values; reads them only where neither range nor width says enough.
int128_t magnitude(Vector& vector) {
  if (!vector.range.known()) {
    if (vector.encoding == Encoding::kFrameOfReference && vector.code_bytes < 8) {
      vector.range = proven_range(vector);
    } else if (vector.type.physical() == Physical::kInt32) {
      vector.range = {INT32_MIN, INT32_MAX};
    } else if (vector.type.physical() == Physical::kInt16) {
      vector.range = {INT16_MIN, INT16_MAX};
    } else if (vector.type.physical() == Physical::kBool) {
      vector.range = {0, 1};
    } else {
      vector.range = compute_range(vector);
      if (!vector.range.known() && !has_value(vector)) return 0;
    }
  }
  if (vector.range.min == kInt128Min) return kInt128Max;
  return std::max({vector.range.max, -vector.range.min, int128_t{0}});
}

class IntegralSum : public AggregateState {
 public:
  explicit IntegralSum(const Type& argument) : scale_(argument.scale) {}

  void resize(size_t groups) override {
    sums_.resize(groups, 0);
    if (!wide_.empty()) wide_.resize(groups, 0);
    if (!carries_.empty()) carries_.resize(groups, 0);
  }

  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    Vector values = argument;
    const int128_t bound = magnitude(values);
    const int128_t rows = static_cast<int128_t>(batch.groups.rows);
    if (bound < kBudgetMax / (rows + 1)) {
      reserve_budget(bound * rows);
      if (grouped_sum(batch.groups, values, batch.group_rows, sums_.data())) return;
    }
    widen();
    if (reserve_wide_budget(bound, rows)) return grouped_sum_wide(batch.groups, values, wide_.data());
    add_each(values, [&](size_t row) { return batch.groups.at(row); });
  }

  void update_single(const Vector& argument, const uint64_t* mask, uint64_t) override {
    if (argument.constant_null()) return;
    Vector values = argument;
    widen();
    if (reserve_wide_budget(magnitude(values), static_cast<int128_t>(values.size))) {
      wide_[0] += sum_integral(values, mask).sum;
      return;
    }
    add_each(values, [&](size_t row) {
      return mask != nullptr && (mask[row / 64] >> (row % 64) & 1) == 0 ? kNoGroup : 0;
    });
  }

  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    IntegralSum& other = static_cast<IntegralSum&>(from_state);
    reserve_budget(other.budget_);
    for (size_t g = 0; g < groups; ++g) sums_[to[g]] += other.sums_[from == nullptr ? g : from[g]];
    if (other.wide_.empty()) return;
    widen();
    wide_budget_ += other.wide_budget_;
    if (wide_budget_ >= kWideBudgetMax || !other.carries_.empty()) carry();
    for (size_t g = 0; g < groups; ++g) {
      const size_t source = from == nullptr ? g : from[g];
      add_wide(to[g], other.wide_[source]);
      if (!other.carries_.empty()) carries_[to[g]] += other.carries_[source];
    }
  }

  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    const auto total = [&](size_t g) {
      const size_t group = result.begin + g;
      if (wide_.empty()) return int128_t{sums_[group]};
      int128_t sum;
      const bool overflow = __builtin_add_overflow(wide_[group], int128_t{sums_[group]}, &sum);
      if (overflow || (!carries_.empty() && carries_[group] != 0)) {
        throw Error(sqlstate::kNumericOutOfRange, "sum needs more than 128 bits");
      }
      return sum;
    };
    if (result.kind != AggregateKind::kAverage) {
      append_integers(out, result.groups, result.counts, total);
      return;
    }
    // Whole part and rest are each divided exactly, so that what is rounded is almost the quotient itself.
    const int128_t unit = power_of_ten(scale_);
    append_floats(out, result.groups, result.counts, [&](size_t g) {
      const int128_t sum = total(g), count = result.counts[g];
      int128_t divisor;
      if (__builtin_mul_overflow(count, unit, &divisor)) {
        return static_cast<double>(sum) / (static_cast<double>(count) * static_cast<double>(unit));
      }
      return static_cast<double>(sum / divisor) + static_cast<double>(sum % divisor) / static_cast<double>(divisor);
    });
  }

  size_t bytes() const override { return sums_.capacity() * 8 + (wide_.capacity() + carries_.capacity()) * 16; }
  /// Of a sum the lower 128 bits, and how often 2^128 is to be added.
  std::vector<Type> saved_types() const override { return {Type::huge_int(), Type::big_int()}; }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) override {
    if (!wide_.empty()) fold();
    save_each<int128_t>(groups, columns[0], [&](uint32_t g) { return wide_.empty() ? int128_t{sums_[g]} : wide_[g]; });
    save_each<int64_t>(groups, columns[1], [&](uint32_t g) { return carries_.empty() ? int64_t{0} : carries_[g]; });
  }
  void load(std::span<const Vector> columns, size_t groups) override {
    const int128_t* sums = columns[0].values<int128_t>();
    const int64_t* carries = columns[1].values<int64_t>();
    int128_t bound = 0;
    bool carried = false;
    for (size_t g = 0; g < groups; ++g) {
      bound = std::max(bound, sums[g] == kInt128Min ? kInt128Max : sums[g] < 0 ? -sums[g] : sums[g]);
      carried |= carries[g] != 0;
    }
    if (bound < kBudgetMax && !carried) {
      budget_ = bound;
      for (size_t g = 0; g < groups; ++g) sums_[g] = static_cast<int64_t>(sums[g]);
      return;
    }
    widen();
    std::copy_n(sums, groups, wide_.begin());
    wide_budget_ = static_cast<double>(bound);
    if (!carried && wide_budget_ < kWideBudgetMax) return;
    carry();
    std::copy_n(carries, groups, carries_.begin());
  }

 private:
  static constexpr uint32_t kNoGroup = UINT32_MAX;
  static constexpr double kWideBudgetMax = 0x1p125;

  /// Makes sure that adding up to `step` to any group keeps its accumulator below kBudgetMax.
  void reserve_budget(int128_t step) {
    if (budget_ + step >= kBudgetMax) fold();
    budget_ += step;
  }

  /// The same for 128 bits; false once overflow is no longer excluded and carries are counted.
  bool reserve_wide_budget(int128_t bound, int128_t rows) {
    wide_budget_ += static_cast<double>(bound) * static_cast<double>(rows);
    if (wide_budget_ < kWideBudgetMax) return true;
    carry();
    return false;
  }

  void fold() {
    widen();
    wide_budget_ += static_cast<double>(budget_);
    if (wide_budget_ >= kWideBudgetMax) carry();
    for (size_t group = 0; group < sums_.size(); ++group) add_wide(group, sums_[group]);
    std::fill(sums_.begin(), sums_.end(), 0);
    budget_ = 0;
  }

  void add_wide(size_t group, int128_t value) {
    if (!__builtin_add_overflow(wide_[group], value, &wide_[group])) return;
    carries_[group] += value > 0 ? 1 : -1;
  }

  template <typename GroupOf>
  void add_each(const Vector& values, GroupOf group_of) {
    for (size_t row = 0; row < values.size; ++row) {
      const uint32_t group = group_of(row);
      if (group != kNoGroup && values.valid(row)) add_wide(group, read_integral(values, row));
    }
  }

  void widen() {
    if (wide_.empty()) wide_.resize(sums_.size(), 0);
  }
  void carry() {
    widen();
    if (carries_.empty()) carries_.resize(sums_.size(), 0);
  }

  int scale_;
  int128_t budget_ = 0;     ///< bound on the magnitude of every element of sums_
  double wide_budget_ = 0;  ///< bound on the magnitude of every element of wide_, as long as there are no carries
  LargeVector<int64_t> sums_;
  LargeVector<int128_t> wide_;    ///< empty until needed; a group's sum is sums_ + wide_ + carries_ * 2^128
  std::vector<int64_t> carries_;  ///< empty until needed
};

class IntervalSum : public AggregateState {
 public:
  void resize(size_t groups) override { totals_.resize(groups); }
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    const Vector values = flatten(argument, nullptr, flat_);
    for (size_t row = 0; row < batch.groups.rows; ++row) {
      if (!values.valid(row)) continue;
      const Interval& interval = values.values<Interval>()[row];
      totals_[batch.groups.at(row)].add({interval.months, interval.days, interval.micros});
    }
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    IntervalSum& other = static_cast<IntervalSum&>(from_state);
    for (size_t g = 0; g < groups; ++g) totals_[to[g]].add(other.totals_[from == nullptr ? g : from[g]]);
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    const size_t first = out.size();
    Interval* const to = static_cast<Interval*>(out.append_uninitialized(result.groups));
    for (size_t g = 0; g < result.groups; ++g) {
      const Total& total = totals_[result.begin + g];
      to[g] = {static_cast<int32_t>(total.months), static_cast<int32_t>(total.days),
               static_cast<int64_t>(total.micros)};
      if (result.counts[g] == 0) {
        out.set_null(first + g);
      } else if (to[g].months != total.months || to[g].days != total.days || to[g].micros != total.micros) {
        throw Error(sqlstate::kDatetimeOverflow, "interval out of range");
      } else if (result.kind == AggregateKind::kAverage) {
        to[g] = functions::interval_over(to[g], static_cast<double>(result.counts[g]));
      }
    }
  }
  size_t bytes() const override { return totals_.capacity() * sizeof(Total); }
  std::vector<Type> saved_types() const override { return {Type::big_int(), Type::big_int(), Type::huge_int()}; }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) override {
    save_each<int64_t>(groups, columns[0], [&](uint32_t group) { return totals_[group].months; });
    save_each<int64_t>(groups, columns[1], [&](uint32_t group) { return totals_[group].days; });
    save_each<int128_t>(groups, columns[2], [&](uint32_t group) { return totals_[group].micros; });
  }
  void load(std::span<const Vector> columns, size_t groups) override {
    for (size_t g = 0; g < groups; ++g) {
      totals_[g] = {columns[0].values<int64_t>()[g], columns[1].values<int64_t>()[g], columns[2].values<int128_t>()[g]};
    }
  }

 private:
  struct Total {
    int64_t months = 0, days = 0;
    int128_t micros = 0;
    void add(const Total& other) {
      months += other.months;
      days += other.days;
      micros += other.micros;
    }
  };
  std::vector<Total> totals_;
  FlatScratch flat_;
};

class NullState : public AggregateState {
 public:
  void resize(size_t) override {}
  void update(const GroupedBatch&, const Vector&) override {}
  void update_single(const Vector&, const uint64_t*, uint64_t) override {}
  void merge(AggregateState&, const uint32_t*, const uint32_t*, size_t) override {}
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    for (size_t g = 0; g < result.groups; ++g) out.append_null();
  }
  size_t bytes() const override { return 0; }
  std::vector<Type> saved_types() const override { return {}; }
  void save(std::span<const uint32_t>, std::span<ColumnBuffer>) override {}
  void load(std::span<const Vector>, size_t) override {}
};

}  // namespace

MadeState make_null_state() { return std::make_unique<NullState>(); }

MadeState make_sum(const AggregateStateSpec& spec) {
  if (spec.argument.id == TypeId::kInterval) return std::make_unique<IntervalSum>();
  if (!spec.argument.is_integral()) return make_floating_sum();
  return std::make_unique<IntegralSum>(spec.argument);
}

}  // namespace cairn
