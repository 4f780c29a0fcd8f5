// Statements end to end, over a database in memory: what a client sees.

#include "sql/session.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "sql/parser/parser.h"
#include "vector/error.h"
#include "vector/format.h"

namespace cairn {
namespace {

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    session_->set_notice_handler([this](std::string_view text) { notices_ += std::string(text) + "\n"; });
  }

  /// All statements of the text; rows of the last as "1|x\n2|NULL\n", its command tag where it has no rows,
  /// "<sqlstate>@<position> <message>" for an error.
  static std::string run(Session& session, std::string_view text) {
    std::string shown;
    try {
      while (true) {
        size_t consumed = 0;
        std::unique_ptr<StatementResult> result = session.execute(text, consumed);
        if (result == nullptr) return shown;
        text.remove_prefix(consumed);
        shown.clear();
        while (std::unique_ptr<RowSet::Chunk> chunk = result->next())
          for (size_t row = 0; row < chunk->row_count; row++) {
            for (size_t column = 0; column < chunk->columns.size(); column++) {
              if (column > 0) shown += '|';
              format_row(chunk->columns[column].view(), row, "NULL", shown);
            }
            shown += '\n';
          }
        if (result->names().empty()) shown = result->command_tag();
      }
    } catch (const Error& error) {
      return error.sqlstate + "@" + std::to_string(error.position) + " " + error.message;
    }
  }
  std::string run(std::string_view text) { return run(*session_, text); }
  std::string state(std::string_view text) { return run(text).substr(0, 5); }

  std::shared_ptr<Engine> engine_ = Engine::open(":memory:");
  std::unique_ptr<Session> session_ = engine_->connect();
  std::string notices_;
};

TEST_F(SessionTest, SelectWithoutTables) {
  EXPECT_EQ(run("SELECT 1 + 2, 'x' || 'y', NULL"), "3|xy|NULL\n");
  EXPECT_EQ(run("SELECT 1; SELECT 2;; SELECT 3 -- end"), "3\n");
  EXPECT_EQ(run("VALUES (1, 'a'), (2, 'b')"), "1|a\n2|b\n");
  EXPECT_EQ(run("SELECT * FROM generate_series(1, 10, 3)"), "1\n4\n7\n10\n");
  EXPECT_EQ(run("SELECT sum(i) FROM generate_series(1, 100000) AS i"), "5000050000\n");
  EXPECT_EQ(run(""), "");
}

TEST_F(SessionTest, GroupsWithoutKeysAndAggregates) {
  EXPECT_EQ(run("SELECT 42 HAVING 42 > 20"), "42\n");
  EXPECT_EQ(run("SELECT 42 HAVING 42 > 80"), "");
  EXPECT_EQ(run("SELECT sum(42) HAVING avg(42) > min(20)"), "42\n");
}

TEST_F(SessionTest, CreateInsertSelect) {
  EXPECT_EQ(run("CREATE TABLE t(a INTEGER NOT NULL, b TEXT DEFAULT 'none', c DECIMAL(8,2))"), "CREATE TABLE");
  EXPECT_EQ(run("INSERT INTO t VALUES (1, 'one', 1.5), (2, NULL, -2)"), "INSERT 0 2");
  EXPECT_EQ(run("INSERT INTO t (c, a) VALUES ('3.25', 3), (DEFAULT, 4)"), "INSERT 0 2");
  EXPECT_EQ(run("SELECT * FROM t ORDER BY a"), "1|one|1.50\n2|NULL|-2.00\n3|none|3.25\n4|none|NULL\n");
  EXPECT_EQ(run("INSERT INTO t SELECT a + 10, b, c FROM t WHERE c > 0"), "INSERT 0 2");
  EXPECT_EQ(run("SELECT count(*), sum(a), max(c) FROM t"), "6|34|3.25\n");
  EXPECT_EQ(run("SELECT b, count(*) FROM t GROUP BY b ORDER BY b NULLS FIRST"), "NULL|1\nnone|3\none|2\n");
}

TEST_F(SessionTest, InsertChecksWhatItIsGiven) {
  run("CREATE TABLE t(a INTEGER NOT NULL, b VARCHAR(3), c SMALLINT)");
  EXPECT_EQ(state("INSERT INTO t VALUES (NULL, 'x', 1)"), "23502");
  EXPECT_EQ(state("INSERT INTO t VALUES (1, 'long', 1)"), "22001");
  EXPECT_EQ(state("INSERT INTO t VALUES (1, 'x', 70000)"), "22003");
  EXPECT_EQ(state("INSERT INTO t VALUES (1, 'x', 'y')"), "22P02");
  EXPECT_EQ(state("INSERT INTO t VALUES (1, 'x', 1, 2)"), "42601");
  EXPECT_EQ(state("INSERT INTO t (a, q) VALUES (1, 2)"), "42703");
  EXPECT_EQ(state("INSERT INTO t (a, a) VALUES (1, 2)"), "42701");
  EXPECT_EQ(state("INSERT INTO t (a) SELECT 'x'"), "22P02");
  EXPECT_EQ(state("INSERT INTO t VALUES (date '2000-01-01', 'x', 1)"), "42804");
  EXPECT_EQ(state("INSERT INTO nowhere VALUES (1)"), "42P01");
  EXPECT_EQ(run("SELECT count(*) FROM t"), "0\n");
}

TEST_F(SessionTest, CreateTableAsAndDrop) {
  EXPECT_EQ(run("CREATE TABLE t AS SELECT i AS n, i * 1.5 AS x FROM generate_series(1, 5) AS i"), "SELECT 5");
  EXPECT_EQ(run("SELECT sum(n), sum(x) FROM t"), "15|22.5\n");
  EXPECT_EQ(state("CREATE TABLE t(a INTEGER)"), "42P07");
  EXPECT_EQ(run("CREATE TABLE IF NOT EXISTS t(a INTEGER)"), "CREATE TABLE");
  EXPECT_EQ(run("DROP TABLE t"), "DROP TABLE");
  EXPECT_EQ(state("DROP TABLE t"), "42P01");
  EXPECT_EQ(run("DROP TABLE IF EXISTS t"), "DROP TABLE");
  EXPECT_EQ(notices_, "notice: relation \"t\" already exists, skipping\nnotice: table \"t\" does not exist, skipping\n");
  EXPECT_EQ(state("CREATE TABLE u AS SELECT 1 AS a, 2 AS a"), "42701");
  EXPECT_EQ(state("CREATE TABLE u(a INTEGER, a TEXT)"), "42701");
  EXPECT_EQ(run("CREATE TABLE u(a INTEGER REFERENCES t)"),
            "0A000@25 a REFERENCES or FOREIGN KEY constraint is not supported");
}

TEST_F(SessionTest, Views) {
  run("CREATE TABLE t(a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 10), (2, 20), (2, 30)");
  EXPECT_EQ(run("CREATE VIEW v(k, total) AS SELECT a, sum(b) FROM t GROUP BY a"), "CREATE VIEW");
  EXPECT_EQ(run("SELECT total FROM v WHERE k = 2"), "50\n");
  run("INSERT INTO t VALUES (2, 1)");
  EXPECT_EQ(run("SELECT total FROM v WHERE k = 2"), "51\n");
  EXPECT_EQ(state("CREATE VIEW v AS SELECT 1"), "42P07");
  EXPECT_EQ(state("CREATE OR REPLACE VIEW v AS SELECT 7 AS seven"), "42P16");
  EXPECT_EQ(run("CREATE OR REPLACE VIEW v AS SELECT 7 AS k, 1::BIGINT AS total; SELECT * FROM v"), "7|1\n");
  EXPECT_EQ(state("DROP TABLE v"), "42809");
  EXPECT_EQ(state("INSERT INTO v VALUES (1)"), "55000");
  EXPECT_EQ(run("DROP VIEW v"), "DROP VIEW");
}

TEST_F(SessionTest, ErrorsOfAnExecutedStatementHaveNoPlaceInTheTextOfExecute) {
  run("PREPARE early AS SELECT a FROM (VALUES (1), (0)) v(a) LIMIT $1; PREPARE late AS SELECT 10 / a FROM (VALUES (1), (0)) v(a) WHERE a <= $1");
  for (const std::string_view text : {"EXECUTE early(-1)", "EXECUTE late(1)"}) {
    try {
      size_t consumed = 0;
      const auto result = session_->execute(text, consumed);
      while (result->next() != nullptr) continue;
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.position, -1) << text << ": " << error.message;
    }
  }
}

TEST_F(SessionTest, Settings) {
  EXPECT_EQ(run("SET threads = 3; SHOW threads"), "3\n");
  EXPECT_EQ(run("SET threads TO DEFAULT; SET vector_capacity = 7; SHOW vector_capacity"), "7\n");
  EXPECT_EQ(run("RESET vector_capacity; SHOW vector_capacity"), "2048\n");
  EXPECT_EQ(run("SET checkpoint = 'ALL'; SHOW checkpoint"), "all\n");
  EXPECT_EQ(run("SET memory_limit = '2GB'; SHOW memory_limit"), "2GB\n");
  EXPECT_EQ(run("SET memory_limit = '75%'; SHOW memory_limit"), "75%\n");
  EXPECT_EQ(run("RESET memory_limit; SHOW memory_limit"), "40%\n");
  for (const char* wrong : {"much", "0%", "101%", "-1", "%"})
    EXPECT_EQ(state("SET memory_limit = '" + std::string(wrong) + "'"), "22023") << wrong;
  EXPECT_EQ(run("RESET ALL; SET threads = 2; SET vector_capacity = 1024; SET memory_limit = '30MB'; SHOW memory_limit"), "30MB\n");
  EXPECT_EQ(run("SET memory_limit = '29MB'"),
            "22023@-1 invalid value for parameter \"memory_limit\": \"29MB\"; the least for 2 threads and vectors of 1024 rows is 30720kB");
  EXPECT_EQ(run("SHOW memory_limit"), "30MB\n");
  EXPECT_EQ(state("SET threads = 64"), "22023") << "the limit that was set is too little for so many";
  EXPECT_EQ(state("SET vector_capacity = 65536"), "22023");
  EXPECT_EQ(run("SHOW threads"), "2\n");
  EXPECT_EQ(run("SET threads = 1; SET memory_limit = '25MB'; SHOW memory_limit"), "25MB\n");
  EXPECT_EQ(run("RESET ALL; SET memory_limit = 0; SHOW memory_limit"), "0\n");
  EXPECT_EQ(state("SET threads = 0"), "22023");
  EXPECT_EQ(state("SET vector_capacity = 5000000"), "22023");
  EXPECT_EQ(state("SET disabled_passes = 'nonsense'"), "22023");
  EXPECT_EQ(run("SET thread = 1"), "42704@-1 unrecognized configuration parameter \"thread\"");
  EXPECT_EQ(run("SET client_encoding = 'UTF8'; SET TIME ZONE 'UTC'; SHOW timezone"), "UTC\n");
  EXPECT_NE(run("SHOW ALL").find("checkpoint_directory|"), std::string::npos);
  EXPECT_EQ(run("SELECT setting FROM cairn_settings() WHERE name = 'threads'"), run("SHOW threads"));
}

TEST_F(SessionTest, PreparedStatements) {
  run("CREATE TABLE t(a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'x')");
  EXPECT_EQ(run("PREPARE q AS SELECT a FROM t WHERE b = $1 AND a > $2 ORDER BY a; EXECUTE q('x', 1)"), "3\n");
  EXPECT_EQ(run("EXECUTE q('x', 0)"), "1\n3\n");
  EXPECT_EQ(state("EXECUTE q('x')"), "42601");
  EXPECT_EQ(run("DEALLOCATE q"), "DEALLOCATE");
  EXPECT_EQ(state("EXECUTE q('x', 0)"), "26000");
  EXPECT_EQ(state("SELECT $1"), "42P02");

  auto prepared = session_->prepare("INSERT INTO t VALUES ($1, $2)");
  ASSERT_EQ(prepared->parameter_count(), 2u);
  EXPECT_EQ(prepared->parameter_type(0), Type::integer());
  EXPECT_EQ(prepared->parameter_type(1), Type::varchar());
  for (int i = 10; i < 13; i++)
    prepared->execute({Value::of_integer(Type::integer(), i), Value::of_string("z")});
  EXPECT_EQ(run("SELECT count(*), sum(a) FROM t WHERE b = 'z'"), "3|33\n");
  EXPECT_THROW(prepared->execute({}), Error);
}

TEST_F(SessionTest, TransactionsAreSnapshots) {
  auto other = engine_->connect();
  run("CREATE TABLE t(a INTEGER)");
  run("BEGIN; INSERT INTO t VALUES (1), (2)");
  EXPECT_EQ(run("SELECT count(*) FROM t"), "2\n");
  EXPECT_EQ(run(*other, "SELECT count(*) FROM t"), "0\n");
  EXPECT_EQ(run(*other, "INSERT INTO t VALUES (3)").substr(0, 5), "40001");  // does not wait for a block
  EXPECT_EQ(run("COMMIT"), "COMMIT");
  EXPECT_EQ(run(*other, "SELECT count(*) FROM t"), "2\n");

  EXPECT_EQ(run(*other, "BEGIN; SELECT count(*) FROM t"), "2\n");
  run("INSERT INTO t VALUES (4)");
  EXPECT_EQ(run(*other, "SELECT count(*) FROM t"), "2\n");
  EXPECT_EQ(run(*other, "INSERT INTO t VALUES (5)").substr(0, 5), "40001");  // the database has moved on
  EXPECT_EQ(run(*other, "SELECT 1").substr(0, 5), "25P02");
  EXPECT_EQ(run(*other, "COMMIT"), "ROLLBACK");
  EXPECT_EQ(run(*other, "SELECT count(*) FROM t"), "3\n");
}

TEST_F(SessionTest, AnErrorThatComesWithRowsFailsTheBlock) {
  run("CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (2)");
  EXPECT_EQ(run("BEGIN; INSERT INTO t VALUES (3); SELECT 1 / (a - 2) FROM t").substr(0, 5), "22012");
  EXPECT_EQ(run("SELECT 1").substr(0, 5), "25P02");
  EXPECT_EQ(run("COMMIT"), "ROLLBACK");
  EXPECT_EQ(run("SELECT count(*) FROM t"), "1\n");
  // Of another block than the one that it was begun in, it fails nothing.
  size_t consumed = 0;
  const auto result = session_->execute("SELECT 1 / (a - 2) FROM t", consumed);
  run("BEGIN; INSERT INTO t VALUES (4)");
  EXPECT_THROW(while (result->next() != nullptr) continue, Error);
  EXPECT_EQ(run("COMMIT"), "COMMIT");
}

TEST_F(SessionTest, WhatCannotBePreparedFailsTheBlock) {
  run("CREATE TABLE t(a INTEGER)");
  const auto good = session_->prepare("SELECT a FROM t WHERE a = $1");
  size_t consumed = 0;
  const auto state_of = [&](const char* text) {
    try {
      session_->prepare(text);
    } catch (const Error& error) {
      return error.sqlstate;
    }
    return std::string("00000");
  };
  const std::function<void()> failing[] = {
      [&] { session_->prepare("SELECT nosuch FROM t"); }, [&] { session_->prepare("SELECT 'open"); },
      [&] { session_->prepare("SELEC 1"); },              [&] { session_->prepare("SELECT 1; SELECT 2"); },
      [&] { good->execute({}); },                         [&] { session_->resume("nosuch"); },
      [&] { session_->discard("nosuch"); },               [&] { session_->execute("SELECT 'open", consumed); },
  };
  for (const auto& fail : failing) {
    run("BEGIN; INSERT INTO t VALUES (1)");
    EXPECT_THROW(fail(), Error);
    EXPECT_EQ(run("SELECT 1").substr(0, 5), "25P02");
    EXPECT_EQ(state_of("SELECT 1"), "25P02");
    EXPECT_EQ(state_of("SELEC 1"), "42601");
    session_->prepare("COMMIT")->execute({});
    EXPECT_EQ(run("SELECT count(*) FROM t"), "0\n");
  }
}

TEST_F(SessionTest, NoViewIsLeftOverNothing) {
  // Whoever comes second is refused, or takes along what the first made.
  auto other = engine_->connect();
  for (int i = 0; i < 100; i++) {
    run("CREATE TABLE t(a INTEGER)");
    std::string dropped, made;
    std::thread drop([&] { dropped = run(i % 2 == 0 ? "DROP TABLE t" : "DROP TABLE t CASCADE"); });
    made = run(*other, "CREATE VIEW v AS SELECT a FROM t");
    drop.join();
    EXPECT_TRUE(made == "CREATE VIEW" || made.starts_with("42P01")) << made;
    EXPECT_TRUE(dropped == "DROP TABLE" || dropped.starts_with("2BP01")) << dropped;
    const std::string rows = run("SELECT count(*) FROM v");
    EXPECT_TRUE(rows == "0\n" || rows.starts_with("42P01@21 table \"v\"")) << rows << made << dropped;
    run("DROP TABLE IF EXISTS t CASCADE");
  }
}

TEST_F(SessionTest, RollbackUndoesEverything) {
  run("CREATE TABLE t(a INTEGER)");
  EXPECT_EQ(run("BEGIN; INSERT INTO t VALUES (1); CREATE TABLE u(b INTEGER); ROLLBACK"), "ROLLBACK");
  EXPECT_EQ(run("SELECT count(*) FROM t"), "0\n");
  EXPECT_EQ(state("SELECT * FROM u"), "42P01");
  EXPECT_EQ(run("COMMIT"), "COMMIT");
  EXPECT_EQ(notices_, "warning: there is no transaction in progress\n");
}

TEST_F(SessionTest, SubqueriesOfEveryKind) {
  run("CREATE TABLE t(a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 10), (2, 20), (3, NULL), (NULL, 40)");
  run("CREATE TABLE u(x INTEGER, y INTEGER); INSERT INTO u VALUES (1, 1), (2, 2), (2, 3), (5, NULL)");
  EXPECT_EQ(run("SELECT a FROM t WHERE a IN (SELECT x FROM u) ORDER BY a"), "1\n2\n");
  EXPECT_EQ(run("SELECT a FROM t WHERE a NOT IN (SELECT x FROM u) ORDER BY a"), "3\n");
  EXPECT_EQ(run("SELECT a FROM t WHERE a NOT IN (SELECT y FROM u)"), "");
  EXPECT_EQ(run("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE x = a AND y > 1)"), "2\n");
  EXPECT_EQ(run("SELECT a FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE x = a) ORDER BY a"), "3\nNULL\n");
  EXPECT_EQ(run("SELECT a, (SELECT count(*) FROM u WHERE x = a) FROM t ORDER BY a"), "1|1\n2|2\n3|0\nNULL|0\n");
  EXPECT_EQ(run("SELECT a, (SELECT max(y) FROM u WHERE x = t.a) FROM t ORDER BY a"), "1|1\n2|3\n3|NULL\nNULL|NULL\n");
  EXPECT_EQ(run("SELECT a, a IN (SELECT y FROM u) FROM t ORDER BY a"), "1|true\n2|true\n3|true\nNULL|NULL\n");
  EXPECT_EQ(run("SELECT a, b IN (SELECT y FROM u) FROM t ORDER BY a"), "1|NULL\n2|NULL\n3|NULL\nNULL|NULL\n");
  EXPECT_EQ(run("SELECT a FROM t WHERE a > ALL (SELECT x FROM u WHERE x < 3)"), "3\n");
  EXPECT_EQ(run("SELECT a FROM t WHERE a >= ANY (SELECT x FROM u) ORDER BY a"), "1\n2\n3\n");
  EXPECT_EQ(state("SELECT (SELECT x FROM u)"), "21000");
  EXPECT_EQ(run("SELECT a, w.m FROM t, LATERAL (SELECT max(y) AS m FROM u WHERE x = a) AS w WHERE m > 0 ORDER BY a"),
            "1|1\n2|3\n");
}

TEST_F(SessionTest, SetOperations) {
  EXPECT_EQ(run("SELECT 1 UNION SELECT 2 UNION SELECT 1 ORDER BY 1"), "1\n2\n");
  EXPECT_EQ(run("SELECT 1 UNION ALL SELECT 1"), "1\n1\n");
  EXPECT_EQ(run("VALUES (1), (2), (2), (3) INTERSECT VALUES (2), (3), (4) ORDER BY 1"), "2\n3\n");
  EXPECT_EQ(run("VALUES (1), (2), (2), (3) EXCEPT VALUES (2) ORDER BY 1"), "1\n3\n");
}

TEST_F(SessionTest, Explain) {
  run("CREATE TABLE t(a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 10), (2, 20)");
  EXPECT_NE(run("EXPLAIN SELECT a, sum(b) FROM t GROUP BY a").find("Aggregate"), std::string::npos);
  std::string analyzed = run("EXPLAIN ANALYZE SELECT a, sum(b) FROM t GROUP BY a");
  EXPECT_NE(analyzed.find("Scan t"), std::string::npos) << analyzed;
  EXPECT_NE(analyzed.find("Execution time"), std::string::npos) << analyzed;
  std::string passes = run("EXPLAIN (passes) SELECT a FROM t WHERE a > 1 + 1");
  EXPECT_NE(passes.find("-- constant_folding"), std::string::npos) << passes;
  EXPECT_NE(passes.find("-- physical plan"), std::string::npos) << passes;
  EXPECT_EQ(state("EXPLAIN (nonsense) SELECT 1"), "42601");
}

TEST_F(SessionTest, RunTimeErrorsHaveTheirStates) {
  EXPECT_EQ(state("SELECT 1 / 0"), "22012");
  EXPECT_EQ(state("SELECT 2147483647 + 1"), "22003");
  EXPECT_EQ(state("SELECT CAST('x' || '1' AS INTEGER)"), "22P02");
  EXPECT_EQ(run("SELECT CASE WHEN false THEN 1 / 0 ELSE 2 END"), "2\n");
  EXPECT_EQ(run("SELECT 1 WHERE false AND 1 / 0 = 1"), "");
}

TEST_F(SessionTest, InterruptFromAnotherThread) {
  // The second is a single morsel, whose pairs pass no condition: nothing is ever pushed behind its join.
  for (const char* text : {"SELECT count(*) FROM generate_series(1, 4000000000000) AS i WHERE i % 7 = 9",
                           "SELECT count(*) FROM generate_series(1, 1000000) AS a(x), generate_series(1, 1000000) AS b(y) "
                           "WHERE x + y < 0"}) {
    std::string shown;
    std::thread query([&] { shown = run(text); });
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    auto begin = std::chrono::steady_clock::now();
    session_->interrupt();
    query.join();
    EXPECT_EQ(shown.substr(0, 5), "57014");
    EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), 5.0);
    EXPECT_EQ(run("SELECT 1"), "1\n");
  }
}

TEST_F(SessionTest, ManyRowsInOneInsert) {
  run("CREATE TABLE t(a INTEGER, b TEXT)");
  std::string text = "INSERT INTO t VALUES (0, 'row, (0)')";
  constexpr int kRows = 120'000;
  for (int i = 1; i < kRows; i++) text += ", (" + std::to_string(i) + ", 'row')";
  EXPECT_EQ(run(text), "INSERT 0 120000");
  EXPECT_EQ(run("SELECT count(*), sum(a), min(b) FROM t"), "120000|7199940000|row\n");
  // The error of a late piece points into the whole statement, and nothing of it stays.
  std::string broken = text + ", ('x', 'y')";
  std::string wanted = "22P02@" + std::to_string(text.size() + 3);
  EXPECT_EQ(run(broken).substr(0, wanted.size()), wanted);
  EXPECT_EQ(run("SELECT count(*) FROM t"), "120000\n");
}

TEST_F(SessionTest, TpchLoad) {
  EXPECT_EQ(run("CALL tpch_load(0.01)"), "CALL");
  EXPECT_EQ(run("SELECT count(*) FROM lineitem"), "60175\n");
  EXPECT_EQ(run("SELECT n_name FROM nation, region WHERE n_regionkey = r_regionkey AND r_name = 'ASIA' ORDER BY 1"),
            "CHINA\nINDIA\nINDONESIA\nJAPAN\nVIETNAM\n");
  EXPECT_EQ(state("CALL tpch_load(0.01)"), "42P07");
  EXPECT_EQ(state("CALL tpch_lod(1)"), "42883");
}

TEST_F(SessionTest, DeepExpressionsRun) {
  std::string sum = "SELECT 1";
  for (int i = 0; i < 2000; i++) sum += " + 1";
  EXPECT_EQ(run(sum), "2001\n");
}

TEST_F(SessionTest, UnsupportedStatementsAreNamed) {
  EXPECT_EQ(run("LISTEN x"), "0A000@-1 LISTEN is not supported");
}

}  // namespace
}  // namespace cairn
