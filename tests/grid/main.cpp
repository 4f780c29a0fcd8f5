// Functions, operators, casts and more over all types and odd values, in Cairn and in PostgreSQL:
//   grid_test [--seed N] [--fraction F] [--section NAME]… [--examples N] [--excused N] [--least PERCENT] [--postgres DIR]
// Prints by group how many questions agree, which exceptions excused how many, and what else differs, by kind. Exits 0
// where enough agree or are excused, 77 where PostgreSQL's binaries are missing.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <random>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace {

using namespace cairn;
constexpr int kSkipped = 77;

struct Options {
  uint64_t seed = std::random_device{}();
  double fraction = 1;
  grid::Examples examples;
  double least = 100;
  std::vector<std::string> sections;
  std::string postgres = "/usr/lib/postgresql/15/bin";
};

bool run(const Options& options, cairn_database* database) {
  const test::PostgresServer server(options.postgres);
  grid::Grid asked(server, database, options.seed, options.fraction);
  asked.prepare(grid::argument_table());
  for (const grid::Section& section : grid::sections()) {
    if (!options.sections.empty() && std::ranges::find(options.sections, section.name) == options.sections.end()) continue;
    section.ask(asked);
    asked.flush();
  }
  return asked.report(options.examples, options.least);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cairn beside PostgreSQL, call by call"};
  Options options;
  app.add_option("--seed", options.seed, "of what is drawn");
  app.add_option("--fraction", options.fraction, "of the questions, drawn");
  app.add_option("--section", options.sections, "only these");
  app.add_option("--examples", options.examples.different, "of each kind of difference");
  app.add_option("--excused", options.examples.excused, "examples of each exception's");
  app.add_option("--least", options.least, "percent of each group that have to agree or be excused");
  app.add_option("--postgres", options.postgres, "directory of PostgreSQL 15's binaries");
  CLI11_PARSE(app, argc, argv);
  if (!test::PostgresServer::is_installed(options.postgres)) {
    fmt::print("skipped: no PostgreSQL 15 in {} (scripts/install-packages)\n", options.postgres);
    return kSkipped;
  }
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);
  cairn_database* database = nullptr;
  cairn_error* error = nullptr;
  if (cairn_open(":memory:", CAIRN_OPEN_DEFAULT, &database, &error) != CAIRN_OK) {
    fmt::print("{}\n", cairn_error_message(error));
    return 1;
  }
  bool passed = false;
  try {
    passed = run(options, database);
  } catch (const std::exception& failure) {
    fmt::print("{}\n", failure.what());
  }
  cairn_close(database);
  return passed ? 0 : 1;
}
