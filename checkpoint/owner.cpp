#include "checkpoint/owner.h"

#include <vector>

#include "io/storage/own_files.h"
#include "vector/error.h"

namespace cairn {

namespace {

constexpr std::string_view kLock = "/owner.lock", kLog = "/log";

}  // namespace

Owner::Owner(Storage& storage, const std::string& place, std::string name, Kind kind)
    : storage_(storage),
      place_(place),
      name_(std::move(name)),
      directory_(own_path(place, name_)),
      kind_(kind),
      lock_(kind == Kind::kBorrowed ? nullptr
                                    : storage.lock_file(directory_ + std::string(kLock), LockMode::kExclusive)) {}

std::shared_ptr<Owner> Owner::make(Storage& storage, const std::string& place) {
  // Another process that starts up may take a fresh directory for a dead one's before it is locked: then try again.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const std::string name = random_hex(16), directory = own_path(place, name);
    create_durably(storage, directory);
    std::shared_ptr<Owner> owner;
    try {
      owner.reset(new Owner(storage, place, name, Kind::kMade));
    } catch (const Error& error) {
      if (error.sqlstate != sqlstate::kObjectInUse && storage.exists(directory)) throw;
      continue;
    }
    if (!storage.exists(directory + std::string(kLock))) continue;
    owner->log_ = std::make_unique<CheckpointLog>(storage, directory + std::string(kLog));
    owner->sync();
    return owner;
  }
  throw Error(sqlstate::kIoError, "cannot make a checkpoint directory in \"" + place + "\"");
}

std::shared_ptr<Owner> Owner::adopt(Storage& storage, const std::string& place, const DirectoryEntry& entry) {
  if (entry.kind != EntryKind::kDirectory || !is_own_name(OwnName::kOwner, entry.name)) return nullptr;
  const std::string directory = own_path(place, entry.name);
  if (!storage.exists(directory + std::string(kLock))) {
    // A crash left it empty, or another process is about to lock it, and makes another one then.
    if (storage.list(directory).empty()) remove_own(storage, OwnName::kOwner, place, entry.name);
    return nullptr;
  }
  std::shared_ptr<Owner> owner(new Owner(storage, place, entry.name, Kind::kAdopted));
  const std::string log = directory + std::string(kLog);
  if (storage.exists(log)) owner->log_ = std::make_unique<CheckpointLog>(storage, log);
  return owner;
}

std::shared_ptr<Owner> Owner::borrow(Storage& storage, const std::string& place, const DirectoryEntry& entry) {
  if (entry.kind != EntryKind::kDirectory || !is_own_name(OwnName::kOwner, entry.name)) return nullptr;
  std::shared_ptr<Owner> owner(new Owner(storage, place, entry.name, Kind::kBorrowed));
  const std::string log = owner->directory_ + std::string(kLog);
  if (!storage.exists(log)) return nullptr;
  owner->log_ = std::make_unique<CheckpointLog>(storage, log, OpenMode::kRead);
  return owner;
}

bool Owner::end(const std::string& query_id) {
  if (of_others() || log_->broken()) return false;
  log_->end(query_id);
  return true;
}

void Owner::remove(const std::string& file) {
  if (!of_others()) remove_own(storage_, OwnName::kFragment, directory_, file);
}

void Owner::sweep(const std::set<std::string>& needed) {
  if (kept_ || kind_ != Kind::kAdopted) return;
  for (const DirectoryEntry& entry : storage_.list(directory_)) {
    if (needed.contains(entry.name)) continue;
    remove(entry.name);
    remove_own(storage_, OwnName::kDraft, directory_, entry.name);
  }
}

void Owner::remove_if_idle() {
  if (kept_ || of_others()) return;
  // What the log of this process holds open is open; of a dead one's queries the database's pins tell.
  if (kind_ == Kind::kMade && log_ != nullptr && !log_->broken() && !log_->queries().empty()) return;
  remove_owner_directory(storage_, place_, name_);
}

}  // namespace cairn
