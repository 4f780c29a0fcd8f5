// Random statements in Cairn and in PostgreSQL, and in Cairn with other settings:
//   differential_fuzz [--seed N] [--minutes M | --queries N] [--postgres DIR] [--failures N]
// Prints the seed, each difference as a script that repeats it, and last "N passed, N failed". Exits 0 where none
// failed, 77 where PostgreSQL's binaries are missing.

#include <fmt/format.h>

#include "tests/fuzz/campaign.h"
#include "tests/fuzz/differential/checker.h"
#include "tests/fuzz/language/generator.h"

namespace {

using namespace cairn::fuzz;

constexpr int kSkipped = 77;
constexpr size_t kQueriesPerSchema = 60;

/// Adds views over the tables that are there.
void add_views(Schema& schema, Random& random, Checker& checker) {
  for (int i = random.between(0, 2); i > 0; i--) {
    Signature signature;
    Table view{fmt::format("v{}", i), {}, {}, Generator(random, schema).view_query(signature)};
    for (size_t c = 0; c < signature.size(); c++) view.columns.push_back({fmt::format("z{}", c), "", signature[c]});
    if (checker.add_view(view)) schema.tables.push_back(std::move(view));
  }
}

Case random_case(Random& random, const Schema& schema) {
  Generator generator(random, schema);
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

int run(const CampaignOptions& options, const std::string& postgres, size_t rows, cairn_database* database) {
  PostgresServer server(postgres);
  Checker checker(server, database);
  return run_campaign(options, {checker, [](const Schema&) { return kQueriesPerSchema; },
                                [&](Random& random) {
                                  Schema schema = random_schema(random, rows);
                                  checker.load(schema);
                                  add_views(schema, random, checker);
                                  return schema;
                                },
                                random_case, [&] { print_counts(checker.counts()); }});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cairn against PostgreSQL, and against itself"};
  CampaignOptions options;
  size_t rows = 60;
  std::string postgres = "/usr/lib/postgresql/15/bin";
  options.add_to(app);
  app.add_option("--rows", rows, "of all but the larger tables");
  app.add_option("--postgres", postgres, "directory of PostgreSQL 15's binaries");
  CLI11_PARSE(app, argc, argv);
  if (!PostgresServer::is_installed(postgres)) {
    fmt::print("skipped: no PostgreSQL 15 in {} (scripts/install-packages)\n", postgres);
    return kSkipped;
  }
  return with_database([&](cairn_database* database) { return run(options, postgres, rows, database); });
}
