// Queries of TPC-DS's kinds over a small star schema: subplans that stand there several times, conditions that hide their
// joins in an OR, EXISTS under OR. Plans are those that an engineer would write: no row by row, no products.

#include "sql_fixture.h"

namespace cairn::testing {
namespace {

class StarSchema : public SqlFixture {
 protected:
  StarSchema() {
    run("CREATE TABLE days AS SELECT i AS day, 1998 + i / 365 AS year FROM generate_series(0, 1824) AS i;"
        "CREATE TABLE stores AS SELECT i AS store, 'S' || i % 3 AS state FROM generate_series(0, 11) AS i;"
        "CREATE TABLE people AS SELECT i AS person, i % 50 AS town, CASE i % 3 WHEN 0 THEN 'M' WHEN 1 THEN 'D' ELSE 'S' END"
        "  AS status FROM generate_series(0, 1999) AS i;"
        "CREATE TABLE sales AS SELECT i % 1825 AS day, i % 12 AS store, i * 13 % 2000 AS person, i % 100 AS quantity,"
        "  i % 200 AS price FROM generate_series(1, 20000) AS i;"
        "CREATE TABLE web AS SELECT i * 3 % 1825 AS day, i * 17 % 2000 AS person FROM generate_series(1, 300) AS i");
  }

  size_t count(const std::string& text, const std::string& piece) {
    size_t found = 0;
    for (size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++found;
    return found;
  }
  /// A join without any equality.
  void expect_no_product(const std::string& query) {
    const std::string shown = plan(query);
    EXPECT_EQ(count(shown, "Join "), count(shown, " on ")) << shown;
  }
  std::string without(const std::string& pass, const std::string& query) {
    run("SET disabled_passes = '" + pass + "'");
    const std::string rows = run(query);
    run("SET disabled_passes = ''");
    return rows;
  }
};

TEST_F(StarSchema, GroupsThatAreWrittenTwiceAreComputedOnce) {
  run("CREATE VIEW totals AS SELECT person, sum(price) AS total FROM sales, days WHERE sales.day = days.day AND year = 2000 "
      "GROUP BY person");
  const std::string query = "SELECT person, total FROM totals WHERE total = (SELECT max(total) FROM totals) ORDER BY 1";
  EXPECT_EQ(count(plan(query), "Scan sales"), 1u) << plan(query);
  EXPECT_EQ(count(plan(query), "Rows of [1]"), 1u) << plan(query);
  const std::string rows = run(query);
  EXPECT_NE(rows, "");
  EXPECT_EQ(without("common_subplans", query), rows);
}

TEST_F(StarSchema, JoinsThatAreWrittenTwiceAreComputedOnceThoughTheirColumnsDiffer) {
  const std::string join = "FROM sales JOIN stores ON sales.store = stores.store JOIN people ON sales.person = people.person "
                           "WHERE state = 'S1' AND town = 7";
  const std::string query = "SELECT status, sum(quantity) AS q " + join + " GROUP BY status HAVING sum(quantity) > "
                            "(SELECT sum(quantity) / 4 - min(price) " + join + ") ORDER BY 1";
  EXPECT_EQ(count(plan(query), "Scan sales"), 1u) << plan(query);
  const std::string rows = run(query);
  EXPECT_NE(rows, "");
  EXPECT_EQ(without("common_subplans", query), rows);
}

TEST_F(StarSchema, DifferentConstantsAreDifferentSubplans) {
  const std::string query =
      "SELECT (SELECT count(*) FROM sales, days WHERE sales.day = days.day AND year = 2000), "
      "(SELECT count(*) FROM sales, days WHERE sales.day = days.day AND year = 2001)";
  EXPECT_EQ(count(plan(query), "Scan sales"), 2u) << plan(query);
  EXPECT_EQ(without("common_subplans", query), run(query));
}

TEST_F(StarSchema, JoinsHiddenInADisjunctionAreFound) {
  const std::string query =
      "SELECT sum(quantity) FROM sales, people, stores, days WHERE stores.store = sales.store AND sales.day = days.day AND "
      "year = 2000 AND ((people.person = sales.person AND status = 'M' AND price BETWEEN 100 AND 150) OR "
      "(people.person = sales.person AND status = 'D' AND price BETWEEN 50 AND 100))";
  expect_no_product(query);
  EXPECT_NE(plan(query).find("price >= "), std::string::npos) << "of what the OR says about one table\n" << plan(query);
  EXPECT_EQ(without("semi_join_reduction,common_subplans", query), run(query));
}

TEST_F(StarSchema, ExistsUnderOrAreMarks) {
  const std::string query =
      "SELECT status, count(*) FROM people WHERE town < 5 AND EXISTS (SELECT 1 FROM sales WHERE sales.person = people.person) "
      "AND (EXISTS (SELECT 1 FROM web WHERE web.person = people.person) OR "
      "EXISTS (SELECT 1 FROM sales AS s WHERE s.person = people.person AND s.price = 199)) GROUP BY status ORDER BY 1";
  expect_no_product(query);
  EXPECT_EQ(same_without_passes(query), run(query));
}

TEST_F(StarSchema, AveragesOverACommonTableAreJoined) {
  const std::string query =
      "WITH totals AS (SELECT person, store, sum(price) AS total FROM sales GROUP BY person, store) "
      "SELECT count(*) FROM totals AS t WHERE total > (SELECT avg(total) * 1.2 FROM totals AS o WHERE o.store = t.store)";
  expect_no_product(query);
  EXPECT_EQ(count(plan(query), "Scan sales"), 1u) << plan(query);
  same_without_passes(query);
}

}  // namespace
}  // namespace cairn::testing
