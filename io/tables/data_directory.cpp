#include "io/tables/data_directory.h"

#include <charconv>
#include <cstdio>

#include "io/storage/own_files.h"
#include "vector/error.h"

namespace cairn {

namespace {

constexpr std::string_view kSuffix = ".segments";
constexpr size_t kDigits = 16;

std::string file_name(uint64_t file_id) {
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(file_id));
  return digits + std::string(kSuffix);
}

/// The number in a data file's name; false for other names, which are none of ours.
bool parse_file_name(std::string_view name, uint64_t& file_id) {
  return is_own_name(OwnName::kDataFile, name) &&
         std::from_chars(name.data(), name.data() + kDigits, file_id, 16).ec == std::errc();
}

}  // namespace

DataFile::DataFile(std::shared_ptr<DataDirectory> directory, uint64_t id, std::unique_ptr<File> file)
    : directory_(std::move(directory)), id_(id), file_(std::move(file)) {}

DataFile::~DataFile() {
  file_.reset();
  directory_->released(id_);
}

File& DataFile::file() {
  std::call_once(opened_, [this] {
    if (file_ == nullptr) file_ = storage().open(directory_->file_path(id_), OpenMode::kRead);
  });
  return *file_;
}

Storage& DataFile::storage() const { return directory_->storage(); }

DataDirectory::DataDirectory(std::shared_ptr<Storage> storage, const std::string& database_path)
    : storage_(std::move(storage)), path_(database_path + "/data"), readers_lock_path_(database_path + "/readers") {}

std::string DataDirectory::file_path(uint64_t file_id) const { return path_ + "/" + file_name(file_id); }

std::shared_ptr<DataFile> DataDirectory::open(uint64_t file_id) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<DataFile>& slot = files_[file_id];
  if (auto file = slot.lock()) return file;
  auto file = std::make_shared<DataFile>(shared_from_this(), file_id, nullptr);
  slot = file;
  return file;
}

std::shared_ptr<DataFile> DataDirectory::create(uint64_t file_id) {
  auto handle = storage_->open(file_path(file_id), OpenMode::kCreateExclusive, Caching::kDirect);
  const std::lock_guard lock(mutex_);
  auto file = std::make_shared<DataFile>(shared_from_this(), file_id, std::move(handle));
  files_[file_id] = file;
  return file;
}

void DataDirectory::sync() { storage_->sync_directory(path_); }

void DataDirectory::allow_removal() {
  const std::lock_guard lock(mutex_);
  may_remove_ = true;
}

void DataDirectory::close() {
  const std::lock_guard lock(mutex_);
  may_remove_ = false;
}

void DataDirectory::keep(uint64_t file_id) {
  const std::lock_guard lock(mutex_);
  kept_.insert(file_id);
}

void DataDirectory::need_not_keep(uint64_t file_id) noexcept {
  const std::lock_guard lock(mutex_);
  kept_.erase(file_id);
}

void DataDirectory::remove_orphans() {
  std::set<uint64_t> orphans;
  const std::vector<DirectoryEntry> entries = storage_->list(path_);
  const std::lock_guard lock(mutex_);
  for (const DirectoryEntry& entry : entries) {
    uint64_t file_id = 0;
    if (entry.kind != EntryKind::kFile || !parse_file_name(entry.name, file_id)) continue;
    if (!kept_.contains(file_id) && !files_.contains(file_id)) orphans.insert(file_id);
  }
  if (!orphans.empty() && try_remove(orphans)) postponed_.clear();
}

void DataDirectory::released(uint64_t file_id) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    const auto at = files_.find(file_id);
    if (at != files_.end() && !at->second.expired()) return;  // opened again meanwhile
    if (at != files_.end()) files_.erase(at);
    if (!may_remove_ || kept_.contains(file_id)) return;
    postponed_.insert(file_id);
    if (try_remove(postponed_)) postponed_.clear();
  } catch (...) {
    // The next writer that opens the database removes it as an orphan.
  }
}

bool DataDirectory::try_remove(const std::set<uint64_t>& file_ids) {
  std::unique_ptr<FileLock> no_readers;
  try {
    no_readers = storage_->lock_file(readers_lock_path_, LockMode::kExclusive, Access::kAsDirectory);
  } catch (const Error& error) {
    if (error.sqlstate == sqlstate::kObjectInUse) return false;
    throw;
  }
  for (const uint64_t file_id : file_ids) remove_own(*storage_, OwnName::kDataFile, path_, file_name(file_id));
  return true;
}

}  // namespace cairn
