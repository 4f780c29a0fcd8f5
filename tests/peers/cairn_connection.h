#pragma once

#include <chrono>
#include <string>

#include "capi/include/cairn.h"
#include "tests/peers/answer.h"
#include "tests/support/watchdog.h"

namespace cairn::test {

/// One way to run Cairn: a connection with settings of its own.
class CairnConnection {
 public:
  /// `settings`: SQL that is run once. Throws std::runtime_error where it fails. `may_be_slow`: they make it so (a batch for
  /// each row, a pass left out), and what takes long is no finding.
  CairnConnection(cairn_database* database, std::string name, const std::string& settings, bool may_be_slow);
  ~CairnConnection();
  CairnConnection(const CairnConnection&) = delete;

  const std::string& name() const { return name_; }
  bool may_be_slow() const { return may_be_slow_; }
  /// Of several statements: the last one's answer, or the first error. What takes longer is interrupted (57014).
  Answer run(const std::string& sql, std::chrono::seconds limit = kLimit);

 private:
  static constexpr std::chrono::seconds kLimit{10};

  /// Runs one statement; false after the last.
  bool run_one(const char*& sql, Answer& answer);

  std::string name_;
  bool may_be_slow_;
  cairn_connection* connection_ = nullptr;
  Watchdog watchdog_;
};

}  // namespace cairn::test
