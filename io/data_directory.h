#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "io/storage.h"

namespace cairn {

class DataDirectory;

/// A file of segments, each at a multiple of 4096. Written once, by the transaction that created it. It is removed when
/// the last row group in it dies, unless the committed state names it.
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
  DataDirectory(std::shared_ptr<Storage> storage, const std::string& database_path, bool read_only);

  Storage& storage() const { return *storage_; }
  std::string file_path(uint64_t file_id) const;
  /// One object per file for as long as it lives.
  std::shared_ptr<DataFile> open(uint64_t file_id);
  std::shared_ptr<DataFile> create(uint64_t file_id);
  /// Makes created and removed names durable.
  void sync();

  /// The files that the committed state (the newest snapshot and all durable pins) names.
  void set_needed(std::set<uint64_t> file_ids);
  /// Never removes the file, whatever set_needed says: it is not known whether a commit that names it is durable.
  void keep(uint64_t file_id);
  /// Removes what no committed state names, and what could not be removed before.
  void remove_orphans();

 private:
  friend class DataFile;
  void released(uint64_t file_id) noexcept;
  bool try_remove(const std::set<uint64_t>& file_ids);

  const std::shared_ptr<Storage> storage_;
  const std::string path_;
  const std::string readers_lock_path_;
  const bool read_only_;
  std::mutex mutex_;
  std::map<uint64_t, std::weak_ptr<DataFile>> files_;
  std::set<uint64_t> needed_;
  std::set<uint64_t> kept_;
  std::set<uint64_t> postponed_;
};

}  // namespace cairn
