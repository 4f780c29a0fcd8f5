// Kernels over one vector that stays in the cache: cycles per row and bytes per second, per width.
//   vector_kernels_bench --benchmark_filter=compare       CAIRN_SIMD=avx2 vector_kernels_bench

#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <vector>

#include "bench/cycle_counter.h"
#include "vector/column_buffer.h"
#include "vector/kernels/aggregate.h"
#include "vector/kernels/arithmetic.h"
#include "vector/kernels/compare.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/mask.h"
#include "vector/kernels/simd_target.h"
#include "vector/value.h"

namespace cairn {
namespace {

constexpr size_t kRows = kDefaultVectorCapacity;

std::vector<std::byte> random_bytes(size_t bytes, uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> out(bytes + 64);
  for (std::byte& byte : out) byte = static_cast<std::byte>(random());
  return out;
}

/// Values or ids below `bound`, of `bytes` bytes each.
std::vector<std::byte> random_integers(size_t rows, size_t bytes, uint64_t bound, uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> out(rows * bytes + 64);
  for (size_t i = 0; i < rows; ++i) {
    const uint64_t value = random() % bound;
    std::memcpy(out.data() + i * bytes, &value, bytes);
  }
  return out;
}

/// Runs the kernel and reports rows, bytes read and cycles.
template <typename Kernel>
void measure(benchmark::State& state, size_t bytes_per_row, const Kernel& kernel) {
  const uint64_t begin = bench::cycle_count();
  for (auto _ : state) {
    kernel();
    benchmark::ClobberMemory();
  }
  const auto cycles = static_cast<double>(bench::cycle_count() - begin);
  const auto rows = static_cast<double>(state.iterations()) * kRows;
  state.counters["cycles/row"] = cycles / rows;
  state.SetItemsProcessed(static_cast<int64_t>(rows));
  state.SetBytesProcessed(static_cast<int64_t>(rows * static_cast<double>(bytes_per_row)));
}

void widths(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("bytes");
  for (const int bytes : {1, 2, 4, 8}) benchmark->Arg(bytes);
}

void compare_range_bench(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const auto data = random_bytes(kRows * bytes);
  std::vector<uint64_t> mask(mask_words(kRows));
  measure(state, bytes, [&] { compare_range(bytes, data.data(), 10, 100, kRows, mask.data()); });
}
BENCHMARK(compare_range_bench)->Name("compare_range")->Apply(widths);

void compare_less_bench(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const auto a = random_bytes(kRows * bytes, 1);
  const auto b = random_bytes(kRows * bytes, 2);
  std::vector<uint64_t> mask(mask_words(kRows));
  measure(state, 2 * bytes, [&] { compare_less(bytes, bytes != 1, a.data(), b.data(), kRows, mask.data()); });
}
BENCHMARK(compare_less_bench)->Name("compare_less")->Apply(widths);

void mask_to_indices_bench(benchmark::State& state) {
  std::mt19937_64 random(1);
  const auto percent = static_cast<uint64_t>(state.range(0));
  std::vector<uint64_t> mask(mask_words(kRows));
  for (size_t row = 0; row < kRows; ++row) {
    if (random() % 100 < percent) mask[row / 64] |= uint64_t{1} << (row % 64);
  }
  std::vector<uint32_t> indices(kRows + 64);
  measure(state, 0, [&] { benchmark::DoNotOptimize(mask_to_indices(mask.data(), kRows, indices.data())); });
}
BENCHMARK(mask_to_indices_bench)->Name("mask_to_indices")->ArgName("percent")->Arg(2)->Arg(50)->Arg(98);

void add_bench(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const auto a = random_bytes(kRows * bytes, 1);
  const auto b = random_bytes(kRows * bytes, 2);
  auto out = random_bytes(kRows * bytes, 3);
  measure(state, 2 * bytes, [&] { add_integers(bytes, a.data(), b.data(), 7, kRows, out.data()); });
}
BENCHMARK(add_bench)->Name("add")->Apply(widths);

void multiply_bench(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const auto a = random_bytes(kRows * bytes, 1);
  const auto b = random_bytes(kRows * bytes, 2);
  auto out = random_bytes(kRows * bytes, 3);
  measure(state, 2 * bytes, [&] { multiply_integers(bytes, a.data(), 3, b.data(), 5, 7, kRows, out.data()); });
}
BENCHMARK(multiply_bench)->Name("multiply")->Apply(widths);

void multiply_checked_bench(benchmark::State& state) {
  const auto a = random_integers(kRows, 8, 1u << 30, 1);
  const auto b = random_integers(kRows, 8, 1u << 30, 2);
  std::vector<int64_t> out(kRows);
  measure(state, 16, [&] {
    benchmark::DoNotOptimize(compute_checked(CheckedOperation::kMultiply, reinterpret_cast<const int64_t*>(a.data()),
                                             reinterpret_cast<const int64_t*>(b.data()), INT64_MIN, INT64_MAX, kRows,
                                             out.data()));
  });
}
BENCHMARK(multiply_checked_bench)->Name("multiply_checked");

void gather_bench(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const auto data = random_bytes(kRows * bytes);
  const auto indices = random_integers(kRows, 4, kRows);
  auto out = random_bytes(kRows * bytes);
  measure(state, bytes + 4, [&] {
    gather_values(data.data(), bytes, reinterpret_cast<const uint32_t*>(indices.data()), kRows, out.data());
  });
}
BENCHMARK(gather_bench)->Name("gather")->Apply(widths);

/// An integer vector as offsets of so many bytes; 8: flat.
Vector integer_vector(const std::vector<std::byte>& data, size_t bytes) {
  Vector vector;
  vector.type = Type::big_int();
  vector.size = kRows;
  vector.data = data.data();
  if (bytes != 8) {
    vector.encoding = Encoding::kFrameOfReference;
    vector.code_bytes = static_cast<uint8_t>(bytes);
    vector.base = 1000;
    vector.range = {1000, 1000 + ((int128_t{1} << (8 * bytes)) - 1)};
  } else {
    vector.range = {0, 1 << 30};
  }
  return vector;
}

void hash_integers(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const auto data = random_integers(kRows, bytes, bytes < 4 ? uint64_t{1} << (8 * bytes) : 1u << 30);
  const Vector vector = integer_vector(data, bytes);
  std::vector<uint64_t> hashes(kRows);
  measure(state, bytes, [&] { hash_vector(vector, nullptr, false, hashes.data()); });
}
BENCHMARK(hash_integers)->Name("hash_integers")->Apply(widths);

void hash_strings(benchmark::State& state) {
  ColumnBuffer column(Type::varchar());
  std::mt19937_64 random(1);
  const auto length = static_cast<size_t>(state.range(0));
  for (size_t i = 0; i < kRows; ++i) {
    std::string text;
    for (size_t j = 0; j < length; ++j) text += static_cast<char>('a' + random() % 26);
    column.append_value(Value::of_string(text));
  }
  const Vector vector = column.view();
  std::vector<uint64_t> hashes(kRows);
  measure(state, 16 + length, [&] { hash_vector(vector, nullptr, false, hashes.data()); });
}
BENCHMARK(hash_strings)->Name("hash_strings")->ArgName("length")->Arg(8)->Arg(40);

void sum_bench(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const auto data = random_integers(kRows, bytes, bytes < 4 ? uint64_t{1} << (8 * bytes) : 1u << 30);
  const Vector vector = integer_vector(data, bytes);
  measure(state, bytes, [&] { benchmark::DoNotOptimize(sum_integral(vector)); });
}
BENCHMARK(sum_bench)->Name("sum")->Apply(widths);

/// Four groups run on masks, a thousand scatter.
void grouped_sum_bench(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const auto group_count = static_cast<uint32_t>(state.range(1));
  const uint8_t id_bytes = group_count <= 256 ? 1 : 2;
  const auto data = random_integers(kRows, bytes, bytes < 4 ? uint64_t{1} << (8 * bytes) : 1u << 30);
  const auto ids = random_integers(kRows, id_bytes, group_count);
  const Vector vector = integer_vector(data, bytes);
  const GroupIds groups{ids.data(), id_bytes, kRows, group_count};
  std::vector<int64_t> counts(group_count), sums(group_count);
  grouped_count(groups, nullptr, counts.data());
  if (!grouped_sum(groups, vector, counts.data(), sums.data())) state.SkipWithError("the range is too wide");
  measure(state, bytes + id_bytes,
          [&] { benchmark::DoNotOptimize(grouped_sum(groups, vector, counts.data(), sums.data())); });
}
BENCHMARK(grouped_sum_bench)->Name("grouped_sum")->ArgNames({"bytes", "groups"})
    ->ArgsProduct({{1, 2, 4, 8}, {4, 1000}});

void grouped_count_bench(benchmark::State& state) {
  const auto group_count = static_cast<uint32_t>(state.range(0));
  const uint8_t id_bytes = group_count <= 256 ? 1 : 2;
  const auto ids = random_integers(kRows, id_bytes, group_count);
  const GroupIds groups{ids.data(), id_bytes, kRows, group_count};
  std::vector<int64_t> counts(group_count);
  measure(state, id_bytes, [&] { grouped_count(groups, nullptr, counts.data()); });
}
BENCHMARK(grouped_count_bench)->Name("grouped_count")->ArgName("groups")->Arg(4)->Arg(1000);

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  benchmark::AddCustomContext("simd", std::string(cairn::simd_target()));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
