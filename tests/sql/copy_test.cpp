// COPY and tpch_load as a client sees them: rows, errors that name the place, and nothing left behind by a failure.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "sql/session.h"
#include "tpch/tbl_writer.h"
#include "vector/error.h"
#include "vector/format.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

class CopyTest : public ::testing::Test {
 protected:
  CopyTest() {
    std::string made = (fs::temp_directory_path() / "cairn-copy-test-XXXXXX").string();
    if (::mkdtemp(made.data()) == nullptr) throw std::runtime_error("could not create " + made);
    directory_ = made;
  }
  ~CopyTest() override { fs::remove_all(directory_); }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  std::string put(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string get(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) names.push_back(entry.path().filename().string());
    return names;
  }

  /// Rows of the last statement as "1|x\n", its command tag where it has none, "<sqlstate> <message>" for an error.
  /// '$' stands for the test's directory.
  std::string run(std::string text) {
    for (size_t at; (at = text.find('$')) != text.npos;) text.replace(at, 1, directory_.string());
    std::string_view rest = text;
    std::string shown;
    try {
      while (true) {
        size_t consumed = 0;
        const auto result = session_->execute(rest, consumed);
        if (result == nullptr) return shown;
        rest.remove_prefix(consumed);
        shown.clear();
        while (const auto chunk = result->next()) append_rows(*chunk, shown);
        if (result->names().empty()) shown = result->command_tag();
      }
    } catch (const Error& error) {
      std::string message = error.sqlstate;
      (message += ' ') += error.message;
      for (size_t at; (at = message.find(directory_.string())) != message.npos;) {
        message.replace(at, directory_.string().size(), "$");
      }
      return message;
    }
  }

  static void append_rows(const RowSet::Chunk& chunk, std::string& shown) {
    for (size_t row = 0; row < chunk.row_count; ++row) {
      for (size_t column = 0; column < chunk.columns.size(); ++column) {
        if (column > 0) shown += '|';
        format_row(chunk.columns[column].view(), row, "NULL", shown);
      }
      shown += '\n';
    }
  }

  fs::path directory_;
  std::shared_ptr<Engine> engine_ = Engine::open(":memory:");
  std::unique_ptr<Session> session_ = engine_->connect();
};

TEST_F(CopyTest, FilesComeInAndGoOut) {
  put("in.tbl", "1|one|1.50|\n2|two|\\N|\n");
  EXPECT_EQ(run("CREATE TABLE t(a INTEGER, b VARCHAR, c DECIMAL(15,2)); COPY t FROM '$/in.tbl' (DELIMITER '|')"), "COPY 2");
  EXPECT_EQ(run("SELECT * FROM t"), "1|one|1.50\n2|two|NULL\n");
  EXPECT_EQ(run("COPY t TO '$/out.csv' (FORMAT csv, HEADER)"), "COPY 2");
  EXPECT_EQ(get("out.csv"), "a,b,c\n1,one,1.50\n2,two,\n");
  EXPECT_EQ(run("COPY (SELECT b, a + 1 AS next FROM t WHERE a = 2) TO '$/out.txt'"), "COPY 1");
  EXPECT_EQ(get("out.txt"), "two\t3\n");
  EXPECT_EQ(run("COPY t(b, a) TO '$/out.csv' (FORMAT csv, FORCE_QUOTE (b))"), "COPY 2");
  EXPECT_EQ(get("out.csv"), "\"one\",1\n\"two\",2\n");
  EXPECT_EQ(files().size(), 3u);
}

TEST_F(CopyTest, OptionsAndColumnLists) {
  put("in.csv", "x;a\n'it''s';1\nnil;2\n");
  EXPECT_EQ(run("CREATE TABLE t(a INTEGER, b VARCHAR, c INTEGER DEFAULT 7);"
                "COPY t(b, a) FROM '$/in.csv' (FORMAT csv, DELIMITER ';', QUOTE '''', NULL 'nil', HEADER)"),
            "COPY 2");
  EXPECT_EQ(run("SELECT * FROM t"), "1|it's|7\n2|NULL|7\n");
  EXPECT_EQ(run("COPY t(b, a) FROM '$/in.csv' (FORMAT csv, DELIMITER ';', HEADER match)"),
            "22P04 COPY t: \"$/in.csv\", line 1: field 1 of the header is \"x\", expected \"b\"");
}

TEST_F(CopyTest, ErrorsNameFileLineAndColumnAndLeaveNothing) {
  run("CREATE TABLE t(a INTEGER NOT NULL, b DECIMAL(5,2)); INSERT INTO t VALUES (0, 0)");
  const auto failure = [this](std::string_view text) {
    put("in.csv", text);
    const std::string message = run("COPY t FROM '$/in.csv' (FORMAT csv)");
    EXPECT_EQ(run("SELECT * FROM t"), "0|0.00\n");
    return message;
  };
  EXPECT_EQ(failure("1,1\n2,x\n"), "22P02 COPY t: \"$/in.csv\", line 2, column b: invalid input syntax for type numeric: \"x\"");
  EXPECT_EQ(failure("1,1000\n").substr(0, 43), "22003 COPY t: \"$/in.csv\", line 1, column b:");
  EXPECT_EQ(failure("3000000000,1\n").substr(0, 43), "22003 COPY t: \"$/in.csv\", line 1, column a:");
  EXPECT_EQ(failure("1,1\n,1\n").substr(0, 43), "23502 COPY t: \"$/in.csv\", line 2, column a:");
  EXPECT_EQ(failure("1\n"), "22P04 COPY t: \"$/in.csv\", line 1: missing data for column \"b\"");
  EXPECT_EQ(failure("1,2,3\n").substr(0, 33), "22P04 COPY t: \"$/in.csv\", line 1:");
  EXPECT_EQ(failure("1,\xFF\n").substr(0, 43), "22021 COPY t: \"$/in.csv\", line 1, column b:");
  EXPECT_EQ(run("COPY t FROM '$/nothing'").substr(0, 5), "58P01");
  EXPECT_EQ(run("COPY t FROM '$'").substr(0, 5), "42809");
  EXPECT_EQ(run("COPY nothing FROM '$/in.csv'").substr(0, 5), "42P01");
  EXPECT_EQ(run("COPY t TO '$/nowhere/out'").substr(0, 5), "58P01");
  EXPECT_EQ(run("COPY t TO '$/out' (DELIMITER 'n')").substr(0, 5), "22023");
  EXPECT_EQ(run("COPY (SELECT 1 / (a - a) FROM t) TO '$/out'").substr(0, 5), "22012");
  EXPECT_EQ(files(), std::vector<std::string>{"in.csv"});
}

TEST_F(CopyTest, LoadsInATransactionBlockKeepTheirOrder) {
  std::string first, second;
  for (int i = 0; i < 150000; ++i) first += std::to_string(i) + "\n";
  for (int i = 150000; i < 300000; ++i) second += std::to_string(i) + "\n";
  put("first", first);
  put("second", second);
  run("CREATE TABLE t(a INTEGER); BEGIN; COPY t FROM '$/first'; COPY t FROM '$/second'; COMMIT");
  EXPECT_EQ(run("COPY t TO '$/out'"), "COPY 300000");
  EXPECT_TRUE(get("out") == first + second);
}

TEST_F(CopyTest, TpchIsTheSameFromTheGeneratorAndFromItsFiles) {
  const tpch::Generator generator(0.01, 1);
  tpch::write_tbl_files(generator, {.directory = directory_});
  EXPECT_EQ(run("CALL tpch_load(0.01)"), "CALL");
  for (const tpch::Table table : tpch::kTables) {
    const std::string name(tpch::table_name(table));
    EXPECT_EQ(run("CREATE TABLE copied AS SELECT * FROM " + name + " LIMIT 0").substr(0, 5), "SELEC");
    run("COPY copied FROM '$/" + name + ".tbl' (DELIMITER '|')");
    run("COPY copied TO '$/copied.out'; COPY " + name + " TO '$/generated.out'; DROP TABLE copied");
    EXPECT_FALSE(get("generated.out").empty());
    EXPECT_TRUE(get("generated.out") == get("copied.out")) << name;
  }
}

TEST_F(CopyTest, TpchLoadRefusesWhatItCannotDo) {
  EXPECT_EQ(run("CALL tpch_load(0)").substr(0, 5), "22023");
  EXPECT_EQ(run("CALL tpch_load(-1)").substr(0, 5), "22023");
  EXPECT_EQ(run("CREATE TABLE orders(a INTEGER); CALL tpch_load(0.01)"), "42P07 relation \"orders\" already exists");
  EXPECT_EQ(run("SELECT * FROM lineitem").substr(0, 5), "42P01");
}

TEST_F(CopyTest, AnInterruptedTpchLoadLeavesNothing) {
  std::jthread interrupting([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (session_->progress().fraction > 0) session_->interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const std::string message = run("CALL tpch_load(1)");
  interrupting.request_stop();
  interrupting.join();
  EXPECT_EQ(message.substr(0, 5), "57014");
  EXPECT_EQ(run("SELECT * FROM region").substr(0, 5), "42P01");
}

}  // namespace
}  // namespace cairn
