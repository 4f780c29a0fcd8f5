// Work grows with the input, not with its square: each test doubles the input and compares what vector/counted_work.h
// has counted.

#include "vector/counted_work.h"

#include <functional>

#include "tests/sql/sql_fixture.h"

namespace cairn::testing {
namespace {

class CountedWorkTest : public SqlFixture {
 protected:
  void SetUp() override { run("SET checkpoint = off; SET threads = 2"); }

  uint64_t work_of(const std::string& statement) {
    const uint64_t before = counted_work;
    const std::string answer = run(statement);
    EXPECT_EQ(answer.find(" error"), std::string::npos) << answer;
    EXPECT_NE(answer.substr(0, 2), "42") << answer;
    return counted_work - before;
  }

  /// `statement(n)` over inputs of n and 2n.
  void expect_linear(size_t n, const std::function<std::string(size_t n)>& statement) {
    const uint64_t once = work_of(statement(n)), twice = work_of(statement(2 * n));
    EXPECT_GT(once, 0u) << "nothing is counted there";
    EXPECT_LE(twice, once * 5 / 2) << "for " << n << " and " << 2 * n;
  }
};

std::string chain(size_t n, const std::string& separator, const std::function<std::string(size_t)>& link) {
  std::string text;
  for (size_t i = 0; i < n; ++i) text += (i == 0 ? "" : separator) + link(i);
  return text;
}

TEST_F(CountedWorkTest, LongConjunctions) {
  run("CREATE TABLE t AS SELECT i AS a, i % 7 AS b FROM generate_series(1, 100) g(i)");
  expect_linear(500, [](size_t n) {
    return "SELECT count(*) FROM t WHERE " + chain(n, " AND ", [](size_t i) { return "a <> " + std::to_string(i); });
  });
  expect_linear(500, [](size_t n) {
    return "SELECT count(*) FROM t WHERE " +
           chain(n, " AND ", [](size_t i) { return "a + " + std::to_string(i) + " > b"; });
  });
}

TEST_F(CountedWorkTest, LongDisjunctions) {
  run("CREATE TABLE t AS SELECT i AS a, i % 7 AS b FROM generate_series(1, 100) g(i)");
  expect_linear(500, [](size_t n) {
    return "SELECT count(*) FROM t WHERE " + chain(n, " OR ", [](size_t i) { return "a = " + std::to_string(i); });
  });
  expect_linear(500, [](size_t n) {
    return "SELECT count(*) FROM t WHERE " + chain(n, " OR ", [](size_t i) {
             return "(a = " + std::to_string(i) + " AND b <> " + std::to_string(i) + ")";
           });
  });
}

TEST_F(CountedWorkTest, GroupsOfANullableInteger) {
  run("CREATE TABLE t(k BIGINT, v INTEGER)");
  run("INSERT INTO t SELECT CASE WHEN i > 0 THEN (i * 7919::BIGINT) % 1000003 END, i FROM generate_series(0, 800000) g(i)");
  // Which worker meets the NULL is left to chance: what is counted differs, but stays below a few masks over all groups.
  EXPECT_LE(work_of("SELECT count(*) FROM (SELECT k, sum(v) FROM t GROUP BY k) s"), 5 * 800000 / 64u);
}

TEST_F(CountedWorkTest, NotInOverSeveralColumnsWithNulls) {
  run("CREATE TABLE t(a INTEGER, b INTEGER); CREATE TABLE u(a INTEGER, b INTEGER)");
  expect_linear(2000, [&](size_t n) {
    const std::string rows = " FROM generate_series(1, " + std::to_string(n) + ") g(i)";
    run("DELETE FROM t; DELETE FROM u; INSERT INTO t SELECT CASE WHEN i % 3 > 0 THEN i END, CASE WHEN i % 5 > 0 THEN -i END" + rows);
    run("INSERT INTO u SELECT CASE WHEN i % 7 > 0 THEN i + 100000 END, CASE WHEN i % 11 > 0 THEN i END" + rows);
    return std::string("SELECT count(*) FROM t WHERE (a, b) NOT IN (SELECT a, b FROM u)");
  });
}

TEST_F(CountedWorkTest, QuantifiedSubqueriesWithNullsInCorrelatedColumns) {
  run("CREATE TABLE t(c INTEGER, x INTEGER); CREATE TABLE u(c INTEGER, y INTEGER)");
  for (const std::string condition : {"x NOT IN (SELECT y FROM u WHERE u.c = t.c)", "x > ALL (SELECT y FROM u WHERE u.c = t.c)"}) {
    expect_linear(2000, [&](size_t n) {
      const std::string rows = " FROM generate_series(1, " + std::to_string(n) + ") g(i)";
      run("DELETE FROM t; DELETE FROM u; INSERT INTO t SELECT CASE WHEN i % 2 > 0 THEN i END, i % 10" + rows);
      run("INSERT INTO u SELECT i, CASE WHEN i % 3 > 0 THEN i END" + rows);
      return "SELECT count(*) FROM t WHERE " + condition;
    });
  }
}

TEST_F(CountedWorkTest, ManyTables) {
  expect_linear(1000, [](size_t n) {
    return chain(n, "; ", [n](size_t i) { return "CREATE TABLE t" + std::to_string(n) + "_" + std::to_string(i) + "(a INTEGER)"; });
  });
}

}  // namespace
}  // namespace cairn::testing
