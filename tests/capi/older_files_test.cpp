// Files that earlier builds have left (tests/older_files): the database opens; the interrupted query resumes, or is
// discarded with a notice that names it; and nothing of it stays behind.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/capi/fixture.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kFiles = fs::path(CAIRN_TESTS_DIR) / "older_files";

std::string query_text() {
  std::ifstream file(kFiles / "query.sql");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

size_t file_count(const fs::path& directory) {
  size_t count = 0;
  if (!fs::exists(directory)) return 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) count += entry.is_regular_file();
  return count;
}

class OlderFiles : public ResumeTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    const std::string command = "tar -C '" + root_.string() + "' -xzf '" + (kFiles / (GetParam() + ".tar.gz")).string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
    fs::rename(path("db"), path("left"));
    restart();
  }
};

TEST_P(OlderFiles, TheDatabaseOpens) {
  EXPECT_EQ(again_->run("SELECT count(*), sum(v), sum(k) FROM t"), "10000|50005000|9995000\n");
}

TEST_P(OlderFiles, TheQueryResumesOrIsDiscardedWithANotice) {
  const auto queries = again_->interrupted();
  if (queries.empty()) {
    const auto notices = again_->notices();
    EXPECT_TRUE(std::ranges::any_of(notices, [](const std::string& notice) {
      return notice.find("is discarded") != std::string::npos && notice.find(query_text()) != std::string::npos;
    })) << (notices.empty() ? "no notice" : notices[0]);
  } else {
    ASSERT_EQ(queries.size(), 1u);
    EXPECT_GE(queries[0].durable, 2u);
    const std::string resumed = again_->resume(queries[0].id);
    EXPECT_EQ(resumed, again_->run(query_text()));
  }
  again_->run("DROP TABLE t");
  again_.reset();
  restart();
  EXPECT_TRUE(again_->interrupted().empty());
  EXPECT_TRUE(again_->notices().empty()) << again_->notices()[0];
  again_.reset();
  EXPECT_EQ(file_count(path("left/data")), 0u) << "its snapshot is pinned";
  EXPECT_EQ(file_count(path("left/checkpoints")), 0u);
}

std::vector<std::string> all_files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kFiles)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".tar.gz")) names.push_back(name.substr(0, name.size() - 7));
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Each, OlderFiles, ::testing::ValuesIn(all_files()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace cairn::testing
