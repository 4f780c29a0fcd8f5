// Every operator and every kind of statement (statements.h) while an allocation or an I/O fails, the first, the second, …
// until the statement passes, once or from there on, or while the disk is full:
//   fault_test [--seed N] [--full] [--statement NAME] [--fault NAME]
// Afterwards the error is the right one, the same connection answers right, memory does not grow, and the database opens
// and holds what was committed. Without --full, only some of the later allocations and I/Os fail. Prints what went wrong
// and last "N passed, N failed"; exits 0 where none failed.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <random>

#include "tests/faults/trials.h"
#include "tests/support/running.h"

namespace {

using namespace cairn::test;

struct Options {
  uint64_t seed = std::random_device{}();
  bool full = false;
  std::string statement, fault;
};

constexpr Fault kFaults[] = {
    {"an allocation fails", true, false, false},       {"allocations fail for good", true, false, true},
    {"an I/O fails", false, false, false},             {"I/Os fail for good", false, false, true},
    {"a write meets a full disk", false, true, false}, {"the disk stays full", false, true, true},
};

std::unique_ptr<Place> place_with_tables(bool on_disk) {
  auto place = on_disk ? Place::directory() : Place::simulated();
  Subject subject(*place);
  if (const Outcome outcome = subject.run(kFaultSchema); outcome.failed()) throw std::runtime_error(outcome.message);
  return place;
}

/// What a process leaves that is killed once a breaker of the query is durable.
std::unique_ptr<Place> interrupted(const FaultStatement& statement, const Place& place) {
  const auto running_place = place.copy();
  Subject subject(*running_place);
  subject.run("SET checkpoint = 'all'");
  if (!subject.begin_durably(statement.sql)) throw std::runtime_error("no breaker became durable");
  return running_place->copy();
}

int run(const Options& options) {
  size_t trials = 0, failed = 0;
  std::map<bool, std::unique_ptr<Place>> places;
  for (const FaultStatement& statement : fault_statements()) {
    if (!options.statement.empty() && statement.name != options.statement) continue;
    for (const Fault& fault : kFaults) {
      if (!options.fault.empty() && fault.name != options.fault) continue;
      auto& place = places[fault.of_memory];
      if (place == nullptr) place = place_with_tables(fault.of_memory);
      std::unique_ptr<Place> own;
      if (statement.kind == FaultStatement::Kind::kResume) own = interrupted(statement, *place);
      Trials tried(statement, fault, own != nullptr ? *own : *place, options.seed, options.full);
      for (const std::string& wrong : tried.run()) {
        fmt::print("{}\n", wrong);
        std::fflush(stdout);
        ++failed;
      }
      trials += tried.count();
    }
  }
  fmt::print("{} passed, {} failed\n", trials - std::min(trials, failed), failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Statements while memory, I/O and space fail"};
  Options options;
  app.add_option("--seed", options.seed, "which of the later allocations and I/Os fail");
  app.add_flag("--full", options.full, "all of them");
  app.add_option("--statement", options.statement, "one alone, by its name");
  app.add_option("--fault", options.fault, "one alone, by its name");
  CLI11_PARSE(app, argc, argv);
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);
  report_crashes();
  try {
    return run(options);
  } catch (const std::exception& failure) {
    fmt::print("{}\n0 passed, 1 failed\n", failure.what());
    return 1;
  }
}
