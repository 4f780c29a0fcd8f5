// Dot commands and completion.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "shell/output.h"
#include "shell/shell.h"

namespace cairn::shell {

/// A command of the shell. A new one: a function of Shell, and a row in kCommands.
struct Command {
  std::string_view name;
  std::string_view psql;       ///< what psql calls it; empty: it has none
  std::string_view arguments;
  std::string_view help;
  int (Shell::*run)(const Shell::Words& words);
  size_t words_max;            ///< itself included

  static const Command kCommands[];
};

constexpr Command Command::kCommands[] = {
    {".describe", "\\d", "[TABLE]", "the columns of a table or view; without TABLE: as .tables", &Shell::command_describe, 2},
    {".expanded", "\\x", "[on|off]", "a line per value, or boxes again", &Shell::command_expanded, 2},
    {".help", "\\?", "", "this text", &Shell::command_help, 1},
    {".mode", "", "[MODE]", "how results are shown: box, csv, json, markdown, line", &Shell::command_mode, 2},
    {".output", "\\o", "[FILE]", "write results to FILE; without FILE: to the screen again", &Shell::command_output, 2},
    {".quit", "\\q", "", "leave (Ctrl-D does too)", &Shell::command_quit, 1},
    {".read", "\\i", "FILE", "run the statements of FILE", &Shell::command_read, 2},
    {".schema", "", "[TABLE]", "the CREATE statements of all tables and views, or of one", &Shell::command_schema, 2},
    {".tables", "\\dt", "", "all tables and views", &Shell::command_tables, 1},
    {".timer", "\\timing", "on|off", "print how long each statement took", &Shell::command_timer, 2},
};

namespace {

/// Other names of commands, and the way to what other shells have a command for.
struct OtherName {
  std::string_view name, command;
};
constexpr OtherName kOtherNames[] = {{".exit", ".quit"}, {"\\dv", ".tables"}, {"\\d+", ".describe"}, {"\\h", ".help"},
                                     {"\\ir", ".read"}};

struct Missing {
  std::string_view name, way;
};
constexpr Missing kMissing[] = {
    {".import", "COPY t FROM 'file.csv' (FORMAT csv, HEADER) reads a file"},
    {"\\copy", "COPY t FROM 'file.csv' (FORMAT csv, HEADER) reads a file, COPY t TO 'file.csv' writes one"},
    {".dump", ".schema prints the definitions, COPY t TO 'file.csv' (FORMAT csv, HEADER) writes the rows"},
    {".save", "COPY t TO 'file.csv' (FORMAT csv, HEADER) writes the rows of a table"},
    {".open", "the database is named on the command line: cairn DIRECTORY"},
    {"\\c", "the database is named on the command line: cairn DIRECTORY"},
    {"\\l", "the database is named on the command line, and is the only one"},
    {".databases", "the database is named on the command line, and is the only one"},
    {".headers", "csv and box have a header line always; .mode json and line name every value"},
    {".header", "csv and box have a header line always; .mode json and line name every value"},
    {".nullvalue", "coalesce(a, 'text') shows something else for NULL"},
    {".width", "boxes are as wide as their values, cut where the terminal ends; .mode line cuts nothing"},
    {".separator", "COPY (SELECT ...) TO 'file' (FORMAT csv, DELIMITER ';') writes any"},
    {".once", ".output FILE, the statement, and .output alone do that"},
    {".indexes", ".schema prints the definitions"},
    {".indices", ".schema prints the definitions"},
    {"\\di", ".schema prints the definitions"},
    {"\\df", "docs/FUNCTIONS.md lists the functions"},
    {"\\dn", "SELECT name FROM cairn_tables() shows schemas before the names"},
    {"\\e", "write the statement in a file and run it: .read FILE"},
    {"\\g", "a statement ends with ';'"},
    {"\\gx", ".expanded on, the statement, and .expanded off do that"},
    {"\\set", "SET name = value changes a setting; there are no variables"},
    {".shell", "leave with .quit, or use another terminal"},
    {".system", "leave with .quit, or use another terminal"},
    {"\\!", "leave with .quit, or use another terminal"},
};


constexpr std::string_view kKeywords[] = {
    "ALL", "ANALYZE", "AND", "AS", "ASC", "AVG", "BEGIN", "BETWEEN", "BY", "CALL", "CASE", "CAST", "COMMIT", "COPY",
    "COUNT", "CREATE", "CROSS", "DATE", "DELETE", "DELIMITER", "DESC", "DISTINCT", "DROP", "ELSE", "END", "EXCEPT",
    "EXISTS", "EXPLAIN", "EXTRACT", "FROM", "FULL", "GROUP", "HAVING", "HEADER", "IN", "INNER", "INSERT", "INTERSECT",
    "INTERVAL", "INTO", "IS", "JOIN", "LEFT", "LIKE", "LIMIT", "MAX", "MIN", "NOT", "NULL", "OFFSET", "ON", "OR",
    "ORDER", "OUTER", "RESET", "RIGHT", "ROLLBACK", "SELECT", "SET", "SHOW", "SUBSTRING", "SUM", "TABLE", "THEN",
    "TRUE", "FALSE", "UNION", "UPDATE", "USING", "VALUES", "VIEW", "WHEN", "WHERE", "WITH"};

std::string quote_literal(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

const Command* find_command(std::string_view name) {
  for (const OtherName& other : kOtherNames)
    if (other.name == name) name = other.command;
  const auto found = std::ranges::find_if(Command::kCommands, [&](const Command& command) {
    return command.name == name || (!command.psql.empty() && command.psql == name);
  });
  return found == std::end(Command::kCommands) ? nullptr : &*found;
}

}  // namespace

int Shell::run_command(const std::string& line) {
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  const bool is_psql = words[0][0] == '\\';
  if (is_psql && words.back().size() > 1 && words.back().back() == ';') words.back().pop_back();
  if (const Command* command = find_command(words[0])) {
    const bool needs_argument = !command->arguments.empty() && command->arguments[0] != '[' && !is_psql;
    if (words.size() > command->words_max || (needs_argument && words.size() < 2)) {
      print(stderr, "{}usage: {} {}\n", place(0), command->name, command->arguments);
      return kExitUsage;
    }
    const int code = (this->*command->run)(words);
    return code == kExitOk ? check_output() : code;
  }
  const auto missing = std::ranges::find(kMissing, words[0], &Missing::name);
  complain(missing == std::end(kMissing)
               ? fmt::format("unknown command \"{}\"; .help lists them", words[0])
               : fmt::format("there is no command \"{}\": {}", words[0], missing->way));
  return kExitUsage;
}

int Shell::command_help(const Words&) {
  for (const Command& command : Command::kCommands) {
    const std::string usage = fmt::format("{} {}", command.name, command.arguments);
    print(out_, "{:<20}  {:<8}  {}\n", usage, command.psql, command.help);
  }
  print(out_, "\n"
              "Statements end with ';'. Ctrl-C cancels a running query.\n"
              "SELECT * FROM cairn_queries();   interrupted queries; CALL resume('id'); CALL discard('id');\n"
              "SET checkpoint = 'all';          every completed breaker becomes durable; SHOW ALL lists the settings\n");
  return kExitOk;
}

int Shell::command_quit(const Words&) {
  quit_ = true;
  return kExitOk;
}

int Shell::command_mode(const Words& words) {
  if (words.size() == 1) {
    print(out_, "{}\n", mode_name(mode_));
    return kExitOk;
  }
  const auto mode = parse_mode(words[1]);
  if (!mode) {
    complain(fmt::format("no mode \"{}\": expected one of {}", words[1], kModeNames));
    return kExitUsage;
  }
  mode_ = *mode;
  return kExitOk;
}

/// What "on", "off" or, without an argument, the other state than `now` says.
static std::optional<bool> switched(const std::vector<std::string>& words, bool now) {
  if (words.size() < 2) return !now;
  if (words[1] != "on" && words[1] != "off") return std::nullopt;
  return words[1] == "on";
}

int Shell::command_timer(const Words& words) {
  const auto on = switched(words, timer_);
  if (!on) {
    print(stderr, "{}usage: .timer on|off\n", place(0));
    return kExitUsage;
  }
  timer_ = *on;
  return kExitOk;
}

int Shell::command_expanded(const Words& words) {
  const auto on = switched(words, mode_ == Mode::kLine);
  if (!on) {
    print(stderr, "{}usage: .expanded [on|off]\n", place(0));
    return kExitUsage;
  }
  mode_ = *on ? Mode::kLine : Mode::kBox;
  return kExitOk;
}

int Shell::command_tables(const Words&) {
  std::vector<Words> rows;
  if (const int code = query_texts("SELECT name FROM cairn_tables() ORDER BY name", rows); code != kExitOk) return code;
  for (const Words& row : rows) print(out_, "{}\n", row[0]);
  return kExitOk;
}

int Shell::command_describe(const Words& words) {
  return words.size() == 1 ? command_tables(words) : run_statement("DESCRIBE " + words[1]);
}

int Shell::command_schema(const Words& words) {
  const std::string where = words.size() > 1 ? " WHERE name = " + quote_literal(words[1]) : "";
  std::vector<Words> rows;
  if (const int code = query_texts("SELECT sql FROM cairn_tables()" + where + " ORDER BY name", rows); code != kExitOk) {
    return code;
  }
  if (rows.empty() && words.size() > 1) {
    complain(fmt::format("no table or view \"{}\"", words[1]));
    return kExitSqlError;
  }
  for (const Words& row : rows) print(out_, "{};\n", row[0]);
  return kExitOk;
}

int Shell::command_read(const Words& words) {
  if (words.size() == 2) return run_file(words[1]);
  print(stderr, "{}usage: .read FILE\n", place(0));
  return kExitUsage;
}

int Shell::command_output(const Words& words) {
  std::FILE* file = stdout;
  if (words.size() > 1) {
    file = std::fopen(words[1].c_str(), passing_over_ ? "ab" : "wb");
    if (file == nullptr) {
      complain(fmt::format("cannot open \"{}\": {}", words[1], std::strerror(errno)));
      return kExitUsage;
    }
  }
  const int code = check_output();
  if (out_ != stdout) std::fclose(out_);
  out_ = file;
  return code;
}

std::vector<std::string> Shell::completions() {
  std::vector<std::string> words(std::begin(kKeywords), std::end(kKeywords));
  std::vector<std::vector<std::string>> names;
  query_texts("SELECT name FROM cairn_tables()", names, true);
  query_texts("SELECT column_name FROM cairn_columns()", names, true);
  for (const auto& row : names) words.push_back(row[0]);
  for (const Command& command : Command::kCommands) words.emplace_back(command.name);
  return words;
}

}  // namespace cairn::shell
