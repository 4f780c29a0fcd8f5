// memory_limit as a host of the library sees it: what the process holds, and what is left of a query that had not enough.

#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

#include "tests/capi/fixture.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

class MemoryLimitTest : public ::testing::Test {
 protected:
  MemoryLimitTest() : directory_(fs::temp_directory_path() / ("cairn-memory-limit-" + std::to_string(::getpid()))) {
    fs::remove_all(directory_);
  }
  ~MemoryLimitTest() override {
    Client(":memory:").run("SET memory_limit = 0; SELECT 1");  // the process's from now on
    fs::remove_all(directory_);
  }
  std::string path() const { return directory_.string(); }

  const fs::path directory_;
};

TEST_F(MemoryLimitTest, AfterAnOutOfMemoryErrorDatabaseAndConnectionGoOn) {
  Client client(path());
  EXPECT_EQ(client.run("CREATE TABLE t AS SELECT i, i % 1000 AS k FROM generate_series(1::bigint, 400000) AS g(i);"
                       "SET threads = 2; SET vector_capacity = 1024; SET memory_limit = '30MB'; BEGIN; INSERT INTO t VALUES (0, 0);"
                       "SELECT count(*) FROM t"), "400001\n");
  // One group alone cannot be split.
  EXPECT_EQ(client.run("SELECT length(string_agg(i || repeat('x', 100), ',')) FROM t").substr(0, 5), "53200");
  EXPECT_EQ(client.run("ROLLBACK; SELECT count(*) FROM t"), "400000\n");
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(client.run("SELECT length(string_agg(i || repeat('x', 100), ',')) FROM t").substr(0, 5), "53200");
    EXPECT_EQ(client.run("SELECT count(*), sum(c) FROM (SELECT i, count(*) AS c FROM t WHERE i > 0 GROUP BY i) x"), "400000|400000\n");
    EXPECT_EQ(client.run("INSERT INTO t VALUES (-1, -1); SELECT count(*) FROM t WHERE k = -1"), std::to_string(round + 1) + "\n");
  }
  EXPECT_EQ(client.run("SET memory_limit = '1GB'; SELECT length(string_agg(i || repeat('x', 100), ',')) FROM t WHERE i > 0"), "42688894\n");
}

TEST_F(MemoryLimitTest, WideRowsOnTheirWayToTheClientFailNothing) {
  Client client(path());
  client.run("CREATE TABLE t AS SELECT i FROM generate_series(1::bigint, 4000) AS g(i)");
  client.run("SET threads = 2; SET vector_capacity = 2048; SET memory_limit = '34MB'");
  for (const size_t width : {4400u, 8800u}) {
    const std::string rows = client.run("SELECT repeat('x', " + std::to_string(width) + ") FROM t");
    EXPECT_EQ(rows.size(), 4000 * (width + 1)) << rows.substr(0, 200);
  }
}

/// Each in a database of its own: they share the process.
TEST_F(MemoryLimitTest, QueriesOfSeveralSessionsShareIt) {
  std::string answers[3];
  std::vector<std::thread> sessions;
  for (std::string& answer : answers) {
    sessions.emplace_back([&] {
      Client client(":memory:");
      client.run("SET threads = 2; SET vector_capacity = 1024; SET memory_limit = '30MB'");
      client.run("CREATE TABLE t AS SELECT i, 'text number ' || i AS s FROM generate_series(1::bigint, 200000) AS g(i)");
      answer = client.run("SELECT count(*), sum(c), max(s) FROM (SELECT s, count(*) AS c FROM t GROUP BY s) x;"
                          "SELECT count(*), sum(c), max(s) FROM (SELECT s, count(*) AS c FROM t GROUP BY s) x");
    });
  }
  for (std::thread& session : sessions) session.join();
  for (const std::string& answer : answers) EXPECT_EQ(answer, "200000|200000|text number 99999\n");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/// Of /proc/self/status, in bytes.
size_t status(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":")) return std::stoull(line.substr(key.size() + 1)) << 10;
  }
  return 0;
}

TEST_F(MemoryLimitTest, BoundsWhatTheProcessAddsToItsResidentSize) {
  Client(path()).run("CREATE TABLE t AS SELECT i, i * 7919 % 1500007 AS k, i * 104729 % 1000003 AS v, 'text ' || i * 31 % 1000 AS s"
                     "  FROM generate_series(1::bigint, 3000000) AS g(i)");
  Client(":memory:").run("SET memory_limit = '64MB'; SELECT 1");  // what is kept for later goes
  ::malloc_trim(0);
  const size_t before = status("VmRSS"), limit = size_t{64} << 20;
  Client client(path());
  client.run("SET threads = 2; SET memory_limit = '64MB'");
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak begins anew
  EXPECT_EQ(client.run("SELECT count(*), sum(c) FROM (SELECT k, count(*) AS c, sum(v) FROM t GROUP BY k) x"), "1500007|3000000\n");
  EXPECT_EQ(client.run("SELECT count(*) FROM (SELECT *, row_number() OVER (PARTITION BY i % 300000 ORDER BY v, k) AS n FROM t) x WHERE n > 5"), "1500000\n");
  EXPECT_EQ(client.run("SELECT count(*) FROM t a JOIN t b ON a.i = b.k"), "2999999\n");
  EXPECT_EQ(client.run("SELECT count(*), max(s) FROM (SELECT s, k, v FROM t ORDER BY s, i) x").substr(0, 7), "3000000");
  EXPECT_LE(status("VmHWM") - before, limit + limit / 10) << "of 64 MB";
}

#endif

}  // namespace
}  // namespace cairn::testing
