// What a client sees of an aggregate that does not fit memory.

#include "tests/sql/sql_fixture.h"

namespace cairn {
namespace {

class AggregateSpill : public testing::SqlFixture {};

TEST_F(AggregateSpill, ExplainAnalyzeSaysHowMuch) {
  const std::string query = "SELECT x % 1000000 AS g, count(*) AS c, sum(x) AS s FROM generate_series(1, 2000000) t(x) GROUP BY g";
  ASSERT_EQ(run("SET memory_limit = '1GB'"), "");
  EXPECT_EQ(run("EXPLAIN ANALYZE " + query).find("spilled"), std::string::npos);
  ASSERT_EQ(run("SET memory_limit = '32MB'"), "");
  const std::string explained = run("EXPLAIN ANALYZE SELECT sum(c), sum(s) FROM (" + query + ") z");
  EXPECT_NE(explained.find("spilled"), std::string::npos) << explained;
}

}  // namespace
}  // namespace cairn
