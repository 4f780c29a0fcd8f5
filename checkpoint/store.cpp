#include "checkpoint/store.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <random>
#include <set>

#include "checkpoint/store_state.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// Pins of queries whose checkpoints are in this directory: each store sweeps its own. The one inside the database keeps
/// its name when the database is moved.
std::string pin_prefix(const Database& database, std::string_view directory) {
  if (directory.starts_with(database.path())) directory.remove_prefix(database.path().size());
  return fmt::format("query in {:016x}: ", XXH3_64bits(directory.data(), directory.size()));
}

/// Rows that may wait to be written, over all queries. What does not fit is skipped: workers never wait.
constexpr size_t kQueuedBytesMax = size_t{2} << 30;

}  // namespace

std::string random_hex(size_t digits) {
  std::random_device device;
  std::string out;
  while (out.size() < digits) out += fmt::format("{:08x}", device());
  return out.substr(0, digits);
}

std::shared_ptr<CheckpointStore> CheckpointStore::open(std::shared_ptr<Database> database, std::string directory,
                                                       std::function<void(std::string_view)> warning) {
  std::shared_ptr<CheckpointStore> store(
      new CheckpointStore(std::move(database), std::move(directory), std::move(warning)));
  store->adopt_dead_owners();
  return store;
}

CheckpointStore::CheckpointStore(std::shared_ptr<Database> database, std::string directory,
                                 std::function<void(std::string_view)> warning)
    : database_(std::move(database)),
      storage_(database_->storage()),
      directory_(std::move(directory)),
      warning_(std::move(warning)) {}

CheckpointStore::~CheckpointStore() { close(); }

void CheckpointStore::adopt_dead_owners() {
  std::unique_lock lock(mutex_);
  if (storage_.exists(directory_)) {
    for (const DirectoryEntry& entry : storage_.list(directory_)) {
      if (!entry.is_directory) continue;
      const std::string directory = directory_ + "/" + entry.name;
      try {
        auto owner_lock = storage_.lock_file(directory + "/owner.lock", LockMode::kExclusive);
        adopt(directory, std::move(owner_lock));
      } catch (const Error& error) {
        if (error.sqlstate != sqlstate::kObjectInUse) warning_("checkpoints of an earlier process: " + error.message);
      }
    }
    sweep_owners();
  }
  // A process may have died between pinning its snapshot and logging the query.
  for (const std::string& pin : database_->pin_names()) {
    const bool known = std::any_of(interrupted_.begin(), interrupted_.end(),
                                   [&](const auto& entry) { return entry.second->query.pin == pin; });
    if (!known && pin.starts_with(pin_prefix(*database_, directory_))) unpin(pin);
  }
}

void CheckpointStore::adopt(const std::string& directory, std::unique_ptr<FileLock> lock) {
  auto owner = std::make_unique<Owner>();
  owner->directory = directory;
  owner->lock = std::move(lock);
  std::set<std::string> needed{"owner.lock", "log"};
  if (storage_.exists(directory + "/log")) {
    owner->log = std::make_unique<CheckpointLog>(storage_, directory + "/log");
    for (const auto& [id, query] : owner->log->queries()) {
      for (const DurableBreaker& breaker : query.durable) {
        needed.insert(breaker.file);
        own_bytes_ += breaker.file_bytes;
      }
      interrupted_[id] = std::make_unique<Interrupted>(Interrupted{query, owner.get()});
    }
  }
  for (const DirectoryEntry& entry : storage_.list(directory)) {
    if (!needed.contains(entry.name)) storage_.remove_all(directory + "/" + entry.name);
  }
  adopted_.push_back(std::move(owner));
}

void CheckpointStore::sweep_owners() {
  std::erase_if(adopted_, [&](const std::unique_ptr<Owner>& owner) {
    if (owner->log && !owner->log->queries().empty()) return false;
    owner->log.reset();
    try {
      storage_.remove_all(owner->directory);
    } catch (const Error& error) {
      warning_("checkpoints of an earlier process: " + error.message);
    }
    return true;
  });
  if (adopted_.empty() && !own_) {
    try {
      storage_.remove(directory_);  // only where it is empty
    } catch (const Error&) {        // others' directories are in it
    }
  }
}

void CheckpointStore::unpin(const std::string& pin) noexcept {
  try {
    database_->unpin(pin);
  } catch (const Error& error) {
    warning_("checkpoint: " + error.message);
  }
}

void CheckpointStore::forget(const Interrupted& query) {
  query.owner->log->end(query.query.id);
  for (const DurableBreaker& breaker : query.query.durable) {
    storage_.remove(query.path(breaker));
    own_bytes_ -= std::min(own_bytes_, breaker.file_bytes);
  }
  unpin(query.query.pin);
}

CheckpointStore::Owner& CheckpointStore::own() {
  if (own_) return *own_;
  // Another process that starts up may take a fresh directory for a dead one's before it is locked: then try again.
  for (int attempt = 0; attempt < 10; ++attempt) {
    auto owner = std::make_unique<Owner>();
    owner->directory = directory_ + "/" + random_hex(16);
    storage_.create_directories(owner->directory);
    try {
      owner->lock = storage_.lock_file(owner->directory + "/owner.lock", LockMode::kExclusive);
    } catch (const Error&) {
      continue;
    }
    if (!storage_.exists(owner->directory + "/owner.lock")) continue;
    owner->log = std::make_unique<CheckpointLog>(storage_, owner->directory + "/log");
    storage_.sync_directory(owner->directory);
    storage_.sync_directory(directory_);
    own_ = std::move(owner);
    return *own_;
  }
  throw Error(sqlstate::kIoError, "cannot make a checkpoint directory in \"" + directory_ + "\"");
}

/* ---- Interrupted queries ---- */

std::vector<InterruptedQuery> CheckpointStore::interrupted() {
  std::lock_guard lock(mutex_);
  // A query that was killed again while it was being recovered has left two entries: they are one query to its user.
  std::map<Fingerprint, InterruptedQuery> by_root;
  std::map<Fingerprint, std::set<Fingerprint>> durable;
  for (const auto& [id, entry] : interrupted_) {
    const LoggedQuery& logged = entry->query;
    InterruptedQuery& query = by_root[logged.root];
    if (query.id.empty() || logged.started < query.started) {
      query.id = id;
      query.text = logged.text;
      query.started = logged.started;
      query.pin = logged.pin;
      query.breakers_total = logged.breakers_total;
    }
    for (const DurableBreaker& breaker : logged.durable) {
      durable[logged.root].insert(breaker.fingerprint);
      query.bytes += breaker.file_bytes;
    }
  }
  std::vector<InterruptedQuery> out;
  for (auto& [root, query] : by_root) {
    query.breakers_durable = durable[root].size();
    out.push_back(std::move(query));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.started < b.started; });
  return out;
}

std::optional<InterruptedQuery> CheckpointStore::find(std::string_view id) {
  for (InterruptedQuery& query : interrupted()) {
    if (query.id == id) return std::move(query);
  }
  return std::nullopt;
}

bool CheckpointStore::discard(std::string_view id) {
  std::lock_guard lock(mutex_);
  const auto found = interrupted_.find(id);
  if (found == interrupted_.end()) return false;
  const Fingerprint root = found->second->query.root;
  for (auto entry = interrupted_.begin(); entry != interrupted_.end();) {
    if (entry->second->query.root == root) {
      forget(*entry->second);
      entry = interrupted_.erase(entry);
    } else {
      ++entry;
    }
  }
  sweep_owners();
  return true;
}

uint64_t CheckpointStore::bytes() {
  std::lock_guard lock(mutex_);
  return own_bytes_;
}

/* ---- The writer thread ---- */

void CheckpointStore::enqueue(Task task) {
  std::lock_guard lock(mutex_);
  if (closing_) return;
  if (task.breaker && queued_bytes_ + task.bytes > kQueuedBytesMax) {
    task.query->set_state(task.breaker->fingerprint, "skipped: the queue was full");
    return;
  }
  queued_bytes_ += task.bytes;
  tasks_.push_back(std::move(task));
  if (!writer_.joinable()) writer_ = std::thread([this] { run(); });
  wake_.notify_one();
}

void CheckpointStore::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return closing_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    busy_ = true;
    lock.unlock();
    try {
      if (task.breaker) {
        write(task);
      } else {
        end(task);
      }
    } catch (const std::exception& error) {
      warning_(std::string("checkpoint: ") + error.what());
    }
    const size_t bytes = task.bytes;
    task = {};
    lock.lock();
    queued_bytes_ -= bytes;
    busy_ = false;
    idle_.notify_all();
  }
}

void CheckpointStore::write(const Task& task) {
  QueryCheckpoint::State& query = *task.query;
  if (query.finished || query.off) return;
  std::string path;
  try {
    {
      std::lock_guard lock(mutex_);
      if (query.request.bytes_max != 0 && own_bytes_ + task.bytes > query.request.bytes_max) {
        query.set_state(task.breaker->fingerprint, "skipped: checkpoint_max_bytes reached");
        return;
      }
      path = own().directory;
    }
    DurableBreaker durable;
    durable.number = task.breaker->number;
    durable.fingerprint = task.breaker->fingerprint;
    durable.description = task.breaker->description;
    durable.file = fmt::format("{}-{}", query.logged.id, task.breaker->number);
    path += "/" + durable.file;
    if (!query.begun) {
      query.logged.pin = pin_prefix(*database_, directory_) + query.logged.id;
      database_->pin_durably(query.logged.pin, query.request.snapshot);
      query.pinned = true;
    }
    const bool written = write_fragment_file(storage_, path, *task.rows, [&] { return query.finished.load(); },
                                             query.bytes_written, durable);
    if (!written) {
      storage_.remove(path);
      return;
    }
    std::lock_guard lock(mutex_);
    storage_.sync_directory(own_->directory);
    if (query.begun) {
      own_->log->durable(query.logged.id, durable);
    } else {
      own_->log->begin(query.logged, durable);
    }
    query.begun = true;
    query.files.push_back(path);
    query.file_bytes += durable.file_bytes;
    own_bytes_ += durable.file_bytes;
    query.set_state(durable.fingerprint, fmt::format("durable, {:.1f} MB", static_cast<double>(durable.file_bytes) / 1e6));
    if (query.request.verbose) {
      query.request.notice(fmt::format("checkpoint: breaker {} of {} durable ({}, {:.1f} MB)", durable.number + 1,
                                       query.logged.breakers_total, durable.description,
                                       static_cast<double>(durable.file_bytes) / 1e6));
    }
  } catch (const Error& error) {
    query.off = true;
    query.request.notice("warning: checkpoints are off for this query: " + error.message);
    try {
      if (!path.empty()) storage_.remove(path);
    } catch (const Error&) {  // whoever takes the directory over removes it
    }
  }
}

void CheckpointStore::end(const Task& task) {
  QueryCheckpoint::State& query = *task.query;
  std::lock_guard lock(mutex_);
  if (query.begun) {
    own_->log->end(query.logged.id);
    for (const std::string& path : query.files) storage_.remove(path);
    own_bytes_ -= std::min(own_bytes_, query.file_bytes);
  }
  if (query.pinned) unpin(query.logged.pin);
  for (const std::string& id : query.stands_for) {
    const auto found = interrupted_.find(id);
    if (found == interrupted_.end()) continue;
    forget(*found->second);
    interrupted_.erase(found);
  }
  if (!query.stands_for.empty()) sweep_owners();
}

void CheckpointStore::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return tasks_.empty() && !busy_; });
}

void CheckpointStore::close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    wake_.notify_one();
  }
  if (writer_.joinable()) writer_.join();
  std::lock_guard lock(mutex_);
  if (own_ && own_->log->queries().empty()) {
    own_->log.reset();
    try {
      storage_.remove_all(own_->directory);
    } catch (const Error& error) {
      warning_("checkpoint: " + error.message);
    }
    own_.reset();
  }
  sweep_owners();
}

}  // namespace cairn
