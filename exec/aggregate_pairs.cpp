#include <cmath>
#include <optional>

#include "exec/aggregate_functions.h"
#include "exec/integral_output.h"

namespace cairn {

namespace {

/// What all functions of pairs are made of, by Youngs and Cramer's updates.
struct Pair {
  double count = 0, mean_x = 0, mean_y = 0;
  double sxx = 0, syy = 0, sxy = 0;  ///< sums of products of deviations from the means

  void add(double y, double x) {
    count += 1;
    const double dx = x - mean_x, dy = y - mean_y;
    mean_x += dx / count;
    mean_y += dy / count;
    sxx += dx * (x - mean_x);
    syy += dy * (y - mean_y);
    sxy += dx * (y - mean_y);
  }
  void merge(const Pair& other) {
    if (other.count == 0) return;
    const double total = count + other.count;
    const double dx = other.mean_x - mean_x, dy = other.mean_y - mean_y, weight = count * other.count / total;
    mean_x += dx * (other.count / total);
    mean_y += dy * (other.count / total);
    sxx += other.sxx + dx * dx * weight;
    syy += other.syy + dy * dy * weight;
    sxy += other.sxy + dx * dy * weight;
    count = total;
  }
};

/// The function's value, or nullopt for NULL.
std::optional<double> value_of(AggregateKind function, const Pair& pair) {
  const double slope = pair.sxy / pair.sxx;
  if (function == AggregateKind::kCovarianceSample) {
    return pair.count < 2 ? std::nullopt : std::optional(pair.sxy / (pair.count - 1));
  }
  if (pair.count < 1) return std::nullopt;
  switch (function) {
    case AggregateKind::kCovariancePopulation: return pair.sxy / pair.count;
    case AggregateKind::kRegressionAverageX: return pair.mean_x;
    case AggregateKind::kRegressionAverageY: return pair.mean_y;
    case AggregateKind::kRegressionSxx: return pair.sxx;
    case AggregateKind::kRegressionSyy: return pair.syy;
    case AggregateKind::kRegressionSxy: return pair.sxy;
    case AggregateKind::kCorrelation:
      if (pair.sxx == 0 || pair.syy == 0) return std::nullopt;
      return pair.sxy / std::sqrt(pair.sxx * pair.syy);
    default: break;
  }
  if (pair.sxx == 0) return std::nullopt;  // a vertical line
  switch (function) {
    case AggregateKind::kRegressionSlope: return slope;
    case AggregateKind::kRegressionIntercept: return pair.mean_y - pair.mean_x * slope;
    default: return pair.syy == 0 ? 1.0 : pair.sxy * pair.sxy / (pair.sxx * pair.syy);  // regr_r2
  }
}

class Pairs : public AggregateState {
 public:
  void resize(size_t groups) override { pairs_.resize(groups); }
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null() || batch.further[0].constant_null()) return;
    const Vector y = flatten(argument, nullptr, y_flat_), x = flatten(batch.further[0], nullptr, x_flat_);
    for (size_t row = 0; row < batch.groups.rows; ++row) {
      if (!y.valid(row) || !x.valid(row)) continue;
      pairs_[batch.groups.at(row)].add(y.values<double>()[row], x.values<double>()[row]);
    }
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    const Pairs& other = static_cast<Pairs&>(from_state);
    for (size_t g = 0; g < groups; ++g) pairs_[to[g]].merge(other.pairs_[from == nullptr ? g : from[g]]);
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    if (result.function == AggregateKind::kRegressionCount) {
      append_integers(out, result.groups, nullptr,
                      [&](size_t g) { return static_cast<int128_t>(pairs_[result.begin + g].count); });
      return;
    }
    std::vector<std::optional<double>> values(result.groups);
    std::vector<int64_t> defined(result.groups);
    for (size_t g = 0; g < result.groups; ++g) {
      values[g] = value_of(result.function, pairs_[result.begin + g]);
      defined[g] = values[g].has_value();
    }
    append_floats(out, result.groups, defined.data(), [&](size_t g) { return *values[g]; });
  }
  size_t bytes() const override { return pairs_.capacity() * sizeof(Pair); }

 private:
  std::vector<Pair> pairs_;
  FlatScratch y_flat_, x_flat_;
};

}  // namespace

std::unique_ptr<AggregateState> make_pairs() { return std::make_unique<Pairs>(); }

}  // namespace cairn
