#include "tpch/tbl_writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include "tpch/tbl_format.h"
#include "vector/error.h"

namespace cairn::tpch {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class TblWriterTest : public testing::Test {
 protected:
  TblWriterTest() {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  ~TblWriterTest() override { fs::remove_all(directory_); }

  static const Generator& generator() {
    static const Generator shared(0.01);
    return shared;
  }

  size_t file_count() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  fs::path directory_ = fs::path(testing::TempDir()) /
                        ("tbl_writer_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(TblWriterTest, FilesHoldTheTablesWhateverTheNumberOfThreads) {
  for (unsigned thread_count : {1u, 3u, 16u}) {
    const TblOptions options{.directory = directory_ / "made", .thread_count = thread_count};
    uint64_t byte_count = 0;
    const uint64_t reported_byte_count = write_tbl_files(generator(), options);
    for (Table table : kTables) {
      Chunk rows;
      std::string text;
      generator().generate(table, 0, generator().row_unit_count(table), rows);
      append_tbl(rows, text);
      byte_count += text.size();
      EXPECT_TRUE(read_file(options.directory / (std::string(table_name(table)) + ".tbl")) == text)
          << table_name(table) << ", " << thread_count << " threads";
    }
    EXPECT_EQ(reported_byte_count, byte_count);
  }
}

TEST_F(TblWriterTest, OnlyTheWantedTablesAreWritten) {
  write_tbl_files(generator(), {.directory = directory_, .tables = {Table::kLineitem, Table::kRegion}});
  EXPECT_EQ(file_count(), 2u);
  EXPECT_EQ(fs::file_size(directory_ / "region.tbl"), 389u);
  EXPECT_GT(fs::file_size(directory_ / "lineitem.tbl"), 7000000u);
}

TEST_F(TblWriterTest, ProgressGrowsToAHundred) {
  unsigned last = 0;
  write_tbl_files(generator(), {.directory = directory_, .thread_count = 2, .progress = [&](unsigned percent) {
                                  EXPECT_GT(percent, last);
                                  last = percent;
                                }});
  EXPECT_EQ(last, 100u);
}

TEST_F(TblWriterTest, ADirectoryThatCannotBeMadeIsAnError) {
  std::ofstream(directory_ / "file") << "x";
  try {
    write_tbl_files(generator(), {.directory = directory_ / "file"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kIoError);
    EXPECT_NE(error.message.find("cannot create the directory"), std::string::npos) << error.message;
  }
}

TEST_F(TblWriterTest, AFileThatCannotBeMadeIsAnError) {
  fs::create_directory(directory_ / "part.tbl.partial");
  EXPECT_THROW(write_tbl_files(generator(), {.directory = directory_}), Error);
  EXPECT_EQ(file_count(), 1u) << "the files begun before it are gone";
}

// A limit on file sizes stands for a full disk.
TEST_F(TblWriterTest, AWriteThatFailsIsAnErrorAndLeavesNoFile) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  for (unsigned thread_count : {1u, 4u}) {
    const rlimit limit{1 << 20, old_limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    EXPECT_THROW(write_tbl_files(generator(), {.directory = directory_, .thread_count = thread_count}), Error);
    setrlimit(RLIMIT_FSIZE, &old_limit);
    EXPECT_EQ(file_count(), 0u);
  }
  std::signal(SIGXFSZ, SIG_DFL);
}

}  // namespace
}  // namespace cairn::tpch
