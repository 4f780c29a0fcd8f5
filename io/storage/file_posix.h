#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "io/storage/file_place.h"
#include "io/storage/storage.h"

namespace cairn {

/// A file of the operating system: blocking transfers by pread and pwrite (a ring gains nothing for one transfer that
/// is waited for), the rest by the obvious system calls.
///
/// A direct file has two descriptors of one inode: transfers that satisfy O_DIRECT go through the one, what is left at
/// unaligned ends through the other; the kernel keeps the page cache and direct transfers coherent.
class PosixFile final : public File {
 public:
  PosixFile(std::string path, const FilePlace& place, OpenMode mode, Caching caching);

  bool is_direct() const override { return use_direct_.load(std::memory_order_relaxed); }
  void read(uint64_t offset, std::span<std::byte> into) override;
  void write(uint64_t offset, std::span<const std::byte> from) override;
  void sync() override;
  uint64_t size() const override;
  void truncate(uint64_t size) override;
  void extend(uint64_t size) override;

  /// The next system call of a transfer: at most `length` bytes through `descriptor`.
  struct Step {
    int descriptor;
    size_t length;
  };
  Step next_step(uint64_t offset, const std::byte* data, size_t length) const;
  /// Whether a step that failed with `code` shall be tried again: it was interrupted, or the file system accepted
  /// O_DIRECT on opening and refuses it now, in which case the file is buffered from here on.
  bool retry_after(int code, const Step& step);

 private:
  Descriptor buffered_;
  Descriptor direct_;
  std::atomic<bool> use_direct_ = false;
};

/// The machine's directories, files and locks. Implementations add the batches.
class PosixStorage : public Storage {
 public:
  std::unique_ptr<File> open(const std::string& path, OpenMode mode, Caching caching = Caching::kBuffered) override;
  std::vector<DirectoryEntry> list(const std::string& directory) override;
  bool exists(const std::string& path) override;
  uint64_t file_size(const std::string& path) override;
  void create_directories(const std::string& directory) override;
  void guard(const std::string& root, const std::string& below, Access access) override;
  bool remove(const std::string& path, EntryKind kind) override;
  void rename(const std::string& from, const std::string& to) override;
  void sync_directory(const std::string& directory) override;
  std::unique_ptr<FileLock> lock_file(const std::string& path, LockMode mode, Access access) override;
  uint64_t free_bytes(const std::string& directory) override;

 private:
  /// Throws where there is no such place.
  FilePlace place_of(const std::string& path, std::string_view action) const;
  void create_own(const std::string& directory);

  GuardedDirectories guarded_;
};

}  // namespace cairn
