// What only io_uring can get wrong: its rings after a fork, and a kernel that refuses them.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/io/file_fixture.h"

namespace cairn {
namespace {

class UringRings : public ::testing::Test {
 protected:
  void SetUp() override {
    if (UringRing::probe() != 0) GTEST_SKIP() << "this kernel refuses io_uring";
    storage_ = make_storage(StorageKind::kUring);
    std::string made = std::filesystem::temp_directory_path().string() + "/cairn-ring-test-XXXXXX";
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    directory_ = made;
  }
  void TearDown() override {
    if (storage_) storage_->remove_all(directory_);
  }

  bool batch_works(File& file) {
    const Bytes content = pattern(10'000, test_seed());
    Bytes again(content.size());
    const auto batch = storage_->make_batch();
    batch->write(file, 0, content);
    batch->wait_all();
    batch->read(file, 0, again);
    batch->wait_all();
    return again == content;
  }

  std::shared_ptr<Storage> storage_;
  std::string directory_;
};

TEST_F(UringRings, a_forked_child_makes_its_own) {
  const auto file = storage_->open(directory_ + "/a", OpenMode::kCreate);
  ASSERT_TRUE(batch_works(*file));
  UringRing* const parents = UringRing::of_this_thread();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(UringRing::of_this_thread() != parents && batch_works(*file) ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(UringRing::of_this_thread(), parents);
  EXPECT_TRUE(batch_works(*file));
}

TEST_F(UringRings, a_thread_that_gets_none_uses_blocking_calls) {
  const auto file = storage_->open(directory_ + "/a", OpenMode::kCreate);
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int used = ::dup(0);  // the lowest free descriptor: no other may be made
  ::close(used);
  const rlimit tight = {static_cast<rlim_t>(used), before.rlim_max};
  bool has_ring = true, works = false;
  std::thread([&] {
    ::setrlimit(RLIMIT_NOFILE, &tight);
    has_ring = UringRing::of_this_thread() != nullptr;
    works = batch_works(*file);
    ::setrlimit(RLIMIT_NOFILE, &before);
  }).join();
  EXPECT_FALSE(has_ring);
  EXPECT_TRUE(works);
}

}  // namespace
}  // namespace cairn
