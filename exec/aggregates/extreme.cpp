#include <cmath>
#include <limits>

#include "exec/aggregates/functions.h"
#include "exec/aggregates/saved_values.h"
#include "exec/aggregates/value_state.h"
#include "exec/evaluation/integral_output.h"
#include "vector/date.h"

namespace cairn {

namespace {

/// Integral types of up to 64 bits; bool_and is min, bool_or max.
class WordExtreme : public ValueState<int64_t> {
 public:
  explicit WordExtreme(bool max) : ValueState(max ? INT64_MIN : INT64_MAX), max_(max) {}
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    Vector values = argument;
    if (!values.range.known()) values.range = {INT64_MIN, INT64_MAX};  // by its type, whatever the encoding could hold
    const bool done = max_ ? grouped_max(batch.groups, values, values_.data())
                           : grouped_min(batch.groups, values, values_.data());
    assert(done);
    static_cast<void>(done);
  }
  void update_single(const Vector& argument, const uint64_t* mask, uint64_t) override {
    int128_t min, max;
    if (argument.constant_null() || !min_max_integral(argument, mask, min, max)) return;
    values_[0] = max_ ? std::max(values_[0], static_cast<int64_t>(max)) : std::min(values_[0], static_cast<int64_t>(min));
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    const WordExtreme& other = static_cast<WordExtreme&>(from_state);
    for (size_t i = 0; i < groups; ++i) {
      int64_t& value = values_[to[i]];
      value = max_ ? std::max(value, other.values_[source_group(from, i)]) : std::min(value, other.values_[source_group(from, i)]);
    }
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    append_integers(out, result.groups, result.counts, [&](size_t g) { return int128_t{values_[result.begin + g]}; });
  }

 private:
  bool max_;
};

class WideExtreme : public ValueState<int128_t> {
 public:
  explicit WideExtreme(bool max) : ValueState(max ? kInt128Min : kInt128Max), max_(max) {}
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    max_ ? grouped_max_wide(batch.groups, argument, values_.data())
         : grouped_min_wide(batch.groups, argument, values_.data());
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    const WideExtreme& other = static_cast<WideExtreme&>(from_state);
    for (size_t i = 0; i < groups; ++i) {
      int128_t& value = values_[to[i]];
      value = max_ ? std::max(value, other.values_[source_group(from, i)]) : std::min(value, other.values_[source_group(from, i)]);
    }
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    append_integers(out, result.groups, result.counts, [&](size_t g) { return values_[result.begin + g]; });
  }

 private:
  bool max_;
};

/// NaN is greater than everything.
class FloatExtreme : public ValueState<double> {
 public:
  explicit FloatExtreme(bool max)
      : ValueState(max ? -std::numeric_limits<double>::infinity() : std::nan("")), max_(max) {}
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    max_ ? grouped_max_floating(batch.groups, argument, values_.data())
         : grouped_min_floating(batch.groups, argument, values_.data());
  }
  void update_single(const Vector& argument, const uint64_t* mask, uint64_t) override {
    double min, max;
    if (argument.constant_null() || !min_max_floating(argument, mask, min, max)) return;
    add(values_[0], max_ ? max : min);
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    const FloatExtreme& other = static_cast<FloatExtreme&>(from_state);
    for (size_t i = 0; i < groups; ++i) add(values_[to[i]], other.values_[source_group(from, i)]);
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    append_floats(out, result.groups, result.counts, [&](size_t g) { return values_[result.begin + g]; });
  }

 private:
  static bool less(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }
  void add(double& held, double value) const {
    if (max_ ? less(held, value) : less(value, held)) held = value;
  }

  bool max_;
};

struct StringOrder {
  bool operator()(const StringRef& a, const StringRef& b) const { return a < b; }
};
struct IntervalOrder {
  bool operator()(const Interval& a, const Interval& b) const { return interval_order(a) < interval_order(b); }
};

/// Strings (whose bytes are copied into the state's heap) and intervals.
template <typename T, typename Order>
class OrderedExtreme : public AggregateState {
 public:
  OrderedExtreme(bool max, const Type& argument) : max_(max), type_(argument) {}
  void resize(size_t groups) override {
    values_.resize(groups);
    present_.resize(groups, 0);
  }
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    const Vector values = flatten(argument, nullptr, flat_);
    const T* data = values.template values<T>();
    for (size_t row = 0; row < batch.groups.rows; ++row) {
      if (values.valid(row)) add(batch.groups.at(row), data[row]);
    }
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    const OrderedExtreme& other = static_cast<OrderedExtreme&>(from_state);
    for (size_t i = 0; i < groups; ++i) {
      const size_t group = source_group(from, i);
      if (other.present_[group] != 0) add(to[i], other.values_[group]);
    }
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    append_values(result, values_.data(), [&](size_t group) { return present_[group] != 0; }, out);
  }
  size_t bytes() const override { return values_.capacity() * (sizeof(T) + 1) + heap_.bytes(); }
  std::vector<Type> saved_types() const override { return {type_}; }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) override {
    const size_t first = columns[0].size();
    save_values(groups, values_.data(), columns[0]);
    for (size_t i = 0; i < groups.size(); ++i) {
      if (present_[groups[i]] == 0) columns[0].set_null(first + i);
    }
  }
  void load(std::span<const Vector> columns, size_t groups) override {
    for (size_t g = 0; g < groups; ++g) {
      if (columns[0].valid(g)) add(g, columns[0].template values<T>()[g]);
    }
  }

 private:
  void add(size_t group, const T& value) {
    const Order less;
    if (present_[group] != 0 && !(max_ ? less(values_[group], value) : less(value, values_[group]))) return;
    present_[group] = 1;
    if constexpr (std::is_same_v<T, StringRef>) {
      values_[group] = value.is_inline() ? value : heap_.add(value.view());
    } else {
      values_[group] = value;
    }
  }

  bool max_;
  Type type_;
  std::vector<T> values_;
  std::vector<uint8_t> present_;
  StringHeap heap_;
  FlatScratch flat_;
};

}  // namespace

static MadeState make_extreme(bool max, const Type& argument) {
  switch (argument.physical()) {
    case Physical::kBool:
    case Physical::kInt16:
    case Physical::kInt32:
    case Physical::kInt64: return std::make_unique<WordExtreme>(max);
    case Physical::kInt128: return std::make_unique<WideExtreme>(max);
    case Physical::kFloat:
    case Physical::kDouble: return std::make_unique<FloatExtreme>(max);
    case Physical::kInterval: return std::make_unique<OrderedExtreme<Interval, IntervalOrder>>(max, argument);
    default: return std::make_unique<OrderedExtreme<StringRef, StringOrder>>(max, argument);
  }
}

MadeState make_min(const AggregateStateSpec& spec) { return make_extreme(false, spec.argument); }
MadeState make_max(const AggregateStateSpec& spec) { return make_extreme(true, spec.argument); }

}  // namespace cairn
