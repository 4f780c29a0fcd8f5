#include "shell/shell.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "shell/line_editor.h"
#include "shell/output.h"
#include "shell/query_monitor.h"

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

bool is_continuation_byte(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n\v\f");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n\v\f") + 1 - begin);
}

/// An error that quotes megabytes of its statement helps nobody.
std::string shortened(std::string message) {
  constexpr size_t kBytesMax = 2000;
  if (message.size() <= kBytesMax) return message;
  size_t end = kBytesMax;
  while (is_continuation_byte(message[end])) --end;
  return message.substr(0, end) + "...";
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

void Shell::Pending::clear() {
  text.clear();
  scanner = StatementScanner();
}

std::string Shell::place(size_t lines_further) const {
  return source_.empty() ? "" : fmt::format("{}:{}: ", printable(source_), source_line_ + lines_further);
}

void Shell::complain(std::string_view text) const { print(stderr, "{}cairn: {}\n", place(0), text); }

int Shell::show_error(const cairn_error* error, std::string_view sql) {
  std::fflush(out_);
  const int64_t position = cairn_error_position(error);
  const std::string_view before_it = sql.substr(0, static_cast<size_t>(std::max<int64_t>(position, 1)) - 1);
  print(stderr, "{}ERROR:  {}\n", place(static_cast<size_t>(std::ranges::count(before_it, '\n'))),
        printable(shortened(cairn_error_message(error))));
  if (position > 0 && static_cast<size_t>(position) <= sql.size() + 1) {
    const size_t at = static_cast<size_t>(position) - 1;
    const size_t newline = at == 0 ? std::string_view::npos : sql.rfind('\n', at - 1);
    const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const auto line_number = 1 + std::count(sql.begin(), sql.begin() + static_cast<ptrdiff_t>(begin), '\n');
    constexpr size_t kContext = 60;  // bytes shown either side of the place
    size_t from = at - begin > kContext ? at - kContext : begin;
    while (from < at && is_continuation_byte(sql[from])) ++from;
    size_t end = std::min({sql.find('\n', at), sql.size(), at + kContext});
    while (end > at && end < sql.size() && is_continuation_byte(sql[end])) --end;
    const std::string head = fmt::format("LINE {}: {}", line_number, from > begin ? "..." : "");
    const std::string before = printable(sql.substr(from, at - from));
    print(stderr, "{}{}{}\n{}^\n", head, before, printable(sql.substr(at, end - at)),
          std::string(display_width(head) + display_width(before), ' '));
  }
  if (*cairn_error_hint(error) != '\0') print(stderr, "HINT:  {}\n", printable(cairn_error_hint(error)));
  return cairn_error_status(error) == CAIRN_INTERRUPTED ? kExitInterrupted : kExitSqlError;
}

cairn_status Shell::print_rows(cairn_result* result, QueryMonitor& monitor, cairn_error** error) {
  const size_t columns = cairn_result_column_count(result);
  std::unique_ptr<Printer> printer;
  cairn_status status = CAIRN_OK;
  while (status == CAIRN_OK && std::ferror(out_) == 0) {
    cairn_chunk* raw_chunk = nullptr;
    status = cairn_result_next(result, &raw_chunk, error);
    const ChunkPtr chunk(raw_chunk, cairn_chunk_destroy);
    if (status != CAIRN_OK) break;
    if (!printer && columns > 0) {
      monitor.hide_progress();
      std::vector<Column> described;
      for (size_t i = 0; i < columns; ++i) {
        const std::string_view type = cairn_result_column_type(result, i);
        described.push_back({cairn_result_column_name(result, i), is_numeric_type(type), type == "BOOLEAN"});
      }
      printer = make_printer(mode_, out_, width_max());
      printer->begin(described);
    }
    if (!chunk) break;
    const size_t rows = cairn_chunk_row_count(raw_chunk);
    for (size_t row = 0; printer && row < rows && !monitor.interrupted(); ++row) printer->row(text_row(raw_chunk, columns, row));
  }
  if (printer) printer->end();
  return status;
}

int Shell::run_statement(std::string_view text) {
  const std::string sql(text);
  if (const size_t nul = sql.find('\0'); nul != std::string::npos) {  // cairn.h would take it for the end
    print(stderr, "{}ERROR:  the statement holds a NUL byte, as byte {}\n", place(0), nul + 1);
    return kExitSqlError;
  }
  const auto started = std::chrono::steady_clock::now();
  QueryMonitor monitor(connection_);
  cairn_error* raw_error = nullptr;
  cairn_result* raw_result = nullptr;
  cairn_status status = cairn_query(connection_, sql.c_str(), nullptr, &raw_result, &raw_error);
  const ResultPtr result(raw_result, cairn_result_destroy);
  if (status == CAIRN_OK && result) status = print_rows(raw_result, monitor, &raw_error);
  monitor.hide_progress();
  const ErrorPtr error(raw_error, cairn_error_destroy);
  if (status != CAIRN_OK) return show_error(raw_error, sql);
  command_tag_ = cairn_result_command_tag(raw_result);
  const bool terminal = out_ == stdout && isatty(STDOUT_FILENO) != 0;
  const bool quiet = cairn_result_column_count(raw_result) > 0 || mode_ != Mode::kBox || !terminal;
  if (result && !quiet) print(out_, "{}\n", cairn_result_command_tag(raw_result));
  if (timer_ && result) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    // Not among data that a program will read.
    const bool data = mode_ != Mode::kBox || out_ != stdout;
    if (data) std::fflush(out_);
    print(data ? stderr : out_, "Time: {:.3f} s\n", seconds);
  }
  if (const int code = check_output(); code != kExitOk) return code;
  return monitor.interrupted() ? kExitInterrupted : kExitOk;
}

int Shell::check_output() {
  if (std::fflush(out_) == 0 && std::ferror(out_) == 0) return kExitOk;
  complain(fmt::format("cannot write the output: {}", std::strerror(errno)));
  std::clearerr(out_);
  return kExitSqlError;
}

int Shell::run_line(Pending& pending, std::string_view line, LineEditor* history) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin a file with it
  if (++pending.lines_read == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  source_ = pending.source;
  if (pending.scanner.blank()) {
    const size_t begin = line.find_first_not_of(" \t\r\n");
    if (begin != std::string_view::npos && (line[begin] == '.' || line[begin] == '\\')) {
      const size_t end = line.find_last_not_of(" \t\r\n");
      const std::string command(line.substr(begin, end + 1 - begin));
      if (history != nullptr) history->remember(command);
      pending.clear();
      source_line_ = pending.lines_read;
      return run_step(command, [&] { return run_command(command); });
    }
  }
  if (pending.text.empty()) pending.first_line = pending.lines_read;
  pending.text += line;
  const auto line_of = [&](size_t at) {
    const std::string_view before = std::string_view(pending.text).substr(0, at);
    return pending.first_line + static_cast<size_t>(std::ranges::count(before, '\n'));
  };
  size_t begin = 0;
  int code = kExitOk;
  while (code == kExitOk && !quit_) {
    const bool blank_before = pending.scanner.blank();
    const size_t end = pending.scanner.find_end(pending.text);
    if (end == StatementScanner::kNone) break;
    const std::string_view sql = trimmed(std::string_view(pending.text).substr(begin, end - begin));
    begin = end;
    if (blank_before && sql == ";") continue;
    if (history != nullptr) history->remember(std::string(sql));
    source_line_ = line_of(static_cast<size_t>(sql.data() - pending.text.data()));
    code = run_step(sql, [&] { return run_statement(sql); });
    if (code == kExitOk && interrupt_count() != interrupts_seen_) code = kExitInterrupted;
  }
  pending.first_line = line_of(begin);
  pending.text.erase(0, begin);
  pending.scanner.drop(begin);
  if (pending.scanner.blank()) pending.clear();
  return code;
}

int Shell::run_rest(Pending& pending) {
  if (quit_ || pending.scanner.blank()) return kExitOk;
  const std::string text = std::move(pending.text);
  pending.clear();
  const std::string_view sql = trimmed(text);
  source_ = pending.source;
  source_line_ = pending.first_line + static_cast<size_t>(std::count(text.data(), sql.data(), '\n'));
  return run_step(sql, [&] { return run_statement(sql); });
}

int Shell::run_text(std::string_view text) {
  interrupts_seen_ = interrupt_count();
  Pending pending;
  while (!text.empty() && !quit_) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    text.remove_prefix(line.size());
    if (const int code = run_line(pending, line); code != kExitOk) return code;
  }
  return run_rest(pending);
}

int Shell::run_file(const std::string& path) {
  constexpr size_t kReadsMax = 100;
  if (reads_open_ >= kReadsMax) {
    complain(fmt::format("\"{}\": files read one another more than {} deep", path, kReadsMax));
    return kExitUsage;
  }
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    complain(fmt::format("cannot open \"{}\": {}", path, std::strerror(errno)));
    return kExitUsage;
  }
  ++reads_open_;
  const std::string outer = source_;
  const size_t outer_line = source_line_;
  const int code = run_stream(file, path);
  source_ = outer;
  source_line_ = outer_line;
  --reads_open_;
  std::fclose(file);
  return code;
}

int Shell::run_stream(std::FILE* file, const std::string& name) {
  interrupts_seen_ = interrupt_count();
  Pending pending;
  pending.source = name;
  char* line = nullptr;
  size_t capacity = 0;
  int code = kExitOk;
  while (code == kExitOk && !quit_) {
    const ssize_t length = ::getline(&line, &capacity, file);
    if (interrupt_count() != interrupts_seen_) {
      code = kExitInterrupted;
    } else if (length < 0) {
      if (std::ferror(file) != 0) {
        print(stderr, "cairn: cannot read \"{}\": {}\n", name, std::strerror(errno));
        code = kExitUsage;
      }
      break;
    } else {
      code = run_line(pending, std::string_view(line, static_cast<size_t>(length)));
    }
  }
  std::free(line);
  return code == kExitOk ? run_rest(pending) : code;
}

int Shell::run_interactive() {
  const char* home = std::getenv("HOME");
  LineEditor editor(home == nullptr ? "" : std::string(home) + "/.cairn_history", [this] { return completions(); });
  print(stdout, "Cairn {} on {}, {}. Enter .help for help.\n", cairn_version(), cairn_database_path(database_),
             cairn_io_engine(database_));
  Pending pending;
  while (!quit_) {
    std::string line;
    switch (editor.read(pending.text.empty() ? "cairn> " : "  ...> ", line)) {
      case LineEditor::Outcome::kEnd: std::fputc('\n', stdout); return kExitOk;
      case LineEditor::Outcome::kInterrupted: pending.clear(); continue;
      case LineEditor::Outcome::kLine: break;
    }
    interrupts_seen_ = interrupt_count();
    // What follows a failed statement on its line is dropped with it.
    if (run_line(pending, line + "\n", &editor) != kExitOk) pending.clear();
  }
  return kExitOk;
}

void Shell::announce_interrupted_queries() {
  cairn_query_list* list = nullptr;
  cairn_error* raw_error = nullptr;
  cairn_interrupted_queries(connection_, &list, &raw_error);
  const ErrorPtr error(raw_error, cairn_error_destroy);
  if (error) print(stderr, "warning: {}\n", cairn_error_message(raw_error));
  const size_t count = cairn_query_list_count(list);
  for (size_t i = 0; i < count; ++i) {
    std::string text = cairn_query_list_text(list, i);
    text = printable(text);
    if (text.size() > 60) {
      size_t end = 57;
      while (is_continuation_byte(text[end])) --end;
      text = text.substr(0, end) + "...";
    }
    const char* const id = cairn_query_list_id(list, i);
    const char* const started = cairn_query_list_started(list, i);
    if (cairn_query_list_committed(list, i)) {
      print(stderr, "statement {} of {} had committed when its process died: {}\n", id, started, text);
      continue;
    }
    const size_t total = cairn_query_list_breakers_total(list, i);
    const std::string durable = total == 0 ? "what it has written is durable"
                                           : fmt::format("{} of {} breakers durable", cairn_query_list_breakers_durable(list, i), total);
    print(stderr, "interrupted query {} of {}: {}: {}\n", id, started, durable, text);
  }
  if (count > 0) print(stderr, "CALL resume('id') gives the answer, CALL discard('id') forgets it.\n");
  cairn_query_list_destroy(list);
}

int Shell::query_texts(const std::string& sql, std::vector<std::vector<std::string>>& rows, bool quiet) {
  cairn_result* raw_result = nullptr;
  cairn_error* raw_error = nullptr;
  cairn_status status = cairn_query(connection_, sql.c_str(), nullptr, &raw_result, &raw_error);
  const ResultPtr result(raw_result, cairn_result_destroy);
  const size_t columns = cairn_result_column_count(raw_result);
  while (status == CAIRN_OK) {
    cairn_chunk* raw_chunk = nullptr;
    status = cairn_result_next(raw_result, &raw_chunk, &raw_error);
    const ChunkPtr chunk(raw_chunk, cairn_chunk_destroy);
    if (!chunk) break;
    for (size_t row = 0; row < cairn_chunk_row_count(raw_chunk); ++row) {
      std::vector<std::string>& texts = rows.emplace_back();
      for (const Cell& cell : text_row(raw_chunk, columns, row)) texts.push_back(cell.value_or(""));
    }
  }
  const ErrorPtr error(raw_error, cairn_error_destroy);
  if (status == CAIRN_OK) return kExitOk;
  return quiet ? kExitSqlError : show_error(raw_error, sql);
}

}  // namespace cairn::shell
