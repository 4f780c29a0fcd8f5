#include "tests/fuzz/mutation/trial.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "capi/include/cairn.h"
#include "tests/fuzz/mutation/mutator.h"
#include "tests/support/watchdog.h"

namespace cairn::fuzz {
namespace {

/// A query that takes longer is interrupted; it must have gone when the hang limit is reached.
constexpr std::chrono::seconds kPatience{1};
constexpr int kHangSeconds = 5;   ///< of processor time
constexpr int kWallSeconds = 60;  ///< for what waits without working
constexpr size_t kMostRecords = 60;

/// What reaches for files, sleeps, or grows without anything to find.
bool is_left_out(const std::string& statement) {
  std::string lower = statement;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word : {"copy", "tpch_load", "checkpoint_directory", "pg_sleep", "memory_limit"})
    if (lower.find(word) != std::string::npos) return true;
  return false;
}

/// The kernel ends the process (SIGPROF, SIGALRM) where a statement does not end.
void set_limits(int processor_seconds, int wall_seconds) {
  const itimerval limit{{0, 0}, {processor_seconds, 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
  alarm(static_cast<unsigned>(wall_seconds));
}

class Child {
 public:
  /// The seed chooses the settings.
  Child(Progress& progress, uint64_t seed) : progress_(progress) {
    cairn_error* error = nullptr;
    if (cairn_open(":memory:", CAIRN_OPEN_DEFAULT, &database_, &error) != CAIRN_OK ||
        cairn_connect(database_, &connection_, &error) != CAIRN_OK)
      _exit(1);
    cairn_set_notice_handler(connection_, [](void*, const char*) {}, nullptr);
    Random random(seed);
    std::string settings = "SET threads = 2; SET memory_limit = '300MB'";
    if (random.chance(20)) settings += "; SET vector_capacity = " + random.word({"1", "3", "100000"});
    if (random.chance(30)) settings += "; SET disabled_passes = '" + random.one_of(optional_passes()) + "'";
    *fmt::format_to_n(progress_.settings, sizeof progress_.settings - 1, "{}", settings).out = '\0';
    prepare(settings);
  }

  /// A statement of the source as it stands there; what it says is of no interest.
  void prepare(const std::string& sql) {
    note(sql);
    run(sql);
  }

  /// A statement under test: planned, run, and taken back.
  void test(const std::string& sql) {
    note(sql);
    if (is_left_out(sql)) return;
    run("BEGIN");
    run("EXPLAIN " + sql);
    if (run(sql)) progress_.accepted++;
    run("ROLLBACK");
    progress_.passed++;
  }

 private:
  std::vector<std::string> optional_passes() {
    std::vector<std::string> names;
    cairn_result* result = nullptr;
    cairn_chunk* chunk = nullptr;
    cairn_query(connection_, "SELECT name FROM cairn_passes() WHERE NOT required", nullptr, &result, nullptr);
    while (cairn_result_next(result, &chunk, nullptr) == CAIRN_OK && chunk != nullptr) {
      for (size_t row = 0; row < cairn_chunk_row_count(chunk); row++) names.emplace_back(cairn_chunk_text(chunk, 0, row, nullptr));
      cairn_chunk_destroy(chunk);
    }
    cairn_result_destroy(result);
    return names;
  }

  void note(const std::string& sql) {
    const size_t bytes = std::min(sql.size(), Progress::kTextBytes - 1);
    std::memcpy(progress_.statement, sql.data(), bytes);
    progress_.statement[bytes] = '\0';
  }

  /// True where every statement of the text succeeded.
  bool run(const std::string& sql) {
    set_limits(kHangSeconds, kWallSeconds);
    watchdog_.begin(connection_, kPatience);
    const char* rest = sql.c_str();
    bool success = true;
    for (int count = 0; count < 4 && *rest != '\0' && success; count++) success = run_first(rest);
    watchdog_.end();
    set_limits(0, 0);
    return success;
  }

  bool run_first(const char*& sql) {
    size_t consumed = 0;
    cairn_result* result = nullptr;
    cairn_error* error = nullptr;
    cairn_status status = cairn_query(connection_, sql, &consumed, &result, &error);
    while (status == CAIRN_OK && result != nullptr) {
      cairn_chunk* chunk = nullptr;
      status = cairn_result_next(result, &chunk, &error);
      if (chunk == nullptr) break;
      for (size_t column = 0; column < cairn_result_column_count(result); column++) cairn_chunk_text(chunk, column, 0, nullptr);
      cairn_chunk_destroy(chunk);
    }
    cairn_result_destroy(result);
    if (status != CAIRN_OK) judge(error, std::strlen(sql));
    cairn_error_destroy(error);
    sql += std::max<size_t>(consumed, 1);
    return status == CAIRN_OK;
  }

  void judge(const cairn_error* error, size_t bytes) {
    const std::string sqlstate = cairn_error_sqlstate(error), message = cairn_error_message(error);
    std::string complaint;
    const bool formed = sqlstate.size() == 5 && std::ranges::all_of(sqlstate, [](unsigned char c) { return std::isdigit(c) || std::isupper(c); });
    if (!formed) complaint = "no SQLSTATE: " + sqlstate;
    else if (sqlstate == "XX000" || sqlstate == "00000") complaint = "SQLSTATE " + sqlstate;
    else if (message.empty()) complaint = "no message";
    else if (cairn_error_position(error) < 0 || static_cast<size_t>(cairn_error_position(error)) > bytes + 1) complaint = "a position outside of the text";
    if (complaint.empty()) return;
    *fmt::format_to_n(progress_.complaint, sizeof progress_.complaint - 1, "{}: {}", complaint, message).out = '\0';
    _exit(2);
  }

  Progress& progress_;
  cairn_database* database_ = nullptr;
  cairn_connection* connection_ = nullptr;
  test::Watchdog watchdog_;
};

std::string kind_of(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return signal == SIGPROF || signal == SIGALRM ? "hang" : fmt::format("signal {} ({})", signal, strsignal(signal));
  }
  return WEXITSTATUS(status) == 0 ? "" : fmt::format("exit {}", WEXITSTATUS(status));
}

}  // namespace

Trials::Trials(const std::vector<Source>& sources) : sources_(sources) {
  void* memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
  progress_ = static_cast<Progress*>(memory);
}

Trials::~Trials() { munmap(progress_, sizeof(Progress)); }

template <typename Work>
Verdict Trials::in_child(Work work) {
  std::fflush(nullptr);
  progress_->complaint[0] = progress_->statement[0] = '\0';
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    work();
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) throw std::runtime_error("no child process");
  return {progress_->complaint[0] != '\0' ? std::string(progress_->complaint) : kind_of(status)};
}

Verdict Trials::run(const Source& source, size_t source_index, uint64_t seed, size_t mutations) {
  return in_child([&] {
    Random random(seed);
    Mutator mutator(random);
    for (const std::string& statement : source.statements) mutator.add(tokens_of(statement));
    for (size_t i = 0; i < 20; i++) mutator.add(tokens_of(random.one_of(random.one_of(sources_).statements)));
    Child child(*progress_, seed);
    progress_->source = source_index;
    const size_t count = source.statements.size(), skip = count > kMostRecords ? random.below(count - kMostRecords) : 0;
    for (size_t r = 0; r < std::min(count, skip + kMostRecords); r++) {
      progress_->record = r;
      const Tokens tokens = tokens_of(source.statements[r]);
      for (size_t m = 0; m < mutations && r >= skip && !tokens.empty(); m++) child.test(text_of(mutator.mutate(tokens)));
      child.prepare(source.statements[r]);
    }
  });
}

Verdict Trials::run_one(const Source& source, size_t record, uint64_t seed, const std::string& statement) {
  return in_child([&] {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    Child child(*progress_, seed);
    for (size_t r = 0; r < record; r++) child.prepare(source.statements[r]);
    child.test(statement);
  });
}

}  // namespace cairn::fuzz
