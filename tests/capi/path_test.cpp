// A database's path, however it is spelled, and wherever the process goes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "cairn.h"

namespace {

namespace fs = std::filesystem;

class DatabasePath : public ::testing::Test {
 protected:
  DatabasePath() {
    std::string name = (fs::temp_directory_path() / "cairn-path-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~DatabasePath() override {
    fs::current_path(home_);
    fs::remove_all(root_);
  }

  /// The first value of the statement's first row; "error: …" where it failed.
  static std::string ask(cairn_database* database, const std::string& sql) {
    cairn_connection* connection = nullptr;
    cairn_result* result = nullptr;
    cairn_chunk* chunk = nullptr;
    cairn_error* error = nullptr;
    std::string text;
    if (cairn_connect(database, &connection, &error) == CAIRN_OK && cairn_query(connection, sql.c_str(), nullptr, &result, &error) == CAIRN_OK &&
        cairn_result_next(result, &chunk, &error) == CAIRN_OK && chunk != nullptr) {
      size_t length = 0;
      text = cairn_chunk_text(chunk, 0, 0, &length);
    }
    if (error != nullptr) text = std::string("error: ") + cairn_error_message(error);
    cairn_error_destroy(error);
    cairn_chunk_destroy(chunk);
    cairn_result_destroy(result);
    cairn_disconnect(connection);
    return text;
  }
  /// Opens, asks, closes.
  static std::string open_and_ask(const std::string& path, const std::string& sql) {
    cairn_database* database = nullptr;
    cairn_error* error = nullptr;
    if (cairn_open(path.c_str(), 0, &database, &error) != CAIRN_OK) {
      const std::string text = std::string("error: ") + cairn_error_message(error);
      cairn_error_destroy(error);
      return text;
    }
    const std::string text = ask(database, sql);
    cairn_close(database);
    return text;
  }

  const fs::path home_ = fs::current_path();
  fs::path root_;
};

TEST_F(DatabasePath, MayEndInSlashesAndDots) {
  const std::string path = (root_ / "db").string();
  EXPECT_EQ(open_and_ask(path, "CREATE TABLE t AS SELECT 7 AS a"), "");
  for (const char* spelled : {"/", "//", "/.", "/./", "/../db/"}) {
    EXPECT_EQ(open_and_ask(path + spelled, "SELECT a FROM t"), "7") << spelled;
    EXPECT_EQ(open_and_ask(path + spelled, "CREATE TABLE u AS SELECT i FROM generate_series(1, 70000) g(i)"), "") << spelled;
    EXPECT_EQ(open_and_ask(path + spelled, "SELECT count(*) FROM u"), "70000") << spelled;
    EXPECT_EQ(open_and_ask(path, "DROP TABLE u"), "");
  }
}

TEST_F(DatabasePath, IsWhatItWasWhenTheProcessWasThere) {
  for (const char* name : {"a", "b"}) {
    fs::create_directories(root_ / name);
    EXPECT_EQ(open_and_ask((root_ / name / "db").string(), "CREATE TABLE t AS SELECT '" + std::string(name) + "' AS a"), "");
  }
  fs::current_path(root_ / "a");
  cairn_database* database = nullptr;
  ASSERT_EQ(cairn_open("db", 0, &database, nullptr), CAIRN_OK);
  fs::current_path(root_ / "b");
  EXPECT_EQ(ask(database, "CREATE TABLE u AS SELECT i FROM generate_series(1, 200000) g(i)"), "");
  cairn_close(database);
  EXPECT_EQ(open_and_ask((root_ / "b" / "db").string(), "SELECT a FROM t"), "b");
  EXPECT_EQ(open_and_ask((root_ / "a" / "db").string(), "SELECT a FROM t"), "a");
  EXPECT_EQ(open_and_ask((root_ / "a" / "db").string(), "SELECT count(*) FROM u"), "200000");
}

}  // namespace
