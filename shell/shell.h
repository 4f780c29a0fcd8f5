#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capi/include/cairn.h"
#include "shell/printer.h"
#include "shell/script_run.h"
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
  /// A script whose steps are noted as they end, so that a run that was killed can go on; with `resume` it does.
  int run_script(const std::string& path, bool resume);
  /// Reads statements from the terminal until its end.
  int run_interactive();
  /// Reads stdin to its end; each statement runs as soon as it is complete.
  int run_input() { return run_stream(stdin, "<stdin>"); }

  void set_mode(Mode mode) { mode_ = mode; }
  void set_timer(bool on) { timer_ = on; }
  /// Tells (on stderr) of queries that an earlier process did not finish.
  void announce_interrupted_queries();

 private:
  /// Statements that were begun and not ended yet.
  struct Pending {
    std::string source;      ///< the script's name; empty: the command line or a terminal
    size_t lines_read = 0;
    size_t first_line = 1;   ///< of the source, that `text` begins in
    std::string text;
    StatementScanner scanner;

    void clear();
  };
  using Words = std::vector<std::string>;
  int run_stream(std::FILE* file, const std::string& name);
  /// Adds a line ('\n' included) and runs what is complete: statements, or a dot command. With `remember`, tells it of
  /// every statement before it runs.
  int run_line(Pending& pending, std::string_view line, LineEditor* history = nullptr);
  int run_rest(Pending& pending);
  /// Runs a statement or a command, or passes over it where an earlier run of the script had it.
  int run_step(std::string_view text, const std::function<int()>& run);
  void go_on_here();
  void cut_output();
  void forget_ended(const ScriptRun& script);
  int pass_over(std::string_view text, const std::function<int()>& run);
  /// False where the script is not to be run; `code`: then the exit code.
  bool begin_script(const std::string& path, bool resume, int& code);
  void stop_noting(const char* why);
  int run_statement(std::string_view sql);
  /// Prints the rows as they come; false where the output can't be written.
  cairn_status print_rows(cairn_result* result, QueryMonitor& monitor, cairn_error** error);
  int show_error(const cairn_error* error, std::string_view sql);
  /// One line that begins with '.' or '\\'.
  int run_command(const std::string& line);
  /// What the commands of the table in commands.cpp do; words[0] is the command itself.
  int command_describe(const Words& words);
  int command_expanded(const Words& words);
  int command_help(const Words& words);
  int command_mode(const Words& words);
  int command_output(const Words& words);
  int command_quit(const Words& words);
  int command_read(const Words& words);
  int command_schema(const Words& words);
  int command_tables(const Words& words);
  int command_timer(const Words& words);
  friend struct Command;
  /// On stderr, behind the place in the script.
  void complain(std::string_view text) const;
  std::string place(size_t lines_further) const;
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
  std::string source_;           ///< the script that the running statement or command stands in; empty: none
  size_t source_line_ = 0;       ///< where it begins there
  std::unique_ptr<ScriptRun> script_;  ///< nullptr: steps are not noted
  bool chained_ = false;         ///< the last of those steps began a transaction as it ended one
  bool passing_over_ = false;    ///< steps that an earlier run had
  std::string command_tag_;      ///< of the last statement
  size_t reads_open_ = 0;        ///< .read inside .read
  unsigned interrupts_seen_ = 0; ///< Ctrl-C since then ends a script between two statements
};

}  // namespace cairn::shell
