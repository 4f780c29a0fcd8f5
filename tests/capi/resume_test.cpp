// What a resume is made of: the session that began the query, its parameters, its clock, its checkpoints wherever they are.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "checkpoint/log.h"
#include "tests/capi/fixture.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTables =
    "CREATE SCHEMA s2;"
    "CREATE TABLE t AS SELECT i AS id, i % 7 AS k, i * 0.5::double precision AS d FROM generate_series(1, 20000) g(i);"
    "CREATE TABLE s2.t AS SELECT i AS id, i % 5 AS k, i * 0.25::double precision AS d FROM generate_series(1, 20000) g(i)";
constexpr const char* kQuery = "SELECT k, count(*), sum(d) FROM t GROUP BY k ORDER BY k";

TEST_F(ResumeTest, BindsInTheSearchPathThatTheQueryBeganWith) {
  open(kTables);
  leave_behind(std::string("SET search_path = 's2'; ") + kQuery);
  restart();
  const auto queries = again_->interrupted();
  ASSERT_EQ(queries.size(), 1u);
  EXPECT_GT(queries[0].durable, 0u);
  EXPECT_EQ(again_->resume(queries[0].id), expected_);
  EXPECT_EQ(again_->run("SHOW search_path"), "public\n") << "the session keeps its own";
  EXPECT_TRUE(again_->interrupted().empty());
}

TEST_F(ResumeTest, TheSameTextInAnotherSearchPathIsAnotherQuery) {
  open(kTables);
  const std::string other = client_->run(kQuery);
  leave_behind(std::string("SET search_path = 's2'; ") + kQuery);
  ASSERT_NE(expected_, other);
  restart();
  EXPECT_EQ(again_->run(kQuery), other);
  ASSERT_EQ(again_->interrupted().size(), 1u) << "still there";
  EXPECT_EQ(again_->run("SET search_path = 's2'; " + std::string(kQuery)), expected_);
  EXPECT_TRUE(again_->interrupted().empty());
}

TEST_F(ResumeTest, ByTheCallStatementToo) {
  open(kTables);
  leave_behind(std::string("SET search_path = 's2'; ") + kQuery);
  restart();
  EXPECT_EQ(again_->run("CALL resume('" + again_->interrupted().at(0).id + "')"), expected_);
}

TEST_F(ResumeTest, SwitchedOffPassesStayOff) {
  open(kTables);
  const std::string query = "SELECT a.k, count(*) FROM t a JOIN t b ON a.id = b.id WHERE b.k < 3 GROUP BY a.k ORDER BY a.k";
  leave_behind("SET disabled_passes = 'predicate_pushdown'; " + query);
  restart();
  EXPECT_EQ(again_->resume(again_->interrupted().at(0).id), expected_);
}

TEST_F(ResumeTest, WithItsParameters) {
  open(kTables);
  leave_behind([&] {
    cairn_statement* statement = nullptr;
    cairn_prepare(client_->connection(), "SELECT k, count(*), sum(d + $2), $3 || 'x' FROM t WHERE id > $1 GROUP BY k ORDER BY k",
                  &statement, nullptr);
    cairn_bind_int64(statement, 1, 1234);
    cairn_bind_double(statement, 2, 0.1);
    cairn_bind_text(statement, 3, "it's", -1);
    cairn_result* result = nullptr;
    cairn_execute_prepared(statement, &result, nullptr);
    cairn_statement_destroy(statement);
    return result;
  });
  ASSERT_NE(expected_.find("it'sx"), std::string::npos) << expected_;
  restart();
  EXPECT_EQ(again_->resume(again_->interrupted().at(0).id), expected_);
}

TEST_F(ResumeTest, AnExecutedStatementGoesOnAsTheQueryThatItIs) {
  open(kTables);
  leave_behind("PREPARE p(bigint, double precision) AS SELECT k, count(*), sum(d + $2) FROM t WHERE id > $1 GROUP BY k ORDER BY k; "
               "EXECUTE p(777, 0.1)");
  restart();
  EXPECT_EQ(again_->resume(again_->interrupted().at(0).id), expected_);
  EXPECT_EQ(again_->run("EXECUTE p(1, 1)").substr(0, 5), "26000") << "nothing was prepared";
}

TEST_F(ResumeTest, AtTheInstantAtWhichItBegan) {
  open(kTables);
  leave_behind("SELECT now(), current_date, k, count(*) FROM t WHERE now() > timestamp '2000-01-01' GROUP BY k ORDER BY k");
  restart();
  EXPECT_EQ(again_->resume(again_->interrupted().at(0).id), expected_);
}

TEST_F(ResumeTest, WithTheInstantOfItsLiterals) {
  open(kTables);
  leave_behind("SELECT 'now'::timestamp, k, count(*) FROM t GROUP BY k ORDER BY k");
  restart();
  EXPECT_EQ(again_->resume(again_->interrupted().at(0).id), expected_);
}

TEST_F(ResumeTest, ItStaysUntilItsAnswerIsDelivered) {
  open(kTables);
  leave_behind(kQuery);
  restart();
  const std::string id = again_->interrupted().at(0).id;
  cairn_result_destroy(again_->start("CALL resume('" + id + "')"));  // nobody reads its rows
  ASSERT_EQ(again_->interrupted().size(), 1u);
  EXPECT_EQ(again_->resume(id), expected_);
  EXPECT_TRUE(again_->interrupted().empty());
}

TEST_F(ResumeTest, OnItsOwnSnapshot) {
  open(kTables);
  leave_behind(kQuery);
  restart();
  EXPECT_EQ(again_->run("DELETE FROM t WHERE k < 3; DROP TABLE s2.t; ALTER TABLE t RENAME TO u"), "");
  EXPECT_EQ(again_->resume(again_->interrupted().at(0).id), expected_);
}

TEST_F(ResumeTest, APlanThatIsAnotherIsAnError) {
  open(kTables);
  leave_behind(kQuery);
  {  // as a build with another optimizer would have it
    const auto storage = make_storage();
    const std::string owner = fs::directory_iterator(path("left/checkpoints"))->path().string();
    CheckpointLog log(*storage, owner + "/log");
    ASSERT_EQ(log.queries().size(), 1u);
    LoggedQuery query = log.queries().begin()->second;
    log.end(query.id);
    query.root.high ^= 1;
    log.begin(query, query.durable.at(0));
  }
  restart();
  const std::string id = again_->interrupted().at(0).id;
  const std::string answer = again_->resume(id);
  EXPECT_EQ(answer.substr(0, 5), "55000") << answer;
  EXPECT_NE(answer.find(id), std::string::npos) << answer;
  EXPECT_EQ(again_->run("CALL discard('" + id + "')"), "");
  EXPECT_TRUE(again_->interrupted().empty());
}

/* ---- What is not listed ---- */

TEST_F(ResumeTest, AQueryOverWhatDiesWithTheSessionIsNotListed) {
  for (const std::string query :
       {"CREATE TEMP VIEW v AS SELECT k, d FROM t; SELECT k, sum(d) FROM v GROUP BY k ORDER BY k",
        "CREATE TEMP VIEW s AS SELECT k, d FROM s2.t; SELECT k, sum(d) FROM s GROUP BY k ORDER BY k",
        "CREATE TEMP TABLE tt AS SELECT k, d FROM t; SELECT k, sum(d) FROM tt GROUP BY k ORDER BY k",
        "BEGIN; INSERT INTO t VALUES (0, 0, 0); SELECT k, sum(d) FROM t GROUP BY k ORDER BY k",
        "SELECT k, sum(d) FROM t, cairn_tables() GROUP BY k ORDER BY k",
        "SELECT k, sum(d + random()) FROM t GROUP BY k ORDER BY k",
        "SELECT k, max((id % 28 + 1 || '-Jan-2024')::date) FROM t GROUP BY k ORDER BY k"}) {
    fs::remove_all(path("db"));
    fs::remove_all(path("left"));
    open(kTables);
    leave_behind(query, false);
    restart();
    EXPECT_TRUE(again_->interrupted().empty()) << query;
    again_.reset();
    client_.reset();
  }
}

TEST_F(ResumeTest, AQueryBesideTemporaryRelationsIsListed) {
  open(kTables);
  leave_behind(std::string("CREATE TEMP TABLE other AS SELECT 1 AS a; ") + kQuery);
  restart();
  ASSERT_EQ(again_->interrupted().size(), 1u);
  EXPECT_EQ(again_->run("CREATE TEMP TABLE t AS SELECT 1 AS k, 2 AS d"), "") << "hides the other from this session only";
  EXPECT_EQ(again_->resume(again_->interrupted()[0].id), expected_);
}

TEST_F(ResumeTest, AQueryInABlockThatOnlyReadsIsListed) {
  open(kTables);
  leave_behind(std::string("BEGIN; ") + kQuery);
  restart();
  EXPECT_EQ(again_->resume(again_->interrupted().at(0).id), expected_);
}

/* ---- Where checkpoints are ---- */

TEST_F(ResumeTest, CheckpointsElsewhereAreFoundWithoutTheSetting) {
  open(kTables);
  leave_behind([&] {
    cairn_result* result = client_->start("SET checkpoint_directory = '" + path("elsewhere/deeper") + "'; " + kQuery);
    EXPECT_TRUE(client_->wait_for_notice(all_breakers_told));
    fs::copy(path("elsewhere"), path("kept"), fs::copy_options::recursive);
    return result;
  });
  client_.reset();  // it has had its answer, and removed its checkpoints
  fs::remove_all(path("elsewhere"));
  fs::rename(path("kept"), path("elsewhere"));
  restart();
  const auto queries = again_->interrupted();
  ASSERT_EQ(queries.size(), 1u);
  EXPECT_EQ(again_->resume(queries[0].id), expected_);
  EXPECT_TRUE(again_->interrupted().empty());
}

TEST_F(ResumeTest, CheckpointsThatAreGoneFreeTheTableWithANotice) {
  open(kTables);
  leave_behind([&] {
    return client_->start("SET checkpoint_directory = '" + path("elsewhere") + "'; " + kQuery);
  });
  client_.reset();
  fs::remove_all(path("elsewhere"));
  restart();
  EXPECT_TRUE(again_->interrupted().empty());
  const auto notices = again_->notices();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_NE(notices[0].find("is discarded"), std::string::npos) << notices[0];
  EXPECT_EQ(again_->run("DROP TABLE t; DROP TABLE s2.t"), "");
  again_.reset();
  restart();
  EXPECT_EQ(again_->run("SELECT count(*) FROM cairn_tables()"), "0\n");
  EXPECT_TRUE(again_->notices().empty());
  again_.reset();
  size_t data_files = 0;
  for (const auto& entry : fs::directory_iterator(path("left/data"))) data_files += entry.is_regular_file();
  EXPECT_EQ(data_files, 0u) << "the pin kept the tables";
}

TEST_F(ResumeTest, ARefusedPlaceIsTriedAgain) {
  open(kTables);
  std::ofstream(path("db/checkpoints")) << "in the way";
  const auto count = [](const std::vector<std::string>& notices, std::string_view what) {
    return std::ranges::count_if(notices, [&](const std::string& notice) { return notice.find(what) != std::string::npos; });
  };
  cairn_result* refused = client_->start(kQuery);
  EXPECT_TRUE(client_->wait_for_notice([&](const auto& notices) { return count(notices, "checkpoints are off for this query"); }));
  EXPECT_FALSE(Client::rows(refused).empty());
  fs::remove(path("db/checkpoints"));
  leave_behind(kQuery);
  restart();
  EXPECT_EQ(again_->resume(again_->interrupted().at(0).id), expected_);
}

/* ---- Notices ---- */

/// Asks for everything while it is told of something, on whatever thread that is.
struct Curious {
  cairn_connection* other = nullptr;
  std::atomic<int> told{0}, found{0};
  static void heard(void* self, const char*) {
    Curious& curious = *static_cast<Curious*>(self);
    ++curious.told;
    cairn_query_list* list = nullptr;
    if (cairn_interrupted_queries(curious.other, &list, nullptr) == CAIRN_OK) ++curious.found;
    cairn_query_list_destroy(list);
  }
};

TEST_F(ResumeTest, ANoticeHandlerMayAskForInterruptedQueries) {
  open(kTables);
  leave_behind(kQuery);
  restart();
  Curious curious;
  curious.other = again_->connection();
  cairn_set_notice_handler(again_->connection(), Curious::heard, &curious);
  again_->run("SET checkpoint = 'all'; SET checkpoint_verbose = on; SET disabled_passes = ''");
  EXPECT_EQ(again_->run(kQuery), expected_);
  cairn_set_notice_handler(again_->connection(), nullptr, nullptr);
  EXPECT_GT(curious.told, 0);
  EXPECT_EQ(curious.told, curious.found);
}

/// Closes everything while it is told that a breaker is durable, on a thread of the library's.
struct Closing {
  cairn_database* database = nullptr;
  cairn_connection* connection = nullptr;
  cairn_result* result = nullptr;
  std::atomic<bool> begun{false}, closed{false};
  static void heard(void* self, const char* message) {
    Closing& closing = *static_cast<Closing*>(self);
    if (!std::string_view(message).starts_with("checkpoint: breaker ") || closing.closed) return;
    closing.begun.wait(false);
    cairn_result_destroy(closing.result);
    cairn_disconnect(closing.connection);
    cairn_close(closing.database);
    closing.closed = true;
    closing.closed.notify_all();
  }
};

TEST_F(ResumeTest, ANoticeHandlerMayCloseTheLastHandle) {
  open(kTables);
  client_.reset();
  Closing closing;
  ASSERT_EQ(cairn_open(path("db").c_str(), CAIRN_OPEN_DEFAULT, &closing.database, nullptr), CAIRN_OK);
  ASSERT_EQ(cairn_connect(closing.database, &closing.connection, nullptr), CAIRN_OK);
  ASSERT_EQ(cairn_execute(closing.connection, "SET checkpoint = 'all'; SET checkpoint_verbose = on", nullptr), CAIRN_OK);
  cairn_set_notice_handler(closing.connection, Closing::heard, &closing);
  ASSERT_EQ(cairn_query(closing.connection, kQuery, nullptr, &closing.result, nullptr), CAIRN_OK);
  closing.begun = true;
  closing.begun.notify_all();
  closing.closed.wait(false);
  cairn_database* again = nullptr;  // once that thread has done what is left
  for (int i = 0; i < 2000 && cairn_open(path("db").c_str(), CAIRN_OPEN_DEFAULT, &again, nullptr) != CAIRN_OK; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_NE(again, nullptr);
  cairn_close(again);
  EXPECT_FALSE(fs::exists(path("db/checkpoints"))) << "the query has ended";
}

/* ---- Copies ---- */

TEST_F(ResumeTest, ACopyOfTheDirectoryTakesNothingFromTheOriginal) {
  for (const std::string& directory : {std::string(), path("elsewhere")}) {
    fs::remove_all(path("left"));
    open(directory.empty() ? kTables : "");
    leave_behind([&] {
      cairn_result* result = client_->start("SET checkpoint_directory = '" + directory + "'; " + kQuery);
      EXPECT_TRUE(client_->wait_for_notice(all_breakers_told));
      if (!directory.empty()) fs::copy(directory, path("kept"), fs::copy_options::recursive);
      return result;
    });
    client_.reset();
    if (!directory.empty()) {
      fs::remove_all(directory);
      fs::rename(path("kept"), directory);
    }
    fs::rename(path("db"), path("gone"));
    fs::rename(path("left"), path("db"));  // at its own place again, as the process left it
    fs::copy(path("db"), path("left"), fs::copy_options::recursive);
    restart();
    EXPECT_EQ(again_->resume(again_->interrupted().at(0).id), expected_);
    EXPECT_TRUE(again_->interrupted().empty());
    again_ = std::make_unique<Client>(path("db"));
    ASSERT_EQ(again_->interrupted().size(), 1u) << directory;
    EXPECT_GT(again_->interrupted()[0].durable, 0u);
    EXPECT_EQ(again_->resume(again_->interrupted()[0].id), expected_);
    for (const std::string& notice : again_->notices()) EXPECT_FALSE(notice.starts_with("warning")) << notice;
    again_.reset();
    fs::remove_all(path("gone"));
  }
}

TEST_F(ResumeTest, AHandlerThatWasTakenAwayRunsNoMore) {
  open(kTables);
  for (int round = 0; round < 30; ++round) {
    auto context = std::make_unique<std::atomic<bool>>(true);
    const auto alive = [](void* self, const char*) { EXPECT_TRUE(*static_cast<std::atomic<bool>*>(self)); };
    cairn_set_notice_handler(client_->connection(), alive, context.get());
    cairn_result* result = client_->start(kQuery);  // its breakers are being written
    cairn_set_notice_handler(client_->connection(), nullptr, nullptr);
    *context = false;
    EXPECT_FALSE(Client::rows(result).empty());
  }
}

}  // namespace
}  // namespace cairn::testing
