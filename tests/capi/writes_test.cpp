// Statements that change the database go on by CALL resume, and change it once, on whichever side of the commit their
// process died.

#include <fstream>
#include <thread>

#include "tests/capi/fixture.h"
#include "vector/interleaving.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTables =
    "CREATE TABLE t AS SELECT i AS id, i % 7 AS k, i * 0.5::double precision AS d FROM generate_series(1, 20000) g(i);"
    "CREATE TABLE totals(k bigint PRIMARY KEY, total double precision); INSERT INTO totals VALUES (3, 1)";
constexpr const char* kInsert = "INSERT INTO totals SELECT k + 10, sum(d) FROM t GROUP BY k";

/// Does something when this thread comes to a place for the first time.
class Once {
 public:
  Once(MeetingPoint point, std::function<void()> act) {
    static std::vector<std::unique_ptr<Place>> all;  // other threads may be in one that has served
    all.push_back(std::make_unique<Place>(point, std::move(act)));
    interleaver.store(all.back().get());
  }
  ~Once() { interleaver.store(nullptr); }
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

 private:
  struct Place : Interleaver {
    Place(MeetingPoint of, std::function<void()> does) : point(of), act(std::move(does)) {}
    void at(MeetingPoint met) noexcept override {
      if (met == point && std::this_thread::get_id() == thread && !std::exchange(done, true)) act();
    }
    const MeetingPoint point;
    const std::function<void()> act;
    const std::thread::id thread = std::this_thread::get_id();
    bool done = false;
  };
};

class WritesTest : public ResumeTest {
 protected:
  /// Leaves the database behind as it is when the last statement of the text comes to its commit.
  void leave_behind_at(MeetingPoint point, const std::string& sql) {
    const Once once(point, [&] {
      EXPECT_TRUE(client_->wait_for_notice(all_breakers_told)) << "not all breakers were told of";
      fs::copy(path("db"), path("left"), fs::copy_options::recursive);
    });
    client_->run(sql);
    after_ = state(*client_);
  }
  static std::string state(Client& client) {
    return client.run("SELECT count(*), sum(k), sum(total) FROM totals") + client.run("SELECT count(*), sum(id), sum(d) FROM t") +
           client.run("SELECT name, row_count FROM cairn_tables() ORDER BY name");
  }
  std::string after_;
};

TEST_F(WritesTest, KilledBeforeItsCommitItGoesOnOnce) {
  for (const std::string& sql : {std::string(kInsert), std::string("UPDATE t SET d = s.d FROM (SELECT k, sum(d) AS d FROM t GROUP BY k) s WHERE s.k = t.k"),
                                std::string("DELETE FROM t WHERE id IN (SELECT max(id) FROM t GROUP BY k)"),
                                std::string("CREATE TABLE made AS SELECT k, sum(d) AS d FROM t GROUP BY k"),
                                std::string("MERGE INTO totals USING (SELECT k, sum(d) AS d FROM t GROUP BY k) s ON s.k = totals.k "
                                            "WHEN MATCHED THEN UPDATE SET total = total + s.d WHEN NOT MATCHED THEN INSERT VALUES (s.k, s.d)")}) {
    SCOPED_TRACE(sql);
    fs::remove_all(path("db"));
    fs::remove_all(path("left"));
    open(kTables);
    leave_behind_at(MeetingPoint::kCommit, sql);
    restart();
    ASSERT_EQ(again_->interrupted().size(), 1u);
    ASSERT_EQ(again_->run("SELECT state FROM cairn_queries()"), "interrupted\n");
    EXPECT_NE(state(*again_), after_);
    const std::string id = again_->interrupted()[0].id;
    again_->run("CALL resume('" + id + "')");
    EXPECT_EQ(state(*again_), after_);
    EXPECT_TRUE(again_->interrupted().empty());
    EXPECT_EQ(again_->run("CALL resume('" + id + "')").substr(0, 19), "already committed, ");
    EXPECT_EQ(state(*again_), after_);
    again_.reset();
    client_.reset();
  }
}

TEST_F(WritesTest, WhatAnInsertHasWrittenIsNotWrittenAgain) {
  for (const std::string& sql : {std::string("CREATE TABLE copied AS SELECT id, d * 2 AS d, 'text ' || id AS s FROM wide WHERE id % 10 <> 3"),
                                std::string("INSERT INTO t SELECT id, id % 5, d FROM wide WHERE id % 10 <> 3")}) {
    SCOPED_TRACE(sql);
    fs::remove_all(path("db"));
    fs::remove_all(path("left"));
    open(std::string(kTables) + "; CREATE TABLE wide AS SELECT i AS id, i * 0.25::double precision AS d FROM generate_series(1, 1000000) g(i)");
    client_->run("SET checkpoint_epoch = '1 ms'");
    {
      const Once once(MeetingPoint::kCommit, [&] {
        const auto count_fragments = [&] {
          int count = 0;
          if (!fs::exists(path("db") + "/checkpoints")) return count;
          for (const auto& owner : fs::directory_iterator(path("db") + "/checkpoints")) {
            for (const auto& entry : fs::directory_iterator(owner)) {
              count += entry.path().filename().string().find('-') != std::string::npos;
            }
          }
          return count;
        };
        // One file is written after the other: where there is a second, the first one's record is durable.
        for (int i = 0; i < 1000 && count_fragments() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        EXPECT_GE(count_fragments(), 1);
        fs::copy(path("db"), path("left"), fs::copy_options::recursive);
      });
      client_->run(sql);
    }
    after_ = state(*client_);
    restart();
    ASSERT_EQ(again_->interrupted().size(), 1u);
    const std::string id = again_->interrupted()[0].id;
    again_->run("CALL resume('" + id + "')");
    const auto kept = [](const std::string& notice) { return notice.find("(Insert into ") != std::string::npos; };
    EXPECT_TRUE(std::ranges::any_of(again_->notices(), kept));
    EXPECT_EQ(state(*again_), after_);
    EXPECT_EQ(again_->run("CALL resume('" + id + "')").substr(0, 19), "already committed, ");
    const std::string all = sql[0] == 'C' ? "SELECT id, d, s FROM copied" : "SELECT id, k, d FROM t";
    EXPECT_TRUE(again_->run(all) == client_->run(all)) << "other rows, or in another order";
    again_.reset();
    client_.reset();
  }
}

TEST_F(WritesTest, KilledBehindItsCommitItSaysSo) {
  open(kTables);
  leave_behind_at(MeetingPoint::kCommitted, kInsert);
  restart();
  EXPECT_EQ(state(*again_), after_);
  ASSERT_EQ(again_->run("SELECT state FROM cairn_queries()"), "committed\n");
  const std::string id = again_->interrupted().at(0).id;
  EXPECT_EQ(again_->resume(id), "already committed, 7 rows\n");
  EXPECT_EQ(state(*again_), after_);
  EXPECT_TRUE(again_->interrupted().empty());
  restart();
  EXPECT_EQ(again_->resume(id), "already committed, 7 rows\n");
}

TEST_F(WritesTest, WhoeverGoesOnLeavesTheReceiptOfItsSession) {
  open(kTables);
  cairn_leave_receipts(client_->connection(), "job", "batch 1", nullptr);
  leave_behind_at(MeetingPoint::kCommit, kInsert);
  restart();
  EXPECT_EQ(cairn_receipt(again_->connection(), "job"), nullptr);
  again_->resume(again_->interrupted().at(0).id);
  EXPECT_STREQ(cairn_receipt(again_->connection(), "job"), "batch 1");
}

TEST_F(WritesTest, ThatItHasCommittedIsKnownWhenItsReceiptIsGone) {
  open(kTables);
  leave_behind_at(MeetingPoint::kCommitted, kInsert);
  restart();
  const std::string id = again_->interrupted().at(0).id;
  for (int i = 0; i < 1001; ++i) {
    cairn_leave_receipts(again_->connection(), std::to_string(i).c_str(), "x", nullptr);
    again_->run("INSERT INTO totals VALUES (" + std::to_string(1000 + i) + ", 1)");
  }
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(again_->run("SELECT state FROM cairn_queries()"), "committed\n");
    restart();
  }
  EXPECT_EQ(again_->resume(id), "already committed, 7 rows\n");
}

TEST_F(WritesTest, TheSameTextIsAnotherStatementAndIsToldOfTheFirst) {
  open(kTables);
  client_->run("DELETE FROM totals");
  leave_behind_at(MeetingPoint::kCommit, "INSERT INTO totals SELECT k, sum(d) FROM t WHERE k > 2 GROUP BY k");
  restart();
  again_->run("DROP TABLE totals; CREATE TABLE totals(k bigint, total double precision)");
  const std::string id = again_->interrupted().at(0).id;
  again_->run("INSERT INTO totals SELECT k, sum(d) FROM t WHERE k > 2 GROUP BY k");
  bool told = false;
  for (const std::string& notice : again_->notices()) told |= notice.find("statement " + id + " of the same text") != std::string::npos;
  EXPECT_TRUE(told);
  EXPECT_EQ(again_->run("SELECT count(*) FROM totals"), "4\n");
  EXPECT_EQ(again_->run("SELECT id FROM cairn_queries()"), id + "\n");
  EXPECT_EQ(again_->resume(id).substr(0, 5), "40001") << "its table is another one";
  EXPECT_EQ(again_->run("CALL discard('" + id + "')"), "");
  EXPECT_EQ(again_->resume(id).substr(0, 5), "42704");
}

TEST_F(WritesTest, OnTheSnapshotOfItsBeginningIntoATableThatOthersHaveAddedTo) {
  open(kTables);
  leave_behind_at(MeetingPoint::kCommit, kInsert);
  restart();
  again_->run("INSERT INTO t VALUES (1, 1, 1e6); INSERT INTO totals VALUES (99, 0)");
  again_->resume(again_->interrupted().at(0).id);
  EXPECT_EQ(again_->run("SELECT count(*), sum(total) FROM totals WHERE k BETWEEN 10 AND 17"), "7|100005000\n");
  EXPECT_EQ(again_->run("SELECT count(*) FROM totals"), "9\n");
}

TEST_F(WritesTest, WhatReadsItsTableIsRefusedOnceThatHasChanged) {
  open(kTables);
  leave_behind_at(MeetingPoint::kCommit, "DELETE FROM t WHERE id IN (SELECT max(id) FROM t GROUP BY k)");
  restart();
  again_->run("INSERT INTO t VALUES (1, 1, 1)");
  EXPECT_EQ(again_->resume(again_->interrupted().at(0).id).substr(0, 5), "40001");
}

TEST_F(WritesTest, ATableThatOthersHaveMadeMeanwhileIsNotItsOwn) {
  for (const char* const words : {"", "IF NOT EXISTS "}) {
    fs::remove_all(path("db"));
    fs::remove_all(path("left"));
    open(kTables);
    leave_behind_at(MeetingPoint::kCommit, "CREATE TABLE " + std::string(words) + "made AS SELECT k, sum(d) AS d FROM t GROUP BY k");
    restart();
    again_->run("CREATE TABLE made(a INTEGER)");
    EXPECT_EQ(again_->resume(again_->interrupted().at(0).id).substr(0, 5), "40001");
    EXPECT_EQ(again_->run("SELECT count(*) FROM made"), "0\n");
    again_.reset();
    client_.reset();
  }
}

TEST_F(WritesTest, NotInsideATransactionBlock) {
  open(kTables);
  leave_behind_at(MeetingPoint::kCommit, kInsert);
  restart();
  const std::string id = again_->interrupted().at(0).id;
  again_->run("BEGIN");
  EXPECT_EQ(again_->resume(id).substr(0, 5), "25001");
  again_->run("ROLLBACK");
  again_->resume(id);
  EXPECT_EQ(state(*again_), after_);
}

TEST_F(WritesTest, AKillThatReturnsAtTheSamePlaceIsGivenUpInTheEnd) {
  open(kTables);
  leave_behind_at(MeetingPoint::kCommit, kInsert);
  restart();
  const std::string id = again_->interrupted().at(0).id;
  for (int death = 0; death < 4; ++death) {
    // The process dies while it goes on: what it leaves is what the next one finds.
    const Once once(MeetingPoint::kCommit, [&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      fs::remove_all(path("copy"));
      fs::copy(path("left"), path("copy"), fs::copy_options::recursive);
    });
    again_->run("SET checkpoint = 'off'");
    again_->resume(id);
    again_.reset();
    fs::remove_all(path("left"));
    fs::rename(path("copy"), path("left"));
    restart();
    ASSERT_EQ(again_->interrupted().size(), 1u) << death;
  }
  EXPECT_EQ(again_->run("SELECT state FROM cairn_queries()"), "given up\n");
  EXPECT_EQ(again_->resume(id).substr(0, 5), "55000");
  EXPECT_EQ(again_->run("CALL discard('" + id + "')"), "");
}

TEST_F(WritesTest, WhoGivesItBackInOrderHasNotDied) {
  open(kTables);
  leave_behind_at(MeetingPoint::kCommit, kInsert);
  restart();
  again_->run("INSERT INTO totals VALUES (12, 0)");  // its key is taken: it fails whenever it goes on
  const std::string id = again_->interrupted().at(0).id;
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(again_->resume(id).substr(0, 5), "23505");
    restart();
  }
  EXPECT_EQ(again_->run("SELECT state FROM cairn_queries()"), "interrupted\n");
}

TEST_F(WritesTest, WhatNobodyCameBackForIsForgotten) {
  open(kTables);
  leave_behind_at(MeetingPoint::kCommit, std::string("SET checkpoint_retention = '1 s'; ") + kInsert);
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  restart();
  EXPECT_TRUE(again_->interrupted().empty());
  ASSERT_TRUE(again_->wait_for_notice([](const std::vector<std::string>& notices) {
    return std::ranges::any_of(notices, [](const std::string& notice) { return notice.find("is forgotten") != std::string::npos; });
  }));
}

TEST_F(WritesTest, ReceiptsOfAClient) {
  open(kTables);
  cairn_connection* const connection = client_->connection();
  EXPECT_EQ(cairn_receipt(connection, "job"), nullptr);
  ASSERT_EQ(cairn_leave_receipts(connection, "job", "batch 1", nullptr), CAIRN_OK);
  client_->run("INSERT INTO totals VALUES (20, 1)");
  EXPECT_STREQ(cairn_receipt(connection, "job"), "batch 1");
  cairn_leave_receipts(connection, "job", "batch 2", nullptr);
  client_->run("SELECT 1; BEGIN; INSERT INTO totals VALUES (21, 1)");
  EXPECT_EQ(cairn_transaction_block(connection), CAIRN_BLOCK_OPEN);
  EXPECT_STREQ(cairn_receipt(connection, "job"), "batch 1");
  client_->run("SELECT 1 / 0");
  EXPECT_EQ(cairn_transaction_block(connection), CAIRN_BLOCK_FAILED);
  client_->run("ROLLBACK");
  EXPECT_EQ(cairn_transaction_block(connection), CAIRN_BLOCK_NONE);
  EXPECT_STREQ(cairn_receipt(connection, "job"), "batch 1");
  client_->run("BEGIN; INSERT INTO totals VALUES (21, 1); COMMIT");
  EXPECT_STREQ(cairn_receipt(connection, "job"), "batch 2");
  cairn_leave_receipts(connection, nullptr, nullptr, nullptr);
  client_->run("INSERT INTO totals VALUES (22, 1)");
  EXPECT_STREQ(cairn_receipt(connection, "job"), "batch 2");
  EXPECT_EQ(cairn_leave_receipts(connection, "job", nullptr, nullptr), CAIRN_MISUSE);
  EXPECT_EQ(cairn_receipt(nullptr, "job"), nullptr);
}

}  // namespace
}  // namespace cairn::testing
