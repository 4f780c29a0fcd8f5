#include "tests/sqllogictest/runner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

#include "capi/include/cairn.h"
#include "tests/sqllogictest/rendering.h"
#include "tests/support/watchdog.h"

namespace cairn::test {
namespace {

namespace fs = std::filesystem;

/// What one record gave: rendered values, or an error.
struct Outcome {
  std::vector<std::string> values;
  size_t column_count = 0;
  std::optional<std::string> error;
};

class FileRun {
 public:
  FileRun(const fs::path& file, const RunnerOptions& options)
      : file_(file), options_(options), ascii_only_(contains_folder("sqlite")) {
    std::string pattern = (fs::temp_directory_path() / "sqllogictest-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a directory " + pattern);
    temporary_ = pattern;
    std::string path = options.database;
    if (path != ":memory:") {
      fs::create_directories(path);
      database_path_ = fs::path(path) / temporary_.filename();
      path = database_path_.string();
    }
    cairn_error* error = nullptr;
    cairn_open(path.c_str(), CAIRN_OPEN_DEFAULT, &database_, &error);
    if (error != nullptr) throw std::runtime_error(take(error));
  }
  ~FileRun() {
    for (auto& [name, connection] : connections_) cairn_disconnect(connection);
    cairn_close(database_);
    std::error_code ignored;
    fs::remove_all(temporary_, ignored);
    if (!database_path_.empty()) fs::remove_all(database_path_, ignored);
  }

  FileResult run() {
    FileResult result;
    for (const Record& record : read_test_file(file_.string())) {
      known_ = is_known(record);
      const bool good = run(record);
      if (good && known_) fmt::print("{}:{}: passes, against expectation\n", file_.string(), record.line);
      ++(good ? result.passed : known_ ? result.known : result.failed);
    }
    return result;
  }

 private:
  bool is_known(const Record& record) const {
    // Every end of the path that begins at a folder: "a/b.test:7", "b.test:7".
    const std::string place = fmt::format("{}:{}", fs::absolute(file_).string(), record.line);
    for (size_t at = place.find('/'); at != std::string::npos; at = place.find('/', at + 1)) {
      if (options_.known_failures.contains(place.substr(at + 1))) return true;
    }
    return false;
  }

  bool contains_folder(std::string_view name) const {
    for (const fs::path& part : fs::absolute(file_)) {
      if (part == name) return true;
    }
    return false;
  }

  static std::string take(cairn_error* error) {
    std::string text = fmt::format("{} {}", cairn_error_sqlstate(error), cairn_error_message(error));
    cairn_error_destroy(error);
    return text;
  }

  cairn_connection* connection(const std::string& name) {
    auto found = connections_.find(name);
    if (found != connections_.end()) return found->second;
    cairn_connection* connection = nullptr;
    cairn_error* error = nullptr;
    if (cairn_connect(database_, &connection, &error) != CAIRN_OK) throw std::runtime_error(take(error));
    connections_[name] = connection;
    cairn_set_notice_handler(connection, [](void*, const char*) {}, nullptr);
    for (const std::string& setting : options_.settings) {
      const size_t equals = setting.find('=');
      if (equals == std::string::npos) throw std::runtime_error("--set " + setting + ": expected name=value");
      const std::string sql = fmt::format("SET {} = '{}'", setting.substr(0, equals), setting.substr(equals + 1));
      if (cairn_execute(connection, sql.c_str(), &error) != CAIRN_OK) throw std::runtime_error(take(error));
    }
    return connection;
  }

  std::string data_directory() const {
    if (!options_.data_directory.empty()) return options_.data_directory;
    for (fs::path folder = fs::absolute(file_).parent_path();; folder = folder.parent_path()) {
      if (fs::exists(folder / "README.md")) return (folder / "data").string();
      if (folder == folder.parent_path()) return "data";
    }
  }

  std::string substitute(std::string sql) const {
    for (const auto& [name, value] : {std::pair<std::string, std::string>{"{TEMP_DIR}", temporary_.string()},
                                      {"{DATA_DIR}", data_directory()}}) {
      for (size_t at = 0; (at = sql.find(name, at)) != std::string::npos; at += value.size())
        sql.replace(at, name.size(), value);
    }
    return sql;
  }

  /// Reads a result to its end into `outcome`; false after an error.
  bool read(cairn_result* result, const std::string& types, Outcome& outcome) {
    outcome.values.clear();
    outcome.column_count = cairn_result_column_count(result);
    std::vector<std::string> column_types;
    for (size_t column = 0; column < outcome.column_count; ++column)
      column_types.emplace_back(cairn_result_column_type(result, column));
    while (true) {
      cairn_chunk* chunk = nullptr;
      cairn_error* error = nullptr;
      if (cairn_result_next(result, &chunk, &error) != CAIRN_OK) {
        outcome.error = take(error);
        return false;
      }
      if (chunk == nullptr) return true;
      for (size_t row = 0; row < cairn_chunk_row_count(chunk); ++row) {
        for (size_t column = 0; column < outcome.column_count; ++column) {
          size_t length = 0;
          const char* text = cairn_chunk_text(chunk, column, row, &length);
          const char letter = column < types.size() ? types[column] : 'T';
          outcome.values.push_back(text == nullptr ? "NULL" : render_value(letter, column_types[column], {text, length}, ascii_only_));
        }
      }
      cairn_chunk_destroy(chunk);
    }
  }

  /// All statements of the record; the last one's rows stay.
  Outcome execute(const Record& record) {
    Outcome outcome;
    cairn_connection* used = connection(record.connection);
    const std::string sql = substitute(record.sql);
    watchdog_.begin(used, std::chrono::seconds(options_.timeout_s));
    for (size_t at = 0; at < sql.size();) {
      size_t consumed = 0;
      cairn_result* result = nullptr;
      cairn_error* error = nullptr;
      if (cairn_query(used, sql.c_str() + at, &consumed, &result, &error) != CAIRN_OK) {
        outcome.error = take(error);
        break;
      }
      at += consumed;
      if (result == nullptr) break;
      const bool good = read(result, record.types, outcome);
      cairn_result_destroy(result);
      if (!good) break;
    }
    watchdog_.end();
    return outcome;
  }

  bool run(const Record& record) {
    const Outcome outcome = execute(record);
    const bool interrupted = outcome.error && outcome.error->starts_with("57014");
    if (outcome.error && !interrupted && !outcome.error->starts_with(record.sqlstate))
      return report(record, {"error " + record.sqlstate}, {"error " + *outcome.error});
    if (record.kind == Record::Kind::kStatementError)
      return (outcome.error && !interrupted) || report(record, {"an error"}, {interrupted ? "time ran out" : "success"});
    if (outcome.error) return report(record, {"success"}, {"error " + *outcome.error});
    if (record.kind == Record::Kind::kStatementOk) return true;
    if (outcome.column_count != record.types.size())
      return report(record, {fmt::format("{} columns", record.types.size())}, {fmt::format("{} columns", outcome.column_count)});
    const std::vector<std::string> got = arrange(outcome.values, outcome.column_count, record);
    return got == record.expected || report(record, record.expected, got);
  }

  bool report(const Record& record, const std::vector<std::string>& expected, const std::vector<std::string>& got) const {
    if (known_) return false;
    fmt::print("{}:{}: {}\n", file_.string(), record.line, record.sql);
    const auto print = [](const char* title, const std::vector<std::string>& values) {
      constexpr size_t kMost = 20;
      fmt::print("  {} ({}):", title, values.size());
      for (size_t i = 0; i < std::min(values.size(), kMost); ++i) fmt::print(" [{}]", values[i]);
      fmt::print("{}\n", values.size() > kMost ? " …" : "");
    };
    print("expected", expected);
    print("got", got);
    return false;
  }

  fs::path file_;
  const RunnerOptions& options_;
  bool ascii_only_;
  bool known_ = false;  ///< the record at hand is expected to fail
  fs::path temporary_, database_path_;
  cairn_database* database_ = nullptr;
  std::map<std::string, cairn_connection*> connections_;
  Watchdog watchdog_;
};

}  // namespace

FileResult run_test_file(const fs::path& file, const RunnerOptions& options) { return FileRun(file, options).run(); }

}  // namespace cairn::test
