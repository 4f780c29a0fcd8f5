#pragma once

// What changes the database is killed: single statements, which go on by CALL resume, and a script, which goes on by
// --resume. Processes are killed from outside at random instants, or kill themselves where it is worst (killing_shell.cpp),
// some of them again while they recover. Each begins with a fresh copy of the database of setup.sql; in the end check.sql
// tells whether all was done, and once. Sessions are drawn as the mix's are.

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/killed_shell.h"

namespace cairn::crash {

/// A database that is made anew from a copy, and what is left in it.
class FreshDatabase {
 public:
  FreshDatabase(Shell shell, const std::string& setup_sql, const std::string& check_sql, uint64_t seed);

 protected:
  void renew() const;
  std::string state() const;  ///< what check.sql gives
  std::string draw_session();
  Kill draw_kill(double ms);
  void check_nothing_left(const std::string& context) const;

  Shell shell_;
  const uint64_t seed_;
  std::mt19937_64 random_;
  unsigned kills_ = 0, killed_again_ = 0, resumed_ = 0;

 private:
  const std::string original_, check_sql_;
};

class CrashWrites : FreshDatabase {
 public:
  /// Files *.sql of the directory, but setup.sql and check.sql, are the statements.
  CrashWrites(Shell shell, const std::string& directory, uint64_t seed);
  void run(unsigned kills);

 private:
  struct Write {
    std::string sql, after;
    double ms = 0;
  };
  void kill_and_recover(const std::string& name, const Write& write);
  /// Goes on with what was interrupted, until nothing is. False where there was nothing.
  bool go_on(const Write& write, const std::string& context);
  void expect_committed(const std::string& id, const std::string& context);

  std::string before_;
  std::map<std::string, Write> writes_;
  std::vector<std::string> names_;
  unsigned committed_ = 0, given_up_ = 0;
};

class CrashScript : FreshDatabase {
 public:
  CrashScript(Shell shell, const std::string& directory, uint64_t seed);
  void run(unsigned kills);

 private:
  void begin() const;
  std::vector<std::string> arguments(const std::string& session) const;
  std::string outcome() const;  ///< the database's state, and the files that the script wrote

  const std::string directory_;
  std::string after_;
  double ms_ = 0;
};

}  // namespace cairn::crash
