#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/storage/aligned_buffer.h"
#include "io/storage/file_batch.h"
#include "io/storage/registered_buffer_pool.h"

namespace cairn {

enum class OpenMode {
  kRead,             ///< must exist
  kReadWrite,        ///< must exist
  kCreate,           ///< created, or emptied if it exists; read and write
  kCreateExclusive,  ///< created, an error if it exists; read and write
  kCreatePrivate,    ///< the same, and its owner's alone (0600), whoever may use the directory
  kOpenOrCreate,     ///< created if it is missing, kept if it exists; read and write: logs
};

enum class Caching {
  kBuffered,  ///< through the page cache: logs, small files
  kDirect,    ///< around it (O_DIRECT) where the file system can and offset, length and memory are aligned
};

enum class LockMode { kShared, kExclusive };

/// Who may use what Cairn creates below a directory of its own, whatever the process's umask.
enum class Access {
  kPrivate,      ///< its owner: 0600, directories 0700
  kAsDirectory,  ///< who may use the directory that was guarded: 0640 where that is 0750
};

/// What has a name: a symbolic link is kOther, whatever it points to.
enum class EntryKind { kFile, kDirectory, kOther };

struct DirectoryEntry {
  std::string name;
  EntryKind kind = EntryKind::kFile;
};

/// An open file. Every function may be called from any thread at any time; concurrent writes to the same bytes, or
/// reads of bytes that are being written, give either content. Errors are thrown as cairn::Error and name the path.
///
/// Offsets, lengths and addresses need not be aligned: with Caching::kDirect the aligned part of a transfer goes around
/// the page cache and the rest through it.
class File {
 public:
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& path() const { return path_; }
  /// Whether aligned transfers bypass the page cache.
  virtual bool is_direct() const = 0;

  /// Reads exactly into.size() bytes; kIoError with the place and both lengths if the file ends before.
  virtual void read(uint64_t offset, std::span<std::byte> into) = 0;
  /// Writes all bytes, growing the file where needed. After an error any part of them may be there.
  virtual void write(uint64_t offset, std::span<const std::byte> from) = 0;
  /// Makes content and size durable (fdatasync). The file's name becomes durable by Storage::sync_directory.
  /// After an error it is unknown which of the writes since the last success are durable, and a second sync that
  /// succeeds proves nothing: give the file up.
  virtual void sync() = 0;
  /// In bytes.
  virtual uint64_t size() const = 0;
  /// Cuts the file, or extends it with zeros.
  virtual void truncate(uint64_t size) = 0;
  /// Makes it at least so long, ahead of writes: those that make a file longer wait for each other in the kernel. Never cuts
  /// it. A wish: where the file system cannot, or is full, nothing happens.
  virtual void extend(uint64_t size) = 0;

 protected:
  explicit File(std::string path) : path_(std::move(path)) {}

 private:
  const std::string path_;
};

/// A lock that lasts until it is destroyed or its process dies, however it dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 protected:
  FileLock() = default;
};

/// A file system. Thread-safe.
///
/// Paths that a user gives mean what they mean to every program. Below a directory that is Cairn's own (guard) no
/// symbolic link is followed, and nothing but regular files and directories is opened, locked or removed.
///
/// REQUIRES: outlives its files, batches and locks. The child of a fork makes its own: the
/// threads of a thread pool, and batches under way, stay with the parent.
///
/// Errors have the SQLSTATE kUndefinedFile (ENOENT), kDiskFull (ENOSPC, EDQUOT), kReadOnly (EROFS, EACCES, EPERM),
/// kObjectInUse (a lock is taken), kOutOfMemory (ENOMEM), else kIoError; the message has the path and the cause.
class Storage {
 public:
  virtual ~Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  /// Which implementation is active, for people: "io_uring", "thread pool" or "simulated".
  virtual std::string_view name() const = 0;

  virtual std::unique_ptr<File> open(const std::string& path, OpenMode mode, Caching caching = Caching::kBuffered) = 0;
  /// A batch for the calling thread.
  virtual std::unique_ptr<IoBatch> make_batch() = 0;

  /// From here on what lies below `root`/`below` is Cairn's own: links are not followed from `root` on (in `root` itself
  /// they are: users name it). `below` is "" where that is all of `root`, which is created with mode 0700 then.
  virtual void guard(const std::string& root, const std::string& below, Access access) = 0;
  /// Entries of a directory without "." and "..", sorted by name.
  virtual std::vector<DirectoryEntry> list(const std::string& directory) = 0;
  virtual bool exists(const std::string& path) = 0;
  virtual uint64_t file_size(const std::string& path) = 0;
  /// Creates a directory and its missing parents; content with those that exist.
  virtual void create_directories(const std::string& directory) = 0;
  /// Removes a regular file, or an empty directory; false if there is nothing of this kind: links, pipes and others'
  /// directories stay. Nobody calls it but remove_own (own_files.h).
  virtual bool remove(const std::string& path, EntryKind kind) = 0;
  /// Gives a file another name, atomically, replacing what has that name. Durable after sync_directory of both parents.
  virtual void rename(const std::string& from, const std::string& to) = 0;
  /// Makes names created in, renamed within and removed from a directory durable.
  virtual void sync_directory(const std::string& directory) = 0;

  /// Locks a file, which is created if it is missing (a shared lock needs no right to write an existing one), without
  /// waiting: kObjectInUse with the owner's process id if it is taken, by another process or elsewhere in this one.
  /// The file stays when the lock goes, and must not be removed by others. A file with other content than a process id
  /// is somebody else's: kDataCorrupted. `access`: of the file, where it is created.
  virtual std::unique_ptr<FileLock> lock_file(const std::string& path, LockMode mode,
                                              Access access = Access::kPrivate) = 0;

  /// Bytes that an ordinary user may still write on the file system of `directory`.
  virtual uint64_t free_bytes(const std::string& directory) = 0;

 protected:
  Storage() = default;
};

enum class StorageKind {
  kAutomatic,   ///< io_uring if the kernel lets us, else the thread pool
  kUring,       ///< an error if the kernel refuses
  kThreadPool,  ///< pread and pwrite
};

/// Opens the machine's file system. With kAutomatic the environment variable CAIRN_IO=uring|threads overrules the
/// choice; another value is an error (kInvalidParameterValue).
std::shared_ptr<Storage> make_storage(StorageKind kind = StorageKind::kAutomatic);

/// The whole content of a file.
AlignedBuffer read_file(Storage& storage, const std::string& path);

/// The directory that a path's last name stands in: "." of "a", "/" of "/a".
std::string parent_of(const std::string& path);

/// Creates a directory and its missing parents, each durable before the next: where one fails, those that will be there
/// already the next time are durable.
void create_durably(Storage& storage, const std::string& directory);

/// Replaces a file's content so that after a crash either the old or the new one is there, whole: writes a draft
/// (own_files.h) beside it, syncs that, renames it over `path` and syncs the directory. A crash may leave the draft.
void replace_file(Storage& storage, const std::string& path, std::span<const std::byte> content);

}  // namespace cairn
