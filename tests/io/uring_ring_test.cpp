// What only io_uring can get wrong: its rings after a fork, and a kernel that refuses them.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <string>
#include <thread>

#include "tests/io/file_fixture.h"
#include "tests/io/kernel_answers.h"

namespace cairn {
namespace {

/// Memory of this process that the kernel holds for devices.
size_t pinned_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  size_t kilobytes = 0;
  while (status >> word && word != "VmPin:") {
  }
  status >> kilobytes;
  return kilobytes << 10;
}

/// Whether so much can be pinned, and that is seen.
bool pins(size_t bytes) {
  io_uring ring;
  if (io_uring_queue_init(1, &ring, 0) != 0) return false;
  AlignedBuffer memory(bytes);
  const iovec buffer = {memory.data(), bytes};
  const size_t before = pinned_bytes();
  io_uring_register_buffers(&ring, &buffer, 1);
  const bool pinned = pinned_bytes() >= before + bytes;
  io_uring_unregister_buffers(&ring);
  io_uring_queue_exit(&ring);
  return pinned;
}

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
    if (storage_) remove_tree(*storage_, directory_);
  }

  bool batch_works(File& file) {
    const Bytes content = pattern(10'000, test_seed());
    Bytes again(content.size());
    const auto batch = storage_->make_batch();
    for (size_t at = 0; at < content.size(); at += 100) batch->write(file, at, std::span(content).subspan(at, 100));
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
  EXPECT_TRUE(in_child([&] { return UringRing::of_this_thread() != parents && batch_works(*file); }));
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
    ::setrlimit(RLIMIT_NOFILE, &before);
    works = batch_works(*file);
  }).join();
  EXPECT_FALSE(has_ring);
  EXPECT_TRUE(works);
}

TEST_F(UringRings, one_that_breaks_leaves_the_rest_to_blocking_calls) {
  const auto file = storage_->open(directory_ + "/a", OpenMode::kCreate);
  const int outcome = in_child([&] {
    if (!batch_works(*file)) return 1;
    if (!kernel_answers(SYS_io_uring_enter, EPERM)) return kNotHere;
    return batch_works(*file) && batch_works(*file) ? 0 : 2;
  });
  if (outcome == kNotHere) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(outcome, 0);
}

TEST_F(UringRings, buffers_that_the_kernel_does_not_pin_are_buffers_like_any_other) {
  const auto file = storage_->open(directory_ + "/a", OpenMode::kCreate);
  const int outcome = in_child([&] {
    if (!batch_works(*file)) return 1;
    if (!kernel_answers(SYS_io_uring_register, ENOMEM)) return kNotHere;
    RegisteredBufferPool pool(4096, 4096);
    RegisteredBuffer buffer = pool.acquire();
    const auto batch = storage_->make_batch();
    for (int time = 0; time < 2; ++time) {
      batch->read(*file, 0, buffer, buffer.size());
      batch->wait_all();
    }
    return std::ranges::equal(buffer.bytes(), pattern(buffer.size(), test_seed())) ? 0 : 2;
  });
  if (outcome == kNotHere) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(outcome, 0);
}

TEST_F(UringRings, buffers_of_a_pool_are_pinned_while_there_is_the_pool) {
  constexpr size_t kPoolBytes = size_t{1} << 20;
  if (!pins(kPoolBytes)) GTEST_SKIP() << "RLIMIT_MEMLOCK is small, or the kernel does not tell";
  const auto file = storage_->open(directory_ + "/a", OpenMode::kCreate);
  ASSERT_TRUE(batch_works(*file));
  const size_t before = pinned_bytes();
  const auto read = [&](auto&& into) {
    const auto batch = storage_->make_batch();
    batch->read(*file, 0, into, 100);
    batch->wait_all();
  };
  {
    RegisteredBufferPool pool(kPoolBytes, kPoolBytes / 4);
    RegisteredBuffer buffer = pool.acquire();
    read(buffer);
    EXPECT_GE(pinned_bytes(), before + kPoolBytes);
  }
  ASSERT_TRUE(batch_works(*file));
  EXPECT_EQ(pinned_bytes(), before);
}

TEST_F(UringRings, none_is_made_while_its_thread_ends) {
  struct AtEnd {
    bool* has_ring = nullptr;
    ~AtEnd() {
      if (has_ring != nullptr) *has_ring = UringRing::of_this_thread() != nullptr;
    }
  };
  bool had_ring = false, has_ring = true;
  std::thread([&] {
    static thread_local AtEnd at_end;
    at_end.has_ring = &has_ring;  // made before the ring, so that it goes after it
    had_ring = UringRing::of_this_thread() != nullptr;
  }).join();
  EXPECT_TRUE(had_ring);
  EXPECT_FALSE(has_ring);
}

// All tests of io_uring are left out where the probe says that there is none.
TEST(UringProbe, finds_the_ring_that_there_is) {
  io_uring ring;
  if (io_uring_queue_init(1, &ring, 0) != 0) GTEST_SKIP() << "this kernel refuses io_uring";
  const int zeros = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  char byte = 1;
  io_uring_prep_read(io_uring_get_sqe(&ring), zeros, &byte, 1, 0);
  io_uring_submit_and_wait(&ring, 1);
  io_uring_cqe* done = nullptr;
  const bool reads = io_uring_peek_cqe(&ring, &done) == 0 && done->res == 1;
  io_uring_queue_exit(&ring);
  ::close(zeros);
  EXPECT_EQ(UringRing::probe() == 0, reads);
}

TEST_F(UringRings, where_the_kernel_refuses_the_thread_pool_takes_over) {
  const int outcome = in_child([] {
    ::unsetenv("CAIRN_IO");
    // As Docker's default seccomp profile does.
    if (!kernel_answers(SYS_io_uring_setup, EPERM)) return kNotHere;
    if (make_storage()->name() != "thread pool") return 1;
    try {
      make_storage(StorageKind::kUring);
    } catch (const Error& error) {
      const bool says_why = error.message.find("Operation not permitted") != std::string::npos;
      return says_why && !error.hint.empty() ? 0 : 2;
    }
    return 3;
  });
  if (outcome == kNotHere) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(outcome, 0);
}

}  // namespace
}  // namespace cairn
