// Google Benchmark over kernels and expression evaluation: TPC-H Q1's and Q6's work on synthetic lineitem columns as a
// scan hands them out, without scan and scheduler.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>

#include "exec/evaluation/expression_evaluator.h"
#include "exec/evaluation/predicate_evaluator.h"
#include "exec/functions/function.h"
#include "vector/date.h"
#include "vector/kernels/aggregate.h"
#include "vector/kernels/arithmetic.h"
#include "vector/kernels/compare.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/mask.h"
#include "vector/kernels/simd_target.h"
#include "vector/parse.h"

namespace cairn {
namespace {

constexpr size_t kRows = 6001215;

/// Lineitem's columns in frames of reference, as SF 1 has them.
struct Lineitem {
  std::vector<uint16_t> shipdate, quantity;
  std::vector<uint8_t> discount, tax, flag, status;
  std::vector<uint32_t> price;
  std::vector<StringRef> flags{StringRef("A"), StringRef("N"), StringRef("R")}, statuses{StringRef("F"), StringRef("O")};

  Lineitem() : shipdate(kRows), quantity(kRows), discount(kRows), tax(kRows), flag(kRows), status(kRows), price(kRows) {
    std::mt19937_64 random(1);
    for (size_t i = 0; i < kRows; ++i) {
      const uint64_t r = random();
      shipdate[i] = static_cast<uint16_t>(r % 2526);
      quantity[i] = static_cast<uint16_t>((r >> 16) % 50 * 100);
      discount[i] = static_cast<uint8_t>((r >> 24) % 11);
      tax[i] = static_cast<uint8_t>((r >> 32) % 9);
      const bool shipped = shipdate[i] < 1263;
      flag[i] = shipped ? ((r >> 40) & 1 ? 0 : 2) : 1;
      status[i] = shipped ? 0 : 1;
      price[i] = static_cast<uint32_t>((r >> 41) % 10400000);
    }
  }

  static Vector frame(Type type, const void* data, size_t bytes, size_t begin, size_t rows, int64_t base, int64_t max) {
    Vector vector;
    vector.type = type;
    vector.encoding = Encoding::kFrameOfReference;
    vector.code_bytes = static_cast<uint8_t>(bytes);
    vector.size = rows;
    vector.data = static_cast<const std::byte*>(data) + begin * bytes;
    vector.base = base;
    vector.range = {base, base + max};
    return vector;
  }

  void slice(size_t begin, size_t rows, Batch& batch) const {
    const Type money = Type::decimal(15, 2);
    const int64_t first_day = days_from_civil(1992, 1, 2);
    batch.size = rows;
    batch.selected = false;
    batch.columns = {frame(Type::date(), shipdate.data(), 2, begin, rows, first_day, 2525),
                     frame(money, quantity.data(), 2, begin, rows, 100, 4900),
                     frame(money, price.data(), 4, begin, rows, 90000, 10400000),
                     frame(money, discount.data(), 1, begin, rows, 0, 10),
                     frame(money, tax.data(), 1, begin, rows, 0, 8)};
  }
};

const Lineitem& lineitem() {
  static const Lineitem columns;
  return columns;
}

ExpressionPtr call(std::string_view name, ExpressionPtr a, ExpressionPtr b) {
  for (const Function* function : find_functions(name)) {
    if (function->arguments == std::vector<TypeId>{a->type.id, b->type.id}) {
      const std::vector<Type> types = {a->type, b->type};
      std::vector<ExpressionPtr> arguments;
      arguments.push_back(std::move(a));
      arguments.push_back(std::move(b));
      const Type type = function->result_type(types);
      return Expression::make_call(function, type, std::move(arguments));
    }
  }
  return nullptr;
}

ExpressionPtr money(uint32_t column) { return Expression::make_column(column, Type::decimal(15, 2)); }
ExpressionPtr one() { return Expression::make_constant(parse_value("1", Type::decimal(15, 2))); }
ExpressionPtr shipped(Expression::Comparison comparison, const char* day) {
  return Expression::make_compare(comparison, Expression::make_column(0, Type::date()),
                                  Expression::make_constant(parse_value(day, Type::date())));
}

void BM_Q1(benchmark::State& state) {
  const Lineitem& table = lineitem();
  const size_t capacity = static_cast<size_t>(state.range(0));
  const auto filter = shipped(Expression::Comparison::kLessEqual, "1998-09-02");
  const auto discounted = call("*", money(2), call("-", one(), money(3)));
  const auto charge = call("*", call("*", money(2), call("-", one(), money(3))), call("+", one(), money(4)));
  const auto quantity = money(1), price = money(2), discount = money(3);
  for (auto _ : state) {
    PredicateEvaluator predicates({filter.get()});
    ExpressionEvaluator expressions({quantity.get(), price.get(), discounted.get(), charge.get(), discount.get()});
    std::vector<uint8_t> ids(capacity), bytes(capacity);
    Batch batch;
    int128_t totals[5][7] = {};
    int64_t counts[7] = {};
    for (size_t begin = 0; begin < kRows; begin += capacity) {
      const size_t rows = std::min(capacity, kRows - begin);
      table.slice(begin, rows, batch);
      predicates.select(batch);
      for (size_t i = 0; i < rows; ++i) ids[i] = static_cast<uint8_t>(table.flag[begin + i] * 2 + table.status[begin + i]);
      if (batch.selected) {
        mask_to_bytes(batch.selection.mask, rows, bytes.data());
        for (size_t i = 0; i < rows; ++i) ids[i] = bytes[i] ? ids[i] : 6;
      }
      const GroupIds groups{ids.data(), 1, rows, 7, 6};
      grouped_count(groups, nullptr, counts);
      expressions.begin(batch);
      for (size_t i = 0; i < 5; ++i) {
        Vector values;
        int64_t sums[7] = {};
        if (!expressions.evaluate_all(i, values) || !grouped_sum(groups, values, nullptr, sums)) state.SkipWithError("wide");
        for (size_t g = 0; g < 7; ++g) totals[i][g] += sums[g];
      }
    }
    benchmark::DoNotOptimize(totals);
    benchmark::DoNotOptimize(counts);
  }
  state.counters["ns/row"] = benchmark::Counter(static_cast<double>(kRows) * 1e-9, benchmark::Counter::kIsIterationInvariantRate |
                                                                                     benchmark::Counter::kInvert);
}
BENCHMARK(BM_Q1)->Arg(1024)->Arg(2048)->Arg(4096)->Arg(16384)->Unit(benchmark::kMillisecond);

void BM_Q6(benchmark::State& state) {
  const Lineitem& table = lineitem();
  const size_t capacity = static_cast<size_t>(state.range(0));
  std::vector<ExpressionPtr> conjuncts;
  conjuncts.push_back(shipped(Expression::Comparison::kGreaterEqual, "1994-01-01"));
  conjuncts.push_back(shipped(Expression::Comparison::kLess, "1995-01-01"));
  const auto compare = [](Expression::Comparison comparison, uint32_t column, const char* value) {
    return Expression::make_compare(comparison, money(column),
                                    Expression::make_constant(parse_value(value, Type::decimal(15, 2))));
  };
  conjuncts.push_back(compare(Expression::Comparison::kGreaterEqual, 3, "0.05"));
  conjuncts.push_back(compare(Expression::Comparison::kLessEqual, 3, "0.07"));
  conjuncts.push_back(compare(Expression::Comparison::kLess, 1, "24"));
  const auto revenue = call("*", money(2), money(3));
  for (auto _ : state) {
    std::vector<const Expression*> all;
    for (const auto& conjunct : conjuncts) all.push_back(conjunct.get());
    PredicateEvaluator predicates(all);
    ExpressionEvaluator expressions({revenue.get()});
    Batch batch;
    SumResult total;
    for (size_t begin = 0; begin < kRows; begin += capacity) {
      table.slice(begin, std::min(capacity, kRows - begin), batch);
      if (predicates.select(batch) == 0) continue;
      expressions.begin(batch);
      const SumResult sum = sum_integral(expressions.evaluate(0));
      total.sum += sum.sum;
      total.count += sum.count;
    }
    benchmark::DoNotOptimize(total);
  }
  state.counters["ns/row"] = benchmark::Counter(static_cast<double>(kRows) * 1e-9, benchmark::Counter::kIsIterationInvariantRate |
                                                                                     benchmark::Counter::kInvert);
}
BENCHMARK(BM_Q6)->Arg(1024)->Arg(2048)->Arg(4096)->Arg(16384)->Unit(benchmark::kMillisecond);

template <typename T>
void BM_CompareRange(benchmark::State& state) {
  std::vector<T> values(2048);
  std::mt19937_64 random(1);
  for (T& value : values) value = static_cast<T>(random());
  std::vector<uint64_t> mask(32);
  for (auto _ : state) {
    compare_range(sizeof(T), values.data(), 10, 70, values.size(), mask.data());
    benchmark::DoNotOptimize(mask.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * values.size() * sizeof(T)));
}
BENCHMARK(BM_CompareRange<uint8_t>);
BENCHMARK(BM_CompareRange<uint16_t>);
BENCHMARK(BM_CompareRange<uint32_t>);
BENCHMARK(BM_CompareRange<uint64_t>);

template <typename T>
void BM_GroupedSum(benchmark::State& state) {
  std::vector<T> values(2048);
  std::vector<uint8_t> ids(2048);
  std::mt19937_64 random(1);
  const auto group_count = static_cast<uint32_t>(state.range(0));
  for (T& value : values) value = static_cast<T>(random());
  for (uint8_t& id : ids) id = static_cast<uint8_t>(random() % group_count);
  Vector vector = Lineitem::frame(Type::big_int(), values.data(), sizeof(T), 0, values.size(), 0, INT32_MAX);
  const GroupIds groups{ids.data(), 1, values.size(), group_count};
  std::vector<int64_t> sums(group_count);
  for (auto _ : state) {
    grouped_sum(groups, vector, nullptr, sums.data());
    benchmark::DoNotOptimize(sums.data());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * values.size()));
}
BENCHMARK(BM_GroupedSum<uint8_t>)->Arg(7)->Arg(16)->Arg(100);
BENCHMARK(BM_GroupedSum<uint32_t>)->Arg(7)->Arg(16)->Arg(100);
BENCHMARK(BM_GroupedSum<uint64_t>)->Arg(7)->Arg(16)->Arg(100);

void BM_HashIntegers(benchmark::State& state) {
  std::vector<uint32_t> values(2048);
  std::mt19937_64 random(1);
  for (uint32_t& value : values) value = static_cast<uint32_t>(random());
  const Vector vector = Lineitem::frame(Type::integer(), values.data(), 4, 0, values.size(), 0, INT32_MAX);
  std::vector<uint64_t> hashes(2048);
  for (auto _ : state) {
    hash_vector(vector, nullptr, false, hashes.data());
    benchmark::DoNotOptimize(hashes.data());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * values.size()));
}
BENCHMARK(BM_HashIntegers);

void BM_MaskToIndices(benchmark::State& state) {
  std::vector<uint64_t> mask(32);
  std::mt19937_64 random(1);
  for (uint64_t& word : mask) word = random() & random();
  std::vector<uint32_t> indices(2048 + 64);
  for (auto _ : state) benchmark::DoNotOptimize(mask_to_indices(mask.data(), 2048, indices.data()));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * 2048));
}
BENCHMARK(BM_MaskToIndices);

}  // namespace
}  // namespace cairn

BENCHMARK_MAIN();
