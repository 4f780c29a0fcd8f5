// A session's temporary relations beside checkpoints: what is pinned is the database's own, whatever others commit
// meanwhile, and the database opens again.

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "sql/session.h"
#include "vector/error.h"
#include "vector/format.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

class TemporaryPinTest : public ::testing::Test {
 protected:
  TemporaryPinTest() {
    std::string made = (fs::temp_directory_path() / "cairn-pin-test-XXXXXX").string();
    if (::mkdtemp(made.data()) != nullptr) directory_ = made;
  }
  ~TemporaryPinTest() override { fs::remove_all(directory_); }

  std::string path(const std::string& name = "db") const { return directory_ + "/" + name; }

  static std::string run(Session& session, std::string_view text) {
    std::string shown;
    for (size_t consumed = 0;; text.remove_prefix(consumed)) {
      const auto result = session.execute(text, consumed);
      if (result == nullptr) return shown;
      shown.clear();
      while (const auto chunk = result->next()) {
        for (size_t row = 0; row < chunk->row_count; ++row) {
          for (const ColumnBuffer& column : chunk->columns) format_row(column.view(), row, "NULL", shown += ' ');
        }
      }
    }
  }
  static constexpr std::string_view kTable =
      "CREATE TABLE d AS SELECT i AS id, i % 7 AS k FROM generate_series(0, 4999) g(i);";
  static constexpr std::string_view kQuery = "SELECT count(*) FROM (SELECT k, count(*) FROM d GROUP BY k) x";

  std::string directory_;
};

TEST_F(TemporaryPinTest, OthersMayCommitWhileAQueryIsCheckpointed) {
  {
    const auto engine = Engine::open(path());
    const auto session = engine->connect();
    run(*session, kTable);
    run(*session, "CREATE TEMP TABLE tt AS SELECT 1 AS id, 2 AS k; SET checkpoint = 'all'");
    std::atomic<bool> done{false};
    std::thread committer([&] {
      const auto other = engine->connect();
      run(*other, "CREATE TABLE e(id BIGINT)");
      while (!done) run(*other, "INSERT INTO e SELECT id FROM d LIMIT 10");
    });
    for (int i = 0; i < 30; ++i) {
      EXPECT_EQ(run(*session, kQuery), " 7");
      run(*session, "INSERT INTO tt VALUES (3, 4)");
    }
    done = true;
    committer.join();
    EXPECT_EQ(run(*session, "SELECT count(*) FROM tt"), " 31");
  }
  const auto engine = Engine::open(path());
  const auto session = engine->connect();
  EXPECT_EQ(run(*session, kQuery), " 7");
  EXPECT_TRUE(engine->database().pin_names().empty());
  EXPECT_EQ(engine->database().snapshot()->tables.size(), 2U);
}

TEST_F(TemporaryPinTest, DatabasesOfOneProcessDoNotMix) {
  const auto first = Engine::open(path("first")), second = Engine::open(path("second"));
  for (const auto& engine : {first, second}) run(*engine->connect(), kTable);
  EXPECT_EQ(first->database().snapshot()->number, second->database().snapshot()->number);
  try {
    first->database().pin_durably("pin", second->database().snapshot());
    ADD_FAILURE() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kInternalError);
  }
  EXPECT_TRUE(first->database().pin_names().empty());
}

TEST_F(TemporaryPinTest, WhatReadsTemporaryRelationsKeepsNothing) {
  const auto engine = Engine::open(path());
  const auto session = engine->connect();
  session->set_notice_handler([](std::string_view text) { ADD_FAILURE() << text; });
  run(*session, kTable);
  run(*session, "SET checkpoint = 'all'; CREATE TEMP TABLE tt AS SELECT * FROM d; CREATE TEMP TABLE none(k BIGINT);"
                "CREATE TEMP VIEW tv AS SELECT k, count(*) AS n FROM public.d GROUP BY k; CREATE TEMP SEQUENCE ts");
  for (const std::string_view query :
       {"SELECT k, count(*) FROM tt GROUP BY k", "SELECT n FROM tv ORDER BY n", "SELECT k FROM d WHERE k IN (SELECT k FROM none) GROUP BY k",
        "WITH w AS (SELECT * FROM tv) SELECT sum(n) FROM w", "SELECT k, (SELECT last_value FROM ts) FROM d GROUP BY k",
        "SELECT k, count(*) FROM d WHERE EXISTS (SELECT 1 FROM tt) GROUP BY k"}) {
    run(*session, query);
    EXPECT_EQ(session->progress().checkpointed_bytes, 0U) << query;
    EXPECT_TRUE(engine->database().pin_names().empty()) << query;
  }
  EXPECT_FALSE(fs::exists(path() + "/checkpoints"));
}

}  // namespace
}  // namespace cairn
