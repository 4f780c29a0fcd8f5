// Which transfers of a direct file go around the page cache.

#include "io/storage/file_posix.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "tests/io/file_fixture.h"

namespace cairn {
namespace {

class DirectFile : public ::testing::Test {
 protected:
  using Step = std::pair<bool, size_t>;  ///< around the cache, so many bytes

  void SetUp() override {
    std::string path = std::filesystem::temp_directory_path().string() + "/cairn-direct-test-XXXXXX";
    ::close(::mkstemp(path.data()));
    const Descriptor direct(::open(path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
    const bool can = static_cast<bool>(direct);
    file_ = std::make_unique<PosixFile>(path, FilePlace{.name = path}, OpenMode::kReadWrite, Caching::kDirect);
    std::filesystem::remove(path);
    if (!can) GTEST_SKIP() << "this file system has no O_DIRECT";
  }
  Step step(uint64_t offset, size_t address, size_t length) {
    const PosixFile::Step next = file_->next_step(offset, memory_.data() + address, length);
    return {(::fcntl(next.descriptor, F_GETFL) & O_DIRECT) != 0, next.length};
  }

  /// 'c' for each page that is in the page cache.
  std::string cached_pages(size_t bytes) {
    void* const mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file_->next_step(0, memory_.data(), 1).descriptor, 0);
    std::vector<unsigned char> is_cached(bytes / 4096);
    ::mincore(mapped, bytes, is_cached.data());
    ::munmap(mapped, bytes);
    std::string text;
    for (const unsigned char page : is_cached) text += (page & 1) != 0 ? 'c' : '-';
    return text;
  }

  AlignedBuffer memory_{65536};
  std::unique_ptr<PosixFile> file_;
};

TEST_F(DirectFile, WhatIsAlignedGoesAroundTheCache) {
  EXPECT_TRUE(file_->is_direct());
  EXPECT_EQ(step(0, 0, 8192), Step(true, 8192));
  EXPECT_EQ(step(4096, 8192, 4096), Step(true, 4096));
  EXPECT_EQ(step(0, 0, 8000), Step(true, 4096)) << "the end is for the next step";
  EXPECT_EQ(step(4096, 4096, 3904), Step(false, 3904));
  EXPECT_EQ(step(1, 1, 9000), Step(false, 4095)) << "up to the first boundary";
  EXPECT_EQ(step(4095, 4095, 9000), Step(false, 1));
  EXPECT_EQ(step(1, 1, 100), Step(false, 100));
  EXPECT_EQ(step(0, 1, 8192), Step(false, 8192)) << "offset and address are never aligned together";
}

TEST_F(DirectFile, AFileSystemThatThinksAgainHasABufferedFile) {
  const PosixFile::Step direct = file_->next_step(0, memory_.data(), 4096), buffered = file_->next_step(0, memory_.data(), 1);
  EXPECT_TRUE(file_->retry_after(EINTR, direct));
  EXPECT_FALSE(file_->retry_after(EIO, direct));
  EXPECT_FALSE(file_->retry_after(EINVAL, buffered));
  EXPECT_TRUE(file_->is_direct());
  EXPECT_TRUE(file_->retry_after(EINVAL, direct));
  EXPECT_FALSE(file_->is_direct());
  EXPECT_EQ(step(0, 0, 8192), Step(false, 8192));
}

TEST_F(DirectFile, AnUnalignedTransferIsCachedAtItsEndsOnly) {
  const size_t bytes = memory_.size();
  file_->write(0, memory_.bytes());
  if (cached_pages(bytes) != std::string(bytes / 4096, '-')) GTEST_SKIP() << "this file system caches all";
  file_->write(100, memory_.bytes().subspan(100, 40'000));
  EXPECT_EQ(cached_pages(bytes), "c--------c------");
  file_->read(3 * 4096 + 100, memory_.bytes().subspan(100, 20'000));
  EXPECT_EQ(cached_pages(bytes), "c--c---c-c------");
}

}  // namespace
}  // namespace cairn
