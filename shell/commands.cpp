// Dot commands and completion.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "shell/output.h"
#include "shell/shell.h"

namespace cairn::shell {

namespace {

constexpr std::string_view kHelp =
    ".help                 this text\n"
    ".mode [MODE]          how results are shown: box, csv, json, markdown, line\n"
    ".output [FILE]        write results to FILE; without FILE: to the screen again\n"
    ".quit                 leave (Ctrl-D does too)\n"
    ".read FILE            run the statements of FILE\n"
    ".schema [TABLE]       the CREATE statements of all tables and views, or of one\n"
    ".tables               all tables and views\n"
    ".timer on|off         print how long each statement took\n"
    "\n"
    "Statements end with ';'. Ctrl-C cancels a running query.\n"
    "SELECT * FROM cairn_queries();   interrupted queries; CALL resume('id'); CALL discard('id');\n"
    "SET checkpoint = 'all';          every completed breaker becomes durable; SHOW ALL lists the settings\n";

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

}  // namespace

int Shell::run_command(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  const std::string& name = words[0];
  const auto usage = [&](std::string_view text) {
    print(stderr, "usage: {}\n", text);
    return kExitUsage;
  };
  if (name == ".help") {
    print(out_, "{}", kHelp);
  } else if (name == ".quit" || name == ".exit") {
    quit_ = true;
  } else if (name == ".mode") {
    if (words.size() == 1) {
      print(out_, "{}\n", mode_name(mode_));
      return kExitOk;
    }
    const auto mode = parse_mode(words[1]);
    if (!mode) {
      print(stderr, "cairn: no mode \"{}\": expected one of {}\n", words[1], kModeNames);
      return kExitUsage;
    }
    mode_ = *mode;
  } else if (name == ".timer") {
    if (words.size() != 2 || (words[1] != "on" && words[1] != "off")) return usage(".timer on|off");
    timer_ = words[1] == "on";
  } else if (name == ".tables") {
    std::vector<std::vector<std::string>> rows;
    if (const int code = query_texts("SELECT name FROM cairn_tables() ORDER BY name", rows); code != kExitOk) return code;
    for (const auto& row : rows) print(out_, "{}\n", row[0]);
  } else if (name == ".schema") {
    const std::string where = words.size() > 1 ? " WHERE name = " + quote_literal(words[1]) : "";
    std::vector<std::vector<std::string>> rows;
    if (const int code = query_texts("SELECT sql FROM cairn_tables()" + where + " ORDER BY name", rows); code != kExitOk) {
      return code;
    }
    if (rows.empty() && words.size() > 1) {
      print(stderr, "cairn: no table or view \"{}\"\n", words[1]);
      return kExitSqlError;
    }
    for (const auto& row : rows) print(out_, "{};\n", row[0]);
  } else if (name == ".read") {
    if (words.size() != 2) return usage(".read FILE");
    return run_file(words[1]);
  } else if (name == ".output") {
    return command_output(words);
  } else {
    print(stderr, "cairn: unknown command \"{}\"; .help lists them\n", name);
    return kExitUsage;
  }
  return check_output();
}

int Shell::command_output(const std::vector<std::string>& words) {
  std::FILE* file = stdout;
  if (words.size() > 1) {
    file = std::fopen(words[1].c_str(), "wb");
    if (file == nullptr) {
      print(stderr, "cairn: cannot open \"{}\": {}\n", words[1], std::strerror(errno));
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
  for (const std::string_view command : {".help", ".mode", ".output", ".quit", ".read", ".schema", ".tables", ".timer"}) {
    words.emplace_back(command);
  }
  return words;
}

}  // namespace cairn::shell
