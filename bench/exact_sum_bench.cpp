// Google Benchmark: what exact sums and moments cost beside plain floating-point arithmetic, for 1, 1,000 and 1,000,000
// groups. Plain: one addition per row; Welford's variance; Youngs and Cramer's sums of products.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>

#include "exec/exact_moments.h"
#include "exec/exact_sums.h"

namespace cairn {
namespace {

constexpr size_t kRows = size_t{1} << 22;
constexpr size_t kBatchRows = 2048;

/// Amounts with two digits behind the point, and groups drawn for each row.
struct Rows {
  explicit Rows(size_t group_count) : ids(kRows), x(kRows), y(kRows) {
    std::mt19937_64 random(1);
    for (size_t i = 0; i < kRows; ++i) {
      ids[i] = static_cast<uint32_t>(random() % group_count);
      x[i] = static_cast<double>(random() % 10000000) / 100;
      y[i] = static_cast<double>(random() % 1000) / 10;
    }
  }
  LargeVector<uint32_t> ids;
  LargeVector<double> x, y;
};

const Rows& rows_of(size_t group_count) {
  static size_t held = 0;
  static std::unique_ptr<Rows> rows;
  if (held != group_count) rows = std::make_unique<Rows>(group_count);
  held = group_count;
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
  const Rows& rows = rows_of(static_cast<size_t>(state.range(0)));
  LargeVector<double> sums(static_cast<size_t>(state.range(0)), 0.0);
  run(state, rows, sums, [&](size_t begin) {
    const uint32_t* const ids = rows.ids.data() + begin;
    const double* const x = rows.x.data() + begin;
    for (size_t i = 0; i < kBatchRows; ++i) sums[ids[i]] += x[i];
  });
}

void BM_ExactSum(benchmark::State& state) {
  const auto groups = static_cast<uint32_t>(state.range(0));
  const Rows& rows = rows_of(groups);
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
  const Rows& rows = rows_of(static_cast<size_t>(state.range(0)));
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
  const Rows& rows = rows_of(static_cast<size_t>(state.range(0)));
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
  const Rows& rows = rows_of(static_cast<size_t>(state.range(0)));
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
  const Rows& rows = rows_of(static_cast<size_t>(state.range(0)));
  ExactMoments<2> moments;
  moments.resize(static_cast<size_t>(state.range(0)));
  run(state, rows, moments, [&](size_t begin) {
    moments.add(ids_of(rows, state, begin), {batch_of(rows.y, begin), batch_of(rows.x, begin)});
  });
}

BENCHMARK(BM_PlainSum)->Arg(1)->Arg(1000)->Arg(1000000);
BENCHMARK(BM_ExactSum)->Arg(1)->Arg(1000)->Arg(1000000);
BENCHMARK(BM_PlainVariance)->Arg(1)->Arg(1000)->Arg(1000000);
BENCHMARK(BM_ExactVariance)->Arg(1)->Arg(1000)->Arg(1000000);
BENCHMARK(BM_PlainRegression)->Arg(1)->Arg(1000)->Arg(1000000);
BENCHMARK(BM_ExactRegression)->Arg(1)->Arg(1000)->Arg(1000000);

}  // namespace
}  // namespace cairn

BENCHMARK_MAIN();
