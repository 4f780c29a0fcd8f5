// What statements and commits that write cost: independent of what was written before. Inputs are doubled, and what
// vector/counted_work.h has counted is compared.

#include <filesystem>
#include <functional>

#include "io/tables/database.h"
#include "tests/sql/sql_fixture.h"
#include "vector/counted_work.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

/// In memory, and in a directory.
class CountedWritesTest : public SqlFixture, public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      std::string made = (fs::temp_directory_path() / "cairn-writes-test-XXXXXX").string();
      ASSERT_NE(::mkdtemp(made.data()), nullptr);
      directory_ = made;
      open();
    }
    run("SET checkpoint = off; SET threads = 2");
  }
  void TearDown() override {
    close();
    if (!directory_.empty()) fs::remove_all(directory_);
  }
  void close() {
    session_ = nullptr;
    engine_ = nullptr;
  }
  void open() {
    close();
    engine_ = Engine::open(directory_ + "/db");
    session_ = engine_->connect();
  }

  void expect_runs(const std::string& text) {
    const std::string answer = run(text);
    ASSERT_TRUE(answer.size() < 6 || answer[5] != ' ') << text << ": " << answer;
  }
  uint64_t work_of(const std::function<void()>& what) {
    const uint64_t before = counted_work;
    what();
    return counted_work - before;
  }
  /// Work that grows with n log n is more than doubled; with n², four times.
  void expect_linear(size_t n, const std::function<void(size_t n)>& what) {
    const uint64_t once = work_of([&] { what(n); }), twice = work_of([&] { what(2 * n); });
    EXPECT_GT(once, n);
    EXPECT_LE(twice, once * 5 / 2) << "for " << n << " and " << 2 * n;
  }

  std::string directory_;
};

constexpr size_t kStatements = 500;

TEST_P(CountedWritesTest, RowsInsertedOneByOneInATransaction) {
  for (const std::string key : {"", " PRIMARY KEY"}) {
    expect_linear(kStatements, [&](size_t n) {
      expect_runs("BEGIN; CREATE TABLE t(a INTEGER" + key + ", b VARCHAR)");
      for (size_t i = 0; i < n; ++i) expect_runs("INSERT INTO t VALUES (" + std::to_string(i) + ", 'x')");
      EXPECT_EQ(run("SELECT count(*), sum(a), min(b) FROM t"), std::to_string(n) + "|" + std::to_string(n * (n - 1) / 2) + "|x\n");
      expect_runs(n == kStatements ? "ROLLBACK" : "COMMIT; DROP TABLE t");
    });
  }
}

TEST_P(CountedWritesTest, ChangesOfAllKindsInATransaction) {
  expect_linear(kStatements, [&](size_t n) {
    expect_runs("DROP TABLE IF EXISTS t; CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER)");
    expect_runs("INSERT INTO t SELECT -i, 0 FROM generate_series(1, 10) g(i); BEGIN");
    for (size_t i = 0; i < n; ++i) {
      const std::string key = std::to_string(i);
      expect_runs("INSERT INTO t VALUES (" + key + ", 0)");
      expect_runs("UPDATE t SET b = b + 1 WHERE a = " + key);
      if (i % 4 == 0) expect_runs("DELETE FROM t WHERE a = " + key);
      if (i % 100 != 99) continue;
      const std::string left = std::to_string(3 * (i + 1) / 4);
      EXPECT_EQ(run("SELECT count(*), sum(b) FROM t WHERE a >= 0"), left + "|" + left + "\n");
    }
    expect_runs("COMMIT");
    EXPECT_EQ(run("SELECT count(*), sum(b) FROM t"), std::to_string(10 + 3 * n / 4) + "|" + std::to_string(3 * n / 4) + "\n");
  });
}

TEST_P(CountedWritesTest, RowsOfManyTablesInATransaction) {
  expect_linear(40, [&](size_t n) {
    const auto table = [](size_t i) { return "t" + std::to_string(i); };
    expect_runs("BEGIN");
    for (size_t i = 0; i < n; ++i) expect_runs("CREATE TABLE " + table(i) + "(a INTEGER)");
    for (size_t i = 0; i < 10 * n; ++i) expect_runs("INSERT INTO " + table(i % n) + " VALUES (1)");
    EXPECT_EQ(run("SELECT count(*) FROM " + table(n - 1)), "10\n");
    expect_runs("ROLLBACK");
  });
}

TEST_P(CountedWritesTest, RowsInsertedOneByOneOutsideOfTransactions) {
  expect_linear(150, [&](size_t n) {
    expect_runs("DROP TABLE IF EXISTS t; CREATE TABLE t(a INTEGER PRIMARY KEY)");
    for (size_t i = 0; i < n; ++i) expect_runs("INSERT INTO t VALUES (" + std::to_string(i) + ")");
  });
}

/// A small commit costs the same however large the database is, and however many snapshots are pinned.
TEST_P(CountedWritesTest, ACommitDoesNotLookAtTheRestOfTheDatabase) {
  size_t tables = 0, pins = 0;
  const auto grow = [&] {
    for (const size_t end = tables + 4; tables < end; ++tables) {
      const std::string name = "t" + std::to_string(tables);
      expect_runs("CREATE TABLE " + name + "(a SMALLINT)");
      for (int i = 0; i < 5; ++i) expect_runs("INSERT INTO " + name + " SELECT 1 FROM generate_series(1, 33000)");
      engine_->database().pin_durably("pin" + std::to_string(pins++), engine_->database().snapshot());
    }
  };
  expect_runs("CREATE TABLE small(a INTEGER)");
  const auto commits = [&] {
    return work_of([&] {
      expect_runs("TRUNCATE small; INSERT INTO small VALUES (1), (2)");
      expect_runs("UPDATE small SET a = 3 WHERE a = 1; DELETE FROM small WHERE a = 2");
      expect_runs("BEGIN; INSERT INTO small VALUES (4); COMMIT");
    });
  };
  grow();
  commits();
  const uint64_t once = commits();
  grow();
  EXPECT_LE(commits(), once);
  EXPECT_GT(once, 0u);
}

/// What was written in small steps within a transaction is there when the database is opened again.
TEST_P(CountedWritesTest, WhatTransactionsHaveWrittenStays) {
  if (!GetParam()) return;
  expect_runs("CREATE TABLE t(a INTEGER PRIMARY KEY, b VARCHAR)");
  expect_runs("INSERT INTO t SELECT i, 'base' FROM generate_series(1, 3000) g(i); BEGIN");
  for (int i = 3001; i <= 3300; ++i) {
    const std::string length = i % 50 == 0 ? "500000" : "5";
    expect_runs("INSERT INTO t VALUES (" + std::to_string(i) + ", repeat('x', " + length + "))");
    if (i % 3 == 0) expect_runs("DELETE FROM t WHERE a = " + std::to_string(i - 100));
    if (i % 5 == 0) expect_runs("UPDATE t SET b = b || 'y' WHERE a = " + std::to_string(i - 7));
  }
  expect_runs("INSERT INTO t SELECT i, 'many' FROM generate_series(10001, 50000) g(i)");
  expect_runs("DELETE FROM t WHERE a BETWEEN 20000 AND 20009");
  const std::string query = "SELECT count(*), sum(a), sum(length(b)), count(DISTINCT b) FROM t";
  const std::string seen = run(query);
  EXPECT_EQ(seen.substr(0, 6), "43190|");
  expect_runs("COMMIT");
  EXPECT_EQ(run(query), seen);
  const std::string refused = run("BEGIN; INSERT INTO t VALUES (99999, 'z'); INSERT INTO t VALUES (1, 'z')");
  EXPECT_EQ(refused.substr(0, 5), "23505");
  run("ROLLBACK");
  open();
  EXPECT_EQ(run(query), seen);
}

INSTANTIATE_TEST_SUITE_P(Places, CountedWritesTest, ::testing::Bool(),
                         [](const auto& place) { return place.param ? "Directory" : "Memory"; });

}  // namespace
}  // namespace cairn::testing
