// Opening a database directory: what may be there, who may open it, and what is checked before anything is changed.

#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "io/table_database.h"
#include "io/write_transaction.h"
#include "vector/error.h"

namespace cairn {

namespace {

constexpr int kReadAttempts = 50;
constexpr auto kReadRetryPause = std::chrono::milliseconds(10);

/// Names that a directory without a manifest may hold: those that a crash leaves while a database is being created.
bool is_left_by_creation(const DirectoryEntry& entry) {
  static const std::set<std::string> kNames = {"lock", "readers", "manifest.new"};
  return kNames.contains(entry.name) || (entry.is_directory && entry.name == "data");
}

/// Errors if the directory is somebody else's.
void check_vacant(Storage& storage, const std::string& path) {
  for (const DirectoryEntry& entry : storage.list(path)) {
    if (is_left_by_creation(entry)) continue;
    throw Error(sqlstate::kDataCorrupted,
                "'" + path + "' is not a Cairn database: it has no manifest, but holds '" + entry.name + "'",
                "name another directory, or one that does not exist yet");
  }
  const std::string data = path + "/data";
  if (storage.exists(data) && !storage.list(data).empty()) {
    throw Error(sqlstate::kDataCorrupted, "'" + path + "/manifest' is missing, but '" + data + "' holds files",
                "restore the manifest from a backup");
  }
}

/// The shared lock that keeps writers from removing files. They hold it exclusively for an instant only.
std::unique_ptr<FileLock> lock_as_reader(Storage& storage, const std::string& path) {
  for (int attempt = 1;; ++attempt) {
    try {
      return storage.lock_file(path + "/readers", LockMode::kShared);
    } catch (const Error& error) {
      // In a directory that cannot be written to nobody removes anything.
      if (error.sqlstate == sqlstate::kReadOnly || error.sqlstate == sqlstate::kUndefinedFile) return nullptr;
      if (error.sqlstate != sqlstate::kObjectInUse || attempt == kReadAttempts) throw;
    }
    std::this_thread::sleep_for(kReadRetryPause);
  }
}

std::string parent_of(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string::npos ? 0 : path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

void TableDatabase::open_memory() {
  identity_ = make_identity();
  newest_ = std::make_shared<const Snapshot>();
}

void TableDatabase::create_directory() {
  check_vacant(*storage_, path_);
  storage_->create_directories(path_ + "/data");
  storage_->sync_directory(path_);
  storage_->sync_directory(parent_of(path_));  // the directory itself, even if an earlier attempt made it
  write_manifest(*storage_, manifest_path(), make_identity(), encode_state({}, Snapshot(), {}));
}

void TableDatabase::open_directory() {
  const bool present = storage_->exists(path_);
  if (!present && options_.read_only) {
    throw Error(sqlstate::kUndefinedFile, "the database '" + path_ + "' does not exist");
  }
  if (!present) storage_->create_directories(path_);
  const bool empty = !storage_->exists(manifest_path());
  if (empty) check_vacant(*storage_, path_);
  if (empty && options_.read_only) {
    throw Error(sqlstate::kUndefinedFile, "'" + path_ + "' is not a Cairn database: it has no manifest");
  }
  cache_ = std::make_shared<ChunkCache>(options_.cache_bytes != 0 ? options_.cache_bytes : default_cache_bytes());
  data_ = std::make_shared<DataDirectory>(storage_, path_);
  if (options_.read_only) {
    lock_ = lock_as_reader(*storage_, path_);
    open_as_reader();
    return;
  }
  // A foreign or damaged manifest is noticed before a lock file is made.
  if (!empty) read_manifest(*storage_, manifest_path());
  lock_ = storage_->lock_file(path_ + "/lock", LockMode::kExclusive);
  if (!storage_->exists(manifest_path())) create_directory();
  const ManifestContent content = read_manifest(*storage_, manifest_path());
  replay(content);
  log_ = std::make_unique<ManifestLog>(storage_, manifest_path(), content);

  storage_->remove(manifest_path() + ".new");  // left by a crash while the manifest was being replaced
  data_->allow_removal();
  data_->remove_orphans();
}

void TableDatabase::open_as_reader() {
  for (int attempt = 1;; ++attempt) {
    try {
      return replay(read_manifest(*storage_, manifest_path()));
    } catch (const Error& error) {
      // A writer may have appended while the file was being read, piece by piece.
      if (error.sqlstate != sqlstate::kDataCorrupted || attempt == 3) throw;
    }
  }
}

void TableDatabase::replay(const ManifestContent& content) {
  const auto make_row_group = [this](StoredRows rows, uint64_t file_id) {
    if (file_id != 0) rows.file = data_->open(file_id);
    return std::make_shared<StoredRowGroup>(std::move(rows), cache_);
  };
  ReplayedManifest replayed = replay_manifest(content.payloads, "'" + manifest_path() + "'", make_row_group);
  identity_ = content.identity;
  next_table_id_ = replayed.counters.next_table_id;
  next_file_id_ = replayed.counters.next_file_id;
  next_row_group_id_ = replayed.counters.next_row_group_id;
  for (const auto& [name, sequence] : replayed.newest->sequences) sequence->state->make_durable();
  install(std::move(replayed.newest), std::move(replayed.pins));
  check_data_files();
}

void TableDatabase::check_data_files() const {
  std::map<uint64_t, uint64_t> end_offsets;
  const auto collect = [&end_offsets](const Snapshot& snapshot) {
    for (const auto& [name, table] : snapshot.tables) {
      for (const auto& row_group : table->row_groups) {
        const StoredRows& rows = static_cast<const StoredRowGroup&>(*unmasked(row_group)).rows();
        if (rows.file == nullptr) continue;
        uint64_t& end = end_offsets[rows.file->id()];
        for (const StoredColumn& column : rows.columns) end = std::max(end, column.offset + column.bytes);
      }
    }
  };
  collect(*newest_);
  for (const auto& [name, snapshot] : pins_) collect(*snapshot);
  for (const auto& [file_id, end] : end_offsets) {
    const std::string file = data_->file_path(file_id);
    if (!storage_->exists(file)) {
      throw Error(sqlstate::kDataCorrupted, "'" + file + "' is missing", "restore it from a backup");
    }
    const uint64_t size = storage_->file_size(file);
    if (size >= end) continue;
    throw Error(sqlstate::kDataCorrupted,
                "'" + file + "' is truncated: at least " + std::to_string(end) + " bytes expected, found " +
                    std::to_string(size),
                "restore it from a backup");
  }
}

}  // namespace cairn
