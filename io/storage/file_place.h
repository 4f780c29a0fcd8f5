#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/storage/storage.h"

namespace cairn {

/// An open file or directory of the operating system, or none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }

  explicit operator bool() const { return value_ >= 0; }
  int get() const { return value_; }

 private:
  int value_ = -1;
};

/// Where the operating system finds a path: a name below an open directory. Among Cairn's own files (Storage::guard)
/// the name is a single one, no symbolic link was followed on the way to it, and none must be followed at its end.
struct FilePlace {
  Descriptor directory;
  std::string name;
  bool is_own = false;
  int code = 0;        ///< errno: there is no such place
  mode_t file_mode = 0;       ///< of what is created there
  mode_t directory_mode = 0;  ///< the same of directories

  /// For openat() and its kin.
  int at() const;
  /// What is added to the flags of open(): a pipe that stands where a file should must not make us wait.
  int open_flags() const;
};

/// The directories that Storage::guard was told of. Thread-safe.
class GuardedDirectories {
 public:
  void add(const std::string& root, const std::string& below, Access access);
  FilePlace find(const std::string& path) const;
  /// The guarded directory that a path lies below, and "" where it lies below none.
  std::string root_of(const std::string& path) const;
  bool is_root(const std::string& path) const;

 private:
  struct Guard {
    std::string root;    ///< without '/' at its end
    std::string prefix;  ///< paths below it are own
    bool includes_prefix = false;
    Access access = Access::kPrivate;
  };
  std::optional<Guard> guard_of(const std::string& path) const;

  mutable std::mutex mutex_;
  std::vector<Guard> guards_;
};

/// The error (kDataCorrupted) for a place among Cairn's own files that is something else: a link, a pipe, a directory.
Error not_own_file_error(std::string_view action, std::string_view path, mode_t found);

}  // namespace cairn
