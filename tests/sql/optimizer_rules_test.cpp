// The equivalence rules of relational algebra (Silberschatz, Korth, Sudarshan, "Database System Concepts", chapter on
// query optimization) as a check-list: for each rule, both sides of the equivalence have the plan that is the better one,
// and the answer, with every pass and without.

#include "sql_fixture.h"

namespace cairn::testing {
namespace {

class EquivalenceRules : public SqlFixture {
 protected:
  EquivalenceRules() {
    run("CREATE TABLE a AS SELECT i AS k, i % 10 AS x, i % 3 AS s FROM generate_series(1, 3000) AS i");
    run("CREATE TABLE b AS SELECT i AS k, i % 7 AS y FROM generate_series(1, 300) AS i");
    run("CREATE TABLE c AS SELECT i AS k, i % 5 AS z FROM generate_series(1, 30) AS i");
    run("INSERT INTO b VALUES (NULL, 1), (7, NULL)");
  }

  /// Both spellings have one plan, without (about n rows) and the pieces given in it, and one answer.
  void same(const std::string& left, const std::string& right, const std::vector<std::string>& pieces) {
    SCOPED_TRACE(left + "\n= " + right);
    EXPECT_EQ(plan(left), plan(right));
    same_answer(left, right);
    for (const std::string& piece : pieces) EXPECT_NE(plan(left).find(piece), std::string::npos) << piece << "\n" << plan(left);
  }
  void same_answer(const std::string& left, const std::string& right) {
    const std::string rows = same_without_passes(left);
    EXPECT_EQ(same_without_passes(right), rows);
    EXPECT_NE(rows, "");
  }
  void lacks(const std::string& query, const std::string& piece) {
    EXPECT_EQ(plan(query).find(piece), std::string::npos) << plan(query);
  }
};

// 1. Conjunctive selections are sequences of selections.
TEST_F(EquivalenceRules, R01_ConjunctionsAreCascadesOfSelections) {
  same("SELECT k FROM (SELECT * FROM a WHERE x < 5) AS q WHERE k > 2990 ORDER BY k",
       "SELECT k FROM a WHERE x < 5 AND k > 2990 ORDER BY k", {"Scan a (k, x) where"});
}

// 2. Selections commute.
TEST_F(EquivalenceRules, R02_SelectionsCommute) {
  const std::string one = "SELECT k FROM (SELECT * FROM a WHERE x < 5) AS q WHERE k > 2990 ORDER BY k";
  const std::string other = "SELECT k FROM (SELECT * FROM a WHERE k > 2990) AS q WHERE x < 5 ORDER BY k";
  same_answer(one, other);
  lacks(one, "Filter");
  lacks(other, "Filter");
}

// 3. Of a sequence of projections only the last is needed.
TEST_F(EquivalenceRules, R03_OnlyTheLastProjectionCounts) {
  same("SELECT k FROM (SELECT k, x FROM (SELECT k, x, s, x + s AS t FROM a) AS p) AS q ORDER BY k LIMIT 3",
       "SELECT k FROM a ORDER BY k LIMIT 3", {"Scan a (k)"});
}

// 4a. A selection over a product is a join. 4b. A selection over a join is part of its condition.
TEST_F(EquivalenceRules, R04_SelectionsMakeJoinsOfProducts) {
  same("SELECT count(*) FROM a CROSS JOIN b WHERE a.k = b.k", "SELECT count(*) FROM a JOIN b ON a.k = b.k",
       {"Join inner on k = k"});
  same("SELECT count(*) FROM a JOIN b ON a.k = b.k WHERE a.x < b.y", "SELECT count(*) FROM a JOIN b ON a.k = b.k AND a.x < b.y",
       {"Join inner on k = k where (x < y)"});
}

// 5. Joins commute: the smaller side is built, whichever is written first.
TEST_F(EquivalenceRules, R05_JoinsCommute) {
  same("SELECT count(*), sum(x + y) FROM a JOIN b ON a.k = b.k", "SELECT count(*), sum(x + y) FROM b JOIN a ON a.k = b.k",
       {"├─ Scan a", "└─ Scan b"});
  same("SELECT count(*), sum(x + y) FROM a NATURAL JOIN b", "SELECT count(*), sum(x + y) FROM b NATURAL JOIN a", {"Scan b"});
}

// 6a. Natural joins are associative. 6b. Theta joins are, as far as conditions find their columns.
TEST_F(EquivalenceRules, R06_JoinsAssociate) {
  same("SELECT sum(x + y + z) FROM (a NATURAL JOIN b) NATURAL JOIN c",
       "SELECT sum(x + y + z) FROM a NATURAL JOIN (b NATURAL JOIN c)", {"Scan c"});
  same("SELECT count(*) FROM (a JOIN b ON a.k = b.k) JOIN c ON b.y = c.z AND a.x < c.k",
       "SELECT count(*) FROM a JOIN (b JOIN c ON b.y = c.z) ON a.k = b.k AND a.x < c.k", {"(x < k)"});
}

// 7a. A selection over one side moves there. 7b. A conjunction is divided between both.
TEST_F(EquivalenceRules, R07_SelectionsDistributeOverJoins) {
  same("SELECT count(*) FROM a JOIN b ON a.k = b.k WHERE a.x = 3",
       "SELECT count(*) FROM (SELECT * FROM a WHERE x = 3) AS a JOIN b ON a.k = b.k", {"Scan a (k, x) where (x = "});
  same("SELECT count(*) FROM a JOIN b ON a.k = b.k WHERE a.x = 3 AND b.y < 4",
       "SELECT count(*) FROM (SELECT * FROM a WHERE x = 3) AS a JOIN (SELECT * FROM b WHERE y < 4) AS b ON a.k = b.k",
       {"Scan a (k, x) where (x = ", "Scan b (k, y) where (y < "});
}

// 8a. A projection over a join leaves either side its own columns. 8b. Columns of the condition are kept until the join.
TEST_F(EquivalenceRules, R08_ProjectionsDistributeOverJoins) {
  same("SELECT a.k, b.k FROM a JOIN b ON a.k = b.k ORDER BY 1 LIMIT 2",
       "SELECT a.k, b.k FROM (SELECT k FROM a) AS a JOIN (SELECT k FROM b) AS b ON a.k = b.k ORDER BY 1 LIMIT 2",
       {"Scan a (k)", "Scan b (k)"});
  const std::string query = "SELECT x, y FROM a JOIN b ON a.k = b.k ORDER BY 1, 2 LIMIT 2";
  same(query, "SELECT x, y FROM (SELECT k, x FROM a) AS a JOIN (SELECT k, y FROM b) AS b ON a.k = b.k ORDER BY 1, 2 LIMIT 2",
       {"Scan a (k, x)", "Scan b (k, y)"});
}

// 9. Union and intersection commute; difference does not.
TEST_F(EquivalenceRules, R09_UnionAndIntersectionCommute) {
  same_answer("SELECT count(*), sum(k) FROM (SELECT k FROM a UNION SELECT k FROM b) AS u",
              "SELECT count(*), sum(k) FROM (SELECT k FROM b UNION SELECT k FROM a) AS u");
  same_answer("SELECT count(*), sum(k) FROM (SELECT k FROM a INTERSECT SELECT k FROM b) AS u",
              "SELECT count(*), sum(k) FROM (SELECT k FROM b INTERSECT SELECT k FROM a) AS u");
  EXPECT_EQ(run("SELECT count(*) FROM (SELECT k FROM a EXCEPT SELECT k FROM b) AS u"), "2700\n");
  EXPECT_EQ(run("SELECT count(*) FROM (SELECT k FROM b EXCEPT SELECT k FROM a) AS u"), "1\n");
}

// 10. Union and intersection are associative.
TEST_F(EquivalenceRules, R10_UnionAndIntersectionAssociate) {
  for (const std::string op : {"UNION", "INTERSECT", "UNION ALL"}) {
    same_answer("SELECT count(*), sum(k) FROM ((SELECT k FROM a " + op + " SELECT k FROM b) " + op + " SELECT k FROM c) AS u",
                "SELECT count(*), sum(k) FROM (SELECT k FROM a " + op + " (SELECT k FROM b " + op + " SELECT k FROM c)) AS u");
  }
}

// 11. Selections distribute over union, intersection and difference.
TEST_F(EquivalenceRules, R11_SelectionsDistributeOverSetOperations) {
  for (const std::string op : {"UNION", "UNION ALL", "INTERSECT", "EXCEPT"}) {
    same("SELECT count(*), sum(k) FROM (SELECT k FROM a " + op + " SELECT k FROM b) AS u WHERE k < 20",
         "SELECT count(*), sum(k) FROM (SELECT k FROM a WHERE k < 20 " + op + " SELECT k FROM b WHERE k < 20) AS u",
         {"Scan a (k) where (k < "});
  }
}

// 11, the other half: of intersection and difference it is enough to select on the left.
TEST_F(EquivalenceRules, R11_SelectingOnTheLeftOfADifferenceIsEnough) {
  same_answer("SELECT count(*), sum(k) FROM (SELECT k FROM a EXCEPT SELECT k FROM b) AS u WHERE k < 320",
              "SELECT count(*), sum(k) FROM (SELECT k FROM a WHERE k < 320 EXCEPT SELECT k FROM b) AS u");
}

// 12. Projections distribute over union.
TEST_F(EquivalenceRules, R12_ProjectionsDistributeOverUnions) {
  same("SELECT count(*), sum(k) FROM (SELECT k, x, s FROM a UNION ALL SELECT k, y, y FROM b) AS u",
       "SELECT count(*), sum(k) FROM (SELECT k FROM a UNION ALL SELECT k FROM b) AS u", {"Scan a (k)", "Scan b (k)"});
}

// Semi-join: r semijoin s is the projection of r join s on r's columns, computed by sending s's keys to r.
TEST_F(EquivalenceRules, SemiJoinsSendKeysInsteadOfRows) {
  same_answer("SELECT count(*), sum(x) FROM a WHERE k IN (SELECT k FROM b)",
              "SELECT count(*), sum(x) FROM a JOIN (SELECT DISTINCT k FROM b) AS b ON a.k = b.k");
  EXPECT_NE(plan("SELECT count(*), sum(x) FROM a WHERE k IN (SELECT k FROM b)").find("Join semi on k = k"), std::string::npos);
}

}  // namespace
}  // namespace cairn::testing
