#include "io/storage/file_posix.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "io/storage/file_error.h"

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
    case OpenMode::kCreatePrivate:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kOpenOrCreate:
      return O_RDWR | O_CREAT;
  }
  return O_RDONLY;
}

Descriptor open_retrying(const FilePlace& place, int flags) {
  int descriptor;
  do {
    descriptor = ::openat(place.at(), place.name.c_str(), flags | place.open_flags(), place.file_mode);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor >= 0 && place.is_own) {  // it kept us from waiting for a pipe; io_uring would take it to heart
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
  }
  return Descriptor(descriptor);
}

/// Among Cairn's own files: what is created has the place's mode, and what is there is a regular file.
Descriptor open_own(const FilePlace& place, int flags, std::string_view action, const std::string& path) {
  const auto refuse_others = [&](mode_t found) {
    if (!S_ISREG(found)) throw not_own_file_error(action, path, found);
  };
  struct stat status;
  if ((flags & O_CREAT) != 0) {
    Descriptor created = open_retrying(place, flags | O_EXCL);
    if (created && ::fchmod(created.get(), place.file_mode) < 0) errno = 0;  // not every file system can
    if (created) return created;
    if (errno != EEXIST || (flags & O_EXCL) != 0) throw file_error(errno, action, path);
  }
  Descriptor file = open_retrying(place, flags & ~(O_CREAT | O_TRUNC));
  const int code = errno;  // where there is no file
  if (file ? ::fstat(file.get(), &status) == 0
           : ::fstatat(place.at(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    refuse_others(status.st_mode);
  }
  if (!file) throw file_error(code, action, path);
  if ((flags & O_TRUNC) != 0 && ::ftruncate(file.get(), 0) < 0) throw file_error(errno, action, path);
  return file;
}

bool same_inode(const Descriptor& a, const Descriptor& b) {
  struct stat first, second;
  return ::fstat(a.get(), &first) == 0 && ::fstat(b.get(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

PosixFile::PosixFile(std::string file_path, const FilePlace& place, OpenMode mode, Caching caching)
    : File(std::move(file_path)) {
  const bool creates = (flags_of(mode) & O_CREAT) != 0 && mode != OpenMode::kOpenOrCreate;
  const std::string_view action = creates ? "create file" : "open file";
  if (place.is_own) {
    buffered_ = open_own(place, flags_of(mode), action, path());
  } else {
    buffered_ = open_retrying(place, flags_of(mode));
    if (!buffered_) throw file_error(errno, action, path());
  }
  if (caching != Caching::kDirect) return;
  // tmpfs before Linux 6.6, and others, refuse O_DIRECT with EINVAL. It is only a wish, so that any failure to get the
  // second descriptor, also another file that was renamed to this path a moment ago, leaves a buffered file.
  Descriptor direct = open_retrying(place, (mode == OpenMode::kRead ? O_RDONLY : O_RDWR) | O_DIRECT);
  if (!direct || !same_inode(buffered_, direct)) return;
  direct_ = std::move(direct);
  ::posix_fadvise(buffered_.get(), 0, 0, POSIX_FADV_RANDOM);  // no read-ahead behind unaligned ends
  use_direct_ = true;
}

PosixFile::Step PosixFile::next_step(uint64_t offset, const std::byte* data, size_t length) const {
  length = std::min(length, kMaxStepBytes);
  if (!is_direct()) return {buffered_.get(), length};
  const auto address = reinterpret_cast<uintptr_t>(data);
  if ((address - offset) % kIoAlignmentBytes != 0) return {buffered_.get(), length};  // never aligned both at once
  const size_t head = (kIoAlignmentBytes - offset % kIoAlignmentBytes) % kIoAlignmentBytes;
  if (head > 0) return {buffered_.get(), std::min(head, length)};
  const size_t aligned = length / kIoAlignmentBytes * kIoAlignmentBytes;
  if (aligned == 0) return {buffered_.get(), length};
  return {direct_.get(), aligned};
}

bool PosixFile::retry_after(int code, const Step& step) {
  if (code == EINTR) return true;
  if (code != EINVAL || step.descriptor != direct_.get()) return false;
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
    result = ::fdatasync(buffered_.get());
  } while (result < 0 && errno == EINTR);
  // Devices and pipes have nothing to make durable.
  if (result < 0 && errno != EINVAL) throw file_error(errno, "sync file", path());
}

uint64_t PosixFile::size() const {
  struct stat status;
  if (::fstat(buffered_.get(), &status) < 0) throw file_error(errno, "find the size of file", path());
  return static_cast<uint64_t>(status.st_size);
}

void PosixFile::truncate(uint64_t size) {
  int result;
  do {
    result = ::ftruncate(buffered_.get(), static_cast<off_t>(size));
  } while (result < 0 && errno == EINTR);
  if (result < 0) throw file_error(errno, "change the size of file", path());
}

void PosixFile::extend(uint64_t size) {
  struct stat status {};
  struct rlimit most {};
  if (::fstat(buffered_.get(), &status) != 0 || ::getrlimit(RLIMIT_FSIZE, &most) != 0 || size > most.rlim_cur) return;
  const auto begin = static_cast<uint64_t>(status.st_size);
  if (begin < size) ::fallocate(buffered_.get(), 0, status.st_size, static_cast<off_t>(size - begin));
}

}  // namespace cairn
