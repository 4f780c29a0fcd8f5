// cairn: the SQL shell. A user of cairn.h like any other.

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "shell/output.h"
#include "shell/query_monitor.h"
#include "shell/shell.h"

namespace {

using namespace cairn::shell;

constexpr std::string_view kUsage =
    "usage: cairn [OPTIONS] [DATABASE]\n"
    "\n"
    "DATABASE is a directory, made where there is none; without it the database is in memory only.\n"
    "Statements come from -c, -f, or standard input.\n"
    "\n"
    "  -c SQL       run SQL and exit (may be repeated)\n"
    "  -f FILE      run the statements of FILE and exit (may be repeated)\n"
    "  -csv -json -markdown -line -box\n"
    "               how results are shown\n"
    "  -resume      go on with the run of -f FILE that was killed: what has committed is not run again\n"
    "  -readonly    open the database without the right to change it\n"
    "  -salvage     the same of a damaged database: what is sound; the rest is told\n"
    "  -timer       print how long each statement took\n"
    "  -version     print the version\n"
    "  -help        this text\n"
    "\n"
    "Exit codes: 0 done, 1 an SQL error, 2 wrong usage, 130 interrupted.\n";

struct Options {
  std::string database = ":memory:";
  bool database_given = false, read_only = false, salvage = false, timer = false, resume = false;
  Mode mode = Mode::kBox;
  struct Input { bool is_file; std::string text; };
  std::vector<Input> inputs;
};

int usage_error(const std::string& text) {
  print(stderr, "cairn: {}\n\n{}", text, kUsage);
  return kExitUsage;
}

/// An exit code, or -1 to go on.
int parse_options(int argc, char** argv, Options& options) {
  bool only_operands = false;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (only_operands || word.empty() || word[0] != '-' || word == "-") {
      if (options.database_given) return usage_error("more than one database: \"" + word + "\"");
      options.database = word;
      options.database_given = true;
      continue;
    }
    if (word == "--") {
      only_operands = true;
      continue;
    }
    if (word.starts_with("--")) word.erase(0, 1);
    if (word == "-c" || word == "-f") {
      if (++i == argc) return usage_error("option " + word + " needs an argument");
      options.inputs.push_back({word == "-f", argv[i]});
    } else if (word == "-readonly") {
      options.read_only = true;
    } else if (word == "-salvage") {
      options.salvage = true;
    } else if (word == "-resume") {
      options.resume = true;
    } else if (word == "-timer") {
      options.timer = true;
    } else if (word == "-version") {
      print(stdout, "cairn {}\n", cairn_version());
      return kExitOk;
    } else if (word == "-help" || word == "-h") {
      print(stdout, "{}", kUsage);
      return kExitOk;
    } else if (const auto mode = parse_mode(word.substr(1))) {
      options.mode = *mode;
    } else {
      return usage_error("unknown option \"" + std::string(argv[i]) + "\"");
    }
  }
  if (!options.resume) return -1;
  const auto files = std::ranges::count(options.inputs, true, &Options::Input::is_file);
  if (files != 1) return usage_error("--resume goes on with one script: -f FILE");
  if (options.database == ":memory:" || options.read_only || options.salvage)
    return usage_error("--resume goes on with a script that changes a database: name its directory, without -readonly");
  return -1;
}

int run(Shell& shell, const Options& options) {
  shell.announce_interrupted_queries();
  for (const auto& input : options.inputs) {
    const bool is_noted = input.is_file && !options.read_only && !options.salvage;
    const int code = is_noted        ? shell.run_script(input.text, options.resume)
                     : input.is_file ? shell.run_file(input.text)
                                     : shell.run_text(input.text);
    if (code != kExitOk) return code;
  }
  if (!options.inputs.empty()) return kExitOk;
  return isatty(STDIN_FILENO) != 0 ? shell.run_interactive() : shell.run_input();
}

void report_left_out(const cairn_database* database, bool salvage) {
  if (!salvage) return;
  const std::string_view left_out = cairn_left_out(database);
  if (left_out.empty()) print(stderr, "salvage: the database is sound\n");
  for (size_t begin = 0; begin < left_out.size();) {
    const size_t end = left_out.find('\n', begin);
    print(stderr, "salvage: left out: {}\n", left_out.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (const int code = parse_options(argc, argv, options); code >= 0) return code;
  catch_interrupts();
  cairn_database* database = nullptr;
  cairn_connection* connection = nullptr;
  cairn_error* error = nullptr;
  const int flags = (options.read_only ? CAIRN_OPEN_READ_ONLY : 0) | (options.salvage ? CAIRN_OPEN_SALVAGE : 0);
  if (cairn_open(options.database.c_str(), flags, &database, &error) != CAIRN_OK ||
      cairn_connect(database, &connection, &error) != CAIRN_OK) {
    print(stderr, "ERROR:  {}\n", cairn_error_message(error));
    if (*cairn_error_hint(error) != '\0') print(stderr, "HINT:  {}\n", cairn_error_hint(error));
    cairn_error_destroy(error);
    cairn_close(database);
    return kExitSqlError;
  }
  report_left_out(database, options.salvage);
  int code = kExitOk;
  {
    Shell shell(database, connection);
    shell.set_mode(options.mode);
    shell.set_timer(options.timer);
    code = run(shell, options);
  }
  cairn_disconnect(connection);
  cairn_close(database);
  return code;
}
