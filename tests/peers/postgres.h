#pragma once

#include <map>
#include <string>
#include <vector>

#include <libpq-fe.h>
#include <sys/types.h>

#include "tests/peers/answer.h"

namespace cairn::test {

/// A PostgreSQL server of the test's own: in a temporary directory, on a socket there, in the C locale and UTC.
class PostgresServer {
 public:
  /// Throws std::runtime_error where it does not come up. As root it runs as the user postgres or nobody.
  explicit PostgresServer(std::string binaries);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;

  static bool is_installed(const std::string& binaries);
  const std::string& socket_directory() const { return directory_; }

 private:
  void start();

  std::string binaries_, directory_;
  pid_t process_ = 0;
};

class PostgresConnection {
 public:
  explicit PostgresConnection(const PostgresServer& server);
  ~PostgresConnection() { PQfinish(connection_); }
  PostgresConnection(const PostgresConnection&) = delete;

  /// Of several statements: the last one's answer.
  Answer run(const std::string& sql);
  /// Each statement, a transaction of its own, in one round trip; the answers have the names of their columns' types.
  std::vector<Answer> run_each(const std::vector<std::string>& statements);
  /// The same of the types alone: nothing is evaluated but what the planner folds.
  std::vector<Answer> describe_each(const std::vector<std::string>& statements);

 private:
  static void read(const PGresult* result, Answer& answer);
  template <typename Send>
  std::vector<Answer> pipeline(const std::vector<std::string>& statements, Send send);
  const std::string& type_name(Oid type);

  PGconn* connection_;
  std::map<Oid, std::string> type_names_;
};

}  // namespace cairn::test
