#include <cmath>
#include <optional>

#include "exec/aggregates/deviations.h"
#include "exec/aggregates/exact_moments.h"
#include "exec/aggregates/functions.h"
#include "exec/evaluation/integral_output.h"

namespace cairn {

namespace {

constexpr size_t kY = 0, kX = 1;

/// What all functions of pairs of one group are made of.
class Pair {
 public:
  Pair(const ExactMoments<2>& moments, size_t group) : moments_(moments), group_(group) {
    if (!moments.may_overflow()) return;
    // Whatever the function, an overflow of any of these is the same error, as in PostgreSQL.
    deviations(kX, kX);
    deviations(kY, kY);
    deviations(kX, kY);
  }
  double count() const { return static_cast<double>(moments_.count(group_)); }
  double mean(size_t argument) const { return sum(argument) / count(); }
  double sum(size_t argument) const { return moments_.sum(group_, argument); }
  /// Sum of products of deviations from the means.
  double deviations(size_t a, size_t b) const { return Deviations(moments_, group_, a, b).sum(); }

 private:
  const ExactMoments<2>& moments_;
  size_t group_;
};

/// Of what needs a slope, or nullopt for NULL: a vertical line.
std::optional<double> regression_of(AggregateKind kind, const Pair& pair) {
  const double sxx = pair.deviations(kX, kX);
  if (sxx == 0) return std::nullopt;
  const double sxy = pair.deviations(kX, kY), slope = sxy / sxx;
  if (kind == AggregateKind::kRegressionSlope) return slope;
  if (kind == AggregateKind::kRegressionIntercept) return (pair.sum(kY) - pair.sum(kX) * slope) / pair.count();
  const double syy = pair.deviations(kY, kY);  // regr_r2
  return syy == 0 ? 1.0 : slope * (sxy / syy);
}

/// The function's value, or nullopt for NULL.
std::optional<double> value_of(AggregateKind kind, const Pair& pair) {
  const double count = pair.count();
  if (count < (kind == AggregateKind::kCovarianceSample ? 2 : 1)) return std::nullopt;
  switch (kind) {
    case AggregateKind::kCovarianceSample: return pair.deviations(kX, kY) / (count - 1);
    case AggregateKind::kCovariancePopulation: return pair.deviations(kX, kY) / count;
    case AggregateKind::kRegressionAverageX: return pair.mean(kX);
    case AggregateKind::kRegressionAverageY: return pair.mean(kY);
    case AggregateKind::kRegressionSxx: return pair.deviations(kX, kX);
    case AggregateKind::kRegressionSyy: return pair.deviations(kY, kY);
    case AggregateKind::kRegressionSxy: return pair.deviations(kX, kY);
    case AggregateKind::kCorrelation: {
      const double sxx = pair.deviations(kX, kX), syy = pair.deviations(kY, kY);
      if (sxx == 0 || syy == 0) return std::nullopt;
      const double sxy = pair.deviations(kX, kY), squares = sxx * syy;
      return std::isnormal(squares) ? sxy / std::sqrt(squares) : sxy / std::sqrt(sxx) / std::sqrt(syy);
    }
    default: return regression_of(kind, pair);
  }
}

class Pairs : public AggregateState {
 public:
  void resize(size_t groups) override { moments_.resize(groups); }
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null() || batch.further[0].constant_null()) return;
    const Vector y = flatten(argument, nullptr, y_flat_), x = flatten(batch.further[0], nullptr, x_flat_);
    moments_.add(batch.groups, {y, x});
  }
  void merge(AggregateState& other, const uint32_t* from, const uint32_t* to, size_t groups) override {
    moments_.merge(static_cast<Pairs&>(other).moments_, from, to, groups);
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    if (result.kind == AggregateKind::kRegressionCount) {
      append_integers(out, result.groups, nullptr,
                      [&](size_t g) { return int128_t{moments_.count(result.begin + g)}; });
      return;
    }
    std::vector<std::optional<double>> values(result.groups);
    std::vector<int64_t> defined(result.groups);
    for (size_t g = 0; g < result.groups; ++g) {
      values[g] = value_of(result.kind, Pair(moments_, result.begin + g));
      defined[g] = values[g].has_value();
    }
    append_floats(out, result.groups, defined.data(), [&](size_t g) { return *values[g]; });
  }
  size_t bytes() const override { return moments_.bytes(); }
  std::vector<Type> saved_types() const override { return moments_.saved_types(); }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) override { moments_.save(groups, columns); }
  void load(std::span<const Vector> columns, size_t groups) override { moments_.load(columns, groups); }

 private:
  ExactMoments<2> moments_;
  FlatScratch y_flat_, x_flat_;
};

}  // namespace

MadeState make_pairs(const AggregateStateSpec&) { return std::make_unique<Pairs>(); }

}  // namespace cairn
