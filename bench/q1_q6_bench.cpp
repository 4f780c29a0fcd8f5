// TPC-H Q1 and Q6 as microbenchmarks through the whole engine: cycles per row of lineitem, and bytes per second of the
// encoded columns that a query reads.
//   q1_q6_bench --sf 1                 generates into memory
//   q1_q6_bench --db DIR --benchmark_filter=q6

#include <benchmark/benchmark.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/cycle_counter.h"
#include "bench/tpch_queries.h"
#include "sql/session.h"
#include "vector/error.h"

namespace cairn {
namespace {

struct Query {
  int number;
  std::vector<std::string> columns;  ///< of lineitem, that it reads
};

const Query kQueries[] = {
    {1, {"l_quantity", "l_extendedprice", "l_discount", "l_tax", "l_returnflag", "l_linestatus", "l_shipdate"}},
    {6, {"l_quantity", "l_extendedprice", "l_discount", "l_shipdate"}},
};

uint64_t run(Session& session, std::string_view text) {
  uint64_t rows = 0;
  while (true) {
    size_t consumed = 0;
    const auto result = session.execute(text, consumed);
    if (result == nullptr) return rows;
    while (const auto chunk = result->next()) rows += chunk->row_count;
    text.remove_prefix(consumed);
  }
}

uint64_t stored_bytes(const TableVersion& table, const std::vector<std::string>& columns) {
  uint64_t bytes = 0;
  for (const std::string& column : columns) {
    const size_t position = table.schema.find(column).value();
    for (const auto& row_group : table.row_groups) bytes += row_group->stored_bytes(position);
  }
  return bytes;
}

void measure(benchmark::State& state, Engine& engine, const Query& query, unsigned threads) {
  const auto session = engine.connect();
  run(*session, "SET checkpoint = off; SET threads = " + std::to_string(threads));
  const char* text = bench::tpch_query(query.number);
  run(*session, text);  // loads the columns
  const uint64_t begin = bench::cycle_count();
  for (auto _ : state) benchmark::DoNotOptimize(run(*session, text));
  const auto cycles = static_cast<double>(bench::cycle_count() - begin);
  const auto snapshot = engine.database().snapshot();
  const TableVersion& lineitem = *snapshot->tables.find("lineitem")->second;
  const auto rows = static_cast<double>(state.iterations()) * static_cast<double>(lineitem.row_count);
  state.counters["cycles/row"] = cycles * threads / rows;
  state.SetItemsProcessed(static_cast<int64_t>(rows));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(stored_bytes(lineitem, query.columns)));
}

int run_all(int argc, char** argv) {
  std::string path;
  double scale_factor = 0.1;
  CLI::App app("TPC-H Q1 and Q6 as microbenchmarks; options of Google Benchmark (--benchmark_…) are passed on.");
  app.allow_extras();
  app.add_option("--db", path, "database directory with TPC-H (default: generated into memory)");
  app.add_option("--sf", scale_factor, "scale factor to generate")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto engine = Engine::open(path.empty() ? ":memory:" : path, {.read_only = !path.empty()});
  if (path.empty()) run(*engine->connect(), "CALL tpch_load(" + std::to_string(scale_factor) + ")");

  std::vector<unsigned> thread_counts = {1};
  if (std::thread::hardware_concurrency() > 1) thread_counts.push_back(std::thread::hardware_concurrency());
  for (const Query& query : kQueries) {
    for (const unsigned threads : thread_counts) {
      const std::string name = "q" + std::to_string(query.number) + "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(), [&engine, &query, threads](benchmark::State& state) {
        measure(state, *engine, query, threads);
      })->Unit(benchmark::kMillisecond)->UseRealTime();
    }
  }
  std::vector<std::string> passed = app.remaining();
  std::vector<char*> arguments = {argv[0]};
  for (std::string& argument : passed) arguments.push_back(argument.data());
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  try {
    return cairn::run_all(argc, argv);
  } catch (const cairn::Error& error) {
    std::cerr << "q1_q6_bench: " << error.message << '\n';
    return 1;
  }
}
