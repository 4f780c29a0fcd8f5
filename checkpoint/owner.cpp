#include "checkpoint/owner.h"

#include <fmt/format.h>

#include <random>
#include <vector>

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

std::string random_hex(size_t digits) {
  std::random_device device;
  std::string out;
  while (out.size() < digits) out += fmt::format("{:08x}", device());
  return out.substr(0, digits);
}

Owner::Owner(Storage& storage, std::string directory)
    : storage_(storage),
      directory_(std::move(directory)),
      lock_(storage.lock_file(directory_ + std::string(kLock), LockMode::kExclusive)) {}

std::shared_ptr<Owner> Owner::make(Storage& storage, const std::string& place) {
  // Another process that starts up may take a fresh directory for a dead one's before it is locked: then try again.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const std::string directory = place + "/" + random_hex(16);
    create_durably(storage, directory);
    std::shared_ptr<Owner> owner;
    try {
      owner.reset(new Owner(storage, directory));
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

std::shared_ptr<Owner> Owner::adopt(Storage& storage, const std::string& directory, bool of_others) {
  std::shared_ptr<Owner> owner(new Owner(storage, directory));
  owner->log_tells_ = of_others;
  const std::string log = directory + std::string(kLog);
  if (storage.exists(log)) owner->log_ = std::make_unique<CheckpointLog>(storage, log);
  return owner;
}

void Owner::sweep(std::set<std::string> needed) {
  if (kept_ || log_tells_) return;
  needed.insert({"owner.lock", "log"});
  for (const DirectoryEntry& entry : storage_.list(directory_)) {
    if (!needed.contains(entry.name)) storage_.remove_all(path(entry.name));
  }
}

void Owner::remove_if_idle() {
  if (kept_ || (log_tells_ && log_ != nullptr && !log_->broken() && !log_->queries().empty())) return;
  log_.reset();
  storage_.remove_all(directory_);
}

}  // namespace cairn
