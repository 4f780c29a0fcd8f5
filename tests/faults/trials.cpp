#include "tests/faults/trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/faults/failing_allocator.h"
#include "tests/support/running.h"
#include "vector/memory_pool.h"

namespace cairn::test {
namespace {

using Kind = FaultStatement::Kind;

constexpr unsigned kSecondsPerTrial = 60;
constexpr size_t kMostWrong = 3;  ///< of one statement and fault
constexpr const char* kCheck = "SELECT count(*), sum(n), max(t) FROM a WHERE id > 0";

/// I/Os that fail, counted.
class FailingIo {
 public:
  FailingIo(SimulatedStorage& storage, const Fault& fault, uint64_t n) : storage_(storage) {
    storage.set_fault([this, fault, n](const SimulatedOperation& operation) {
      using Call = SimulatedCall;
      const bool grows = operation.call == Call::kWrite || operation.call == Call::kTruncate || operation.call == Call::kCreateDirectory;
      if (fault.full_disk && !grows) return 0;
      const uint64_t number = ++count_;
      if (number != n && !(number > n && fault.for_good)) return 0;
      met_ = true;
      return fault.full_disk ? ENOSPC : EIO;
    });
  }
  ~FailingIo() { storage_.clear_faults(); }
  bool met() const { return met_; }

 private:
  SimulatedStorage& storage_;
  std::atomic<uint64_t> count_{0};
  std::atomic<bool> met_{false};
};

std::string told(const Outcome& outcome) {
  if (outcome.failed()) return fmt::format("error {} ({}) {}", outcome.sqlstate, static_cast<int>(outcome.status), outcome.message);
  return fmt::format("{} rows, {:.200}", outcome.rows.size(), fmt::format("{}", fmt::join(outcome.rows, "; ")));
}


/// Where two texts part.
std::string parting(const std::string& expected, const std::string& got) {
  const auto [e, g] = std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
  const auto at = static_cast<size_t>(e - expected.begin()), from = at < 60 ? 0 : at - 60;
  return fmt::format("expected «{}», got «{}»", expected.substr(from, 160), got.substr(from, 160));
}

}  // namespace

Trials::Trials(const FaultStatement& statement, const Fault& fault, const Place& place, uint64_t seed, bool full)
    : statement_(statement), fault_(fault), place_(place), random_(seed), full_(full) {}

bool Trials::same(const Outcome& a, const Outcome& b) const {
  return a.status == b.status && a.sqlstate == b.sqlstate && (statement_.varies || a.rows == b.rows);
}

void Trials::wrong(const std::string& text) { wrong_.push_back(fmt::format("{}: {}, n = {}: {}", statement_.name, fault_.name, n_, text)); }

uint64_t Trials::next_n() {
  constexpr uint64_t kDense = 12;
  if (full_ || n_ < kDense) return n_ + 1;
  return n_ + 1 + random_() % (n_ / 2);
}

std::vector<std::string> Trials::run() {
  const auto tell = [&](const std::string& what) {
    running = fmt::format("{}: {}, {}\n{}", statement_.name, fault_.name, what, statement_.sql);
    allow_seconds(kSecondsPerTrial);
  };
  tell("without faults");
  run_without_faults();
  bool met = wrong_.empty();
  for (; met && wrong_.size() < kMostWrong; n_ = next_n()) {
    tell(fmt::format("n = {}", n_));
    ++count_;
    met = trial();
    live_blocks_.push_back(FailingAllocator::live_blocks());
  }
  check_growth();
  shared_subject_.reset();
  allow_seconds(0);
  return std::move(wrong_);
}

void Trials::run_without_faults() {
  const auto place = place_.copy();
  Subject subject(*place);
  subject.run(statement_.before);
  state_before_ = subject.state();
  expected_check_ = subject.run(kCheck);
  expected_ = subject.run(statement_.sql);
  state_after_ = subject.state();
  const bool is_meant = statement_.name == "errors" || statement_.name == "broken constraint";
  if (expected_.failed() != is_meant) wrong("without faults: " + told(expected_));
}

std::string Trials::armed_sql(Subject& subject) const {
  if (statement_.kind != Kind::kResume) return statement_.sql;
  const Outcome ids = subject.run("SELECT id FROM cairn_queries()");
  if (ids.rows.size() != 1) throw std::runtime_error("no interrupted query: " + told(ids));
  return "CALL resume('" + ids.rows[0] + "')";
}

Outcome Trials::run_armed(Subject& subject, const Place& place, bool& met) const {
  subject.run(n_ % 2 == 0 ? "SET threads = 1" : "SET threads = 3");
  subject.run(statement_.before);
  const std::string sql = armed_sql(subject);
  if (!fault_.of_memory) {
    const FailingIo faults(*place.storage(), fault_, n_);
    Outcome outcome = subject.run(sql);
    met = faults.met();
    return outcome;
  }
  trim_blocks();
  FailingAllocator::arm(n_, fault_.for_good);
  Outcome outcome = subject.run(sql);
  met = FailingAllocator::disarm();
  return outcome;
}

/// Where memory fails, a query keeps its database and its connection. (A simulated disk is memory, and checkpoints of
/// each trial are told in its manifest.)
bool Trials::trial() {
  const bool changes = statement_.kind != Kind::kQuery;
  if (shared_place_ == nullptr || changes || !fault_.of_memory) shared_place_ = place_.copy();
  std::unique_ptr<Subject> subject = shared_subject_ != nullptr ? std::move(shared_subject_) : std::make_unique<Subject>(*shared_place_);
  bool met = false;
  const Outcome outcome = run_armed(*subject, *shared_place_, met);
  judge(outcome, met);
  check_connection(*subject);
  if (changes) check_change(std::move(subject), *shared_place_, outcome.failed());
  else if (fault_.of_memory) shared_subject_ = std::move(subject);
  return met;
}

void Trials::judge(const Outcome& outcome, bool met) {
  if (same(outcome, expected_)) return;
  if (!met || !outcome.failed()) return wrong(fmt::format("expected {}, got {}", told(expected_), told(outcome)));
  const bool right = fault_.of_memory ? outcome.status == CAIRN_NO_MEMORY && (outcome.sqlstate.empty() || outcome.sqlstate == "53200")
                                      : outcome.status == CAIRN_IO && outcome.sqlstate == (fault_.full_disk ? "53100" : "58030");
  if (!right) wrong("the wrong error: " + told(outcome));
}

void Trials::check_connection(Subject& subject) {
  if (statement_.kind == Kind::kChange) {
    subject.run("ROLLBACK");
    return;  // its state is compared
  }
  if (const Outcome check = subject.run(kCheck); !same(check, expected_check_)) wrong("then the connection says " + told(check));
  if (statement_.kind == Kind::kResume) return;
  if (const Outcome again = subject.run(statement_.sql); !same(again, expected_)) wrong("again, without a fault: " + told(again));
}

void Trials::check_change(std::unique_ptr<Subject> subject, const Place& place, bool failed) {
  const std::string& expected = failed || statement_.kind == Kind::kResume ? state_before_ : state_after_;
  const std::string seen = subject->state();
  // There may have been no memory left for the result of what was committed.
  const bool without_result = failed && fault_.of_memory;
  if (seen != expected && !(without_result && seen == state_after_)) return wrong(fmt::format("then the connection sees another state: {}", parting(expected, seen)));
  subject.reset();
  if (place.storage() != nullptr && n_ % 2 == 0) place.storage()->crash();
  const std::string found = Subject(place).state();
  // A commit whose record was written, and neither synced nor taken back, may be there: nobody can know.
  const bool unknown = failed && fault_.for_good && !fault_.of_memory;
  if (found != seen && !(unknown && found == state_after_)) wrong(fmt::format("the database that opens again has another state: {}", parting(seen, found)));
}

/// One block for each trial is too many.
void Trials::check_growth() {
  constexpr size_t kWarm = 8, kFew = 40;
  if (live_blocks_.size() < kWarm + 10) return;
  const size_t trials = live_blocks_.size() - kWarm;
  const auto most = static_cast<int64_t>(trials * 3 / 4 + kFew);
  // What a writer thread has not come to yet is no growth: it is waited for, and the least of the last ones counts.
  const auto grown = [&] { return *std::min_element(live_blocks_.end() - 5, live_blocks_.end()) - live_blocks_[kWarm]; };
  for (int i = 0; i < 500 && shared_subject_ != nullptr && grown() > most; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    live_blocks_.push_back(FailingAllocator::live_blocks());
  }
  if (grown() > most) wrong(fmt::format("{} more blocks of memory after {} trials", grown(), trials));
}

}  // namespace cairn::test
