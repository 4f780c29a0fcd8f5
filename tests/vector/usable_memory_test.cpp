#include "vector/usable_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>

namespace cairn {
namespace {

namespace fs = std::filesystem;

/// A tree of the system's files, as far as they say what memory there is.
class UsableMemory : public ::testing::Test {
 protected:
  UsableMemory() : root_(fs::temp_directory_path() / ("cairn_cgroup_test_" + std::to_string(::getpid()))) {}
  ~UsableMemory() override { fs::remove_all(root_); }
  void file(const std::string& path, const std::string& content) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << content << '\n';
  }
  size_t limit() const { return cgroup_memory_limit(root_.string()); }

  const fs::path root_;
};

TEST_F(UsableMemory, WithoutGroupsThereIsNoLimit) { EXPECT_EQ(limit(), SIZE_MAX); }

TEST_F(UsableMemory, TheLimitOfTheProcessesOwnGroupIsFound) {
  file("proc/self/cgroup", "0::/system.slice/some.service");
  file("sys/fs/cgroup/system.slice/memory.max", "max");
  file("sys/fs/cgroup/system.slice/some.service/memory.max", "8589934592");
  EXPECT_EQ(limit(), size_t{8} << 30);
}

TEST_F(UsableMemory, AGroupAboveMayHaveTheLesserOne) {
  file("proc/self/cgroup", "0::/a/b/c");
  file("sys/fs/cgroup/a/memory.max", "1000000");
  file("sys/fs/cgroup/a/b/memory.max", "3000000");
  file("sys/fs/cgroup/a/b/c/memory.max", "2000000");
  EXPECT_EQ(limit(), 1000000u);
}

TEST_F(UsableMemory, VersionOneHasAHierarchyForMemory) {
  file("proc/self/cgroup", "5:devices:/x\n4:hugetlb,memory:/a/b\n0::/");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  file("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712");
  file("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "4000000");
  file("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "5");
  EXPECT_EQ(limit(), 4000000u);
}

TEST_F(UsableMemory, InAContainerTheRootIsItsGroup) {
  file("proc/self/cgroup", "4:memory:/docker/0123\n0::/docker/0123");
  file("sys/fs/cgroup/memory.max", "7000000");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "6000000");
  EXPECT_EQ(limit(), 6000000u);
}

}  // namespace
}  // namespace cairn
