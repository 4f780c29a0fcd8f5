#pragma once

// A shell that runs statements over a database, and may be killed while it does.

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::crash {

struct Shell {
  std::string program, database;
  std::string killing = {};    ///< the program that may kill itself (killing_shell.cpp)
  std::string directory = {};  ///< that it runs in; empty: this process's
};

/// When a process is killed.
struct Kill {
  double after_ms = -1;  ///< from outside; negative: never
  unsigned odds = 0;     ///< by itself, at one of so many places where that is worth trying; 0: never
};

struct Outcome {
  bool killed = false;
  int status = 0;
  double ms = 0;
  std::string out, notices;

  /// Something durable was used; or rather, of a breaker that had not completed.
  bool resumed() const { return notices.find("resumed: ") != std::string::npos; }
  bool resumed_within() const { return notices.find(" morsels of breaker ") != std::string::npos; }
};

/// Runs the shell over the database in a process of its own.
Outcome run_shell(const Shell& shell, const std::vector<std::string>& arguments, const Kill& kill = {});
/// The same with -csv, for statements; sends SIGKILL after `kill_after_ms` where that is not negative.
Outcome run_shell(const Shell& shell, const std::string& sql, double kill_after_ms = -1);

std::string read_text(const std::string& path);
/// All regular files below the directory; none where it is not there.
std::set<std::string> files_of(const std::string& directory);
/// Those of `now` that are not in `before`, for a message.
std::string added(const std::set<std::string>& before, const std::set<std::string>& now);

[[noreturn]] void fail(std::string_view text);

}  // namespace cairn::crash
