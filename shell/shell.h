#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capi/include/cairn.h"
#include "shell/printer.h"

namespace cairn::shell {

inline constexpr int kExitOk = 0, kExitSqlError = 1, kExitUsage = 2, kExitInterrupted = 130;

/// A connection and how its results are shown; runs statements and dot commands.
class Shell {
 public:
  Shell(cairn_database* database, cairn_connection* connection);
  ~Shell();

  /// Runs every statement and dot command of the text; stops at the first error. An exit code.
  int run_text(const std::string& text);
  int run_file(const std::string& path);
  /// Reads statements from the terminal until its end.
  int run_interactive();
  /// Reads stdin to its end and runs it.
  int run_input();

  void set_mode(Mode mode) { mode_ = mode; }
  void set_timer(bool on) { timer_ = on; }
  /// Tells (on stderr) of queries that an earlier process did not finish.
  void announce_interrupted_queries();

 private:
  int run_statement(const std::string& sql, size_t& consumed);
  int show_error(const cairn_error* error, std::string_view sql);
  /// One line that begins with '.'; false from it ends the shell.
  int run_command(const std::string& line);
  int command_output(const std::vector<std::string>& words);
  int show_query(const std::string& sql);
  std::vector<std::vector<std::string>> query_texts(const std::string& sql);
  std::vector<std::string> completions();
  size_t width_max() const;

  cairn_database* database_;
  cairn_connection* connection_;
  std::FILE* out_ = stdout;
  Mode mode_ = Mode::kBox;
  bool timer_ = false;
  bool quit_ = false;
};

}  // namespace cairn::shell
