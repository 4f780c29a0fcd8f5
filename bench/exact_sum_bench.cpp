// Google Benchmark: what exact sums and moments cost beside plain floating-point arithmetic, for 1, 1,000 and 1,000,000
// groups. Plain: one addition per row; Welford's variance; Youngs and Cramer's sums of products. The odd cases, with 1,000
// groups: a NaN, or a number far above or far below the others, in each 64 rows; numbers of all magnitudes.
#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>
#include <random>

#include "exec/aggregates/exact_moments.h"
#include "exec/aggregates/exact_sums.h"

namespace cairn {
namespace {

constexpr size_t kRows = size_t{1} << 22;
constexpr size_t kBatchRows = 2048;

enum Odd : int64_t { kNoneOdd, kNaNs, kGreatOnes, kSmallOnes, kAllMagnitudes };

/// Amounts with two digits behind the point, and groups drawn for each row.
struct Rows {
  Rows(size_t group_count, int64_t odd) : ids(kRows), x(kRows), y(kRows) {
    std::mt19937_64 random(1);
    for (size_t i = 0; i < kRows; ++i) {
      ids[i] = static_cast<uint32_t>(random() % group_count);
      x[i] = static_cast<double>(random() % 10000000) / 100;
      y[i] = static_cast<double>(random() % 1000) / 10;
      if (odd == kAllMagnitudes) x[i] = std::ldexp(x[i], static_cast<int>(random() % 600) - 300);
      if (i % 64 != 17) continue;
      if (odd == kNaNs) x[i] = std::nan("");
      if (odd == kGreatOnes) x[i] = 1e200;
      if (odd == kSmallOnes) x[i] = 1e-200;
    }
  }
  LargeVector<uint32_t> ids;
  LargeVector<double> x, y;
};

/// Arguments: how many groups, and what is odd.
const Rows& rows_of(const benchmark::State& state) {
  static std::pair<int64_t, int64_t> held;
  static std::unique_ptr<Rows> rows;
  const std::pair<int64_t, int64_t> wanted(state.range(0), state.range(1));
  if (held != wanted) rows = std::make_unique<Rows>(static_cast<size_t>(wanted.first), wanted.second);
  held = wanted;
  return *rows;
}

Vector batch_of(const LargeVector<double>& values, size_t begin) {
  Vector vector;
  vector.type = Type::double_();
  vector.size = kBatchRows;
  vector.data = values.data() + begin;
  return vector;
}

GroupIds ids_of(const Rows& rows, const benchmark::State& state, size_t begin) {
  return {rows.ids.data() + begin, 4, kBatchRows, static_cast<uint32_t>(state.range(0))};
}

template <typename Sums, typename AddBatch>
void run(benchmark::State& state, const Rows& rows, Sums& sums, AddBatch add_batch) {
  for (auto _ : state) {
    for (size_t begin = 0; begin < kRows; begin += kBatchRows) add_batch(begin);
    benchmark::DoNotOptimize(sums);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kRows));
  benchmark::DoNotOptimize(rows.x.data());
}

void BM_PlainSum(benchmark::State& state) {
  const Rows& rows = rows_of(state);
  LargeVector<double> sums(static_cast<size_t>(state.range(0)), 0.0);
  run(state, rows, sums, [&](size_t begin) {
    const uint32_t* const ids = rows.ids.data() + begin;
    const double* const x = rows.x.data() + begin;
    for (size_t i = 0; i < kBatchRows; ++i) sums[ids[i]] += x[i];
  });
}

void BM_ExactSum(benchmark::State& state) {
  const auto groups = static_cast<uint32_t>(state.range(0));
  const Rows& rows = rows_of(state);
  ExactSums sums;
  sums.resize(groups);
  run(state, rows, sums, [&](size_t begin) {
    sums.add(ids_of(rows, state, begin), batch_of(rows.x, begin));
  });
}

void BM_PlainVariance(benchmark::State& state) {
  struct Moment {
    double count = 0, mean = 0, squares = 0;
  };
  const Rows& rows = rows_of(state);
  std::vector<Moment> moments(static_cast<size_t>(state.range(0)));
  run(state, rows, moments, [&](size_t begin) {
    for (size_t i = begin; i < begin + kBatchRows; ++i) {
      Moment& moment = moments[rows.ids[i]];
      moment.count += 1;
      const double distance = rows.x[i] - moment.mean;
      moment.mean += distance / moment.count;
      moment.squares += distance * (rows.x[i] - moment.mean);
    }
  });
}

void BM_ExactVariance(benchmark::State& state) {
  const Rows& rows = rows_of(state);
  ExactMoments<1> moments;
  moments.resize(static_cast<size_t>(state.range(0)));
  run(state, rows, moments, [&](size_t begin) {
    moments.add(ids_of(rows, state, begin), {batch_of(rows.x, begin)});
  });
}

void BM_PlainRegression(benchmark::State& state) {
  struct Pair {
    double count = 0, mean_x = 0, mean_y = 0, sxx = 0, syy = 0, sxy = 0;
  };
  const Rows& rows = rows_of(state);
  std::vector<Pair> pairs(static_cast<size_t>(state.range(0)));
  run(state, rows, pairs, [&](size_t begin) {
    for (size_t i = begin; i < begin + kBatchRows; ++i) {
      Pair& pair = pairs[rows.ids[i]];
      pair.count += 1;
      const double dx = rows.x[i] - pair.mean_x, dy = rows.y[i] - pair.mean_y;
      pair.mean_x += dx / pair.count;
      pair.mean_y += dy / pair.count;
      pair.sxx += dx * (rows.x[i] - pair.mean_x);
      pair.syy += dy * (rows.y[i] - pair.mean_y);
      pair.sxy += dx * (rows.y[i] - pair.mean_y);
    }
  });
}

void BM_ExactRegression(benchmark::State& state) {
  const Rows& rows = rows_of(state);
  ExactMoments<2> moments;
  moments.resize(static_cast<size_t>(state.range(0)));
  run(state, rows, moments, [&](size_t begin) {
    moments.add(ids_of(rows, state, begin), {batch_of(rows.y, begin), batch_of(rows.x, begin)});
  });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t groups : {1, 1000, 1000000}) benchmark->Args({groups, kNoneOdd});
}
void odd_cases(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t odd : {kNaNs, kGreatOnes, kSmallOnes, kAllMagnitudes}) benchmark->Args({1000, odd});
}

BENCHMARK(BM_PlainSum)->Apply(sizes)->Apply(odd_cases);
BENCHMARK(BM_ExactSum)->Apply(sizes)->Apply(odd_cases);
BENCHMARK(BM_PlainVariance)->Apply(sizes)->Apply(odd_cases);
BENCHMARK(BM_ExactVariance)->Apply(sizes)->Apply(odd_cases);
BENCHMARK(BM_PlainRegression)->Apply(sizes)->Apply(odd_cases);
BENCHMARK(BM_ExactRegression)->Apply(sizes)->Apply(odd_cases);

}  // namespace
}  // namespace cairn

BENCHMARK_MAIN();
