// Sums and the variance family, reproducible: no rounding before the end, so that the order of the rows does not matter.

#include <cmath>

#include "exec/aggregates/deviations.h"
#include "exec/aggregates/exact_moments.h"
#include "exec/aggregates/exact_sums.h"
#include "exec/aggregates/functions.h"
#include "exec/evaluation/integral_output.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/kernels.h"

namespace cairn {

namespace {

class FloatingSum : public AggregateState {
 public:
  void resize(size_t groups) override { sums_.resize(groups); }
  void update(const GroupedBatch& batch, const Vector& argument) override { sums_.add(batch.groups, argument); }
  void update_single(const Vector& argument, const uint64_t* mask, uint64_t) override { sums_.add_single(argument, mask); }
  void merge(AggregateState& other, const uint32_t* from, const uint32_t* to, size_t groups) override {
    sums_.merge(static_cast<FloatingSum&>(other).sums_, from, to, groups);
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    const bool average = result.kind == AggregateKind::kAverage;
    const bool single = out.type().physical() == Physical::kFloat;
    append_floats(out, result.groups, result.counts, [&](size_t g) {
      const size_t group = result.begin + g;
      if (single) return static_cast<double>(sums_.rounded<float>(group));
      const double sum = sums_.rounded<double>(group);
      return average ? sum / static_cast<double>(result.counts[g]) : sum;
    });
  }
  size_t bytes() const override { return sums_.bytes(); }
  std::vector<Type> saved_types() const override { return sums_.saved_types(); }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) override { sums_.save(groups, columns); }
  void load(std::span<const Vector> columns, size_t groups) override { sums_.load(columns, groups); }

 private:
  ExactSums sums_;
};

/// Variances and standard deviations. Exact arguments are added as the integers that they are.
class Moments : public AggregateState {
 public:
  explicit Moments(const Type& argument) : argument_(argument) {}
  void resize(size_t groups) override { moments_.resize(groups); }

  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    const Vector values = flatten(argument, nullptr, flat_);
    switch (argument_.physical()) {
      case Physical::kInt16: return add_integers(batch.groups, values, values.values<int16_t>());
      case Physical::kInt32: return add_integers(batch.groups, values, values.values<int32_t>());
      case Physical::kInt64: return add_integers(batch.groups, values, values.values<int64_t>());
      case Physical::kInt128: return add_integers(batch.groups, values, values.values<int128_t>());
      case Physical::kFloat: numbers_.assign(values.values<float>(), values.values<float>() + values.size); break;
      default: return moments_.add(batch.groups, {values});
    }
    moments_.add(batch.groups, {with_numbers(values, values.validity)});
  }

  void merge(AggregateState& other, const uint32_t* from, const uint32_t* to, size_t groups) override {
    moments_.merge(static_cast<Moments&>(other).moments_, from, to, groups);
  }

  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    const bool sample =
        result.kind == AggregateKind::kVarianceSample || result.kind == AggregateKind::kDeviationSample;
    const bool root =
        result.kind == AggregateKind::kDeviationSample || result.kind == AggregateKind::kDeviationPopulation;
    std::vector<int64_t> defined(result.groups);
    for (size_t g = 0; g < result.groups; ++g) defined[g] = moments_.count(result.begin + g) > (sample ? 1 : 0);
    append_floats(out, result.groups, defined.data(), [&](size_t g) {
      const size_t group = result.begin + g;
      const auto count = static_cast<double>(moments_.count(group));
      const Deviations deviations(moments_, group, 0, 0);
      const double variance = deviations.of_mean(count - (sample ? 1 : 0)) / unit_squared();
      return root ? std::sqrt(variance) : variance;
    });
  }
  size_t bytes() const override { return moments_.bytes(); }
  std::vector<Type> saved_types() const override { return moments_.saved_types(); }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) override { moments_.save(groups, columns); }
  void load(std::span<const Vector> columns, size_t groups) override { moments_.load(columns, groups); }

 private:
  Vector with_numbers(const Vector& values, const uint64_t* validity) const {
    Vector numbers;
    numbers.type = Type::double_();
    numbers.size = values.size;
    numbers.data = numbers_.data();
    numbers.validity = validity;
    return numbers;
  }
  /// As DOUBLEs, but for those that are too long for one.
  template <typename T>
  void add_integers(const GroupIds& groups, const Vector& values, const T* data) {
    constexpr int128_t kMost = int128_t{1} << 53;
    numbers_.assign(data, data + values.size);
    if constexpr (sizeof(T) < sizeof(int64_t)) {
      moments_.add(groups, {with_numbers(values, values.validity)});
    } else {
      short_.assign(mask_words(values.size), 0);
      for (size_t row = 0; row < values.size; ++row) {
        if (!values.valid(row)) continue;
        if (data[row] >= -kMost && data[row] <= kMost) {
          short_[row / 64] |= uint64_t{1} << (row % 64);
        } else if (groups.at(row) != groups.trash_group) {
          moments_.add_integer(groups.at(row), data[row]);
        }
      }
      moments_.add(groups, {with_numbers(values, short_.data())});
    }
  }
  double unit_squared() const {
    const auto unit = static_cast<double>(power_of_ten(argument_.is_exact() ? argument_.scale : 0));
    return unit * unit;
  }

  Type argument_;
  ExactMoments<1> moments_;
  std::vector<double> numbers_;   ///< of a batch
  std::vector<uint64_t> short_;   ///< rows of a batch with integers that are DOUBLEs
  FlatScratch flat_;
};

}  // namespace

MadeState make_floating_sum() { return std::make_unique<FloatingSum>(); }
MadeState make_moments(const AggregateStateSpec& spec) { return std::make_unique<Moments>(spec.argument); }

}  // namespace cairn
