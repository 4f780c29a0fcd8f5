// Random statements in Cairn and in PostgreSQL, and in Cairn with other settings:
//   differential_fuzz [--seed N] [--minutes M | --queries N] [--postgres DIR] [--failures N]
// Prints the seed, each difference as a script that repeats it, and last "N passed, N failed". Exits 0 where none
// failed, 77 where PostgreSQL's binaries are missing.

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <random>
#include <set>

#include "tests/fuzz/differential/checker.h"
#include "tests/fuzz/differential/generator.h"
#include "tests/fuzz/differential/shrink.h"

namespace {

using namespace cairn::fuzz;
namespace fs = std::filesystem;

constexpr int kSkipped = 77;
constexpr size_t kQueriesPerSchema = 60;
constexpr size_t kVariantsPerQuery = 3;

/// What runs, for when the process crashes.
std::string running;

void print_running(int signal) {
  constexpr char kHead[] = "\n-- crashed while running:\n";
  (void)!write(STDOUT_FILENO, kHead, sizeof kHead - 1);
  (void)!write(STDOUT_FILENO, running.data(), running.size());
  (void)!write(STDOUT_FILENO, "\n", 1);
  ::signal(signal, SIG_DFL);
  raise(signal);
}

/// Adds views over the tables that are there.
void add_views(Schema& schema, Random& random, Checker& checker) {
  for (int i = random.between(0, 2); i > 0; i--) {
    Signature signature;
    Table view{fmt::format("v{}", i), {}, {}, Generator(random, schema).view_query(signature)};
    for (size_t c = 0; c < signature.size(); c++) view.columns.push_back({fmt::format("z{}", c), "", signature[c]});
    if (checker.add_view(view)) schema.tables.push_back(std::move(view));
  }
}

Case random_case(Generator& generator, Random& random, const Schema& schema) {
  Case tested;
  if (random.chance(15)) {
    for (int i = random.between(1, 3); i > 0; i--) tested.changes.push_back(generator.change());
    const Table& table = schema.tables[random.below(schema.tables.size())];
    tested.query = random.chance(60) ? sql("", "SELECT * FROM " + table.name) : generator.statement();
    return tested;
  }
  tested.query = generator.statement();
  return tested;
}

void print_counts(const Checker::Counts& counts) {
  fmt::print("{} answers agree, {} fail in both, {} unsupported, {} excused, {} beyond PostgreSQL, {} too slow for PostgreSQL or too long, {} slow for Cairn alone\n", counts.agreed, counts.both_failed,
             counts.unsupported, counts.excused, counts.without_postgres, counts.slow, counts.slow_alone);
  for (const auto& [reason, count] : counts.unsupported_reasons) fmt::print("  unsupported {}: {}\n", count, reason);
  for (const auto& [error, count] : counts.errors) fmt::print("  error {}: {}\n", count, error);
}

struct Options {
  uint64_t seed = std::random_device{}();
  double minutes = 0;
  size_t queries = 0;
  size_t failures = 10;
  size_t rows = 60;
  std::string postgres = "/usr/lib/postgresql/15/bin";
};

int run(const Options& options, cairn_database* database) {
  PostgresServer server(options.postgres);
  Checker checker(server, database);
  const auto start = std::chrono::steady_clock::now();
  size_t done = 0, failed = 0;
  std::set<std::string> known;
  auto is_over = [&] {
    const double minutes = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 60;
    return failed >= options.failures || (options.queries != 0 ? done >= options.queries : minutes >= options.minutes);
  };
  for (uint64_t round = 0; !is_over(); round++) {
    Random random(options.seed + round);
    Schema schema = random_schema(random, options.rows);
    running = schema.script();
    checker.load(schema);
    add_views(schema, random, checker);
    const std::string schema_text = schema.script();
    for (size_t q = 0; q < kQueriesPerSchema && !is_over(); q++, done++) {
      Generator generator(random, schema);
      Case tested = random_case(generator, random, schema);
      running = schema_text + tested.script();
      std::optional<Finding> finding = checker.check(tested, random, kVariantsPerQuery);
      // One of a kind is enough: what a view cannot do fails with every query of it.
      if (!finding || !known.insert(finding->kind + (finding->kind == "rows" ? std::to_string(done) : finding->text)).second) continue;
      failed++;
      fmt::print("\n-- {} ({}), seed {}, query {}: {}\n", finding->connection, finding->kind, options.seed + round, q, finding->text);
      std::fflush(stdout);
      Schema smaller = schema;
      const Finding left = shrink(tested, smaller, *finding, checker);
      fmt::print("{}{};\n-- {}\n", smaller.script(), tested.script(), left.text);
      std::fflush(stdout);
      checker.load(schema);
    }
  }
  print_counts(checker.counts());
  fmt::print("{} passed, {} failed\n", done - failed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cairn against PostgreSQL, and against itself"};
  Options options;
  app.add_option("--seed", options.seed, "the first schema's");
  app.add_option("--minutes", options.minutes, "how long (default: 1)");
  app.add_option("--queries", options.queries, "how many, instead of how long");
  app.add_option("--failures", options.failures, "after how many to stop");
  app.add_option("--rows", options.rows, "of all but the larger tables");
  app.add_option("--postgres", options.postgres, "directory of PostgreSQL 15's binaries");
  CLI11_PARSE(app, argc, argv);
  if (options.minutes == 0 && options.queries == 0) options.minutes = 1;
  if (!PostgresServer::is_installed(options.postgres)) {
    fmt::print("skipped: no PostgreSQL 15 in {} (scripts/install-packages)\n", options.postgres);
    return kSkipped;
  }
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);
  for (int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL}) ::signal(signal, print_running);

  std::string directory = (fs::temp_directory_path() / "cairn-fuzz-db-XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) return 1;
  cairn_database* database = nullptr;
  cairn_error* error = nullptr;
  if (cairn_open((directory + "/db").c_str(), CAIRN_OPEN_DEFAULT, &database, &error) != CAIRN_OK) {
    fmt::print("{}\n", cairn_error_message(error));
    return 1;
  }
  int status = 1;
  try {
    status = run(options, database);
  } catch (const std::exception& failure) {
    fmt::print("{}\n0 passed, 1 failed\n", failure.what());
  }
  cairn_close(database);
  fs::remove_all(directory);
  return status;
}
