#pragma once

#include <string>

#include <libpq-fe.h>
#include <sys/types.h>

#include "tests/fuzz/differential/answer.h"

namespace cairn::fuzz {

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

 private:
  static void read(const PGresult* result, Answer& answer);

  PGconn* connection_;
};

}  // namespace cairn::fuzz
