#include "checkpoint/owner.h"

#include <vector>

#include "io/own_files.h"
#include "vector/error.h"

namespace cairn {

namespace {

constexpr std::string_view kLock = "/owner.lock", kLog = "/log";

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

void create_durably(Storage& storage, const std::string& directory) {
  std::vector<std::string> parents;  // of those to be made, the innermost first
  for (std::string path = directory; path != "/" && path != "." && !storage.exists(path); path = parent_of(path)) {
    parents.push_back(parent_of(path));
  }
  storage.create_directories(directory);
  for (const std::string& parent : parents) storage.sync_directory(parent);
}

}  // namespace

Owner::Owner(Storage& storage, const std::string& place, std::string name)
    : storage_(storage),
      place_(place),
      name_(std::move(name)),
      directory_(own_path(place, name_)),
      lock_(storage.lock_file(directory_ + std::string(kLock), LockMode::kExclusive)) {}

std::shared_ptr<Owner> Owner::make(Storage& storage, const std::string& place) {
  // Another process that starts up may take a fresh directory for a dead one's before it is locked: then try again.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const std::string name = random_hex(16), directory = own_path(place, name);
    create_durably(storage, directory);
    std::shared_ptr<Owner> owner;
    try {
      owner.reset(new Owner(storage, place, name));
    } catch (const Error&) {
      continue;
    }
    if (!storage.exists(directory + std::string(kLock))) continue;
    owner->log_ = std::make_unique<CheckpointLog>(storage, directory + std::string(kLog));
    owner->sync();
    return owner;
  }
  throw Error(sqlstate::kIoError, "cannot make a checkpoint directory in \"" + place + "\"");
}

std::shared_ptr<Owner> Owner::adopt(Storage& storage, const std::string& place, const DirectoryEntry& entry,
                                    bool of_others) {
  if (entry.kind != EntryKind::kDirectory || !is_own_name(OwnName::kOwner, entry.name)) return nullptr;
  const std::string directory = own_path(place, entry.name);
  if (!storage.exists(directory + std::string(kLock))) {
    // A crash left it empty, or another process is about to lock it, and makes another one then.
    if (storage.list(directory).empty()) remove_own(storage, OwnName::kOwner, place, entry.name);
    return nullptr;
  }
  std::shared_ptr<Owner> owner(new Owner(storage, place, entry.name));
  owner->log_tells_ = of_others;
  const std::string log = directory + std::string(kLog);
  if (storage.exists(log)) owner->log_ = std::make_unique<CheckpointLog>(storage, log);
  return owner;
}

void Owner::remove(const std::string& file) { remove_own(storage_, OwnName::kFragment, directory_, file); }

void Owner::sweep(const std::set<std::string>& needed) {
  if (kept_ || log_tells_) return;
  for (const DirectoryEntry& entry : storage_.list(directory_)) {
    if (needed.contains(entry.name)) continue;
    remove(entry.name);
    remove_own(storage_, OwnName::kDraft, directory_, entry.name);
  }
}

void Owner::remove_if_idle() {
  if (kept_ || (log_tells_ && log_ != nullptr && !log_->broken() && !log_->queries().empty())) return;
  log_.reset();
  remove_owner_directory(storage_, place_, name_);
}

}  // namespace cairn
