#pragma once

// A store over simulated storage, which dies and is opened again.

#include <gtest/gtest.h>

#include <mutex>

#include "checkpoint/place.h"
#include "checkpoint/store.h"
#include "io/storage/simulated_storage.h"

namespace cairn::testing {

/// A database of which the store sees the storage and the pins.
class PinnedDatabase : public Database {
 public:
  explicit PinnedDatabase(std::shared_ptr<Storage> storage, std::string path = "/db")
      : path_(std::move(path)), storage_(std::move(storage)) {}
  const std::string& path() const override { return path_; }
  bool in_memory() const override { return false; }
  bool read_only() const override { return false; }
  void limit_cache(size_t) override {}
  Storage& storage() const override { return *storage_; }
  std::shared_ptr<const CommittedSnapshot> snapshot() const override { return std::make_shared<CommittedSnapshot>(); }
  std::unique_ptr<WriteTransaction> begin_write() override { return nullptr; }
  const std::string& identity() const override { return identity_; }
  uint64_t stored_bytes() const override { return 0; }
  int64_t next_value(const Sequence&) override { return 0; }
  void set_value(const Sequence&, SequencePosition) override {}
  void pin_durably(std::string_view name, std::shared_ptr<const CommittedSnapshot> snapshot) override {
    if (committing) committing();
    const std::lock_guard lock(mutex_);
    pins[std::string(name)] = std::move(snapshot);
  }
  void unpin(std::string_view name) override {
    if (committing) committing();
    const std::lock_guard lock(mutex_);
    pins.erase(std::string(name));
  }
  std::vector<std::string> pin_names() const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, snapshot] : pins) names.push_back(name);
    return names;
  }
  std::shared_ptr<const CommittedSnapshot> pinned(std::string_view name) const override {
    const std::lock_guard lock(mutex_);
    const auto found = pins.find(std::string(name));
    return found == pins.end() ? nullptr : found->second;
  }

  std::optional<std::string> receipt(std::string_view name) const override {
    const auto found = receipts.find(std::string(name));
    return found == receipts.end() ? std::nullopt : std::optional(found->second);
  }

  std::map<std::string, std::string> receipts;
  std::map<std::string, std::shared_ptr<const CommittedSnapshot>> pins;
  std::function<void()> committing;  ///< called in the midst of a commit to the manifest

 private:
  const std::string path_, identity_ = "0123456789abcdef0123456789abcdef";
  std::shared_ptr<Storage> storage_;
  mutable std::mutex mutex_;
};

std::shared_ptr<const RowSet> make_rows(int64_t rows);
void expect_equal(const RowSet& actual, const RowSet& expected);

class CheckpointStoreTest : public ::testing::Test {
 protected:
  void open(const std::string& directory = "") {
    store = CheckpointStore::open(database, directory, [this](std::string_view text) { note(warnings, text); }, told);
  }
  /// Several stores' writers may tell something at once.
  void note(std::vector<std::string>& list, std::string_view text) {
    const std::lock_guard lock(told_mutex);
    list.emplace_back(text);
  }
  CheckpointRequest request(const std::string& text, const std::string& directory = "",
                            PlanNode::Kind kind = PlanNode::Kind::kLimit) {
    auto plan = std::make_shared<PlanNode>();
    plan->kind = kind;  // a limit's description tells one text from another
    plan->names = {text};
    plan->limit = static_cast<int64_t>(text.size());
    CheckpointRequest made;
    made.text = text;
    made.plan = plan;
    made.snapshot = database->snapshot();
    made.directory = directory;
    made.mode = CheckpointMode::kAll;
    made.notice = [this](std::string_view notice) { note(notices, notice); };
    return made;
  }
  /// Texts of other lengths are other queries; those of request() are all one.
  CheckpointRequest own_request(const std::string& text, const std::string& directory = "") {
    return request(text, directory, PlanNode::Kind::kLimit);
  }
  std::shared_ptr<QueryCheckpoint> begin(const std::string& text = "SELECT 1", const std::string& directory = "") {
    return store->begin(request(text, directory));
  }
  static Breaker breaker(uint64_t name) {
    return {static_cast<uint32_t>(name), {name, name}, "join build", {Type::big_int(), Type::varchar()}};
  }
  static void complete(QueryCheckpoint& query, uint64_t name, std::shared_ptr<const RowSet> rows) {
    query.completed(breaker(name), Content{{name, 77}, {}}, std::move(rows));
  }
  /// The process dies: nothing is ended, no lock is kept.
  void kill(const std::string& directory = "") {
    store->drain();
    abandoned.push_back(store);  // its objects stay, as a dead process's bytes do: without effect
    storage->crash(Survival::kRandom);
    open(directory);
    store->drain();
  }
  size_t file_count(const std::string& directory = "/db/checkpoints") {
    size_t count = 0;
    if (!storage->exists(directory)) return 0;
    for (const auto& entry : storage->list(directory)) {
      count += entry.kind == EntryKind::kDirectory ? file_count(directory + "/" + entry.name) : 1;
    }
    return count;
  }
  void TearDown() override {
    for (auto& query : queries) query.reset();
    for (auto& dead : abandoned) dead->close();  // while there is somebody to be told
    if (store) store->close();
  }

  std::shared_ptr<SimulatedStorage> storage = std::make_shared<SimulatedStorage>(7);
  std::shared_ptr<PinnedDatabase> database = std::make_shared<PinnedDatabase>(storage);
  std::shared_ptr<CheckpointStore> store;
  std::vector<std::shared_ptr<CheckpointStore>> abandoned;
  std::vector<std::shared_ptr<QueryCheckpoint>> queries;
  std::mutex told_mutex;
  std::vector<std::string> notices, warnings, told;
};

}  // namespace cairn::testing
