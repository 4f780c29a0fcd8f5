#include "io/file_posix.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "io/file_error.h"

namespace cairn {

namespace {

constexpr size_t kMaxStepBytes = size_t{1} << 30;  // Linux transfers at most 2 GiB - 4 KiB per call

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_TRUNC;
    case OpenMode::kCreateExclusive:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kOpenOrCreate:
      return O_RDWR | O_CREAT;
  }
  return O_RDONLY;
}

int open_retrying(const char* path, int flags) {
  int descriptor;
  do {
    descriptor = ::open(path, flags | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

bool same_inode(int a, int b) {
  struct stat first, second;
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

PosixFile::PosixFile(std::string file_path, OpenMode mode, Caching caching) : File(std::move(file_path)) {
  buffered_ = open_retrying(path().c_str(), flags_of(mode));
  if (buffered_ < 0) {
    const bool creates = mode == OpenMode::kCreate || mode == OpenMode::kCreateExclusive;
    throw file_error(errno, creates ? "create file" : "open file", path());
  }
  if (caching != Caching::kDirect) return;
  // tmpfs before Linux 6.6, and others, refuse O_DIRECT with EINVAL. It is only a wish, so that any failure to get the
  // second descriptor, also another file that was renamed to this path a moment ago, leaves a buffered file.
  direct_ = open_retrying(path().c_str(), (mode == OpenMode::kRead ? O_RDONLY : O_RDWR) | O_DIRECT);
  if (direct_ < 0) return;
  if (!same_inode(buffered_, direct_)) {
    ::close(std::exchange(direct_, -1));
    return;
  }
  ::posix_fadvise(buffered_, 0, 0, POSIX_FADV_RANDOM);  // no read-ahead behind unaligned ends
  use_direct_ = true;
}

PosixFile::~PosixFile() {
  if (direct_ >= 0) ::close(direct_);
  ::close(buffered_);
}

PosixFile::Step PosixFile::next_step(uint64_t offset, const std::byte* data, size_t length) const {
  length = std::min(length, kMaxStepBytes);
  if (!is_direct()) return {buffered_, length};
  const auto address = reinterpret_cast<uintptr_t>(data);
  if ((address - offset) % kIoAlignmentBytes != 0) return {buffered_, length};  // never aligned both at once
  const size_t head = (kIoAlignmentBytes - offset % kIoAlignmentBytes) % kIoAlignmentBytes;
  if (head > 0) return {buffered_, std::min(head, length)};
  const size_t aligned = length / kIoAlignmentBytes * kIoAlignmentBytes;
  if (aligned == 0) return {buffered_, length};
  return {direct_, aligned};
}

bool PosixFile::retry_after(int code, const Step& step) {
  if (code == EINTR) return true;
  if (code != EINVAL || step.descriptor != direct_) return false;
  use_direct_ = false;
  return true;
}

void PosixFile::read(uint64_t offset, std::span<std::byte> into) {
  size_t done = 0;
  while (done < into.size()) {
    const Step step = next_step(offset + done, into.data() + done, into.size() - done);
    const ssize_t got = ::pread(step.descriptor, into.data() + done, step.length, static_cast<off_t>(offset + done));
    if (got == 0) throw short_read_error(path(), offset, into.size(), done);
    if (got > 0) {
      done += static_cast<size_t>(got);
    } else if (!retry_after(errno, step)) {
      throw file_error(errno, "read file", path());
    }
  }
}

void PosixFile::write(uint64_t offset, std::span<const std::byte> from) {
  size_t done = 0;
  while (done < from.size()) {
    const Step step = next_step(offset + done, from.data() + done, from.size() - done);
    const ssize_t put = ::pwrite(step.descriptor, from.data() + done, step.length, static_cast<off_t>(offset + done));
    if (put > 0) {
      done += static_cast<size_t>(put);
    } else if (put == 0 || !retry_after(errno, step)) {
      throw file_error(put == 0 ? EIO : errno, "write file", path());
    }
  }
}

void PosixFile::sync() {
  int result;
  do {
    result = ::fdatasync(buffered_);
  } while (result < 0 && errno == EINTR);
  // Devices and pipes have nothing to make durable.
  if (result < 0 && errno != EINVAL) throw file_error(errno, "sync file", path());
}

uint64_t PosixFile::size() const {
  struct stat status;
  if (::fstat(buffered_, &status) < 0) throw file_error(errno, "find the size of file", path());
  return static_cast<uint64_t>(status.st_size);
}

void PosixFile::truncate(uint64_t size) {
  int result;
  do {
    result = ::ftruncate(buffered_, static_cast<off_t>(size));
  } while (result < 0 && errno == EINTR);
  if (result < 0) throw file_error(errno, "change the size of file", path());
}

}  // namespace cairn
