#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capi/include/cairn.h"
#include "shell/printer.h"
#include "shell/statement_scanner.h"

namespace cairn::shell {

class LineEditor;
class QueryMonitor;

inline constexpr int kExitOk = 0, kExitSqlError = 1, kExitUsage = 2, kExitInterrupted = 130;

/// A connection and how its results are shown; runs statements and dot commands.
class Shell {
 public:
  Shell(cairn_database* database, cairn_connection* connection);
  ~Shell();

  /// Runs every statement and dot command of the text; stops at the first error. An exit code.
  int run_text(std::string_view text);
  int run_file(const std::string& path);
  /// Reads statements from the terminal until its end.
  int run_interactive();
  /// Reads stdin to its end; each statement runs as soon as it is complete.
  int run_input() { return run_stream(stdin, "standard input"); }

  void set_mode(Mode mode) { mode_ = mode; }
  void set_timer(bool on) { timer_ = on; }
  /// Tells (on stderr) of queries that an earlier process did not finish.
  void announce_interrupted_queries();

 private:
  /// Statements that were begun and not ended yet.
  struct Pending {
    std::string text;
    StatementScanner scanner;
  };
  int run_stream(std::FILE* file, const std::string& name);
  /// Adds a line ('\n' included) and runs what is complete: statements, or a dot command. With `remember`, tells it of
  /// every statement before it runs.
  int run_line(Pending& pending, std::string_view line, LineEditor* history = nullptr);
  int run_rest(Pending& pending);
  int run_statement(std::string_view sql);
  /// Prints the rows as they come; false where the output can't be written.
  cairn_status print_rows(cairn_result* result, QueryMonitor& monitor, cairn_error** error);
  int show_error(const cairn_error* error, std::string_view sql);
  /// One line that begins with '.'; false from it ends the shell.
  int run_command(const std::string& line);
  int command_output(const std::vector<std::string>& words);
  /// All rows as texts; an error is shown unless `quiet`.
  int query_texts(const std::string& sql, std::vector<std::vector<std::string>>& rows, bool quiet = false);
  int check_output();
  std::vector<std::string> completions();
  size_t width_max() const;

  cairn_database* database_;
  cairn_connection* connection_;
  std::FILE* out_ = stdout;
  Mode mode_ = Mode::kBox;
  bool timer_ = false;
  bool quit_ = false;
  size_t reads_open_ = 0;        ///< .read inside .read
  unsigned interrupts_seen_ = 0; ///< Ctrl-C since then ends a script between two statements
};

}  // namespace cairn::shell
