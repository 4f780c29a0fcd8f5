#include "tests/crash/mix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace cairn::crash {

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kPaths{"s1", "s2"};
constexpr int kMixThreads[] = {1, 2, 8};
constexpr const char* kMixEpochs[] = {"auto", "1 ms", "20 ms"};
constexpr int kMixCapacities[] = {8, 64, 1024};
constexpr const char* kMixMemoryLimits[] = {"0", "40%", "400MB", "150MB"};
constexpr const char* kCheckpointLimits[] = {"0", "0", "20kB", "300kB", "3MB"};

}  // namespace

CrashMix::CrashMix(Shell shell, const std::string& directory, uint64_t seed)
    : shell_(std::move(shell)), outside_(fs::absolute(shell_.database).string() + ".checkpoints"), seed_(seed),
      random_(seed) {
  if (!fs::exists(shell_.database + "/manifest")) {
    const Outcome setup = run_shell(shell_, read_text(directory + "/setup.sql"));
    if (setup.status != 0) fail("setup: " + setup.notices);
  }
  files_ = files_of(shell_.database);
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() != ".sql" || entry.path().stem() == "setup") continue;
    names_.push_back(entry.path().stem());
    queries_[names_.back()].sql = read_text(entry.path());
  }
  std::sort(names_.begin(), names_.end());
  for (const std::string& name : names_) measure(queries_[name]);
}

/// Runs it under several sessions: they have to agree.
void CrashMix::measure(Query& query) {
  for (const std::string& path : kPaths) {
    for (const int capacity : kMixCapacities) {
      const Outcome outcome = run_shell(shell_, draw_session(path, capacity) + query.sql);
      if (outcome.status != 0) fail(query.sql + outcome.notices);
      std::string& expected = query.expected[path];
      if (!expected.empty() && outcome.out != expected) {
        fail(fmt::format("two answers: {}\n{}\n{}", query.sql, expected, outcome.out));
      }
      expected = outcome.out;
      query.ms[capacity] = std::max(query.ms[capacity], outcome.ms);
    }
  }
  if (query.expected[kPaths[0]] == query.expected[kPaths[1]]) fail("one answer for both schemas: " + query.sql);
}

std::string CrashMix::draw_session(const std::string& search_path, int capacity) {
  writes_outside_ = random_() % 3 == 0;
  session_ = fmt::format(
      "SET checkpoint = 'all'; SET checkpoint_epoch = '{}'; SET threads = {}; SET vector_capacity = {}; SET memory_limit = '{}'; "
      "SET checkpoint_limit = '{}'; SET checkpoint_directory = '{}'; SET search_path = '{}';\n",
      one_of(kMixEpochs), one_of(kMixThreads), capacity, one_of(kMixMemoryLimits), one_of(kCheckpointLimits),
      writes_outside_ ? outside_ : "", search_path);
  return session_;
}

const std::string& CrashMix::other(const std::string& path) const { return kPaths[path == kPaths[0] ? 1 : 0]; }

std::string CrashMix::interrupted_id() {
  const Outcome list = run_shell(shell_, "SELECT 'id ' || id FROM cairn_queries()");
  if (list.status != 0) fail(list.notices);
  const size_t at = list.out.find("id ", list.out.find('\n'));
  return at == std::string::npos ? "" : list.out.substr(at + 3, 8);
}

Outcome CrashMix::attempt(const Attempt& what) {
  const Query& query = queries_.at(what.name);
  const std::string id = what.by_id ? interrupted_id() : "";
  const int capacity = one_of(kMixCapacities);
  const std::string sql = id.empty() ? draw_session(what.path, capacity) + query.sql
                                     : draw_session(one_of(kPaths), capacity) + "CALL resume('" + id + "')";
  // Later instants are likelier: they find more that is durable.
  const double instant_ms = query.ms.at(capacity) * std::sqrt(std::uniform_real_distribution<double>(0, 1)(random_));
  Outcome outcome = run_shell(shell_, sql, what.kill ? instant_ms : -1);
  if (outcome.killed) return outcome;
  check(what, outcome);
  by_id_ += !id.empty();
  resumed_ += outcome.resumed();
  resumed_within_ += outcome.resumed_within();
  return outcome;
}

void CrashMix::check(const Attempt& what, const Outcome& outcome) {
  const auto context = [&](const std::string& problem) {
    return fmt::format("kill {} (query {} in {}, {}, seed {}): {}\n{}\n{}", kills_, what.name, what.path,
                       what.by_id ? "by id" : "by text", seed_, problem, session_, outcome.notices);
  };
  if (outcome.status != 0) fail(context("the process failed"));
  const std::string& expected = queries_.at(what.name).expected.at(what.path);
  if (outcome.out != expected) fail(context("WRONG ANSWER:\n" + outcome.out + "expected:\n" + expected));
}

void CrashMix::kill_and_recover() {
  Attempt what{one_of(names_), one_of(kPaths), true, false};
  if (!attempt(what).killed) return;  // it ended before its time
  ++kills_;
  what.by_id = random_() % 2 == 0;
  if (3 * killed_again_ < kills_) {
    if (!attempt(what).killed) return;
    ++killed_again_;
  }
  if (random_() % 4 == 0) attempt({what.name, other(what.path), false, false});
  what.kill = false;
  what.by_id = random_() % 2 == 0;
  attempt(what);
  const std::set<std::string> left = files_of(shell_.database);
  if (left != files_) fail(fmt::format("kill {} (seed {}): files left over:{}", kills_, seed_, added(files_, left)));
  const std::set<std::string> elsewhere = files_of(outside_);
  if (writes_outside_ && !elsewhere.empty()) fail("files left over elsewhere:" + added({}, elsewhere));
}

void CrashMix::run(unsigned kills) {
  while (kills_ < kills) kill_and_recover();
  fmt::print("crash_test: {} kills, {} killed again while recovering, {} resumed, {} of them within a breaker, {} by id, every answer "
             "right bit for bit, no file left\n", kills_, killed_again_, resumed_, resumed_within_, by_id_);
}

}  // namespace cairn::crash
