// Locks within one process and between two.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/io/file_fixture.h"
#include "tests/io/kernel_answers.h"

namespace cairn {
namespace {

using FileLocks = StorageTest;
INSTANTIATE_TEST_SUITE_P(All, FileLocks, ::testing::ValuesIn(all_storages()), name_of_storage);

TEST_P(FileLocks, one_writer_or_many_readers) {
  auto first = storage_->lock_file(path("lock"), LockMode::kShared);
  auto second = storage_->lock_file(path("lock"), LockMode::kShared);
  EXPECT_EQ(error_of([&] { storage_->lock_file(path("lock"), LockMode::kExclusive); }).sqlstate,
            sqlstate::kObjectInUse);
  first.reset();
  EXPECT_THROW(storage_->lock_file(path("lock"), LockMode::kExclusive), Error);
  second.reset();
  const auto writer = storage_->lock_file(path("lock"), LockMode::kExclusive);
  for (const LockMode mode : {LockMode::kShared, LockMode::kExclusive}) {
    const Error error = error_of([&] { storage_->lock_file(path("lock"), mode); });
    EXPECT_EQ(error.sqlstate, sqlstate::kObjectInUse);
    EXPECT_CONTAINS(error.message, path("lock"));
    EXPECT_CONTAINS(error.message, "this process (pid " + std::to_string(::getpid()) + ")");
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST_P(FileLocks, other_files_are_other_locks) {
  const auto one = storage_->lock_file(path("one"), LockMode::kExclusive);
  EXPECT_NO_THROW(storage_->lock_file(path("two"), LockMode::kExclusive));
}

/// A child that takes a lock, tells that it has it, and sleeps until it is killed.
class LockingChild {
 public:
  LockingChild(Storage& storage, const std::string& path, LockMode mode) {
    int channel[2];
    if (::pipe(channel) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      try {
        const auto lock = storage.lock_file(path, mode);
        const bool told = ::write(channel[1], "+", 1) == 1;
        while (told) ::pause();
      } catch (...) {
      }
      ::_exit(1);
    }
    ::close(channel[1]);
    char answer = 0;
    has_lock_ = ::read(channel[0], &answer, 1) == 1;
    ::close(channel[0]);
  }
  ~LockingChild() { kill(); }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }
  bool has_lock() const { return has_lock_; }

 private:
  pid_t pid_ = -1;
  bool has_lock_ = false;
};

TEST_P(FileLocks, a_killed_process_frees_its_lock) {
  if (is_simulated()) GTEST_SKIP() << "one process";
  for (const LockMode mode : {LockMode::kExclusive, LockMode::kShared}) {
    LockingChild child(*storage_, path("lock"), mode);
    ASSERT_TRUE(child.has_lock());
    const Error error = error_of([&] { storage_->lock_file(path("lock"), LockMode::kExclusive); });
    EXPECT_EQ(error.sqlstate, sqlstate::kObjectInUse);
    if (mode == LockMode::kExclusive || std::ifstream("/proc/locks")) {
      EXPECT_CONTAINS(error.message, "process " + std::to_string(child.pid()));
    }
    if (mode == LockMode::kShared) {
      EXPECT_NO_THROW(storage_->lock_file(path("lock"), mode));
    }
    child.kill();
    EXPECT_NO_THROW(storage_->lock_file(path("lock"), LockMode::kExclusive));
  }
}

/// As in a container that does not see other containers' locks.
TEST_P(FileLocks, where_the_kernel_does_not_tell_the_file_says_whose_lock_it_is) {
  if (is_simulated()) GTEST_SKIP() << "one process";
  const LockingChild owner(*storage_, path("lock"), LockMode::kExclusive);
  ASSERT_TRUE(owner.has_lock());
  const int outcome = in_child([&] {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        ::mount("/dev/null", "/proc/locks", nullptr, MS_BIND, nullptr) != 0) {
      return kNotHere;
    }
    const Error error = error_of([&] { storage_->lock_file(path("lock"), LockMode::kExclusive); });
    return error.message.find("process " + std::to_string(owner.pid())) != std::string::npos ? 0 : 1;
  });
  if (outcome == kNotHere) GTEST_SKIP() << "no mounts of one's own here";
  EXPECT_EQ(outcome, 0);
}

TEST_P(FileLocks, our_lock_keeps_another_process_out) {
  if (is_simulated()) GTEST_SKIP() << "one process";
  auto lock = storage_->lock_file(path("lock"), LockMode::kExclusive);
  EXPECT_FALSE(LockingChild(*storage_, path("lock"), LockMode::kShared).has_lock());
  lock.reset();
  EXPECT_TRUE(LockingChild(*storage_, path("lock"), LockMode::kExclusive).has_lock());
}

}  // namespace
}  // namespace cairn
