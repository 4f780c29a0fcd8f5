#include "tests/crash/writes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>

namespace cairn::crash {

namespace fs = std::filesystem;

namespace {

constexpr int kWriteThreads[] = {1, 2, 8};
constexpr int kWriteCapacities[] = {16, 256, 1024};
constexpr const char* kWriteEpochs[] = {"auto", "1 ms", "20 ms"};
constexpr const char* kWriteMemoryLimits[] = {"0", "400MB", "100MB"};
constexpr unsigned kOdds[] = {2, 5, 20};

template <typename List>
const auto& one_of(const List& list, std::mt19937_64& random) {
  return *(std::begin(list) + static_cast<long>(random() % std::size(list)));
}

/// The first lines that are not the same.
std::string difference(const std::string& now, const std::string& expected) {
  const size_t at = static_cast<size_t>(std::ranges::mismatch(now, expected).in1 - now.begin());
  const size_t begin = at == 0 ? 0 : now.rfind('\n', at - 1) + 1;
  return fmt::format("WRONG, from byte {} of {} on:\n{}\nexpected, of {}:\n{}\n", at, now.size(), now.substr(begin, 200), expected.size(),
                     expected.substr(begin, 200));
}

Outcome succeed(const Shell& shell, const std::string& sql) {
  Outcome outcome = run_shell(shell, sql);
  if (outcome.status != 0) fail(sql + "\n" + outcome.notices);
  return outcome;
}

}  // namespace

FreshDatabase::FreshDatabase(Shell shell, const std::string& setup_sql, const std::string& check_sql, uint64_t seed)
    : shell_(std::move(shell)), seed_(seed), random_(seed), original_(shell_.database + ".original"), check_sql_(check_sql) {
  shell_.database = fs::absolute(shell_.database).string();
  shell_.program = fs::absolute(shell_.program).string();
  shell_.killing = fs::absolute(shell_.killing).string();
  fs::remove_all(original_);
  Shell original = shell_;
  original.database = original_;
  succeed(original, setup_sql);
  renew();
}

void FreshDatabase::renew() const {
  fs::remove_all(shell_.database);
  fs::copy(original_, shell_.database, fs::copy_options::recursive);
}

std::string FreshDatabase::state() const { return succeed(shell_, check_sql_).out; }

std::string FreshDatabase::draw_session() {
  return fmt::format("SET checkpoint = 'all'; SET checkpoint_epoch = '{}'; SET threads = {}; SET vector_capacity = {}; "
                     "SET memory_limit = '{}';\n", one_of(kWriteEpochs, random_), one_of(kWriteThreads, random_),
                     one_of(kWriteCapacities, random_), one_of(kWriteMemoryLimits, random_));
}

/// Later instants are likelier: they find more that is durable.
Kill FreshDatabase::draw_kill(double ms) {
  if (random_() % 2 == 0) return {.odds = one_of(kOdds, random_)};
  return {.after_ms = ms * std::sqrt(std::uniform_real_distribution<double>(0, 1)(random_))};
}

void FreshDatabase::check_nothing_left(const std::string& context) const {
  for (const char* const place : {"checkpoints", "scripts"}) {
    const auto left = files_of(shell_.database + "/" + place);
    if (!left.empty()) fail(context + ": files left over:" + added({}, left));
  }
}

// --- Statements ------------------------------------------------------------------------------------------------------

CrashWrites::CrashWrites(Shell shell, const std::string& directory, uint64_t seed)
    : FreshDatabase(std::move(shell), read_text(directory + "/setup.sql"), read_text(directory + "/check.sql"), seed),
      before_(state()) {
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().stem();
    if (entry.path().extension() != ".sql" || name == "setup" || name == "check") continue;
    names_.push_back(name);
    Write& write = writes_[name];
    write.sql = read_text(entry.path());
    for (const int capacity : {16, 1024}) {
      renew();
      write.ms = std::max(write.ms, succeed(shell_, fmt::format("SET vector_capacity = {}; {}", capacity, write.sql)).ms);
      const std::string after = state();
      if (after == before_ || (!write.after.empty() && after != write.after)) fail(name + ": not one outcome");
      write.after = after;
    }
  }
  std::sort(names_.begin(), names_.end());
}

void CrashWrites::expect_committed(const std::string& id, const std::string& context) {
  const Outcome again = succeed(shell_, "CALL resume('" + id + "')");
  if (again.out.find("already committed, ") == std::string::npos) fail(context + "resumed after its commit: " + again.out);
}

bool CrashWrites::go_on(const Write& write, const std::string& context) {
  bool any = false;
  for (;;) {
    const std::string list = succeed(shell_, "SELECT 'id ' || id || state FROM cairn_queries()").out;
    const size_t at = list.find("id ", list.find('\n'));
    if (at == std::string::npos) return any;
    if (list.find("id ", at + 3) != std::string::npos) fail(context + "two statements are interrupted:\n" + list);
    any = true;
    const std::string id = list.substr(at + 3, 8);
    const bool committed = list.substr(at + 11).starts_with("committed");
    const bool kill = 2 * killed_again_ < kills_;
    const Outcome outcome = run_shell(shell_, {"-csv", "-c", draw_session() + "CALL resume('" + id + "')"},
                                      kill ? draw_kill(write.ms) : Kill{});
    if (outcome.killed) {
      ++killed_again_;
      continue;
    }
    if (outcome.notices.find("is not resumed any more") != std::string::npos) {  // it died too often where nothing moved
      succeed(shell_, "CALL discard('" + id + "')");
      ++given_up_;
      return false;
    }
    if (outcome.status != 0) fail(context + outcome.notices);
    resumed_ += outcome.resumed();
    committed_ += committed;
    if (committed != (outcome.out.find("already committed, ") != std::string::npos)) fail(context + "answer: " + outcome.out);
    expect_committed(id, context);
  }
}

void CrashWrites::kill_and_recover(const std::string& name, const Write& write) {
  renew();
  const std::string session = draw_session();
  Outcome outcome = run_shell(shell_, {"-csv", "-c", session + write.sql}, draw_kill(write.ms));
  const std::string context = fmt::format("kill {} (statement {}, seed {}): {}", kills_, name, seed_, session);
  if (!outcome.killed && outcome.status != 0) fail(context + outcome.notices);
  kills_ += outcome.killed;
  if (!go_on(write, context) && state() == before_) succeed(shell_, session + write.sql);  // nothing of it was durable
  if (const std::string after = state(); after != write.after) fail(context + difference(after, write.after));
  check_nothing_left(context);
}

void CrashWrites::run(unsigned kills) {
  while (kills_ < kills) {
    const std::string& name = one_of(names_, random_);
    kill_and_recover(name, writes_.at(name));
  }
  fmt::print("crash_test: {} kills of statements that change the database, {} killed again, {} resumed, {} had committed, {} were given "
             "up and begun anew; all done once, no file left\n", kills_, killed_again_, resumed_, committed_, given_up_);
}

// --- A script --------------------------------------------------------------------------------------------------------

CrashScript::CrashScript(Shell shell, const std::string& directory, uint64_t seed)
    : FreshDatabase(std::move(shell), read_text(directory + "/../writes/setup.sql"), read_text(directory + "/check.sql"), seed),
      directory_(directory) {
  shell_.directory = shell_.database + ".files";
  begin();
  const Outcome whole = run_shell(shell_, arguments(""));
  if (whole.status != 0) fail(whole.notices);
  ms_ = whole.ms;
  after_ = outcome();
}

void CrashScript::begin() const {
  renew();
  fs::remove_all(shell_.directory);
  fs::create_directories(shell_.directory);
  for (const char* const name : {"job.sql", "more.sql"}) fs::copy_file(directory_ + "/" + name, shell_.directory + "/" + name);
}

std::vector<std::string> CrashScript::arguments(const std::string& session) const {
  return {"-c", session, "-f", "job.sql", "--resume"};
}

std::string CrashScript::outcome() const {
  return state() + read_text(shell_.directory + "/result.csv") + read_text(shell_.directory + "/daily.csv");
}

void CrashScript::run(unsigned kills) {
  while (kills_ < kills) {
    begin();
    const unsigned before = kills_;
    Outcome one;
    do {
      // Whoever starts it again does not know how often it was killed; in the end it is left alone.
      one = run_shell(shell_, arguments(draw_session()), kills_ < before + 8 ? draw_kill(ms_) : Kill{});
      resumed_ += one.resumed();
      kills_ += one.killed;
    } while (one.killed);
    const std::string context = fmt::format("kill {} (seed {}): ", kills_, seed_);
    if (one.status != 0) fail(context + one.notices);
    if (const std::string now = outcome(); now != after_) fail(context + difference(now, after_) + one.notices);
    check_nothing_left(context);
  }
  fmt::print("crash_test: {} kills of a script, {} processes resumed within a statement; all done once, no file left\n", kills_, resumed_);
}

}  // namespace cairn::crash
