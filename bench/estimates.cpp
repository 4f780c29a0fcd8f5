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

#include "bench/session.h"
#include "bench/tpch_queries.h"

namespace {

using cairn::bench::Failure;
using cairn::bench::Session;

struct Measured {
  int query;
  std::string description;
  double estimated, actual;
  double factor() const {
    const double a = std::max(estimated, 1.0), b = std::max(actual, 1.0);
    return std::max(a, b) / std::min(a, b);
  }
};

/// EXPLAIN ANALYZE has two lines per operator: what it is, and "rows 5 (estimated 7), …".
void measure(Session& session, int query, std::vector<Measured>& operators) {
  const Session::Rows lines = session.query(std::string("EXPLAIN ANALYZE ") + cairn::bench::tpch_query(query));
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::string& line = lines[i][0];
    const size_t at = line.find("rows ");
    double actual = 0, estimated = 0;
    if (at == std::string::npos || line.find("(estimated") == std::string::npos) continue;
    if (std::sscanf(line.c_str() + at, "rows %lf (estimated %lf)", &actual, &estimated) != 2) continue;
    std::string description = lines[i - 1][0];
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
  try {
    Session session(database_path);
    session.execute("SET checkpoint = 'off'");
    std::vector<Measured> operators;
    for (const int query : queries) {
      if (cairn::bench::tpch_query(query) == nullptr) throw Failure{fmt::format("there is no TPC-H query {}", query)};
      measure(session, query, operators);
    }
    report(std::move(operators), worst);
  } catch (const Failure& failure) {
    fmt::print(stderr, "estimates: {}\n", failure.text);
    return 1;
  }
  return 0;
}
