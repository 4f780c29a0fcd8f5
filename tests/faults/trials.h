#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/faults/statements.h"
#include "tests/faults/subject.h"

namespace cairn::test {

struct Fault {
  const char* name;
  bool of_memory, full_disk, for_good;
};

/// Runs one statement while the first, the second, … allocation or I/O fails.
class Trials {
 public:
  /// `place` holds kFaultSchema, or a database with an interrupted query of the statement. `full`: at every n; otherwise at
  /// all of the first and, chosen by the seed, some of the later ones.
  Trials(const FaultStatement& statement, const Fault& fault, const Place& place, uint64_t seed, bool full);

  /// What went wrong; empty: nothing.
  std::vector<std::string> run();
  size_t count() const { return count_; }

 private:
  void run_without_faults();
  /// False where the fault was not met any more.
  bool trial();
  std::string armed_sql(Subject& subject) const;
  /// Runs the statement while the fault is armed.
  Outcome run_armed(Subject& subject, const Place& place, bool& met) const;
  void judge(const Outcome& outcome, bool met);
  void check_connection(Subject& subject);
  void check_change(std::unique_ptr<Subject> subject, const Place& place, bool failed);
  void check_growth();
  uint64_t next_n();
  bool same(const Outcome& a, const Outcome& b) const;
  void wrong(const std::string& text);

  const FaultStatement& statement_;
  const Fault& fault_;
  const Place& place_;
  std::mt19937_64 random_;
  const bool full_;
  uint64_t n_ = 1;
  size_t count_ = 0;
  Outcome expected_, expected_check_;
  std::string state_before_, state_after_;
  std::unique_ptr<Place> shared_place_;  ///< of queries, where memory fails: the same for all trials
  std::unique_ptr<Subject> shared_subject_;  ///< where it can serve them all
  std::vector<int64_t> live_blocks_;     ///< after each trial
  std::vector<std::string> wrong_;
};

}  // namespace cairn::test
