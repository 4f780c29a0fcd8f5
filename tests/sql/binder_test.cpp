// Names, types and shapes: what a query becomes before any optimizer has seen it, and where errors point.

#include "sql/binder/binder.h"

#include <gtest/gtest.h>

#include <string>

#include "sql/binder/nearest_name.h"
#include "tests/sql/catalog.h"
#include "vector/error.h"

namespace cairn {
namespace {

using ::testing::Test;

class BinderTest : public Test {
 protected:
  LogicalPlan bind(const std::string& sql) {
    tree_ = parse_statement(sql);
    Binder binder({snapshot_});
    return binder.bind_query(*tree_->statement().select_stmt);
  }

  /// The plan's tree; "<sqlstate>@<position> <message>" for an error, with the hint in brackets.
  std::string plan(const std::string& sql) {
    try {
      return bind(sql).to_string();
    } catch (const Error& error) {
      return error.sqlstate + "@" + std::to_string(error.position) + " " + error.message +
             (error.hint.empty() ? "" : " [" + error.hint + "]");
    }
  }

  /// "name TYPE, …" of the result.
  std::string columns(const std::string& sql) {
    LogicalPlan bound = bind(sql);
    std::string text;
    for (size_t i = 0; i < bound.result_names.size(); i++)
      text += (i > 0 ? ", " : "") + bound.result_names[i] + " " + bound.columns[bound.root->outputs[i]].type.to_string();
    return text;
  }

  std::string type(const std::string& expression) {
    LogicalPlan bound = bind("SELECT " + expression + " FROM t");
    return bound.columns[bound.root->outputs[0]].type.to_string();
  }

  std::string state(const std::string& sql) { return plan(sql).substr(0, 5); }
  bool has(const std::string& sql, std::string_view part) {
    std::string text = plan(sql);
    bool found = text.find(part) != std::string::npos;
    if (!found) ADD_FAILURE() << "no \"" << part << "\" in\n" << text;
    return found;
  }

  std::shared_ptr<Snapshot> snapshot_ = testing::make_catalog(
      std::string(testing::tpch_schema()) +
      "CREATE TABLE t(a INTEGER, b BIGINT NOT NULL, c VARCHAR(10), d DECIMAL(10,2), e DOUBLE PRECISION, f DATE, g BOOLEAN,"
      "               h CHAR(5), i INTERVAL, k TIMESTAMP, r REAL, s SMALLINT);"
      "CREATE TABLE u(a INTEGER NOT NULL, x INTEGER, y TEXT);"
      "CREATE VIEW v(p, q) AS SELECT a, x + 1 FROM u WHERE x > 0;");
  std::shared_ptr<const SyntaxTree> tree_;
};

TEST_F(BinderTest, NamesFoldAndStarsExpand) {
  EXPECT_EQ(columns("SELECT A, \"x\" FROM U"), "a INTEGER, x INTEGER");
  EXPECT_EQ(columns("SELECT * FROM u"), "a INTEGER, x INTEGER, y VARCHAR");
  EXPECT_EQ(columns("SELECT w.*, 1 AS one FROM u AS w"), "a INTEGER, x INTEGER, y VARCHAR, one INTEGER");
  EXPECT_EQ(columns("SELECT p FROM u AS w(p)"), "p INTEGER");
  EXPECT_EQ(columns("SELECT * FROM (SELECT a, x FROM u) AS w(m)"), "m INTEGER, x INTEGER");
  EXPECT_EQ(columns("SELECT public.u.a, u.x FROM public.u"), "a INTEGER, x INTEGER");
}

TEST_F(BinderTest, UnnamedColumnsAreNamedAsPostgresDoes) {
  EXPECT_EQ(columns("SELECT 1, a + 1, count(*), CAST(1 AS bigint), CASE WHEN true THEN 1 END, coalesce(1, 2), "
                    "date '2000-01-01', (SELECT x FROM u), EXISTS (SELECT 1) FROM t GROUP BY a"),
            "?column? INTEGER, ?column? INTEGER, count BIGINT, int8 BIGINT, case INTEGER, coalesce INTEGER, date DATE, "
            "x INTEGER, exists BOOLEAN");
}

TEST_F(BinderTest, UnknownNamesSuggestTheNearest) {
  EXPECT_EQ(plan("SELECT l_ordrkey FROM lineitem"),
            "42703@7 column \"l_ordrkey\" does not exist [Perhaps you meant the column \"l_orderkey\".]");
  EXPECT_EQ(plan("SELECT * FROM linietem"),
            "42P01@14 table \"linietem\" does not exist [Perhaps you meant the table \"lineitem\".]");
  EXPECT_EQ(plan("SELECT l.l_tx FROM lineitem l"),
            "42703@7 column l.l_tx does not exist [Perhaps you meant the column \"l.l_tax\".]");
  EXPECT_EQ(plan("SELECT q.a FROM u"), "42P01@7 missing FROM-clause entry for table \"q\"") << "u is not near";
  EXPECT_EQ(plan("SELECT abss(a) FROM u"),
            "42883@7 function abss(integer) does not exist [Perhaps you meant the function \"abs\".]");
  EXPECT_EQ(plan("SELECT zzzzzz FROM u"), "42703@7 column \"zzzzzz\" does not exist");
  EXPECT_EQ(plan("SELECT a::integr FROM u"), "42704@10 type \"integr\" does not exist [Perhaps you meant the type \"integer\".]");
}

TEST_F(BinderTest, AmbiguousAndDuplicateNames) {
  EXPECT_EQ(state("SELECT a FROM t, u"), "42702");
  EXPECT_EQ(state("SELECT t.a FROM t, t"), "42712");
  EXPECT_EQ(state("SELECT x AS a, a FROM u ORDER BY a"), "42702");
  EXPECT_EQ(state("WITH w AS (SELECT 1), w AS (SELECT 2) SELECT 1"), "42712");
}

TEST_F(BinderTest, LiteralsTakeTheirDigits) {
  EXPECT_EQ(type("1"), "INTEGER");
  EXPECT_EQ(type("2147483648"), "BIGINT");
  EXPECT_EQ(type("9223372036854775808"), "HUGEINT");
  EXPECT_EQ(type("-9223372036854775808"), "BIGINT");
  EXPECT_EQ(type("0.06"), "DECIMAL(3,2)");
  EXPECT_EQ(type(".06"), "DECIMAL(3,2)");
  EXPECT_EQ(type("12.50"), "DECIMAL(4,2)");
  EXPECT_EQ(type("-12.5"), "DECIMAL(3,1)");
  EXPECT_EQ(type("1e3"), "DECIMAL(4,0)");
  EXPECT_EQ(type("'x'"), "VARCHAR");
  EXPECT_EQ(type("NULL"), "VARCHAR");
  EXPECT_EQ(type("true"), "BOOLEAN");
}

TEST_F(BinderTest, ArithmeticTypes) {
  EXPECT_EQ(type("a + s"), "INTEGER");
  EXPECT_EQ(type("a + b"), "BIGINT");
  EXPECT_EQ(type("a / 2"), "INTEGER");
  EXPECT_EQ(type("d + 1"), "DECIMAL(11,2)");
  EXPECT_EQ(type("d * d"), "DECIMAL(20,4)");
  EXPECT_EQ(type("d / 3"), "DOUBLE");
  EXPECT_EQ(type("d + e"), "DOUBLE");
  EXPECT_EQ(type("r + 1"), "DOUBLE");
  EXPECT_EQ(type("f + 1"), "DATE");
  EXPECT_EQ(type("f - f"), "INTEGER");
  EXPECT_EQ(type("f - interval '90' day"), "TIMESTAMP");
  EXPECT_EQ(type("k - k"), "INTERVAL");
  EXPECT_EQ(type("i * 2"), "INTERVAL");
  EXPECT_EQ(type("c || a"), "VARCHAR");
  EXPECT_EQ(type("extract(year FROM f)"), "DECIMAL(7,0)");
  EXPECT_EQ(type("sqrt(a)"), "DOUBLE");
  EXPECT_EQ(state("SELECT a + c FROM t"), "42883");
  EXPECT_EQ(state("SELECT g + 1 FROM t"), "42883");
  EXPECT_EQ(state("SELECT a || b FROM t"), "42883");
}

TEST_F(BinderTest, CommonTypes) {
  EXPECT_EQ(type("CASE WHEN g THEN a ELSE b END"), "BIGINT");
  EXPECT_EQ(type("CASE WHEN g THEN a ELSE 1.5 END"), "DECIMAL(11,1)");
  EXPECT_EQ(type("CASE WHEN g THEN NULL ELSE f END"), "DATE");
  EXPECT_EQ(type("coalesce(d, 0)"), "DECIMAL(12,2)");
  EXPECT_EQ(type("coalesce(a, e)"), "DOUBLE");
  EXPECT_EQ(type("nullif(a, 1)"), "INTEGER");
  EXPECT_EQ(type("nullif(a, b)"), "INTEGER");
  EXPECT_EQ(type("nullif(a, e)"), "DOUBLE");
  EXPECT_EQ(type("greatest(a, b)"), "BIGINT");
  EXPECT_EQ(columns("SELECT a FROM t UNION SELECT '7'"), "a INTEGER");
  EXPECT_EQ(state("SELECT a FROM t UNION SELECT 'x'"), "22P02");
  EXPECT_EQ(state("SELECT a FROM t UNION SELECT f FROM t"), "42804");
  EXPECT_EQ(columns("VALUES (1, 'a'), (2.5, NULL)"), "column1 DECIMAL(11,1), column2 VARCHAR");
  EXPECT_EQ(state("VALUES (1, 2), (3)"), "42601");
  EXPECT_EQ(state("SELECT CASE WHEN g THEN a ELSE f END FROM t"), "42804");
}

TEST_F(BinderTest, ConstantsComeToTheColumnsType) {
  EXPECT_TRUE(has("SELECT 1 FROM t WHERE d < 24", "'24.00'::DECIMAL(10,2)"));
  EXPECT_TRUE(has("SELECT 1 FROM t WHERE b = 7", "7::BIGINT"));
  EXPECT_TRUE(has("SELECT 1 FROM t WHERE f >= '1994-01-01'", "'1994-01-01'::DATE"));
  EXPECT_TRUE(has("SELECT 1 FROM t WHERE f <= date '1998-12-01' - interval '90' day", "(f#5 <= '1998-09-02'::DATE)"));
  EXPECT_TRUE(has("SELECT 1 FROM t WHERE f < date '1994-01-01' + interval '1' year", "(f#5 < '1995-01-01'::DATE)"));
  EXPECT_TRUE(has("SELECT 1 FROM t WHERE d BETWEEN .06 - 0.01 AND .06 + 0.01", "(d#3 >= '0.05'::DECIMAL(10,2))"));
  EXPECT_TRUE(has("SELECT 1 FROM t WHERE d < 24.005", "CAST(d#3 AS DECIMAL"));
  EXPECT_TRUE(has("SELECT 1 FROM t WHERE a IN (1, 2, 3)", "IN (1::INTEGER, 2::INTEGER, 3::INTEGER)"));
  EXPECT_EQ(state("SELECT 1 FROM t WHERE a = 'x'"), "22P02");
  EXPECT_EQ(state("SELECT 1 FROM t WHERE f = 'yesterdayish'"), "22007");
  EXPECT_EQ(plan("SELECT 1 FROM t WHERE a = c").substr(0, 61), "42883@24 operator does not exist: integer = character varying");
}

TEST_F(BinderTest, CastsFollowPostgres) {
  EXPECT_EQ(type("a::text"), "VARCHAR");
  EXPECT_EQ(type("CAST(c AS integer)"), "INTEGER");
  EXPECT_EQ(type("d::numeric(5,1)"), "DECIMAL(5,1)");
  EXPECT_EQ(type("'12.50'::numeric"), "DECIMAL(4,2)");
  EXPECT_EQ(type("a::numeric"), "DECIMAL(10,0)");
  EXPECT_EQ(state("SELECT f::integer FROM t"), "42846");
  EXPECT_EQ(state("SELECT g::date FROM t"), "42846");
  EXPECT_EQ(state("SELECT 'x'::integer"), "22P02");
  EXPECT_EQ(state("SELECT a::numeric(50,2) FROM t"), "22023");
  EXPECT_EQ(state("SELECT a::json FROM t"), "0A000");
}

TEST_F(BinderTest, GroupingRules) {
  EXPECT_EQ(plan("SELECT a, x FROM u GROUP BY a"),
            "42803@10 column \"x\" must appear in the GROUP BY clause or be used in an aggregate function");
  EXPECT_EQ(state("SELECT a FROM u HAVING count(*) > 1"), "42803");
  EXPECT_EQ(state("SELECT a FROM u WHERE count(*) > 1"), "42803");
  EXPECT_EQ(state("SELECT sum(count(*)) FROM u"), "42803");
  EXPECT_EQ(state("SELECT a FROM u GROUP BY count(*)"), "42803");
  EXPECT_EQ(state("SELECT a FROM u GROUP BY a ORDER BY x"), "42803");
  EXPECT_EQ(state("SELECT a FROM u GROUP BY 2"), "42P10");
  EXPECT_EQ(columns("SELECT a + 1 AS s, count(*) FROM u GROUP BY a + 1"), "s INTEGER, count BIGINT");
  EXPECT_EQ(columns("SELECT (a + 1) * 2 FROM u GROUP BY a + 1"), "?column? INTEGER");
  EXPECT_EQ(columns("SELECT a + 1 AS s FROM u GROUP BY s"), "s INTEGER");
  EXPECT_EQ(columns("SELECT x, a FROM u GROUP BY 1, 2"), "x INTEGER, a INTEGER");
  EXPECT_EQ(state("SELECT (SELECT u.x) FROM u GROUP BY a"), "42803");
  EXPECT_EQ(columns("SELECT (SELECT u.a + 1) AS s FROM u GROUP BY a"), "s INTEGER");
}

TEST_F(BinderTest, EqualAggregatesAreComputedOnce) {
  std::string text = plan("SELECT sum(a), sum(a) + 1, count(DISTINCT a) FROM u HAVING sum(a) > 3 ORDER BY sum(a)");
  EXPECT_EQ(text.find("sum("), text.rfind("sum(")) << text;
}

TEST_F(BinderTest, OrderBy) {
  EXPECT_TRUE(has("SELECT a AS z, x FROM u ORDER BY z DESC, 2", "Sort by [z#3 desc nulls first, x#4]"));
  EXPECT_TRUE(has("SELECT a FROM u ORDER BY x NULLS FIRST", "nulls first"));
  EXPECT_EQ(columns("SELECT a FROM u ORDER BY x + a"), "a INTEGER");
  EXPECT_EQ(state("SELECT DISTINCT a FROM u ORDER BY x"), "42P10");
  EXPECT_EQ(state("SELECT a FROM u ORDER BY 2"), "42P10");
  EXPECT_EQ(state("SELECT a FROM u ORDER BY 'x'"), "42601");
  EXPECT_EQ(state("SELECT a FROM u UNION SELECT x FROM u ORDER BY a + 1"), "0A000");
  EXPECT_EQ(state("SELECT DISTINCT ON (a) a FROM u ORDER BY x"), "42P10");
  EXPECT_TRUE(has("SELECT DISTINCT ON (a) x FROM u ORDER BY a, y", "Window"));
}

TEST_F(BinderTest, LimitIsACount) {
  EXPECT_TRUE(has("SELECT a FROM u LIMIT 3 OFFSET 2", "Limit 3::BIGINT offset 2::BIGINT"));
  EXPECT_TRUE(has("SELECT a FROM u FETCH FIRST 3 ROWS ONLY", "Limit 3::BIGINT"));
  EXPECT_EQ(plan("SELECT a FROM u LIMIT ALL").find("Limit"), std::string::npos);
  EXPECT_EQ(state("SELECT a FROM u LIMIT -1"), "2201W");
  EXPECT_EQ(state("SELECT a FROM u LIMIT a"), "42703");
}

TEST_F(BinderTest, JoinsMergeTheirUsingColumns) {
  EXPECT_EQ(columns("SELECT * FROM u JOIN (SELECT a, d FROM t) AS t2 USING (a)"),
            "a INTEGER, x INTEGER, y VARCHAR, d DECIMAL(10,2)");
  EXPECT_EQ(columns("SELECT * FROM u NATURAL JOIN (SELECT a, d FROM t) AS t2"),
            "a INTEGER, x INTEGER, y VARCHAR, d DECIMAL(10,2)");
  EXPECT_TRUE(has("SELECT a FROM u FULL JOIN (SELECT a FROM t) AS t2 USING (a)", "COALESCE"));
  EXPECT_TRUE(has("SELECT u.a FROM u RIGHT JOIN t ON u.a = t.a", "Join right"));
  EXPECT_EQ(state("SELECT * FROM u JOIN t USING (x)"), "42703");
  EXPECT_EQ(state("SELECT 1 FROM u JOIN t ON u.a"), "42804");
  EXPECT_EQ(state("SELECT 1 FROM u JOIN t ON u.a = nation.a, nation"), "42P01");
}

TEST_F(BinderTest, SubqueriesBecomeJoins) {
  EXPECT_TRUE(has("SELECT a FROM u WHERE EXISTS (SELECT 1 FROM t WHERE t.a = u.a)", "Dependent join semi"));
  EXPECT_TRUE(has("SELECT a FROM u WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.a = u.a)", "Dependent join anti"));
  EXPECT_TRUE(has("SELECT a FROM u WHERE a IN (SELECT a FROM t)", "Join semi on (a#"));
  EXPECT_TRUE(has("SELECT a FROM u WHERE (a, x) IN (SELECT a, s FROM t)", "Join semi on (a#"));
  EXPECT_TRUE(has("SELECT a FROM u WHERE a NOT IN (SELECT a FROM u)", "Join anti on"));  // no side has NULLs
  EXPECT_TRUE(has("SELECT a FROM u WHERE x NOT IN (SELECT a FROM t)", "Join mark"));
  EXPECT_TRUE(has("SELECT a FROM u WHERE x IN (SELECT a FROM t) OR a > 3", "Join mark"));
  EXPECT_TRUE(has("SELECT a FROM u WHERE x > ALL (SELECT a FROM t)", "Join mark"));
  EXPECT_TRUE(has("SELECT (SELECT max(a) FROM t) FROM u", "Join single"));
  EXPECT_TRUE(has("SELECT (SELECT max(t.a) FROM t WHERE t.b = u.a) FROM u", "Dependent join single"));
  EXPECT_TRUE(has("SELECT u.a FROM u, LATERAL (SELECT t.a FROM t WHERE t.b = u.a) AS w", "Dependent join inner"));
  EXPECT_TRUE(has("SELECT u.a FROM u LEFT JOIN t ON u.a = t.a AND EXISTS (SELECT 1 FROM t AS z WHERE z.b = t.b)",
                  "Dependent join left"));
  EXPECT_EQ(state("SELECT (SELECT a, x FROM u)"), "42601");
  EXPECT_EQ(state("SELECT 1 FROM u WHERE a IN (SELECT a, x FROM u)"), "42601");
  EXPECT_EQ(state("SELECT u.a FROM u, (SELECT t.a FROM t WHERE t.b = u.a) AS w"), "42P01");
}

TEST_F(BinderTest, AggregatesOfOuterColumnsBelongToTheOuterQuery) {
  std::string text = plan("SELECT (SELECT sum(u.a)) FROM u");
  EXPECT_EQ(text.find("Aggregate"), text.rfind("Aggregate")) << text;
  EXPECT_EQ(columns("SELECT (SELECT sum(u.a) + max(t.b) FROM t) AS s FROM u"), "s BIGINT");
}

TEST_F(BinderTest, CommonTablesAndViews) {
  EXPECT_EQ(columns("WITH w(m) AS (SELECT a FROM u) SELECT m, w2.m FROM w JOIN w AS w2 USING (m)"), "m INTEGER, m INTEGER");
  EXPECT_TRUE(has("WITH w AS (SELECT a FROM u) SELECT * FROM w, w AS z", "With w"));
  EXPECT_TRUE(has("WITH w AS (SELECT 1 AS one), z AS (SELECT one FROM w) SELECT one FROM z", "With z"));
  EXPECT_TRUE(has("WITH RECURSIVE w AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM w) SELECT n FROM w", "Recursion"));
  EXPECT_EQ(columns("WITH w AS (SELECT 1 AS lineitem) SELECT * FROM w AS lineitem"), "lineitem INTEGER");
  EXPECT_EQ(columns("SELECT * FROM v"), "p INTEGER, q INTEGER");
  EXPECT_EQ(columns("SELECT (WITH w AS (SELECT u.a AS k) SELECT k FROM w) AS k FROM u"), "k INTEGER");
}

TEST_F(BinderTest, UnsupportedConstructsAreNamedWithTheirPosition) {
  EXPECT_EQ(plan("SELECT ARRAY[1, 2]"), "0A000@7 array constructor is not supported");
  EXPECT_EQ(plan("SELECT * FROM u TABLESAMPLE system (1)"), "0A000@28 TABLESAMPLE is not supported");
  EXPECT_EQ(plan("SELECT u FROM u"), "0A000@7 a whole row (\"u\" is a table) is not supported");
}

TEST_F(BinderTest, ParametersTakeTheirTypesFromTheContext) {
  tree_ = parse_statement("SELECT a FROM t WHERE d < $1 AND f >= $2 AND c LIKE $3 AND a IN ($4, 7) LIMIT $5");
  Binder binder({snapshot_});
  binder.bind_query(*tree_->statement().select_stmt);
  std::string types;
  for (const Type& type : binder.parameter_types()) types += type.to_string() + " ";
  EXPECT_EQ(types, "DECIMAL(38,10) DATE VARCHAR INTEGER BIGINT ") << "a column's digits are no parameter's";
}

TEST_F(BinderTest, ASchemaIsThereWhereSomethingIsInIt) {
  Snapshot pinned;  // as the manifest keeps it: without its schemas
  pinned.tables.insert_or_assign("s1.t", std::make_shared<TableVersion>());
  EXPECT_TRUE(has_schema(pinned, "s1"));
  EXPECT_FALSE(has_schema(pinned, "s"));
  EXPECT_FALSE(has_schema(pinned, "s1.t"));
}

TEST_F(BinderTest, DeepExpressionsBindOnALargeStack) {
  std::string sum = "1";
  for (int i = 0; i < 2500; i++) sum += " + 1";
  std::string nested = std::string(2500, '(') + "a" + std::string(2500, ')');
  run_on_large_stack([&] {
    EXPECT_EQ(type(sum), "INTEGER");
    EXPECT_EQ(type(nested), "INTEGER");
  });
}

TEST_F(BinderTest, EndsWhereItIsInterrupted) {
  const std::atomic<bool> interrupted = true;
  tree_ = parse_statement("SELECT a FROM t");
  BindContext context{snapshot_};
  context.interrupted = &interrupted;
  try {
    Binder(std::move(context)).bind_query(*tree_->statement().select_stmt);
    FAIL() << "bound";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kQueryCanceled);
  }
}

TEST(NearestName, CountsSwapsAsOneAndKeepsItsDistance) {
  EXPECT_EQ(nearest_name("linietem", {"lineitem", "nation"}), "lineitem");
  EXPECT_EQ(nearest_name("ab", {"ba", "xyz"}), "ba");
  EXPECT_EQ(nearest_name("orders", {"lineitem"}), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  EXPECT_EQ(nearest_name("x", {"a", "b"}), "");
  EXPECT_EQ(nearest_name("id", {"di", "x"}), "di");
  EXPECT_EQ(nearest_name("Name", {"nom", "name"}), "name");
}

}  // namespace
}  // namespace cairn
