// Kills the shell with SIGKILL at random instants of TPC-H queries under checkpoint = 'all', starts it again with the
// same query, and checks the answer and that nothing is left over. A share of the processes is killed a second time,
// while it recovers.
//   crash_test --cairn PATH --db DIR --answers DIR [--kills 200] [--queries 1,3,…] [--seed S] [--threads 2]
// DIR is made (TPC-H at --sf) where there is none.

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
  std::vector<int> queries{1, 3, 5, 6, 9, 18};
  unsigned kills = 200, threads = 2;
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

struct Query { std::string sql, expected; double ms = 0; };

std::map<int, Query> prepare(const Options& options) {
  if (!fs::exists(options.database + "/manifest")) {
    const Outcome load = run_shell(options, fmt::format("CALL tpch_load({})", options.scale));
    if (load.status != 0) fail("tpch_load: " + load.notices);
  }
  std::map<int, Query> queries;
  for (const int number : options.queries) {
    Query& query = queries[number];
    query.sql = fmt::format("SET checkpoint = 'all'; SET threads = {};\n{}", options.threads,
                            cairn::bench::tpch_query(number));
    const Outcome outcome = run_shell(options, query.sql);
    if (outcome.status != 0) fail(fmt::format("query {}: {}", number, outcome.notices));
    query.expected = outcome.out;
    query.ms = outcome.ms;
    const auto answer = cairn::test::read_answer(fmt::format("{}/sf{}/q{:02}.csv", options.answers, options.scale, number));
    const std::string difference = cairn::test::compare(cairn::test::parse_csv(outcome.out), answer);
    if (answer.empty() || !difference.empty()) fail(fmt::format("query {} uninterrupted: {}", number, difference));
  }
  return queries;
}

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
  app.add_option("--queries", options.queries)->delimiter(',');
  app.add_option("--threads", options.threads);
  app.add_option("--seed", options.seed);
  CLI11_PARSE(app, argc, argv);

  fmt::print("crash_test: seed {}\n", options.seed);
  std::mt19937_64 random(options.seed);
  const auto uniform = [&](double max) { return std::uniform_real_distribution<double>(0, max)(random); };
  const std::map<int, Query> queries = prepare(options);
  const std::set<std::string> files = files_of(options.database);

  unsigned kills = 0, resumed = 0, killed_again = 0;
  for (unsigned attempts = 0; kills < options.kills; ++attempts) {
    if (attempts > 20 * options.kills + 100) fail("the queries end before they can be killed");
    const int number = options.queries[random() % options.queries.size()];
    const Query& query = queries.at(number);
    const auto context = [&](const std::string& what, const Outcome& outcome) {
      return fmt::format("kill {} (query {}, seed {}): {}\n{}", kills, number, options.seed, what, outcome.notices);
    };
    const Outcome first = run_shell(options, query.sql, uniform(query.ms));
    if (!first.killed) {
      if (first.out != query.expected) fail(context("wrong answer of a run that was not killed", first));
      continue;
    }
    ++kills;
    if (random() % 3 == 0 && kills < options.kills) {
      const Outcome again = run_shell(options, query.sql, uniform(query.ms));
      if (again.killed) {
        ++kills;
        ++killed_again;
      }
    }
    const Outcome last = run_shell(options, query.sql);
    if (last.status != 0) fail(context("the restarted process failed", last));
    if (last.out != query.expected) fail(context("WRONG ANSWER", last));
    resumed += last.notices.find("resumed: ") != std::string::npos;
    if (const auto left = files_of(options.database); left != files) {
      std::string names;
      for (const auto& name : left) names += files.contains(name) ? "" : " " + name;
      fail(context("files left over:" + names, last));
    }
  }
  fmt::print("crash_test: {} kills ({} while recovering), {} resumed from a breaker, every answer right, no file left\n",
             kills, killed_again, resumed);
  return 0;
}
