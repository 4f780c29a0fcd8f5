#pragma once

// Users of cairn.h: a database in a directory of its own, and connections as text.

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capi/include/cairn.h"

namespace cairn::testing {

/// One connection to a database of its own opening. Notices are collected; they come from any thread.
class Client {
 public:
  explicit Client(const std::string& path);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// All statements of the text; rows of the last as "1|x\n2|NULL\n", "<sqlstate> <message>" for an error.
  std::string run(const std::string& sql);
  /// The text's last statement, which has begun to run.
  cairn_result* start(const std::string& sql);
  static std::string rows(cairn_result* result);  ///< all that are left; the result is destroyed

  struct Query { std::string id, text; uint64_t durable, total; };
  std::vector<Query> interrupted();
  std::string resume(const std::string& id);

  std::vector<std::string> notices();
  /// Waits until a notice fits; false after some time.
  bool wait_for_notice(const std::function<bool(const std::vector<std::string>&)>& enough);

  cairn_connection* connection() { return connection_; }

 private:
  static void heard(void* self, const char* message);

  cairn_database* database_ = nullptr;
  cairn_connection* connection_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notices_;
};

/// Whether a query's verbose notices have told of all its breakers.
bool all_breakers_told(const std::vector<std::string>& notices);

/// A database that is left behind as a crash leaves it: copied while a query runs, all of whose breakers are durable, or
/// were not kept.
class ResumeTest : public ::testing::Test {
 protected:
  ResumeTest();
  ~ResumeTest() override;

  std::string path(const std::string& name) const { return (root_ / name).string(); }
  /// Makes the database anew; the client's settings make every breaker durable.
  void open(const std::string& setup);
  /// Starts a query (statements before it, too) and leaves the database behind in path("left"). `begin` may start it in
  /// another way. The query's answer is in expected_.
  void leave_behind(const std::string& sql, bool is_checkpointed = true);
  void leave_behind(const std::function<cairn_result*()>& begin, bool is_checkpointed = true);
  /// The next process.
  void restart() {
    again_.reset();
    again_ = std::make_unique<Client>(path("left"));
  }

  const std::filesystem::path root_;
  std::unique_ptr<Client> client_, again_;
  std::string expected_;
};

}  // namespace cairn::testing
