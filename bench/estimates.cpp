// How good the optimizer's estimates are: runs TPC-H queries by EXPLAIN ANALYZE, through the C API, and compares every
// operator's estimated with its actual rows. The error factor is max / min of the two, neither below 1.
//   median error factor 1.31 over 226 operators of 22 queries
//   then the worst operators: factor, query, estimated and actual rows, the operator

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/tpch_queries.h"
#include "capi/include/cairn.h"

namespace {

struct Failure { std::string text; };

struct Measured {
  int query;
  std::string description;
  double estimated, actual;
  double factor() const {
    const double a = std::max(estimated, 1.0), b = std::max(actual, 1.0);
    return std::max(a, b) / std::min(a, b);
  }
};

void check(cairn_status status, cairn_error*& error) {
  if (status == CAIRN_OK) return;
  Failure failure{cairn_error_message(error)};
  cairn_error_destroy(error);
  throw failure;
}

void run(cairn_connection* connection, const std::string& sql) {
  cairn_error* error = nullptr;
  check(cairn_execute(connection, sql.c_str(), &error), error);
}

std::vector<std::string> lines_of(cairn_connection* connection, const std::string& sql) {
  cairn_error* error = nullptr;
  cairn_result* result = nullptr;
  check(cairn_query(connection, sql.c_str(), nullptr, &result, &error), error);
  std::vector<std::string> lines;
  for (cairn_chunk* chunk = nullptr;;) {
    check(cairn_result_next(result, &chunk, &error), error);
    if (chunk == nullptr) break;
    for (size_t row = 0; row < cairn_chunk_row_count(chunk); ++row) {
      lines.emplace_back(cairn_chunk_text(chunk, 0, row, nullptr));
    }
    cairn_chunk_destroy(chunk);
  }
  cairn_result_destroy(result);
  return lines;
}

/// EXPLAIN ANALYZE has two lines per operator: what it is, and "rows 5 (estimated 7), …".
void measure(cairn_connection* connection, int query, std::vector<Measured>& operators) {
  const std::vector<std::string> lines =
      lines_of(connection, std::string("EXPLAIN ANALYZE ") + cairn::bench::tpch_query(query));
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t at = lines[i].find("rows ");
    double actual = 0, estimated = 0;
    if (at == std::string::npos || lines[i].find("(estimated") == std::string::npos) continue;
    if (std::sscanf(lines[i].c_str() + at, "rows %lf (estimated %lf)", &actual, &estimated) != 2) continue;
    std::string description = lines[i - 1];
    description.erase(0, description.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    operators.push_back({query, description.substr(0, 160), estimated, actual});
  }
}

void report(std::vector<Measured> operators, size_t worst_count) {
  std::stable_sort(operators.begin(), operators.end(),
                   [](const Measured& a, const Measured& b) { return a.factor() > b.factor(); });
  if (operators.empty()) throw Failure{"no operators were measured"};
  fmt::print("median error factor {:.2f} over {} operators\n", operators[operators.size() / 2].factor(), operators.size());
  for (size_t i = 0; i < std::min(worst_count, operators.size()); ++i) {
    const Measured& one = operators[i];
    fmt::print("{:8.1f}  Q{:<2}  estimated {:<9.0f} actual {:<9.0f} {}\n", one.factor(), one.query, one.estimated,
               one.actual, one.description);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Estimated against actual rows of TPC-H's operators"};
  std::string database_path;
  std::vector<int> queries;
  size_t worst = 10;
  app.add_option("--db", database_path, "database directory with TPC-H's tables")->required();
  app.add_option("--queries", queries, "numbers, parted by commas; all 22 by default")->delimiter(',');
  app.add_option("--worst", worst, "how many of the worst operators to list");
  CLI11_PARSE(app, argc, argv);
  if (queries.empty()) {
    for (int query = 1; query <= 22; ++query) queries.push_back(query);
  }
  cairn_database* database = nullptr;
  cairn_connection* connection = nullptr;
  cairn_error* error = nullptr;
  int status = 0;
  try {
    check(cairn_open(database_path.c_str(), CAIRN_OPEN_DEFAULT, &database, &error), error);
    check(cairn_connect(database, &connection, &error), error);
    run(connection, "SET checkpoint = 'off'");
    std::vector<Measured> operators;
    for (const int query : queries) {
      if (cairn::bench::tpch_query(query) == nullptr) throw Failure{fmt::format("there is no TPC-H query {}", query)};
      measure(connection, query, operators);
    }
    report(std::move(operators), worst);
  } catch (const Failure& failure) {
    fmt::print(stderr, "estimates: {}\n", failure.text);
    status = 1;
  }
  cairn_disconnect(connection);
  cairn_close(database);
  return status;
}
