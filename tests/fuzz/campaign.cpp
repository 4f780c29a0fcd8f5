#include "tests/fuzz/campaign.h"

#include <fmt/format.h>
#include <chrono>
#include <filesystem>
#include <set>

#include "tests/fuzz/shrink.h"
#include "tests/support/running.h"

namespace cairn::fuzz {
namespace {

namespace fs = std::filesystem;

void report(Case& tested, const Schema& schema, const Finding& finding, Judge& judge) {
  Schema smaller = schema;
  const Finding left = shrink(tested, smaller, finding, judge);
  fmt::print("{}{};\n-- {}\n", smaller.script(), judge.script(tested, left.connection), left.text);
  std::fflush(stdout);
  judge.load(schema);
}

}  // namespace

void CampaignOptions::add_to(CLI::App& app) {
  app.add_option("--seed", seed, "the first schema's");
  app.add_option("--minutes", minutes, "how long (default: 1)");
  app.add_option("--queries", queries, "how many, instead of how long");
  app.add_option("--failures", failures, "after how many to stop");
}

int run_campaign(const CampaignOptions& options, const Campaign& campaign) {
  const double minutes = options.minutes == 0 && options.queries == 0 ? 1 : options.minutes;
  const auto start = std::chrono::steady_clock::now();
  size_t done = 0, failed = 0;
  std::set<std::string> known;
  auto is_over = [&] {
    const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 60;
    return failed >= options.failures || (options.queries != 0 ? done >= options.queries : passed >= minutes);
  };
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);
  for (uint64_t round = 0; !is_over(); round++) {
    Random random(options.seed + round);
    test::running = fmt::format("-- the schema of seed {}", options.seed + round);
    const Schema schema = campaign.next_schema(random);
    const std::string schema_text = schema.script();
    for (size_t q = 0, count = campaign.case_count(schema); q < count && !is_over(); q++, done++) {
      Case tested = campaign.next_case(random, schema);
      test::running = schema_text + campaign.judge.script(tested, "");
      std::optional<Finding> finding = campaign.judge.check(tested, random);
      // One of a kind is enough: what a view cannot do fails with every query of it.
      if (!finding || !known.insert(finding->kind + (finding->kind == "rows" ? std::to_string(done) : finding->text)).second) continue;
      failed++;
      fmt::print("\n-- {} ({}), seed {}, query {}: {}\n", finding->connection, finding->kind, options.seed + round, q, finding->text);
      std::fflush(stdout);
      report(tested, schema, *finding, campaign.judge);
    }
  }
  campaign.print_counts();
  fmt::print("{} passed, {} failed\n", done - failed, failed);
  return failed == 0 ? 0 : 1;
}

int with_database(const std::function<int(cairn_database*)>& body) {
  test::report_crashes();
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
    status = body(database);
  } catch (const std::exception& failure) {
    fmt::print("{}\n0 passed, 1 failed\n", failure.what());
  }
  cairn_close(database);
  fs::remove_all(directory);
  return status;
}

}  // namespace cairn::fuzz
