// TPC-H answers through the C API: every query under every combination of threads, vector capacities, checkpoint modes
// and disabled optimizer passes, against answers that another engine gave (tests/answers).
//   answers_test --answers DIR [--db DIR] [--sf 0.01] [--queries …] [--threads 1,2,8] [--capacities 2048]
//                [--checkpoint off,all] [--passes]
// The database is made where there is none.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bench/tpch_queries.h"
#include "capi/include/cairn.h"
#include "tests/support/answers.h"

namespace {

using cairn::test::Table;

struct Failure { std::string text; };

/// The rows of the text's last statement.
Table run(cairn_connection* connection, const std::string& sql) {
  Table rows;
  std::string_view rest = sql;
  while (!rest.empty()) {
    cairn_error* error = nullptr;
    cairn_result* result = nullptr;
    size_t consumed = 0;
    cairn_status status = cairn_query(connection, std::string(rest).c_str(), &consumed, &result, &error);
    if (status == CAIRN_OK && result == nullptr) return rows;
    const size_t columns = cairn_result_column_count(result);
    if (columns > 0) rows.clear();
    while (status == CAIRN_OK) {
      cairn_chunk* chunk = nullptr;
      status = cairn_result_next(result, &chunk, &error);
      if (chunk == nullptr) break;
      for (size_t row = 0; row < cairn_chunk_row_count(chunk); ++row) {
        auto& fields = rows.emplace_back();
        for (size_t column = 0; column < columns; ++column) {
          const char* text = cairn_chunk_text(chunk, column, row, nullptr);
          fields.emplace_back(text == nullptr ? "NULL" : text);
        }
      }
      cairn_chunk_destroy(chunk);
    }
    cairn_result_destroy(result);
    if (status != CAIRN_OK) {
      Failure failure{cairn_error_message(error)};
      cairn_error_destroy(error);
      throw failure;
    }
    rest.remove_prefix(consumed);
  }
  return rows;
}

std::vector<std::string> pass_names(cairn_connection* connection) {
  std::vector<std::string> names{""};
  for (const auto& row : run(connection, "SELECT name FROM cairn_passes() WHERE NOT required")) names.push_back(row[0]);
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
  std::vector<std::string> checkpoints{"off", "all"};
  bool passes = false;
  app.add_option("--answers", answers)->required();
  app.add_option("--db", path);
  app.add_option("--sf", scale);
  app.add_option("--queries", queries)->delimiter(',');
  app.add_option("--threads", threads)->delimiter(',');
  app.add_option("--capacities", capacities)->delimiter(',');
  app.add_option("--checkpoint", checkpoints)->delimiter(',');
  app.add_flag("--passes", passes, "also with each optimizer pass switched off");
  CLI11_PARSE(app, argc, argv);
  if (queries.empty()) {
    for (int query = 1; query <= 22; ++query) queries.push_back(query);
  }

  cairn_database* database = nullptr;
  cairn_connection* connection = nullptr;
  cairn_error* error = nullptr;
  if (cairn_open(path.c_str(), 0, &database, &error) != CAIRN_OK ||
      cairn_connect(database, &connection, &error) != CAIRN_OK) {
    fmt::print("answers_test: {}\n", cairn_error_message(error));
    return 1;
  }
  size_t passed = 0, failed = 0;
  try {
    if (run(connection, "SELECT name FROM cairn_tables() WHERE name = 'lineitem'").empty()) {
      run(connection, fmt::format("CALL tpch_load({})", scale));
    }
    const std::vector<std::string> disabled = passes ? pass_names(connection) : std::vector<std::string>{""};
    for (const Query& query : texts_of(queries)) {
      const Table expected =
          cairn::test::read_answer(fmt::format("{}/sf{}/q{:02}.csv", answers, scale, query.number));
      for (const int thread_count : threads) {
        for (const int capacity : capacities) {
          for (const std::string& checkpoint : checkpoints) {
            for (const std::string& pass : disabled) {
              std::string difference;
              try {
                run(connection, fmt::format("SET threads = {}; SET vector_capacity = {}; SET checkpoint = '{}'; "
                                            "SET disabled_passes = '{}'",
                                            thread_count, capacity, checkpoint, pass));
                difference = expected.empty() ? "there is no answer to compare with"
                                              : cairn::test::compare(run(connection, query.sql), expected);
              } catch (const Failure& failure) {
                difference = failure.text;
              }
              ++(difference.empty() ? passed : failed);
              if (difference.empty()) continue;
              fmt::print("{}, {} threads, capacity {}, checkpoint {}, without [{}]: {}\n", query.name, thread_count,
                         capacity, checkpoint, pass, difference);
            }
          }
        }
      }
    }
  } catch (const Failure& failure) {
    fmt::print("answers_test: {}\n", failure.text);
    ++failed;
  }
  cairn_disconnect(connection);
  cairn_close(database);
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
