// CAIRN_OPEN_SALVAGE: a damaged database, read-only, with what is sound.

#include <fstream>
#include <utility>

#include "tests/capi/fixture.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

class SalvageTest : public ResumeTest {
 protected:
  /// How cairn_open ends; with CAIRN_OK `database_` is open.
  cairn_status open(int flags) {
    cairn_close(database_);
    return cairn_open(path("db").c_str(), flags, &database_, nullptr);
  }
  ~SalvageTest() override { cairn_close(database_); }

  std::string run(const char* sql) {
    cairn_connection* connection = nullptr;
    cairn_result* result = nullptr;
    cairn_error* error = nullptr;
    EXPECT_EQ(cairn_connect(database_, &connection, nullptr), CAIRN_OK);
    std::string shown;
    if (cairn_query(connection, sql, nullptr, &result, &error) == CAIRN_OK) {
      shown = Client::rows(result);
    } else {
      shown = cairn_error_sqlstate(error);
    }
    cairn_error_destroy(error);
    cairn_disconnect(connection);
    return shown;
  }

  cairn_database* database_ = nullptr;
};

TEST_F(SalvageTest, WhatIsSoundIsReadAndTheRestTold) {
  {
    Client client(path("db"));
    client.run("CREATE TABLE first AS SELECT i FROM generate_series(1, 100) g(i)");
  }
  ASSERT_EQ(open(CAIRN_OPEN_SALVAGE), CAIRN_OK);
  EXPECT_STREQ(cairn_left_out(database_), "");
  EXPECT_EQ(run("SELECT count(*) FROM first"), "100\n");
  EXPECT_EQ(run("DROP TABLE first"), "25006");
  cairn_close(std::exchange(database_, nullptr));

  const auto sound_bytes = fs::file_size(path("db") + "/manifest");
  {
    Client client(path("db"));
    client.run("CREATE TABLE second AS SELECT 1 AS i; CREATE TABLE third AS SELECT 1 AS i");
  }
  std::fstream manifest(path("db") + "/manifest", std::ios::in | std::ios::out | std::ios::binary);
  manifest.seekp(static_cast<std::streamoff>(sound_bytes) + 40);
  manifest.put('\xff');
  manifest.close();
  EXPECT_EQ(open(CAIRN_OPEN_DEFAULT), CAIRN_CORRUPT);
  EXPECT_EQ(open(CAIRN_OPEN_READ_ONLY), CAIRN_CORRUPT);
  ASSERT_EQ(open(CAIRN_OPEN_SALVAGE), CAIRN_OK);
  EXPECT_NE(std::string(cairn_left_out(database_)).find("damaged"), std::string::npos) << cairn_left_out(database_);
  EXPECT_EQ(run("SELECT count(*) FROM first"), "100\n");
  EXPECT_EQ(run("SELECT * FROM third"), "42P01");
}

}  // namespace
}  // namespace cairn::testing
