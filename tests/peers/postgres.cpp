#include "tests/peers/postgres.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

namespace cairn::test {
namespace {

namespace fs = std::filesystem;

/// PostgreSQL refuses to run as root.
const passwd* unprivileged_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  return user != nullptr ? user : getpwnam("nobody");
}

pid_t start_process(std::vector<std::string> words, const std::string& directory) {
  const passwd* user = unprivileged_user();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGQUIT);  // the server goes when the test does, whatever ends it
  if (getppid() != parent) _exit(127);
  if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(127);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);  // setuid has taken it back
  const int log = open((directory + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (chdir(directory.c_str()) != 0) _exit(127);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

bool PostgresServer::is_installed(const std::string& binaries) {
  return fs::exists(binaries + "/initdb") && fs::exists(binaries + "/postgres");
}

PostgresServer::PostgresServer(std::string binaries) : binaries_(std::move(binaries)) {
  std::string name = (fs::temp_directory_path() / "cairn-postgres-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory for PostgreSQL");
  directory_ = name;
  if (const passwd* user = unprivileged_user(); user != nullptr && chown(name.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error("cannot give " + name + " to " + user->pw_name);
  const pid_t initdb = start_process({binaries_ + "/initdb", "-D", directory_ + "/data", "-U", "fuzz", "-A", "trust", "-E",
                                      "UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--no-sync"}, directory_);
  int status = 0;
  waitpid(initdb, &status, 0);
  if (status != 0) throw std::runtime_error("initdb failed: see " + directory_ + "/log");
  start();
}

void PostgresServer::start() {
  process_ = start_process({binaries_ + "/postgres", "-D", directory_ + "/data", "-k", directory_, "-c",
                            "listen_addresses=", "-c", "fsync=off", "-c", "timezone=UTC", "-c", "jit=off", "-c",
                            "statement_timeout=2000", "-c", "max_parallel_workers=0", "-c", "autovacuum=off"}, directory_);
  const std::string where = "host=" + directory_ + " dbname=postgres user=fuzz";
  for (int attempt = 0; attempt < 600; attempt++) {
    if (PQping(where.c_str()) == PQPING_OK) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error("PostgreSQL does not answer: see " + directory_ + "/log");
}

PostgresServer::~PostgresServer() {
  if (process_ != 0) {
    kill(process_, SIGQUIT);
    waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

PostgresConnection::PostgresConnection(const PostgresServer& server)
    : connection_(PQconnectdb(("host=" + server.socket_directory() + " dbname=postgres user=fuzz").c_str())) {
  if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
  PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
}

void PostgresConnection::read(const PGresult* result, Answer& answer) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_SINGLE_TUPLE) {
    if (answer.too_long()) return;
    TextRow row;
    for (int c = 0; c < PQnfields(result); c++)
      row.push_back(PQgetisnull(result, 0, c) ? std::nullopt : std::optional<std::string>(PQgetvalue(result, 0, c)));
    answer.rows.push_back(std::move(row));
  } else if (status == PGRES_COMMAND_OK) {
    answer.rows.clear();  // of the statement before
  } else if (status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    answer.rows.clear();
    answer.sqlstate = sqlstate != nullptr ? sqlstate : "08006";
    answer.message = PQresultErrorMessage(result);
  }
}

Answer PostgresConnection::run(const std::string& sql) {
  Answer answer;
  if (PQsendQuery(connection_, sql.c_str()) == 0) {
    answer.sqlstate = "08006";
    answer.message = PQerrorMessage(connection_);
    return answer;
  }
  PQsetSingleRowMode(connection_);
  while (PGresult* result = PQgetResult(connection_)) {
    read(result, answer);
    PQclear(result);
  }
  return answer;
}

const std::string& PostgresConnection::type_name(Oid type) {
  if (type_names_.empty()) {  // outside of a pipeline
    for (const TextRow& row : run("SELECT oid, format_type(oid, NULL) FROM pg_type").rows)
      type_names_[static_cast<Oid>(std::stoul(*row[0]))] = *row[1];
  }
  return type_names_[type];
}

template <typename Send>
std::vector<Answer> PostgresConnection::pipeline(const std::vector<std::string>& statements, Send send) {
  type_name(0);
  std::vector<Answer> answers(statements.size());
  if (PQenterPipelineMode(connection_) == 0) throw std::runtime_error(PQerrorMessage(connection_));
  for (const std::string& statement : statements) {
    send(statement);
    PQpipelineSync(connection_);
  }
  PQflush(connection_);
  for (Answer& answer : answers) {
    while (PGresult* result = PQgetResult(connection_)) {  // ends at each query's end; the sync is a result of its own
      if (PQnfields(result) > 0 && answer.types.empty())
        for (int c = 0; c < PQnfields(result); c++) answer.types.push_back(type_name(PQftype(result, c)));
      if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        for (int r = 0; r < PQntuples(result); r++) {
          TextRow& row = answer.rows.emplace_back();
          for (int c = 0; c < PQnfields(result); c++)
            row.push_back(PQgetisnull(result, r, c) ? std::nullopt : std::optional<std::string>(PQgetvalue(result, r, c)));
        }
      } else if (!answer.failed()) {
        read(result, answer);
      }
      PQclear(result);
    }
    PGresult* result = PQgetResult(connection_);
    while (result != nullptr && PQresultStatus(result) != PGRES_PIPELINE_SYNC) {  // of the description, after the parse
      if (PQresultStatus(result) == PGRES_COMMAND_OK)
        for (int c = 0; c < PQnfields(result); c++) answer.types.push_back(type_name(PQftype(result, c)));
      PQclear(result);
      result = PQgetResult(connection_);
      if (result == nullptr) result = PQgetResult(connection_);
    }
    PQclear(result);
  }
  if (PQexitPipelineMode(connection_) == 0) throw std::runtime_error(PQerrorMessage(connection_));
  return answers;
}

std::vector<Answer> PostgresConnection::run_each(const std::vector<std::string>& statements) {
  return pipeline(statements, [this](const std::string& statement) {
    PQsendQueryParams(connection_, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0);
  });
}

std::vector<Answer> PostgresConnection::describe_each(const std::vector<std::string>& statements) {
  return pipeline(statements, [this](const std::string& statement) {
    PQsendPrepare(connection_, "", statement.c_str(), 0, nullptr);
    PQsendDescribePrepared(connection_, "");
  });
}

}  // namespace cairn::test
