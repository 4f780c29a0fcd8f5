// What users of other systems type: a message that names it and the way to the same end.
#include <gtest/gtest.h>

#include <string>

#include "sql/session.h"
#include "vector/error.h"

namespace cairn {
namespace {

class SpellingTest : public ::testing::Test {
 protected:
  SpellingTest() { run("CREATE TABLE t(a INTEGER, b VARCHAR, d DATE); INSERT INTO t VALUES (1, 'x', '2020-01-01')"); }

  void run(std::string_view text) {
    while (!text.empty()) {
      size_t consumed = 0;
      const auto result = session_->execute(text, consumed);
      if (result == nullptr) return;
      while (result->next()) continue;
      text.remove_prefix(consumed);
    }
  }
  Error error_of(std::string_view text) {
    try {
      run(text);
    } catch (const Error& error) {
      return error;
    }
    return Error("00000", "");
  }
  /// "message @position | hint".
  std::string told(std::string_view text) {
    const Error error = error_of(text);
    return error.message + " @" + std::to_string(error.position) + " | " + error.hint;
  }

  std::shared_ptr<Engine> engine_ = Engine::open(":memory:");
  std::unique_ptr<Session> session_ = engine_->connect();
};

#define EXPECT_TOLD(text, part) EXPECT_NE(told(text).find(part), std::string::npos) << text << "\n  gives " << told(text)

TEST_F(SpellingTest, Statements) {
  EXPECT_TOLD("SUMMARIZE t", "SUMMARIZE is not supported @0 | SELECT count(*)");
  EXPECT_TOLD("FROM t", "a query that begins with FROM is not supported @0 | Write SELECT * FROM t.");
  EXPECT_TOLD("SELECT * FROM (FROM t)", "a query that begins with FROM is not supported @14");
  EXPECT_TOLD("PIVOT t ON a USING sum(a)", "PIVOT is not supported @0 | sum(a) FILTER");
  EXPECT_TOLD("SELECT * FROM t PIVOT (sum(a) FOR b IN ('x', 'y'))", "PIVOT is not supported @16");
  EXPECT_TOLD("INSERT OR REPLACE INTO t VALUES (1)", "INSERT OR REPLACE is not supported @0 | INSERT ... ON CONFLICT");
  EXPECT_TOLD("CREATE OR REPLACE TABLE t(a INTEGER)", "CREATE OR REPLACE TABLE is not supported @0");
  EXPECT_TOLD("PRAGMA table_info('t')", "PRAGMA is not supported @0 | SHOW ALL");
  EXPECT_TOLD("ATTACH 'x.db' AS x", "ATTACH is not supported @0");
  EXPECT_TOLD("REINDEX TABLE t", "REINDEX is not supported");
  EXPECT_TOLD("SHOW DATABASES", "SHOW DATABASES is not supported");
  EXPECT_TOLD("DELETE t WHERE a = 1", "DELETE without FROM");
}

TEST_F(SpellingTest, FunctionsOfOtherSystems) {
  EXPECT_TOLD("SELECT TRY_CAST(b AS INTEGER) FROM t", "TRY_CAST is not supported @7 | CASE WHEN");
  EXPECT_TOLD("SELECT * FROM range(3)", "table function \"range\" does not exist @14 | Write generate_series");
  EXPECT_TOLD("SELECT * FROM t LIMIT 10%", "LIMIT of a share is not supported @16");
  EXPECT_TOLD("SELECT year(d) FROM t", "function year(date) does not exist @7 | Write extract(");
  EXPECT_TOLD("SELECT last_day(d) FROM t", "| Write CAST(date_trunc(");
  EXPECT_TOLD("SELECT current_timestamp()", "CURRENT_TIMESTAMP takes no parentheses @7");
  EXPECT_TOLD("SELECT list_value(1, 2)", "| A table with a row per element");
}

TEST_F(SpellingTest, Clauses) {
  EXPECT_TOLD("SELECT a FROM t QUALIFY row_number() OVER () = 1", "QUALIFY is not supported @16 | Filter");
  EXPECT_TOLD("SELECT a FROM t WHERE a > 0 QUALIFY row_number() OVER () = 1", "QUALIFY is not supported @28");
  EXPECT_TOLD("SELECT a, count(*) FROM t GROUP BY ALL", "GROUP BY ALL is not supported @26");
  EXPECT_TOLD("SELECT a, count(*) FROM t GROUP BY ALL ORDER BY 1", "GROUP BY ALL is not supported");
  EXPECT_TOLD("SELECT a FROM t ORDER BY ALL", "ORDER BY ALL is not supported");
  EXPECT_TOLD("SELECT * EXCLUDE (a) FROM t", "* EXCLUDE is not supported @7 | Name the columns");
  EXPECT_TOLD("SELECT t.* EXCLUDE (a) FROM t", "* EXCLUDE is not supported @9");
  EXPECT_TOLD("SELECT * EXCEPT (a) FROM t", "* EXCEPT is not supported");
  EXPECT_TOLD("SELECT * REPLACE (a + 1 AS a) FROM t", "* REPLACE is not supported");
  EXPECT_TOLD("SELECT * FROM 'file.csv'", "a file in FROM is not supported @9 | CREATE TABLE");
  EXPECT_TOLD("SELECT * FROM t ASOF JOIN t u ON t.d >= u.d", "ASOF JOIN is not supported @16 | JOIN LATERAL");
  EXPECT_TOLD("SELECT t.a FROM t SEMI JOIN t u USING (a)", "SEMI JOIN is not supported");
  EXPECT_TOLD("SELECT a FROM t LIMIT 1, 2", "LIMIT a, b is not supported @16 | Write LIMIT b OFFSET a.");
  EXPECT_TOLD("SELECT a FROM t USING SAMPLE 10", "USING SAMPLE is not supported");
}

TEST_F(SpellingTest, Columns) {
  EXPECT_TOLD("CREATE TABLE u(a INTEGER PRIMARY KEY AUTOINCREMENT)", "AUTOINCREMENT is not supported @37");
  EXPECT_TOLD("CREATE TABLE u(a INTEGER UNSIGNED)", "UNSIGNED types are not supported");
  EXPECT_TOLD("CREATE TABLE u(a DATETIME)", "type \"datetime\" does not exist @17 | Write TIMESTAMP.");
  EXPECT_TOLD("SELECT a::INT64 FROM t", "Write BIGINT.");
  EXPECT_TOLD("CREATE TABLE u(a INTEGER[])", "array types are not supported @17 | A table");
}

TEST_F(SpellingTest, Values) {
  EXPECT_TOLD("SELECT [1, 2, 3]", "lists and arrays are not supported @7");
  EXPECT_TOLD("SELECT ARRAY[1, 2]", "is not supported @7 | A table");
  EXPECT_TOLD("SELECT {'a': 1}", "struct literals are not supported @7");
  EXPECT_TOLD("SELECT `a` FROM t", "names do not stand in backticks @7 | Names stand in double quotes");
  EXPECT_TOLD("SELECT [a] FROM t", "names do not stand in brackets");
  EXPECT_TOLD("SELECT list_transform(a, x -> x + 1) FROM t", "lambdas and JSON operators are not supported");
  EXPECT_TOLD("SELECT d AT TIME ZONE 'UTC' FROM t", "AT TIME ZONE is not supported");
  EXPECT_TOLD("SELECT a FROM t WHERE a == 1", "there is no operator == @24 | Write =.");
  EXPECT_TOLD("SELECT a FROM t WHERE !(a = 1)", "there is no operator ! @22 | Write NOT.");
  EXPECT_TOLD("SELECT a FROM t WHERE a = 1 && b = 'x'", "there is no operator && @28 | Write AND.");
  EXPECT_TOLD("SELECT a FROM t WHERE a = 1 || b = 'x'", "|| joins texts @28 | Write OR");
  EXPECT_TOLD("SELECT b + 'b' FROM t", "operator does not exist: character varying + unknown @9 | Texts are joined by ||.");
  EXPECT_TOLD("SELECT b + b FROM t", "Texts are joined by ||.");
}

TEST_F(SpellingTest, FunctionsAndTables) {
  EXPECT_TOLD("SELECT max()", "function max() does not exist @7 | It takes the values: max(a).");
  EXPECT_TOLD("SELECT ifnull(a, 0) FROM t", "function ifnull(integer, integer) does not exist @7 | Write coalesce(a, b).");
  EXPECT_TOLD("SELECT isnull(a, 0) FROM t", "Write a IS NULL, or coalesce(a, b).");
  EXPECT_TOLD("SELECT len(b) FROM t", "Write length(a).");
  EXPECT_TOLD("SELECT * FROM read_csv('x.csv')", "COPY t FROM");
  EXPECT_TOLD("SELECT * FROM sqlite_master", "SHOW TABLES");
  EXPECT_TOLD("SELECT * FROM information_schema.tables", "cairn_tables()");
}

// Errors that have nothing to do with a spelling keep their words.
TEST_F(SpellingTest, OtherErrorsStayWhatTheyAre) {
  run("CREATE TABLE exclude(qualify INTEGER, datetime INTEGER)");
  EXPECT_EQ(told("SELECT qualify FROM exclude WHERE nosuch = 1"), "column \"nosuch\" does not exist @34 | ");
  EXPECT_EQ(told("SELECT qualify + FROM exclude"), "syntax error at or near \"FROM\" @17 | ");
  EXPECT_EQ(told("SELECT 1 +"), "syntax error at end of input @10 | ");
  EXPECT_EQ(told("SELECT datetime.x FROM exclude"), "missing FROM-clause entry for table \"datetime\" @7 | ");
  EXPECT_EQ(error_of("SELECT 'SUMMARIZE' / 1").message.find("SUMMARIZE is"), std::string::npos);
  EXPECT_EQ(error_of("SELECT nosuch -- QUALIFY\nFROM exclude").message, "column \"nosuch\" does not exist");
}

// A rewritten statement's errors are about the text as it was written.
TEST_F(SpellingTest, PlacesAreThoseOfTheTextAsWritten) {
  EXPECT_EQ(error_of("DESCRIBE nosuch").position, 9);
  EXPECT_EQ(error_of("  /* x */ desc   nosuch").position, 17);
  EXPECT_EQ(error_of("DESCRIBE SELECT nosuch FROM t").position, 16);
  EXPECT_EQ(error_of("SHOW COLUMNS FROM nosuch").position, 18);
  EXPECT_EQ(error_of("DESCRIBE nosuch").sqlstate, sqlstate::kUndefinedTable);
}

TEST_F(SpellingTest, RewrittenStatementsCanBePrepared) {
  const auto prepared = session_->prepare("SHOW TABLES");
  EXPECT_EQ(prepared->execute({})->names(), std::vector<std::string>{"name"});
}

}  // namespace
}  // namespace cairn
