#include "shell/shell.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "shell/line_editor.h"
#include "shell/query_monitor.h"
#include "shell/statement_reader.h"

namespace cairn::shell {

namespace {

/// "DECIMAL(15,2)" and the like: aligned to the right.
bool is_numeric_type(std::string_view type) {
  for (const std::string_view name : {"SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", "REAL", "DOUBLE"}) {
    if (type.starts_with(name)) return true;
  }
  return false;
}

Row text_row(cairn_chunk* chunk, size_t columns, size_t row) {
  Row cells(columns);
  for (size_t column = 0; column < columns; ++column) {
    size_t length = 0;
    const char* text = cairn_chunk_text(chunk, column, row, &length);
    if (text != nullptr) cells[column].emplace(text, length);
  }
  return cells;
}

using ErrorPtr = std::unique_ptr<cairn_error, void (*)(cairn_error*)>;
using ResultPtr = std::unique_ptr<cairn_result, void (*)(cairn_result*)>;
using ChunkPtr = std::unique_ptr<cairn_chunk, void (*)(cairn_chunk*)>;

}  // namespace

Shell::Shell(cairn_database* database, cairn_connection* connection) : database_(database), connection_(connection) {}

Shell::~Shell() {
  if (out_ != stdout) std::fclose(out_);
}

size_t Shell::width_max() const {
  if (out_ != stdout || isatty(STDOUT_FILENO) == 0) return 0;
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

int Shell::show_error(const cairn_error* error, std::string_view sql) {
  std::fflush(out_);
  fmt::print(stderr, "ERROR:  {}\n", cairn_error_message(error));
  const int64_t position = cairn_error_position(error);
  if (position > 0 && static_cast<size_t>(position) <= sql.size()) {
    const size_t at = static_cast<size_t>(position) - 1;
    const size_t newline = sql.rfind('\n', at == 0 ? 0 : at - 1);
    const size_t begin = newline == std::string_view::npos || newline >= at ? 0 : newline + 1;
    const auto line_number = 1 + std::count(sql.begin(), sql.begin() + static_cast<ptrdiff_t>(begin), '\n');
    constexpr size_t kContext = 60;  // bytes shown either side of the place
    const size_t from = at - begin > kContext ? at - kContext : begin;
    size_t end = std::min(sql.find('\n', at), sql.size());
    end = std::min(end, at + kContext);
    const std::string head = fmt::format("LINE {}: {}", line_number, from > begin ? "..." : "");
    const auto before = sql.substr(from, at - from);
    fmt::print(stderr, "{}{}\n{}^\n", head, sql.substr(from, end - from),
               std::string(display_width(head) + display_width(before), ' '));
  }
  if (*cairn_error_hint(error) != '\0') fmt::print(stderr, "HINT:  {}\n", cairn_error_hint(error));
  return cairn_error_status(error) == CAIRN_INTERRUPTED ? kExitInterrupted : kExitSqlError;
}

int Shell::run_statement(const std::string& sql, size_t& consumed) {
  const auto started = std::chrono::steady_clock::now();
  QueryMonitor monitor(connection_);
  cairn_error* raw_error = nullptr;
  cairn_result* raw_result = nullptr;
  cairn_status status = cairn_query(connection_, sql.c_str(), &consumed, &raw_result, &raw_error);
  const ResultPtr result(raw_result, cairn_result_destroy);
  const size_t columns = cairn_result_column_count(raw_result);
  std::unique_ptr<Printer> printer;
  while (status == CAIRN_OK && result) {
    cairn_chunk* raw_chunk = nullptr;
    status = cairn_result_next(raw_result, &raw_chunk, &raw_error);
    const ChunkPtr chunk(raw_chunk, cairn_chunk_destroy);
    if (status != CAIRN_OK) break;
    if (!printer && columns > 0) {
      monitor.hide_progress();
      std::vector<Column> described;
      for (size_t i = 0; i < columns; ++i) {
        described.push_back(
            {cairn_result_column_name(raw_result, i), is_numeric_type(cairn_result_column_type(raw_result, i))});
      }
      printer = make_printer(mode_, out_, width_max());
      printer->begin(described);
    }
    if (!chunk) break;
    const size_t rows = cairn_chunk_row_count(raw_chunk);
    for (size_t row = 0; row < rows && !monitor.interrupted(); ++row) printer->row(text_row(raw_chunk, columns, row));
  }
  monitor.hide_progress();
  const ErrorPtr error(raw_error, cairn_error_destroy);
  if (printer) printer->end();
  if (status != CAIRN_OK) return show_error(raw_error, sql);
  const bool quiet = columns > 0 || mode_ != Mode::kBox || out_ != stdout || isatty(STDOUT_FILENO) == 0;
  if (result && !quiet) fmt::print(out_, "{}\n", cairn_result_command_tag(raw_result));
  if (timer_ && result) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    fmt::print(out_, "Time: {:.3f} s\n", seconds);
  }
  std::fflush(out_);
  if (std::ferror(out_)) {
    fmt::print(stderr, "cairn: cannot write the output: {}\n", std::strerror(errno));
    return kExitSqlError;
  }
  return monitor.interrupted() ? kExitInterrupted : kExitOk;
}

int Shell::run_text(const std::string& text) {
  size_t at = 0;
  while (at < text.size() && !quit_) {
    const size_t begin = text.find_first_not_of(" \t\r\n", at);
    if (begin == std::string::npos) break;
    if (text[begin] == '.') {
      const size_t end = std::min(text.find('\n', begin), text.size());
      if (const int code = run_command(text.substr(begin, end - begin)); code != kExitOk) return code;
      at = end;
      continue;
    }
    // Up to the next dot command at the start of a line, the rest is one statement after another.
    const std::string rest = text.substr(begin);
    const size_t length = statement_length(rest);
    const std::string sql = length == 0 ? rest : rest.substr(0, length);
    at = begin + sql.size();
    if (is_blank(sql)) continue;
    size_t consumed = 0;
    if (const int code = run_statement(sql, consumed); code != kExitOk) return code;
  }
  return kExitOk;
}

int Shell::run_file(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    fmt::print(stderr, "cairn: cannot open \"{}\": {}\n", path, std::strerror(errno));
    return kExitUsage;
  }
  std::string text;
  char block[65536];
  for (size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0;) text.append(block, n);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) {
    fmt::print(stderr, "cairn: cannot read \"{}\"\n", path);
    return kExitUsage;
  }
  return run_text(text);
}

int Shell::run_input() {
  std::string text;
  char block[65536];
  for (size_t n; (n = std::fread(block, 1, sizeof block, stdin)) > 0;) text.append(block, n);
  return run_text(text);
}

int Shell::run_interactive() {
  const char* home = std::getenv("HOME");
  LineEditor editor(home == nullptr ? "" : std::string(home) + "/.cairn_history", [this] { return completions(); });
  fmt::print("Cairn {} on {}, {}. Enter .help for help.\n", cairn_version(), cairn_database_path(database_),
             cairn_io_engine(database_));
  std::string statement;
  while (!quit_) {
    std::string line;
    switch (editor.read(statement.empty() ? "cairn> " : "  ...> ", line)) {
      case LineEditor::Outcome::kEnd: std::fputc('\n', stdout); return kExitOk;
      case LineEditor::Outcome::kInterrupted: statement.clear(); continue;
      case LineEditor::Outcome::kLine: break;
    }
    if (statement.empty() && line.find_first_not_of(" \t") == std::string::npos) continue;
    if (statement.empty() && line[0] == '.') {
      editor.remember(line);
      run_command(line);
      continue;
    }
    if (!statement.empty()) statement += '\n';
    statement += line;
    if (statement_length(statement) == 0) {
      if (is_blank(statement)) statement.clear();
      continue;
    }
    editor.remember(statement);
    run_text(statement);
    statement.clear();
  }
  return kExitOk;
}

void Shell::announce_interrupted_queries() {
  cairn_query_list* list = nullptr;
  cairn_error* raw_error = nullptr;
  cairn_interrupted_queries(connection_, &list, &raw_error);
  const ErrorPtr error(raw_error, cairn_error_destroy);
  if (error) fmt::print(stderr, "warning: {}\n", cairn_error_message(raw_error));
  const size_t count = cairn_query_list_count(list);
  for (size_t i = 0; i < count; ++i) {
    std::string text = cairn_query_list_text(list, i);
    std::replace(text.begin(), text.end(), '\n', ' ');
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    fmt::print(stderr, "interrupted query {} of {}: {} of {} breakers durable: {}\n", cairn_query_list_id(list, i),
               cairn_query_list_started(list, i), cairn_query_list_breakers_durable(list, i),
               cairn_query_list_breakers_total(list, i), text);
  }
  if (count > 0) fmt::print(stderr, "CALL resume('id') gives the answer, CALL discard('id') forgets it.\n");
  cairn_query_list_destroy(list);
}

std::vector<std::vector<std::string>> Shell::query_texts(const std::string& sql) {
  std::vector<std::vector<std::string>> out;
  cairn_result* raw_result = nullptr;
  if (cairn_query(connection_, sql.c_str(), nullptr, &raw_result, nullptr) != CAIRN_OK) return out;
  const ResultPtr result(raw_result, cairn_result_destroy);
  const size_t columns = cairn_result_column_count(raw_result);
  cairn_chunk* raw_chunk = nullptr;
  while (cairn_result_next(raw_result, &raw_chunk, nullptr) == CAIRN_OK && raw_chunk != nullptr) {
    const ChunkPtr chunk(raw_chunk, cairn_chunk_destroy);
    for (size_t row = 0; row < cairn_chunk_row_count(raw_chunk); ++row) {
      std::vector<std::string>& texts = out.emplace_back();
      for (const Cell& cell : text_row(raw_chunk, columns, row)) texts.push_back(cell.value_or(""));
    }
  }
  return out;
}

}  // namespace cairn::shell
