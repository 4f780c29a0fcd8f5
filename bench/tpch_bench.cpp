// Runs TPC-H queries on a database through the C API and prints one JSON object per query:
//   {"query":1,"threads":1,"ms":[…]}        the first run of each query is not counted

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bench/session.h"
#include "bench/tpch_queries.h"

using cairn::bench::Failure;

int main(int argc, char** argv) {
  CLI::App app{"TPC-H queries on a Cairn database"};
  std::string database_path, checkpoint = "off";
  std::vector<int> queries;
  unsigned threads = 1, runs = 3;
  std::vector<std::string> settings;
  app.add_option("--db", database_path, "database directory")->required();
  app.add_option("--queries", queries, "numbers, parted by commas; all 22 by default")->delimiter(',');
  app.add_option("--threads", threads, "worker threads")->check(CLI::Range(1u, 1024u));
  app.add_option("--runs", runs, "counted runs")->check(CLI::Range(1u, 1000000u));
  app.add_option("--checkpoint", checkpoint, "off, auto or all")->check(CLI::IsMember({"off", "auto", "all"}));
  app.add_option("--set", settings, "name=value, any setting")->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);
  if (queries.empty()) {
    for (int query = 1; query <= 22; ++query) queries.push_back(query);
  }

  int failures = 0;
  try {
    cairn::bench::Session session(database_path);
    session.execute(fmt::format("SET threads = {}; SET checkpoint = '{}'", threads, checkpoint));
    for (const std::string& setting : settings) {
      const size_t equals = setting.find('=');
      if (equals == std::string::npos) throw Failure{"--set " + setting + ": expected name=value"};
      session.execute(fmt::format("SET {} = '{}'", setting.substr(0, equals), setting.substr(equals + 1)));
    }
    for (const int query : queries) {
      const char* sql = cairn::bench::tpch_query(query);
      if (sql == nullptr) throw Failure{fmt::format("there is no TPC-H query {}", query)};
      try {
        session.time_ms(sql);
        std::string times;
        for (unsigned i = 0; i < runs; ++i) {
          times += fmt::format("{}{:.3f}", i == 0 ? "" : ",", session.time_ms(sql));
        }
        fmt::print("{{\"query\":{},\"threads\":{},\"ms\":[{}]}}\n", query, threads, times);
        std::fflush(stdout);
      } catch (const Failure& failure) {
        fmt::print(stderr, "tpch_bench: query {}: {}\n", query, failure.text);
        ++failures;
      }
    }
  } catch (const Failure& failure) {
    fmt::print(stderr, "tpch_bench: {}\n", failure.text);
    ++failures;
  }
  return failures == 0 ? 0 : 1;
}
