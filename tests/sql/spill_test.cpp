// What EXPLAIN ANALYZE says of rows that memory had no room for. (The answers: tests/spill.)

#include "tests/sql/sql_fixture.h"

namespace cairn {
namespace {

class SpillTest : public testing::SqlFixture {
 protected:
  void SetUp() override {
    run("CREATE TABLE t AS SELECT i, i * 7919 % 100003 AS k, 'text ' || i AS s FROM generate_series(1::bigint, 300000) AS g(i)");
  }
  /// How EXPLAIN ANALYZE describes the operator, up to its children.
  std::string analyzed(const std::string& query, const std::string& name) {
    const std::string text = run("EXPLAIN ANALYZE " + query);
    const size_t begin = text.find(name);
    return begin == std::string::npos ? text : text.substr(begin, text.find("└─", begin) - begin);
  }
};

TEST_F(SpillTest, SortsAndWindowsSayWhatTheyWrote) {
  const std::string numbered = "(SELECT row_number() OVER (PARTITION BY k ORDER BY s) AS n FROM t) w";
  for (const auto& [query, name] : {std::pair<std::string, std::string>{"SELECT * FROM t ORDER BY k, s", "Sort by"},
                                    {"SELECT sum(n) FROM " + numbered, "Window"}}) {
    run("SET memory_limit = 0");
    EXPECT_EQ(analyzed(query, name).find("spilled"), std::string::npos) << analyzed(query, name);
    run("SET threads = 1; SET vector_capacity = 1024; SET memory_limit = '25MB'");
    EXPECT_NE(analyzed(query, name).find("spilled"), std::string::npos) << analyzed(query, name);
  }
}

}  // namespace
}  // namespace cairn
