#pragma once

// The crash mix: queries with DOUBLE sums over two schemas that have the same names in them. Every process, the one that is
// killed, the one that may be killed while it recovers and the one that ends it, is a session of its own: other threads,
// vector capacity, memory limit, checkpoint directory, and a checkpoint limit that leaves plans durable in part. What
// recovers does so by the query's text in the search path that it was begun in, or by CALL resume in any other. Sometimes the
// same text is run in the other search path before. Every answer is compared bit for bit.

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/crash/killed_shell.h"

namespace cairn::crash {

class CrashMix {
 public:
  /// Makes the database with setup.sql of `directory` where there is none; its other files *.sql are the queries.
  CrashMix(Shell shell, const std::string& directory, uint64_t seed);
  void run(unsigned kills);

 private:
  struct Query {
    std::string sql;
    std::map<std::string, std::string> expected;  ///< by search path
    std::map<int, double> ms;                     ///< of an uninterrupted process, by vector capacity
  };
  /// What the next process does.
  struct Attempt {
    std::string name, path;  ///< the query, and where it was begun
    bool kill = false, by_id = false;
  };

  std::string draw_session(const std::string& search_path, int capacity);
  void measure(Query& query);
  Outcome attempt(const Attempt& what);
  void check(const Attempt& what, const Outcome& outcome);
  void kill_and_recover();
  std::string interrupted_id();
  const std::string& other(const std::string& path) const;
  template <typename List>
  const auto& one_of(const List& list) { return *(std::begin(list) + static_cast<long>(random_() % std::size(list))); }

  const Shell shell_;
  const std::string outside_;  ///< a checkpoint directory elsewhere
  const uint64_t seed_;
  std::mt19937_64 random_;
  std::map<std::string, Query> queries_;
  std::vector<std::string> names_;
  std::set<std::string> files_;
  std::string session_;  ///< of the last process
  bool writes_outside_ = false;
  unsigned kills_ = 0, killed_again_ = 0, resumed_ = 0, resumed_within_ = 0, by_id_ = 0;
};

}  // namespace cairn::crash
