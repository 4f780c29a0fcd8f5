#include "io/storage/simulated_storage.h"

#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "io/storage/file_error.h"
#include "io/storage/simulated_file.h"

namespace cairn {

class SimulatedLock final : public FileLock {
 public:
  SimulatedLock(SimulatedStorage& storage, SimulatedDisk::NodePointer node)
      : storage_(storage), node_(std::move(node)), generation_(storage.generation_) {}
  ~SimulatedLock() override {
    std::lock_guard lock(storage_.mutex_);
    if (generation_ != storage_.generation_) return;
    int& count = storage_.locks_[node_.get()];
    count = count > 0 ? count - 1 : 0;
    if (count == 0) storage_.locks_.erase(node_.get());
  }

 private:
  SimulatedStorage& storage_;
  const SimulatedDisk::NodePointer node_;
  const uint64_t generation_;
};

SimulatedStorage::SimulatedStorage(uint64_t seed) : disk_(seed) {}

SimulatedStorage::SimulatedStorage(const SimulatedStorage& other, uint64_t seed)
    : disk_([&] {
        std::lock_guard lock(other.mutex_);
        return SimulatedDisk(other.disk_, seed);
      }()) {}

// Faults.

void SimulatedStorage::set_fault(Fault fault) {
  std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

void SimulatedStorage::fail_at(uint64_t n, int code) {
  std::lock_guard lock(mutex_);
  fault_ = [victim = operation_count_ + n, code](const auto& operation) {
    return operation.number == victim ? code : 0;
  };
}

void SimulatedStorage::fail_from(uint64_t n, int code) {
  std::lock_guard lock(mutex_);
  fault_ = [first = operation_count_ + n, code](const auto& operation) { return operation.number >= first ? code : 0; };
}

void SimulatedStorage::crash_at(uint64_t n) {
  std::lock_guard lock(mutex_);
  crash_at_ = operation_count_ + n;
}

void SimulatedStorage::clear_faults() {
  std::lock_guard lock(mutex_);
  fault_ = nullptr;
  crash_at_ = 0;
  is_down_ = false;
  read_flip_chance_ = 0;
}

uint64_t SimulatedStorage::operation_count() const {
  std::lock_guard lock(mutex_);
  return operation_count_;
}

void SimulatedStorage::set_capacity(std::optional<uint64_t> bytes) {
  std::lock_guard lock(mutex_);
  disk_.set_capacity(bytes);
}

uint64_t SimulatedStorage::used_bytes() const {
  std::lock_guard lock(mutex_);
  return disk_.used_bytes();
}

void SimulatedStorage::set_read_flip_chance(double chance) {
  std::lock_guard lock(mutex_);
  read_flip_chance_ = chance;
}

void SimulatedStorage::flip_bit(const std::string& path, uint64_t offset, int bit) {
  std::lock_guard lock(mutex_);
  const NodePointer node = disk_.get(path, "corrupt");
  assert(offset < node->content.size());
  disk_.sync(*node);
  for (auto* content : {&node->content, &node->durable_content}) {
    if (offset < content->size()) (*content)[offset] ^= std::byte{1} << bit;
  }
}

void SimulatedStorage::crash(Survival survival) {
  std::lock_guard lock(mutex_);
  disk_.crash(survival);
  locks_.clear();
  fault_ = nullptr;
  crash_at_ = 0;
  is_down_ = false;
  read_flip_chance_ = 0;
  ++generation_;
}

SimulatedStorage::Outcome SimulatedStorage::begin(SimulatedCall call, const std::string& path) {
  ++operation_count_;
  if (is_down_) return {EIO, false};
  if (operation_count_ == crash_at_) {
    is_down_ = true;
    // Every part of a write may still be torn off by crash(), which needs all of it.
    return {EIO, call == SimulatedCall::kWrite || disk_.toss()};
  }
  const int code = fault_ ? fault_({operation_count_, call, path}) : 0;
  return {code, code == 0};
}

void SimulatedStorage::begin_or_throw(SimulatedCall call, const std::string& path, std::string_view action) {
  const Outcome outcome = begin(call, path);
  if (outcome.code != 0) throw file_error(outcome.code, action, path);
}

// Files, names and locks.

std::unique_ptr<File> SimulatedStorage::open(const std::string& path, OpenMode mode, Caching caching) {
  std::lock_guard lock(mutex_);
  const bool must_exist = mode == OpenMode::kRead || mode == OpenMode::kReadWrite;
  const std::string_view action = must_exist || mode == OpenMode::kOpenOrCreate ? "open file" : "create file";
  const Outcome outcome = begin(SimulatedCall::kOpen, path);
  NodePointer node;
  if (outcome.happens) {
    node = disk_.find(path, action);
    if (!node && must_exist) throw file_error(ENOENT, action, path);
    if (node && node->is_directory) throw file_error(EISDIR, action, path);
    const bool fresh = mode == OpenMode::kCreateExclusive || mode == OpenMode::kCreatePrivate;
    if (node && fresh) throw file_error(EEXIST, action, path);
    if (!node) {
      node = disk_.create(path, false, action);
    } else if (mode == OpenMode::kCreate && !node->content.empty()) {
      disk_.resize(*node, 0);
    }
  }
  if (outcome.code != 0) throw file_error(outcome.code, action, path);
  return std::make_unique<SimulatedFile>(*this, path, std::move(node), mode != OpenMode::kRead,
                                         caching == Caching::kDirect);
}

std::unique_ptr<IoBatch> SimulatedStorage::make_batch() { return std::make_unique<SimulatedBatch>(*this); }

std::vector<DirectoryEntry> SimulatedStorage::list(const std::string& directory) {
  const std::string_view action = "list directory";
  std::lock_guard lock(mutex_);
  begin_or_throw(SimulatedCall::kList, directory, action);
  const NodePointer node = disk_.get(directory, action);
  if (!node->is_directory) throw file_error(ENOTDIR, action, directory);
  std::vector<DirectoryEntry> entries;
  for (const auto& [entry_name, child] : node->names) {
    entries.push_back({entry_name, child->is_directory ? EntryKind::kDirectory : EntryKind::kFile});
  }
  return entries;
}

bool SimulatedStorage::exists(const std::string& path) {
  const std::string_view action = "look for file";
  std::lock_guard lock(mutex_);
  begin_or_throw(SimulatedCall::kLook, path, action);
  try {
    return disk_.find(path, action) != nullptr;
  } catch (const Error&) {  // below a file
    return false;
  }
}

uint64_t SimulatedStorage::file_size(const std::string& path) {
  const std::string_view action = "find the size of file";
  std::lock_guard lock(mutex_);
  begin_or_throw(SimulatedCall::kLook, path, action);
  return disk_.get(path, action)->content.size();
}

void SimulatedStorage::create_directories(const std::string& directory) {
  const std::string_view action = "create directory";
  std::lock_guard lock(mutex_);
  std::string path;
  for (const std::string& part : SimulatedDisk::parts_of(directory)) {
    path += "/" + part;
    const NodePointer node = disk_.find(path, action);
    if (node && !node->is_directory) throw file_error(ENOTDIR, action, directory);
    if (node) continue;
    const Outcome outcome = begin(SimulatedCall::kCreateDirectory, path);
    if (outcome.happens) disk_.create(path, true, action);
    if (outcome.code != 0) throw file_error(outcome.code, action, directory);
  }
}

bool SimulatedStorage::remove(const std::string& path, EntryKind kind) {
  std::lock_guard lock(mutex_);
  const Outcome outcome = begin(SimulatedCall::kRemove, path);
  const NodePointer node = disk_.find(path, "remove");
  const bool is_there = node != nullptr && node->is_directory == (kind == EntryKind::kDirectory);
  if (is_there && outcome.happens) disk_.remove(path);
  if (outcome.code != 0) throw file_error(outcome.code, "remove", path);
  return is_there;
}

void SimulatedStorage::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  const Outcome outcome = begin(SimulatedCall::kRename, to);
  if (outcome.happens) disk_.rename(from, to);
  if (outcome.code != 0) throw file_error(outcome.code, "rename \"" + from + "\" to", to);
}

void SimulatedStorage::sync_directory(const std::string& directory) {
  std::lock_guard lock(mutex_);
  const Outcome outcome = begin(SimulatedCall::kSyncDirectory, directory);
  if (outcome.happens) disk_.sync_names(directory);
  if (outcome.code != 0) throw file_error(outcome.code, "sync directory", directory);
}

std::unique_ptr<FileLock> SimulatedStorage::lock_file(const std::string& path, LockMode mode, Access) {
  std::lock_guard lock(mutex_);
  begin_or_throw(SimulatedCall::kLock, path, "lock");
  NodePointer node = disk_.find(path, "lock");
  if (!node) node = disk_.create(path, false, "lock");
  const auto found = locks_.find(node.get());
  if (found != locks_.end() && (mode == LockMode::kExclusive || found->second < 0)) {
    throw lock_is_taken_error(path, mode == LockMode::kExclusive, ::getpid());
  }
  locks_[node.get()] += mode == LockMode::kExclusive ? -1 : 1;
  return std::make_unique<SimulatedLock>(*this, std::move(node));
}

uint64_t SimulatedStorage::free_bytes(const std::string& directory) {
  std::lock_guard lock(mutex_);
  disk_.get(directory, "find the free space of");
  return disk_.free_bytes();
}

}  // namespace cairn
