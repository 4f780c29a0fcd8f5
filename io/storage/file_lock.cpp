// Locks of PosixStorage: flock(2), which belongs to the open file and therefore goes when its process dies, however it
// dies, and conflicts also within one process. (A plain fcntl lock would be lost when any descriptor of the file is
// closed.) The descriptor is closed on exec; a child that is forked and goes on without exec shares the lock.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "io/storage/file_error.h"
#include "io/storage/file_posix.h"

namespace cairn {

namespace {

class PosixLock final : public FileLock {
 public:
  PosixLock(Descriptor descriptor, LockMode mode) : descriptor_(std::move(descriptor)), mode_(mode) {
    if (mode != LockMode::kExclusive) return;
    // For the message to others where /proc/locks can't tell, and for people who look; the lock does not depend on it.
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(descriptor_.get(), 0) == 0 && ::pwrite(descriptor_.get(), pid.data(), pid.size(), 0) < 0) return;
  }
  ~PosixLock() override {
    if (mode_ == LockMode::kExclusive && ::ftruncate(descriptor_.get(), 0) < 0) errno = 0;
  }

 private:
  const Descriptor descriptor_;
  const LockMode mode_;
};

/// The process that holds a flock on the file, from /proc/locks, whose lines read
/// `1: FLOCK  ADVISORY  WRITE 1234 fd:01:5678 0 EOF` (pid, major:minor:inode; the device numbers in hexadecimal).
std::optional<pid_t> owner_by_kernel(const struct stat& file) {
  std::ifstream locks("/proc/locks");
  std::string line;
  while (std::getline(locks, line)) {
    int pid;
    unsigned device_major, device_minor;
    unsigned long inode;
    if (std::sscanf(line.c_str(), "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &device_major, &device_minor, &inode) == 4 &&
        inode == file.st_ino && device_major == major(file.st_dev) && device_minor == minor(file.st_dev) && pid > 0) {
      return pid;
    }
  }
  return std::nullopt;
}

/// The pid that an exclusive owner left in the file, if such a process lives: some file systems (overlayfs, btrfs) show
/// other device numbers in /proc/locks, and other containers' processes are not seen there.
std::optional<pid_t> owner_by_content(int descriptor) {
  char text[32];
  const ssize_t length = ::pread(descriptor, text, sizeof text, 0);
  pid_t pid = 0;
  if (length <= 0 || std::from_chars(text, text + length, pid).ec != std::errc() || pid <= 0) return std::nullopt;
  if (::kill(pid, 0) < 0 && errno == ESRCH) return std::nullopt;
  return pid;
}

Error lock_is_taken(int descriptor, const std::string& path, LockMode mode) {
  struct stat status;
  std::optional<pid_t> owner;
  if (::fstat(descriptor, &status) == 0) owner = owner_by_kernel(status);
  if (!owner) owner = owner_by_content(descriptor);
  return lock_is_taken_error(path, mode == LockMode::kExclusive, owner.value_or(0));
}

/// Whether a file of ours can hold this: nothing, or the process id of who had it.
void check_lock_file(int descriptor, const std::string& path) {
  struct stat status;
  if (::fstat(descriptor, &status) < 0) throw file_error(errno, "open lock file", path);
  if (!S_ISREG(status.st_mode)) throw not_own_file_error("open lock file", path, status.st_mode);
  char text[32];
  const ssize_t length = ::pread(descriptor, text, sizeof text, 0);
  if (length < 0) throw file_error(errno, "read lock file", path);
  if (is_lock_content({text, static_cast<size_t>(length)})) return;
  throw Error(sqlstate::kDataCorrupted, "\"" + path + "\" is not a lock file of Cairn: it holds something else",
              "move it away if it is yours");
}

Descriptor open_lock_file(const FilePlace& place, const std::string& path, LockMode mode, mode_t access) {
  const auto open = [&](int flags) {
    return Descriptor(::openat(place.at(), place.name.c_str(), flags | place.open_flags(), access));
  };
  Descriptor file = open(O_RDWR | O_CREAT | O_EXCL);
  if (file) {
    if (::fchmod(file.get(), access) < 0) errno = 0;  // not every file system can
    return file;
  }
  if (errno == EEXIST) file = open(O_RDWR);
  if (!file && mode == LockMode::kShared && (errno == EACCES || errno == EROFS || errno == EPERM)) file = open(O_RDONLY);
  if (file || errno == ENOENT) return file;
  if (errno == ELOOP && place.is_own) throw not_own_file_error("open lock file", path, S_IFLNK);
  throw file_error(errno, "open lock file", path);
}

}  // namespace

std::unique_ptr<FileLock> PosixStorage::lock_file(const std::string& path, LockMode mode, Access access) {
  const FilePlace place = place_of(path, "open lock file");
  const mode_t file_mode = access == Access::kPrivate ? 0600 : place.file_mode;
  for (int attempt = 0;; ++attempt) {
    Descriptor file = open_lock_file(place, path, mode, file_mode);
    if (!file && attempt == 0) continue;  // it went in between, or its directory is not there
    if (!file) throw file_error(ENOENT, "open lock file", path);
    check_lock_file(file.get(), path);
    int result;
    do {
      result = ::flock(file.get(), (mode == LockMode::kExclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
    } while (result < 0 && errno == EINTR);
    if (result < 0) {
      if (errno == EWOULDBLOCK) throw lock_is_taken(file.get(), path, mode);
      throw file_error(errno, "lock", path);
    }
    // Whoever removed the directory between open and flock left us the lock of a file that nobody else can see.
    struct stat locked, present;
    if (::fstat(file.get(), &locked) == 0 && ::fstatat(place.at(), place.name.c_str(), &present, 0) == 0 &&
        locked.st_ino == present.st_ino && locked.st_dev == present.st_dev) {
      return std::make_unique<PosixLock>(std::move(file), mode);
    }
  }
}

}  // namespace cairn
