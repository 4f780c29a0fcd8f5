// Random statements in Cairn alone, asked in several ways that must agree (relation.h), each under other settings:
//   metamorphic_fuzz [--seed N] [--minutes M | --queries N] [--failures N] [--large PERCENT] [--relation NAME]
// Prints the seed, each difference as a script that repeats it, and last "N passed, N failed". Exits 0 where none
// failed.

#include <fmt/format.h>

#include "tests/fuzz/campaign.h"
#include "tests/fuzz/metamorphic/prover.h"
#include "tests/fuzz/metamorphic/tables.h"

namespace {

using namespace cairn::fuzz;

constexpr size_t kCasesPerSchema = 60;
constexpr size_t kCasesPerLargeSchema = 12;

struct Options : CampaignOptions {
  int large = 6;
  std::string relation;
};

bool is_large(const Schema& schema) { return schema.tables[0].row_count() > 50'000; }

/// One of the relations that fit, as likely as their weights say.
const Relation& random_relation(Random& random, bool large, const std::string& name) {
  std::vector<const Relation*> choices;
  for (const Relation& relation : relations()) {
    if ((large && !relation.for_large_tables) || (!name.empty() && relation.name != name)) continue;
    choices.insert(choices.end(), static_cast<size_t>(relation.weight), &relation);
  }
  return *random.one_of(choices);
}

Case random_case(Random& random, const Schema& schema, const std::string& relation_name) {
  const Relation& relation = random_relation(random, is_large(schema), relation_name);
  Generator generator(random, schema);
  Case tested;
  tested.query = relation.subject(generator, random);
  tested.relation = relation.name;
  tested.choices = random.below(SIZE_MAX);
  return tested;
}

void print_counts(const Prover::Counts& counts) {
  fmt::print("{} answers agree, {} fail in both, {} unsupported, {} excused, {} too slow or too long\n", counts.agreed, counts.both_failed,
             counts.unsupported, counts.excused, counts.slow);
  for (const auto& [relation, count] : counts.relations) fmt::print("  {}: {}\n", relation, count);
  for (const auto& [reason, count] : counts.reasons) fmt::print("  error {}: {}\n", count, reason);
}

int run(const Options& options, cairn_database* database) {
  Prover prover(database);
  return run_campaign(options, {prover, [](const Schema& schema) { return is_large(schema) ? kCasesPerLargeSchema : kCasesPerSchema; },
                                [&](Random& random) {
                                  Schema schema = wide_schema(random, random.chance(options.large));
                                  prover.load(schema);
                                  return schema;
                                },
                                [&](Random& random, const Schema& schema) { return random_case(random, schema, options.relation); },
                                [&] { print_counts(prover.counts()); }});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cairn against itself, asked in other words"};
  Options options;
  options.add_to(app);
  app.add_option("--large", options.large, "percentage of schemas with large tables");
  app.add_option("--relation", options.relation, "one alone");
  CLI11_PARSE(app, argc, argv);
  return with_database([&](cairn_database* database) { return run(options, database); });
}
