// TPC-H answers through the C API: every query under every combination of threads, vector capacities, memory limits,
// checkpoint modes and disabled optimizer passes, against answers that another engine gave (tests/answers).
//   answers_test --answers DIR [--db DIR] [--sf 0.01] [--queries …] [--threads 1,2,8] [--capacities 2048]
//                [--checkpoint off,all] [--memory 40%,16MB] [--passes]
// The database is made where there is none.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bench/session.h"
#include "bench/tpch_queries.h"
#include "tests/support/answers.h"

namespace {

using cairn::bench::Failure;
using cairn::bench::Session;
using cairn::test::Table;

std::vector<std::string> pass_names(Session& session) {
  std::vector<std::string> names{""};
  for (const auto& row : session.query("SELECT name FROM cairn_passes() WHERE NOT required")) names.push_back(row[0]);
  return names;
}

struct Query {
  std::string name;
  int number;
  const char* sql;
};

/// Of each number its text, and of 15 the form with a view too.
std::vector<Query> texts_of(const std::vector<int>& numbers) {
  std::vector<Query> queries;
  for (const int number : numbers) {
    queries.push_back({fmt::format("q{}", number), number, cairn::bench::tpch_query(number)});
    if (number == 15) queries.push_back({"q15-view", number, cairn::bench::tpch_q15_with_view()});
  }
  return queries;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"TPC-H answers"};
  std::string answers, path = ":memory:", scale = "0.01";
  std::vector<int> queries, threads{1, 2, 8}, capacities{2048};
  std::vector<std::string> checkpoints{"off", "all"}, memory_limits{"40%"};
  bool passes = false;
  app.add_option("--answers", answers)->required();
  app.add_option("--db", path);
  app.add_option("--sf", scale);
  app.add_option("--queries", queries)->delimiter(',');
  app.add_option("--threads", threads)->delimiter(',');
  app.add_option("--capacities", capacities)->delimiter(',');
  app.add_option("--checkpoint", checkpoints)->delimiter(',');
  app.add_option("--memory", memory_limits)->delimiter(',');
  app.add_flag("--passes", passes, "also with each optimizer pass switched off");
  CLI11_PARSE(app, argc, argv);
  if (queries.empty()) {
    for (int query = 1; query <= 22; ++query) queries.push_back(query);
  }

  size_t passed = 0, failed = 0;
  try {
    Session session(path);
    if (session.query("SELECT name FROM cairn_tables() WHERE name = 'lineitem'").empty()) {
      session.execute(fmt::format("CALL tpch_load({})", scale));
    }
    const std::vector<std::string> disabled = passes ? pass_names(session) : std::vector<std::string>{""};
    for (const Query& query : texts_of(queries)) {
      const Table expected =
          cairn::test::read_answer(fmt::format("{}/sf{}/q{:02}.csv", answers, scale, query.number));
      const auto run = [&](const std::string& settings) {
        std::string difference;
        try {
          session.execute(settings);
          difference = expected.empty() ? "there is no answer to compare with"
                                        : cairn::test::compare(session.query(query.sql), expected);
        } catch (const Failure& failure) {
          difference = failure.text;
        }
        ++(difference.empty() ? passed : failed);
        if (!difference.empty()) fmt::print("{}: {}: {}\n", query.name, settings, difference);
      };
      for (const int thread_count : threads) {
        for (const int capacity : capacities) {
          for (const std::string& memory_limit : memory_limits) {
            for (const std::string& checkpoint : checkpoints) {
              for (const std::string& pass : disabled) {
                run(fmt::format("SET threads = {}; SET vector_capacity = {}; SET memory_limit = '{}'; SET checkpoint = '{}'; "
                                "SET disabled_passes = '{}'",
                                thread_count, capacity, memory_limit, checkpoint, pass));
              }
            }
          }
        }
      }
    }
  } catch (const Failure& failure) {
    fmt::print("answers_test: {}\n", failure.text);
    ++failed;
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
