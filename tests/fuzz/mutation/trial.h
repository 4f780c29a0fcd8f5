#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/fuzz/mutation/tokens.h"

namespace cairn::fuzz {

/// Statements that belong together: each may need what the ones before it made.
struct Source {
  std::string name;
  std::vector<std::string> statements;
};

/// How far a child process has come, in memory that outlives it.
struct Progress {
  static constexpr size_t kTextBytes = 1 << 20;
  size_t source, record;  ///< the statement was made of this one
  size_t passed, accepted;
  char settings[256];
  char statement[kTextBytes];
  char complaint[4096];   ///< why an error is none that users should see; empty: no complaint
};

/// Why a statement is no good: "" where it is.
struct Verdict {
  std::string kind;  ///< "signal 11", "hang", "exit 1", or the complaint
  bool failed() const { return !kind.empty(); }
};

/// Databases in child processes, so that a crash or a hang ends a child alone.
class Trials {
 public:
  explicit Trials(const std::vector<Source>& sources);
  ~Trials();
  Trials(const Trials&) = delete;

  const Progress& progress() const { return *progress_; }
  /// Runs a source's statements and `mutations` of each, chosen by the seed.
  Verdict run(const Source& source, size_t source_index, uint64_t seed, size_t mutations);
  /// Runs one statement after those before `record` of its source, under the seed's settings.
  Verdict run_one(const Source& source, size_t record, uint64_t seed, const std::string& statement);

 private:
  template <typename Work>
  Verdict in_child(Work work);

  const std::vector<Source>& sources_;
  Progress* progress_;
};

}  // namespace cairn::fuzz
