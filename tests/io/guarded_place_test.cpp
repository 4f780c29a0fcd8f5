// Below a guarded directory: what is missing, what is in the way, and what is said of it.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/io/file_fixture.h"
#include "tests/io/kernel_answers.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

class GuardedPlace : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    if (IsSkipped()) return;
    if (is_simulated()) GTEST_SKIP() << "it has no links";
    fs::create_directories(path("db/data"));
    put("db/data/file", "mine");
    storage_->guard(path("db"), "", Access::kAsDirectory);
  }
};

TEST_P(GuardedPlace, WhatIsNotThereIsNotRemoved) {
  EXPECT_FALSE(storage_->remove(path("db/data/none"), EntryKind::kFile));
  EXPECT_FALSE(storage_->remove(path("db/none/file"), EntryKind::kFile));
  EXPECT_FALSE(storage_->remove(path("db/data/file/below"), EntryKind::kFile)) << "a file is no directory";
  fs::create_symlink(path("db/data"), path("db/linked"));
  EXPECT_FALSE(storage_->remove(path("db/linked/file"), EntryKind::kFile));
  EXPECT_TRUE(storage_->remove(path("db/data/file"), EntryKind::kFile));
  EXPECT_FALSE(storage_->exists(path("db/data/file")));
  EXPECT_FALSE(storage_->exists(path("db/none/file")));
}

TEST_P(GuardedPlace, WhatIsInTheWayIsNamed) {
  fs::create_symlink(path("db/data"), path("db/linked"));
  fs::create_symlink(path("db/data/file"), path("db/link"));
  fs::create_directories(path("db/directory"));
  ASSERT_EQ(::mkfifo(path("db/pipe").c_str(), 0600), 0);
  const auto message = [&](const std::string& name) {
    return error_of([&] { storage_->open(path("db/" + name), OpenMode::kRead); }).message;
  };
  EXPECT_CONTAINS(message("linked/file"), "symbolic link");
  EXPECT_CONTAINS(message("link"), "it is a symbolic link");
  EXPECT_CONTAINS(message("directory"), "it is a directory");
  EXPECT_CONTAINS(message("pipe"), "it is no regular file");
  EXPECT_EQ(error_of([&] { storage_->open(path("db/data/none"), OpenMode::kRead); }).sqlstate, sqlstate::kUndefinedFile);
  EXPECT_EQ(error_of([&] { storage_->open(path("db/none/file"), OpenMode::kRead); }).sqlstate, sqlstate::kUndefinedFile);
}

TEST_P(GuardedPlace, WhatIsInALocksWayIsNamed) {
  fs::create_symlink(path("db/data/file"), path("db/linked_lock"));
  fs::create_directories(path("db/lock_directory"));
  const auto message = [&](const std::string& name) {
    return error_of([&] { storage_->lock_file(path("db/" + name), LockMode::kExclusive); }).message;
  };
  EXPECT_CONTAINS(message("linked_lock"), "symbolic link");
  EXPECT_EQ(message("lock_directory").find("symbolic link"), std::string::npos) << message("lock_directory");
}

TEST_P(GuardedPlace, TheLastWordOnItsModesCounts) {
  fs::permissions(path("db"), static_cast<fs::perms>(0755));
  const auto mode_of_new = [&](const std::string& name) {
    put("db/" + name, "x");
    return static_cast<unsigned>(fs::status(path("db/" + name)).permissions()) & 0777;
  };
  EXPECT_EQ(mode_of_new("a"), 0644u);
  storage_->guard(path("db"), "", Access::kPrivate);
  EXPECT_EQ(mode_of_new("b"), 0600u);
  storage_->guard(path("db") + "/", "", Access::kAsDirectory);
  EXPECT_EQ(mode_of_new("c"), 0644u);
}

TEST_P(GuardedPlace, ADirectoryNeedNotBeReadable) {
  constexpr uid_t kNobody = 65534;
  const bool is_root = ::geteuid() == 0;
  fs::permissions(directory_, fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
  if (is_root) { ASSERT_EQ(::chown(path("db").c_str(), kNobody, kNobody), 0); }
  fs::permissions(path("db"), fs::perms::owner_write | fs::perms::owner_exec);
  const int outcome = in_child([&] {
    if (is_root && ::seteuid(kNobody) != 0) return kNotHere;
    if (::faccessat(AT_FDCWD, path("db").c_str(), X_OK, AT_EACCESS) != 0) return kNotHere;
    try {
      put("db/new", "x");
    } catch (const Error&) {
      return 1;
    }
    return 0;
  });
  fs::permissions(path("db"), fs::perms::owner_all);
  if (outcome == kNotHere) GTEST_SKIP() << "nobody comes so far";
  EXPECT_EQ(outcome, 0);
}

INSTANTIATE_TEST_SUITE_P(Storages, GuardedPlace, ::testing::ValuesIn(all_storages()), name_of_storage);

}  // namespace
}  // namespace cairn
