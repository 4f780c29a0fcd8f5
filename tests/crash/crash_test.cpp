// Kills the shell with SIGKILL at random instants of TPC-H queries under checkpoint = 'all', starts it again with the
// same query, and checks the answer and that nothing is left over. A third of the processes is killed a second time,
// while it recovers.
//   crash_test --cairn PATH --db DIR --answers DIR [--kills 200] [--queries 1,3,…] [--seed S]
// DIR is made (TPC-H at --sf) where there is none.
//
// Every run draws its number of threads and its vector capacity: what a checkpoint holds must not depend on them. Small
// vectors also make a query slow beside the disk, so that many kills find durable breakers behind them.

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "bench/tpch_queries.h"
#include "tests/support/answers.h"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string cairn, database, answers, scale = "0.1";
  std::vector<int> queries;
  unsigned kills = 200;
  uint64_t seed = 0;
};

struct Outcome {
  bool killed = false;
  int status = 0;
  double ms = 0;
  std::string out, notices;
};

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs statements in a shell of its own; sends SIGKILL after `kill_after_ms` where that is not negative.
Outcome run_shell(const Options& options, const std::string& sql, double kill_after_ms = -1) {
  const std::string out = options.database + ".out", notices = options.database + ".err";
  const auto start = Clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int out_fd = open(out.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    const int err_fd = open(notices.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    dup2(out_fd, STDOUT_FILENO);
    dup2(err_fd, STDERR_FILENO);
    execl(options.cairn.c_str(), "cairn", options.database.c_str(), "-csv", "-c", sql.c_str(), nullptr);
    _exit(127);
  }
  if (kill_after_ms >= 0) {
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(kill_after_ms));
    kill(child, SIGKILL);
  }
  Outcome outcome;
  waitpid(child, &outcome.status, 0);
  outcome.killed = WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL;
  outcome.ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  outcome.out = read_text(out);
  outcome.notices = read_text(notices);
  return outcome;
}

std::set<std::string> files_of(const std::string& directory) {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.insert(fs::relative(entry.path(), directory));
  }
  return files;
}

[[noreturn]] void fail(const std::string& text) {
  fmt::print("crash_test: FAILED: {}\n", text);
  std::exit(1);
}

constexpr int kCapacities[] = {4, 32, 1024};
constexpr int kThreads[] = {1, 2, 8};

struct Query {
  const char* sql;
  std::string expected;
  std::map<int, double> ms;  ///< of an uninterrupted process, by vector capacity
};

std::string script(const Query& query, int threads, int capacity) {
  return fmt::format("SET checkpoint = 'all'; SET threads = {}; SET vector_capacity = {};\n{}", threads, capacity, query.sql);
}

std::map<int, Query> prepare(const Options& options) {
  if (!fs::exists(options.database + "/manifest")) {
    const Outcome load = run_shell(options, fmt::format("CALL tpch_load({})", options.scale));
    if (load.status != 0) fail("tpch_load: " + load.notices);
  }
  std::map<int, Query> queries;
  for (const int number : options.queries) {
    Query& query = queries[number];
    query.sql = cairn::bench::tpch_query(number);
    for (const int capacity : kCapacities) {
      const Outcome outcome = run_shell(options, script(query, 2, capacity));
      if (outcome.status != 0) fail(fmt::format("query {}: {}", number, outcome.notices));
      query.ms[capacity] = outcome.ms;
      query.expected = outcome.out;
    }
    const auto answer = cairn::test::read_answer(fmt::format("{}/sf{}/q{:02}.csv", options.answers, options.scale, number));
    const std::string difference = cairn::test::compare(cairn::test::parse_csv(query.expected), answer);
    if (answer.empty() || !difference.empty()) fail(fmt::format("query {} uninterrupted: {}", number, difference));
  }
  return queries;
}

class CrashTest {
 public:
  explicit CrashTest(const Options& options)
      : options_(options), random_(options.seed), queries_(prepare(options)), files_(files_of(options.database)) {}

  void run() {
    while (kills_ < options_.kills) kill_and_recover(options_.queries[random_() % options_.queries.size()]);
    fmt::print("crash_test: {} kills, {} killed again while recovering, {} resumed from a breaker, every answer right, "
               "no file left\n", kills_, killed_again_, resumed_);
  }

 private:
  /// One run under settings of its own, killed at a random instant where `kill` says so, or whole.
  Outcome attempt(int number, bool kill) {
    const Query& query = queries_.at(number);
    const int threads = kThreads[random_() % std::size(kThreads)], capacity = kCapacities[random_() % std::size(kCapacities)];
    const double instant_ms = std::uniform_real_distribution<double>(0, query.ms.at(capacity))(random_);
    Outcome outcome = run_shell(options_, script(query, threads, capacity), kill ? instant_ms : -1);
    if (outcome.killed) return outcome;
    const auto context = [&](const std::string& what) {
      return fmt::format("kill {} (query {}, {} threads, capacity {}, seed {}): {}\n{}", kills_, number, threads, capacity,
                         options_.seed, what, outcome.notices);
    };
    if (outcome.status != 0) fail(context("the process failed"));
    if (outcome.out != query.expected) fail(context("WRONG ANSWER"));
    if (const auto left = files_of(options_.database); left != files_) {
      std::string names;
      for (const auto& name : left) names += files_.contains(name) ? "" : " " + name;
      fail(context("files left over:" + names));
    }
    return outcome;
  }

  void kill_and_recover(int number) {
    if (!attempt(number, true).killed) return;  // it ended before its time
    ++kills_;
    // A third is killed again; a recovery that ends before it can be killed was checked, and leaves nothing to recover,
    // so that the next ones take its place.
    if (3 * killed_again_ < kills_) {
      if (!attempt(number, true).killed) return;
      ++killed_again_;
    }
    resumed_ += attempt(number, false).notices.find("resumed: ") != std::string::npos;
  }

  const Options& options_;
  std::mt19937_64 random_;
  const std::map<int, Query> queries_;
  const std::set<std::string> files_;
  unsigned kills_ = 0, killed_again_ = 0, resumed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.seed = std::random_device{}();
  CLI::App app{"Kills queries and checks what comes back"};
  app.add_option("--cairn", options.cairn)->required();
  app.add_option("--db", options.database)->required();
  app.add_option("--answers", options.answers)->required();
  app.add_option("--sf", options.scale);
  app.add_option("--kills", options.kills);
  app.add_option("--queries", options.queries, "all 22 by default")->delimiter(',');
  app.add_option("--seed", options.seed);
  CLI11_PARSE(app, argc, argv);
  if (options.queries.empty()) {
    for (int number = 1; number <= 22; ++number) options.queries.push_back(number);
  }
  fmt::print("crash_test: seed {}\n", options.seed);
  CrashTest(options).run();
  return 0;
}
