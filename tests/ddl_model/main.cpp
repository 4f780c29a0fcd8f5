// ddl_model [--seed N] [--seconds S] [--db DIR]: see README.md.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <regex>
#include <stdexcept>

#include "tests/ddl_model/generator.h"
#include "tests/peers/cairn_connection.h"

namespace cairn::ddl {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// The database, open in this process.
class Opened {
 public:
  explicit Opened(const std::string& path) {
    cairn_error* error = nullptr;
    if (cairn_open(path.c_str(), 0, &database_, &error) != CAIRN_OK)
      throw std::runtime_error(std::string("cannot open: ") + cairn_error_message(error));
    connection_ = std::make_unique<test::CairnConnection>(database_, "cairn", "SET threads = 1", false);
  }
  ~Opened() {
    connection_.reset();
    cairn_close(database_);
  }
  test::Answer run(const std::string& sql) { return connection_->run(sql); }
  /// Rows of a statement that must not fail.
  std::vector<test::TextRow> rows(const std::string& sql) {
    test::Answer answer = run(sql);
    if (answer.failed()) throw std::runtime_error(sql + ": " + answer.sqlstate + " " + answer.message);
    return answer.rows;
  }
  /// Whether the statement is refused because what it would make is there.
  bool is_taken(const std::string& sql) {
    run("BEGIN");
    const test::Answer answer = run(sql);
    run("ROLLBACK");
    return answer.failed();
  }

 private:
  cairn_database* database_ = nullptr;
  std::unique_ptr<test::CairnConnection> connection_;
};

/// Runs the transactions; one byte goes to `acknowledged` for each that is over.
void run_transactions(const std::string& path, const std::vector<Transaction>& transactions, int acknowledged) {
  Opened database(path);
  for (const Transaction& transaction : transactions) {
    for (size_t i = 0; i < transaction.statements.size(); i++) {
      const test::Answer answer = database.run(transaction.statements[i]);
      if (answer.failed() != (transaction.failing == i))
        throw std::runtime_error(transaction.statements[i] + ": " +
                                 (answer.failed() ? answer.sqlstate + " " + answer.message : "was not refused"));
    }
    if (write(acknowledged, "x", 1) != 1) return;
  }
}

std::vector<std::string> lines_of(const std::vector<test::TextRow>& rows) {
  std::vector<std::string> lines;
  for (const test::TextRow& row : rows) {
    std::string line;
    for (const auto& cell : row) line += (line.empty() ? "" : "|") + cell.value_or("NULL");
    lines.push_back("  row " + line + "\n");
  }
  std::ranges::sort(lines);
  return lines;
}

/// Everything in the database, as Model::text() says it.
std::string describe(Opened& database) {
  std::string tables, views;
  for (const test::TextRow& relation : database.rows("SELECT name, kind, sql FROM cairn_tables() ORDER BY name")) {
    const std::string name = *relation[0], sql = *relation[2];
    const bool is_table = *relation[1] == "table";
    std::string& text = is_table ? tables : views;
    text += (is_table ? "table " : "view ") + name + "\n";
    for (const test::TextRow& column : database.rows(
             "SELECT column_name, type, nullable, default_sql FROM cairn_columns() WHERE table_name = '" + name +
             "' ORDER BY position")) {
      text += "  column " + *column[0];
      if (is_table)
        text += " " + *column[1] + (*column[2] == "false" || *column[2] == "f" ? " NOT NULL" : "") +
                (!column[3] ? "" : column[3]->starts_with("nextval") ? " IDENTITY" : " DEFAULT " + *column[3]);
      text += "\n";
    }
    static const std::regex check("CONSTRAINT (\\w+) CHECK");
    std::vector<std::string> checks;
    for (auto match = std::sregex_iterator(sql.begin(), sql.end(), check); is_table && match != std::sregex_iterator(); ++match)
      checks.push_back("  check " + (*match)[1].str() + "\n");
    std::ranges::sort(checks);
    for (const std::string& line : checks) text += line;
    for (const std::string& line : lines_of(database.rows("SELECT * FROM " + name))) text += line;
  }
  std::string text = tables + views;
  for (int i = 1; i <= 4; i++) {
    const std::string name = "q" + std::to_string(i);
    if (database.is_taken("CREATE SEQUENCE " + name)) text += "sequence " + name + "\n";
  }
  for (const std::string& name : schema_names())
    if (database.is_taken("CREATE SCHEMA " + name)) text += "schema " + name + "\n";
  for (const std::string& name : index_names())
    if (database.is_taken("CREATE TABLE " + name + "(a INTEGER)")) text += "index " + name + "\n";
  return text;
}

struct Child {
  pid_t process;
  int output;
};

/// Runs `work` in a process of its own, which writes to the other end of `output`. What it throws goes to stderr.
template <typename Work>
Child start(const Work& work) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe failed");
  const pid_t process = fork();
  if (process < 0) throw std::runtime_error("fork failed");
  if (process > 0) {
    close(ends[1]);
    return {process, ends[0]};
  }
  close(ends[0]);
  int code = 0;
  try {
    work(ends[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    code = 3;
  }
  close(ends[1]);
  _exit(code);
}

/// What the child has written until its end; whether it ended well is for the caller.
std::string finish(const Child& child, int& status) {
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(child.output, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(count));
  close(child.output);
  waitpid(child.process, &status, 0);
  return text;
}

std::string read_back(const std::string& path) {
  const Child child = start([&](int output) {
    Opened database(path);
    const std::string text = describe(database);
    for (size_t written = 0; written < text.size();) {
      const ssize_t count = write(output, text.data() + written, text.size() - written);
      if (count <= 0) return;
      written += static_cast<size_t>(count);
    }
  });
  int status = 0;
  const std::string text = finish(child, status);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("the database cannot be read back");
  return text;
}

void report(uint64_t seed, const std::vector<Transaction>& transactions, size_t done, const std::string& found,
            const std::string& expected) {
  std::fprintf(stderr, "seed %llu: after %zu acknowledged transactions the database is not what it should be\n",
               static_cast<unsigned long long>(seed), done);
  for (size_t i = done >= 3 ? done - 3 : 0; i < std::min(done + 1, transactions.size()); i++)
    for (const std::string& statement : transactions[i].statements)
      std::fprintf(stderr, "%zu: %s;\n", i + 1, statement.c_str());
  std::fprintf(stderr, "--- expected\n%s--- found\n%s", expected.c_str(), found.c_str());
}

/// One life of a process: from `before` on, killed on the way. Leaves in `before` what is there now; false: it is wrong.
bool live_and_die(const std::string& path, uint64_t seed, Model& before, size_t& kills) {
  std::mt19937_64 random(seed);
  before.temporary.clear();
  std::vector<Transaction> transactions;
  for (size_t i = 0; i < 40; i++)
    transactions.push_back(draw_transaction(random, transactions.empty() ? before : transactions.back().after));
  const Child child = start([&](int acknowledged) { run_transactions(path, transactions, acknowledged); });
  usleep(static_cast<useconds_t>(random() % 250'000));
  kill(child.process, SIGKILL);
  int status = 0;
  const size_t done = finish(child, status).size();
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    report(seed, transactions, done, "", "");
    return false;
  }
  kills += WIFSIGNALED(status) ? 1 : 0;
  const std::string found = read_back(path);
  for (size_t committed = done; committed <= std::min(done + 1, transactions.size()); committed++) {
    if (found != (committed == 0 ? before : transactions[committed - 1].after).text()) continue;
    if (committed > 0) before = std::move(transactions[committed - 1].after);
    return true;
  }
  report(seed, transactions, done, found, done == 0 ? before.text() : transactions[done - 1].after.text());
  return false;
}

int run(uint64_t seed, double seconds, std::string path) {
  const bool own = path.empty();
  if (own) {
    char pattern[] = "/tmp/cairn-ddl-model-XXXXXX";
    if (mkdtemp(pattern) == nullptr) throw std::runtime_error("no temporary directory");
    path = pattern;
  }
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
  std::mt19937_64 random(seed);
  size_t lives = 0, kills = 0;
  bool right = true;
  Model model;
  while (right && Clock::now() < end) {
    if (lives % 25 == 0) {
      fs::remove_all(path + "/db");
      model = {};
    }
    right = live_and_die(path + "/db", random(), model, kills);
    lives++;
  }
  if (own && right) fs::remove_all(path);
  std::printf("%zu lives, %zu ended by SIGKILL: %s\n", lives, kills, right ? "all right" : "WRONG");
  return right ? 0 : 1;
}

}  // namespace
}  // namespace cairn::ddl

int main(int argc, char** argv) {
  CLI::App app("Random definitions in transactions, killed, beside a model");
  uint64_t seed = std::random_device()();
  double seconds = 40;
  std::string path;
  if (const char* given = std::getenv("CAIRN_SEED")) seed = std::strtoull(given, nullptr, 10);
  app.add_option("--seed", seed, "of the random statements");
  app.add_option("--seconds", seconds, "how long");
  app.add_option("--db", path, "where the database goes");
  CLI11_PARSE(app, argc, argv);
  return cairn::ddl::run(seed, seconds, path);
}
