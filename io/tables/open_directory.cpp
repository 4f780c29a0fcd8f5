// Opening a database directory: what may be there, who may open it, and what is checked before anything is changed.

#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "io/storage/file_error.h"
#include "io/storage/own_files.h"
#include "io/tables/manifest_items.h"
#include "io/tables/table_database.h"
#include "io/tables/write_transaction.h"
#include "vector/error.h"

namespace cairn {

namespace {

constexpr int kReadAttempts = 50;
constexpr auto kReadRetryPause = std::chrono::milliseconds(10);

/// Names that a directory without a manifest may hold: those that a crash leaves while a database is being created.
bool is_left_by_creation(Storage& storage, const std::string& path, const DirectoryEntry& entry) {
  if (entry.kind == EntryKind::kDirectory) return entry.name == "data";
  if (entry.kind != EntryKind::kFile) return false;
  if (is_own_name(OwnName::kDraft, entry.name)) return true;
  if (entry.name != "lock" && entry.name != "readers") return false;
  const AlignedBuffer content = read_file(storage, own_path(path, entry.name));
  return is_lock_content({reinterpret_cast<const char*>(content.data()), content.size()});
}

/// Drafts of the manifest that a crash left.
void remove_drafts(Storage& storage, const std::string& path) {
  for (const DirectoryEntry& entry : storage.list(path)) remove_own(storage, OwnName::kDraft, path, entry.name);
}

/// Errors if the directory is somebody else's.
void check_vacant(Storage& storage, const std::string& path) {
  for (const DirectoryEntry& entry : storage.list(path)) {
    if (is_left_by_creation(storage, path, entry)) continue;
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
      return storage.lock_file(path + "/readers", LockMode::kShared, Access::kAsDirectory);
    } catch (const Error& error) {
      // In a directory that cannot be written to nobody removes anything.
      if (error.sqlstate == sqlstate::kReadOnly || error.sqlstate == sqlstate::kUndefinedFile) return nullptr;
      if (error.sqlstate != sqlstate::kObjectInUse || attempt == kReadAttempts) throw;
    }
    std::this_thread::sleep_for(kReadRetryPause);
  }
}

/// Looks at each data file once.
class DataFiles {
 public:
  explicit DataFiles(const DataDirectory& directory) : directory_(directory) {}

  /// What keeps a row group from being read; "" where nothing does.
  std::string fault_of(const RowGroup& row_group) {
    const StoredRows* const rows = as_table_row_group(row_group).stored();
    if (rows == nullptr || rows->file == nullptr) return "";
    const std::string path = directory_.file_path(rows->file->id());
    const std::optional<uint64_t> size = size_of(rows->file->id(), path);
    if (!size) return "'" + path + "' is missing";
    uint64_t end = 0;
    for (const StoredColumn& column : rows->columns) end = std::max(end, column.offset + column.bytes);
    if (*size >= end) return "";
    return "'" + path + "' is truncated: at least " + std::to_string(end) + " bytes expected, found " +
           std::to_string(*size);
  }

 private:
  std::optional<uint64_t> size_of(uint64_t file_id, const std::string& path) {
    const auto known = sizes_.find(file_id);
    if (known != sizes_.end()) return known->second;
    Storage& storage = directory_.storage();
    return sizes_[file_id] = storage.exists(path) ? std::optional(storage.file_size(path)) : std::nullopt;
  }

  const DataDirectory& directory_;
  std::map<uint64_t, std::optional<uint64_t>> sizes_;  ///< nullopt: there is no such file
};

}  // namespace

void TableDatabase::open_memory() {
  identity_ = make_identity();
  auto empty = std::make_shared<CommittedSnapshot>();
  empty->origin = origin_;
  newest_ = std::move(empty);
}

void TableDatabase::create_directory() {
  check_vacant(*storage_, path_);
  storage_->create_directories(path_ + "/data");
  storage_->sync_directory(path_);
  storage_->sync_directory(parent_of(path_));  // the directory itself, even if an earlier attempt made it
  write_manifest(*storage_, manifest_path(), make_identity(), encode_state({}, CommittedSnapshot(), {}));
}

void TableDatabase::open_directory() {
  storage_->guard(path_, "", Access::kAsDirectory);
  const bool present = storage_->exists(path_);
  if (!present && options_.read_only) {
    throw Error(sqlstate::kUndefinedFile, "the database '" + path_ + "' does not exist");
  }
  if (!present) create_durably(*storage_, path_);
  const bool empty = !storage_->exists(manifest_path());
  if (empty) check_vacant(*storage_, path_);
  if (empty && options_.read_only) {
    throw Error(sqlstate::kUndefinedFile, "'" + path_ + "' is not a Cairn database: it has no manifest");
  }
  cache_bytes_ = options_.cache_bytes != 0 ? options_.cache_bytes : default_cache_bytes();
  cache_ = std::make_shared<ChunkCache>(cache_bytes_);
  data_ = std::make_shared<DataDirectory>(storage_, path_);
  if (options_.read_only) {
    lock_ = lock_as_reader(*storage_, path_);
    return options_.salvage ? open_what_is_sound() : open_as_reader();
  }
  // A foreign or damaged manifest is noticed before a lock file is made.
  if (!empty) read_manifest(*storage_, manifest_path());
  lock_ = storage_->lock_file(path_ + "/lock", LockMode::kExclusive);
  if (!storage_->exists(manifest_path())) create_directory();
  const ManifestContent content = read_manifest(*storage_, manifest_path());
  replay(content);
  log_ = std::make_unique<ManifestLog>(storage_, manifest_path(), content);

  remove_drafts(*storage_, path_);
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

RowGroupFactory TableDatabase::row_group_factory() const {
  return [this](StoredRows rows, uint64_t file_id) {
    if (file_id != 0) rows.file = data_->open(file_id);
    return std::make_shared<StoredRowGroup>(std::move(rows), cache_);
  };
}

void TableDatabase::replay(const ManifestContent& content) {
  ReplayedManifest replayed =
      replay_manifest(content.payloads, "'" + manifest_path() + "'", row_group_factory(), origin_);
  identity_ = content.identity;
  next_table_id_ = replayed.counters.next_table_id;
  next_file_id_ = replayed.counters.next_file_id;
  next_row_group_id_ = replayed.counters.next_row_group_id;
  for (const auto& [name, sequence] : replayed.newest->sequences) sequence->state->make_durable();
  receipts_ = std::move(replayed.receipts);
  kept_files_ = std::move(replayed.kept_files);
  for (auto& [kept, file] : kept_files_) file = data_->open(kept.second);
  install(std::move(replayed.newest), std::move(replayed.pins));
  check_data_files(*newest_);
  for (const auto& [name, snapshot] : pins_) check_data_files(*snapshot);
}

RowGroups TableDatabase::described(std::string_view description) {
  ByteReader in(std::as_bytes(std::span(description)), "the description of row groups");
  DataFiles files(*data_);
  const auto renumbered = [&, make = row_group_factory()](StoredRows rows, uint64_t file_id) {
    rows.id = take_row_group_id();
    return make(std::move(rows), file_id);
  };
  RowGroups row_groups;
  for (uint64_t n = in.varint(); n > 0; --n) {
    row_groups.push_back(read_row_group(in, renumbered));
    if (const std::string fault = files.fault_of(*row_groups.back()); !fault.empty()) throw Error(sqlstate::kDataCorrupted, fault);
  }
  in.expect_end();
  return row_groups;
}

void TableDatabase::check_data_files(const Snapshot& snapshot) const {
  DataFiles files(*data_);
  for (const auto& [name, table] : snapshot.tables) {
    for (const auto& row_group : table->row_groups) {
      const std::string fault = files.fault_of(*row_group);
      if (!fault.empty()) throw Error(sqlstate::kDataCorrupted, fault, "restore it from a backup");
    }
  }
}

void TableDatabase::open_what_is_sound() {
  const ManifestContent content = read_manifest(*storage_, manifest_path(), &left_out_);
  const ReplayedManifest replayed =
      replay_manifest(content.payloads, "'" + manifest_path() + "'", row_group_factory(), origin_, &left_out_);
  identity_ = content.identity;
  DataFiles files(*data_);
  SnapshotBuilder sound(*replayed.newest);
  for (const auto& [name, table] : replayed.newest->tables) {
    std::vector<uint64_t> missing;
    for (const auto& row_group : table->row_groups) {
      const std::string fault = files.fault_of(*row_group);
      if (fault.empty()) continue;
      missing.push_back(row_group->id());
      left_out_.push_back(std::to_string(row_group->row_count()) + " rows of table \"" + name + "\": " + fault);
    }
    if (!missing.empty()) sound.change_row_groups(name, missing, {});
  }
  install(sound.finish(replayed.newest->number, origin_), {});  // who opens read-only resumes nothing
}

}  // namespace cairn
