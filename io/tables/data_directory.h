#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "io/storage/storage.h"

namespace cairn {

class DataDirectory;

/// A file of segments, each at a multiple of 4096. Written once, by the transaction that created it. It is removed when
/// the last row group in it dies: the database holds those of its newest snapshot and of all durable pins.
class DataFile {
 public:
  DataFile(std::shared_ptr<DataDirectory> directory, uint64_t id, std::unique_ptr<File> file);
  ~DataFile();
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;

  uint64_t id() const { return id_; }
  /// Opened at first use. Thread-safe.
  File& file();
  Storage& storage() const;

 private:
  const std::shared_ptr<DataDirectory> directory_;
  const uint64_t id_;
  std::once_flag opened_;
  std::unique_ptr<File> file_;
};

/// The data/ folder of a database directory: which files exist, which are needed, and when the others may go. A file
/// that another process may be reading (it holds a shared lock on `readers`) stays until a later chance. Thread-safe.
class DataDirectory : public std::enable_shared_from_this<DataDirectory> {
 public:
  DataDirectory(std::shared_ptr<Storage> storage, const std::string& database_path);

  Storage& storage() const { return *storage_; }
  std::string file_path(uint64_t file_id) const;
  /// One object per file for as long as it lives.
  std::shared_ptr<DataFile> open(uint64_t file_id);
  std::shared_ptr<DataFile> create(uint64_t file_id);
  /// Makes created and removed names durable.
  void sync();

  /// Files may be removed from now on. Not before, because row groups, and with them files, come and go while a manifest
  /// is replayed, or when that fails.
  void allow_removal();
  /// Nothing is removed any more: another may write here from now on.
  void close();
  /// Never removes the file: it is not known whether a commit that names it is durable.
  void keep(uint64_t file_id);
  /// Now it is known.
  void need_not_keep(uint64_t file_id) noexcept;
  /// Removes files without a row group, and what could not be removed before. REQUIRES: allow_removal, and whoever names a
  /// file durably (the newest snapshot, the pins) holds its row groups.
  void remove_orphans();

 private:
  friend class DataFile;
  void released(uint64_t file_id) noexcept;
  bool try_remove(const std::set<uint64_t>& file_ids);

  const std::shared_ptr<Storage> storage_;
  const std::string path_;
  const std::string readers_lock_path_;
  std::mutex mutex_;
  bool may_remove_ = false;
  std::map<uint64_t, std::weak_ptr<DataFile>> files_;
  std::set<uint64_t> kept_;
  std::set<uint64_t> postponed_;
};

}  // namespace cairn
