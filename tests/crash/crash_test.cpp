// Kills the shell with SIGKILL at random instants of queries under checkpoint = 'all', starts it again with the same
// query, and checks the answer and that nothing is left over. A third of the processes is killed a second time, while it
// recovers.
//   crash_test --cairn PATH --db DIR (--answers DIR [--queries 1,3,…] | --sql DIR | --mix DIR) [--kills 200] [--seed S]
//   crash_test --cairn PATH --killing PATH --db DIR (--writes DIR | --script DIR) [--kills 200] [--seed S]
// --mix: mix.h. --writes, --script: writes.h. Otherwise DIR is made (TPC-H at --sf) where there is none. Queries are TPC-H's, whose answers lie in --answers, or the files
// *.sql over its tables in --sql: theirs is what an uninterrupted process answers, whatever its settings.
//
// Every run draws its number of threads, its vector capacity, its memory limit and its epoch: what a checkpoint holds must not
// depend on them, nor on what was written because memory was short. Small
// vectors also make a query slow beside the disk, so that many kills find durable breakers behind them.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "bench/tpch_queries.h"
#include "tests/crash/killed_shell.h"
#include "tests/crash/mix.h"
#include "tests/crash/writes.h"
#include "tests/support/answers.h"

namespace cairn::crash {
namespace {

namespace fs = std::filesystem;

struct Options {
  Shell shell;
  std::string answers, sql, mix, writes, script, scale = "0.1";
  std::vector<int> queries;
  unsigned kills = 200;
  uint64_t seed = 0;
};

constexpr int kCapacities[] = {4, 32, 1024};
constexpr int kThreads[] = {1, 2, 8};
constexpr const char* kEpochs[] = {"auto", "1 ms", "20 ms"};
/// The last is enough for TPC-H's queries alone: windows without partitions stay in memory.
constexpr const char* kMemoryLimits[] = {"0", "40%", "100MB", "least"};

/// docs/SQL.md
std::string least_memory(int threads, int capacity) { return fmt::format("{}kB", (20 << 10) + threads * ((4 << 10) + capacity)); }

struct Query {
  std::string sql, expected;
  std::map<int, double> ms;  ///< of an uninterrupted process, by vector capacity
};

std::string script(const Query& query, int threads, int capacity, const char* epoch, const std::string& memory_limit = "40%") {
  return fmt::format("SET checkpoint = 'all'; SET checkpoint_epoch = '{}'; SET threads = {}; SET vector_capacity = {}; "
                     "SET memory_limit = '{}';\n{}", epoch, threads, capacity, memory_limit, query.sql);
}

std::map<std::string, Query> queries_of(const Options& options) {
  std::map<std::string, Query> queries;
  if (!options.sql.empty()) {
    for (const auto& entry : fs::directory_iterator(options.sql)) {
      if (entry.path().extension() == ".sql") queries[entry.path().stem()].sql = read_text(entry.path());
    }
    return queries;
  }
  for (const int number : options.queries) queries[fmt::format("q{:02}", number)].sql = cairn::bench::tpch_query(number);
  return queries;
}

std::map<std::string, Query> prepare(const Options& options) {
  if (!fs::exists(options.shell.database + "/manifest")) {
    const Outcome load = run_shell(options.shell, fmt::format("CALL tpch_load({})", options.scale));
    if (load.status != 0) fail("tpch_load: " + load.notices);
  }
  std::map<std::string, Query> queries = queries_of(options);
  for (auto& [name, query] : queries) {
    for (const int capacity : kCapacities) {
      const Outcome outcome = run_shell(options.shell, script(query, 2, capacity, "auto"));
      if (outcome.status != 0) fail(fmt::format("query {}: {}", name, outcome.notices));
      query.ms[capacity] = outcome.ms;
      if (!query.expected.empty() && outcome.out != query.expected) fail(fmt::format("query {}: two answers", name));
      query.expected = outcome.out;
    }
    if (!options.sql.empty()) continue;
    const auto answer = cairn::test::read_answer(fmt::format("{}/sf{}/{}.csv", options.answers, options.scale, name));
    const std::string difference = cairn::test::compare(cairn::test::parse_csv(query.expected), answer);
    if (answer.empty() || !difference.empty()) fail(fmt::format("query {} uninterrupted: {}", name, difference));
  }
  return queries;
}

class CrashTest {
 public:
  explicit CrashTest(const Options& options)
      : options_(options), random_(options.seed), queries_(prepare(options)), files_(files_of(options.shell.database)) {
    for (const auto& [name, query] : queries_) names_.push_back(name);
  }

  void run() {
    while (kills_ < options_.kills) kill_and_recover(names_[random_() % names_.size()]);
    fmt::print("crash_test: {} kills, {} killed again while recovering, {} resumed, {} of them within a breaker, every answer right, "
               "no file left\n", kills_, killed_again_, resumed_, resumed_within_);
  }

 private:
  /// One run under settings of its own, killed at a random instant where `kill` says so, or whole.
  Outcome attempt(const std::string& name, bool kill) {
    const Query& query = queries_.at(name);
    const int threads = kThreads[random_() % std::size(kThreads)], capacity = kCapacities[random_() % std::size(kCapacities)];
    const double instant_ms = std::uniform_real_distribution<double>(0, query.ms.at(capacity))(random_);
    std::string memory_limit = kMemoryLimits[random_() % (std::size(kMemoryLimits) - (options_.sql.empty() ? 0 : 1))];
    if (memory_limit == "least") memory_limit = least_memory(threads, capacity);
    const char* const epoch = kEpochs[random_() % std::size(kEpochs)];
    Outcome outcome = run_shell(options_.shell, script(query, threads, capacity, epoch, memory_limit), kill ? instant_ms : -1);
    if (outcome.killed) return outcome;
    const auto context = [&](const std::string& what) {
      return fmt::format("kill {} (query {}, {} threads, capacity {}, seed {}): {}\n{}", kills_, name, threads, capacity,
                         options_.seed, what, outcome.notices);
    };
    if (outcome.status != 0) fail(context("the process failed"));
    if (outcome.out != query.expected) fail(context("WRONG ANSWER"));
    if (const auto left = files_of(options_.shell.database); left != files_) {
      fail(context("files left over:" + added(files_, left)));
    }
    return outcome;
  }

  void kill_and_recover(const std::string& name) {
    if (!attempt(name, true).killed) return;  // it ended before its time
    ++kills_;
    // A third is killed again; a recovery that ends before it can be killed was checked, and leaves nothing to recover,
    // so that the next ones take its place.
    if (3 * killed_again_ < kills_) {
      if (!attempt(name, true).killed) return;
      ++killed_again_;
    }
    const Outcome outcome = attempt(name, false);
    resumed_ += outcome.resumed();
    resumed_within_ += outcome.resumed_within();
  }

  const Options& options_;
  std::mt19937_64 random_;
  const std::map<std::string, Query> queries_;
  const std::set<std::string> files_;
  std::vector<std::string> names_;
  unsigned kills_ = 0, killed_again_ = 0, resumed_ = 0, resumed_within_ = 0;
};

}  // namespace
}  // namespace cairn::crash

int main(int argc, char** argv) {
  cairn::crash::Options options;
  options.seed = std::random_device{}();
  CLI::App app{"Kills queries and checks what comes back"};
  app.add_option("--cairn", options.shell.program)->required();
  app.add_option("--db", options.shell.database)->required();
  const auto* answers = app.add_option("--answers", options.answers);
  app.add_option("--sql", options.sql, "a directory of queries")->check(CLI::ExistingDirectory);
  app.add_option("--mix", options.mix, "a directory of queries, and setup.sql")->check(CLI::ExistingDirectory);
  app.add_option("--writes", options.writes, "a directory of statements, and setup.sql, check.sql")->check(CLI::ExistingDirectory);
  app.add_option("--script", options.script, "a directory with job.sql, and check.sql; setup.sql lies in ../writes")->check(CLI::ExistingDirectory);
  app.add_option("--killing", options.shell.killing, "the shell that kills itself");
  app.add_option("--sf", options.scale);
  app.add_option("--kills", options.kills);
  app.add_option("--queries", options.queries, "all 22 by default")->delimiter(',');
  app.add_option("--seed", options.seed);
  CLI11_PARSE(app, argc, argv);
  const bool changes = !options.writes.empty() || !options.script.empty();
  if (!answers->empty() + !options.sql.empty() + !options.mix.empty() + !options.writes.empty() + !options.script.empty() != 1) {
    return app.exit(CLI::ValidationError("one of --answers, --sql, --mix, --writes and --script"));
  }
  if (changes && options.shell.killing.empty()) return app.exit(CLI::ValidationError("--killing is needed"));
  if (options.queries.empty()) {
    for (int number = 1; number <= 22; ++number) options.queries.push_back(number);
  }
  fmt::print("crash_test: seed {}\n", options.seed);
  if (!options.writes.empty()) {
    cairn::crash::CrashWrites(options.shell, options.writes, options.seed).run(options.kills);
  } else if (!options.script.empty()) {
    cairn::crash::CrashScript(options.shell, options.script, options.seed).run(options.kills);
  } else if (options.mix.empty()) {
    cairn::crash::CrashTest(options).run();
  } else {
    cairn::crash::CrashMix(options.shell, options.mix, options.seed).run(options.kills);
  }
  return 0;
}
