// Semi-join reductions passed sideways into scans: where they arrive, and that nobody notices but the clock.

#include <gtest/gtest.h>

#include "sql_fixture.h"

namespace cairn::testing {
namespace {

class SemiJoinReduction : public SqlFixture {
 protected:
  SemiJoinReduction() {
    run("CREATE TABLE fact AS SELECT i AS id, i % 1000 AS item, i % 97 AS shop, i % 13 AS amount "
        "FROM generate_series(1, 40000) AS i");
    run("CREATE TABLE item AS SELECT i AS item, i % 50 AS kind, 'item ' || i AS name FROM generate_series(0, 999) AS i");
    run("INSERT INTO item VALUES (NULL, 7, 'nothing')");
    run("INSERT INTO fact VALUES (NULL, NULL, NULL, NULL), (50000, 5000, 5, 5)");
  }

  /// The plan shows the reduction; the answer is the one without it.
  void check(const std::string& query, const std::string& reduction) {
    SCOPED_TRACE(query);
    EXPECT_NE(plan(query).find(reduction), std::string::npos) << plan(query);
    const std::string with = run(query);
    run("SET disabled_passes = 'semi_join_reduction'");
    EXPECT_EQ(plan(query).find(" reduced by "), std::string::npos);
    EXPECT_EQ(run(query), with);
    run("SET disabled_passes = ''");
  }
};

TEST_F(SemiJoinReduction, GoesThroughGroups) {
  check("SELECT item.item, total FROM item JOIN (SELECT item, sum(amount) AS total FROM fact GROUP BY item) AS f "
        "ON f.item = item.item WHERE kind = 7 ORDER BY 1",
        "Scan fact (item, amount) reduced by item in item");
}

TEST_F(SemiJoinReduction, GoesThroughCorrelatedAggregates) {
  check("SELECT count(*), sum(amount) FROM fact JOIN item ON fact.item = item.item WHERE kind = 7 AND "
        "amount < (SELECT avg(amount) FROM fact AS other WHERE other.item = item.item)",
        "reduced by item in item");
}

TEST_F(SemiJoinReduction, GoesThroughUnions) {
  check("SELECT count(*), sum(u.amount) FROM item JOIN (SELECT item, sum(amount) AS amount FROM "
        "(SELECT item, amount FROM fact WHERE shop < 50 UNION ALL SELECT item, amount FROM fact WHERE shop >= 50) AS parts "
        "GROUP BY item) AS u ON u.item = item.item WHERE kind = 3",
        "reduced by item in item");
}

TEST_F(SemiJoinReduction, LeavesRowsThatOuterJoinsKeep) {
  const std::string query =
      "SELECT count(*), count(item.name) FROM (SELECT item, sum(amount) AS total FROM fact GROUP BY item) AS f "
      "LEFT JOIN item ON f.item = item.item AND kind = 7";
  EXPECT_EQ(plan(query).find(" reduced by "), std::string::npos) << plan(query);
  EXPECT_EQ(run(query), "1002|20\n");
}

TEST_F(SemiJoinReduction, LeavesRowsThatLimitsCount) {
  const std::string query =
      "SELECT count(*) FROM (SELECT item, amount FROM fact ORDER BY item, id LIMIT 100) AS f "
      "JOIN item ON f.item = item.item WHERE kind = 7";
  EXPECT_EQ(plan(query).find(" reduced by "), std::string::npos) << plan(query);
  EXPECT_EQ(run(query), "0\n");
}

TEST_F(SemiJoinReduction, LeavesOutRowGroups) {
  run("CREATE TABLE days AS SELECT i AS day, i / 30 AS month FROM generate_series(0, 399) AS i");
  run("CREATE TABLE log AS SELECT i / 1000 AS day, i AS value FROM generate_series(0, 399999) AS i");
  const std::string query = "SELECT count(*), min(value), max(value) FROM log JOIN days ON log.day = days.day WHERE month = 2";
  EXPECT_EQ(run(query), "30000|60000|89999\n");
  EXPECT_NE(run("EXPLAIN ANALYZE " + query).find("row groups skipped"), std::string::npos)
      << run("EXPLAIN ANALYZE " + query);
}

// Whoever has the smaller side builds, and the larger one marks what it meets.
TEST_F(SemiJoinReduction, SmallLeftSidesOfSemiAndAntiJoinsAreBuilt) {
  const std::string exists = "SELECT count(*) FROM item WHERE kind = 7 AND EXISTS (SELECT 1 FROM fact WHERE fact.item = item.item)";
  EXPECT_NE(plan(exists).find("Join right semi"), std::string::npos) << plan(exists);
  EXPECT_EQ(run(exists), "20\n");
  const std::string lacks =
      "SELECT count(*), min(name) FROM item WHERE kind = 7 AND NOT EXISTS "
      "(SELECT 1 FROM fact WHERE fact.item = item.item AND fact.amount > item.kind + 4)";
  EXPECT_NE(plan(lacks).find("Join right anti"), std::string::npos) << plan(lacks);
  EXPECT_EQ(run(lacks), "1|nothing\n");
}

}  // namespace
}  // namespace cairn::testing
