// Checkpoints on simulated storage: what survives a crash at any I/O, and what a damaged file does.

#include "checkpoint/store.h"

#include <gtest/gtest.h>

#include "io/simulated_storage.h"

namespace cairn {
namespace {

/// A database of which the store sees the storage and the pins.
class PinnedDatabase : public Database {
 public:
  explicit PinnedDatabase(std::shared_ptr<SimulatedStorage> storage) : storage_(std::move(storage)) {}
  const std::string& path() const override { return path_; }
  bool in_memory() const override { return false; }
  bool read_only() const override { return false; }
  Storage& storage() const override { return *storage_; }
  std::shared_ptr<const Snapshot> snapshot() const override { return std::make_shared<Snapshot>(); }
  std::unique_ptr<WriteTransaction> begin_write() override { return nullptr; }
  const std::string& identity() const override { return path_; }
  uint64_t stored_bytes() const override { return 0; }
  int64_t next_value(const Sequence&) override { return 0; }
  void set_value(const Sequence&, SequencePosition) override {}
  void pin_durably(std::string_view name, std::shared_ptr<const Snapshot> snapshot) override {
    pins[std::string(name)] = std::move(snapshot);
  }
  void unpin(std::string_view name) override { pins.erase(std::string(name)); }
  std::vector<std::string> pin_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, snapshot] : pins) names.push_back(name);
    return names;
  }
  std::shared_ptr<const Snapshot> pinned(std::string_view name) const override {
    const auto found = pins.find(std::string(name));
    return found == pins.end() ? nullptr : found->second;
  }

  std::map<std::string, std::shared_ptr<const Snapshot>> pins;

 private:
  std::string path_ = "/db";
  std::shared_ptr<SimulatedStorage> storage_;
};

std::shared_ptr<const RowSet> make_rows(int64_t rows) {
  auto set = std::make_shared<RowSet>(std::vector<Type>{Type::big_int(), Type::varchar()});
  RowSet::Chunk chunk;
  chunk.row_count = static_cast<size_t>(rows);
  chunk.columns.emplace_back(Type::big_int());
  chunk.columns.emplace_back(Type::varchar());
  for (int64_t i = 0; i < rows; ++i) {
    if (i % 7 == 3) chunk.columns[0].append_null();
    else chunk.columns[0].append_value(Value::of_integer(Type::big_int(), i * i));
    chunk.columns[1].append_value(Value::of_string("a text that is longer than twelve bytes, number " + std::to_string(i)));
  }
  set->append_chunk(std::move(chunk));
  set->seal();
  return set;
}

void expect_equal(const RowSet& actual, const RowSet& expected) {
  ASSERT_EQ(actual.row_count(), expected.row_count());
  for (size_t column = 0; column < expected.types().size(); ++column) {
    const Vector a = actual.chunks()[0].columns[column].view(), e = expected.chunks()[0].columns[column].view();
    for (size_t row = 0; row < e.size; ++row) {
      ASSERT_EQ(a.valid(row), e.valid(row));
      if (!e.valid(row)) continue;
      if (column == 0) { ASSERT_EQ(a.values<int64_t>()[row], e.values<int64_t>()[row]); }
      if (column == 1) { ASSERT_EQ(a.values<StringRef>()[row].view(), e.values<StringRef>()[row].view()); }
    }
  }
}

class CheckpointStoreTest : public ::testing::Test {
 protected:
  void open() {
    store = CheckpointStore::open(database, "/db/checkpoints", [](std::string_view) {});
  }
  std::shared_ptr<QueryCheckpoint> begin(const std::string& text = "SELECT 1") {
    auto plan = std::make_shared<PlanNode>();
    plan->kind = PlanNode::Kind::kValues;
    plan->names = {text};
    plan->limit = static_cast<int64_t>(text.size());
    return store->begin({text, plan, database->snapshot(), CheckpointMode::kAll, 0, false,
                         [this](std::string_view notice) { notices.emplace_back(notice); }});
  }
  static Breaker breaker(uint64_t name) {
    return {static_cast<uint32_t>(name), {name, name}, "join build", {Type::big_int(), Type::varchar()}};
  }
  /// The process dies: nothing is ended, no lock is kept.
  void kill() {
    store->drain();
    abandoned.push_back(store);  // its objects stay, as a dead process's bytes do: without effect
    storage->crash(Survival::kRandom);
    open();
  }
  size_t file_count() {
    size_t count = 0;
    if (!storage->exists("/db/checkpoints")) return 0;
    for (const auto& owner : storage->list("/db/checkpoints")) {
      count += storage->list("/db/checkpoints/" + owner.name).size();
    }
    return count;
  }
  void TearDown() override {
    for (auto& query : queries) query.reset();
    if (store) store->close();
  }

  std::shared_ptr<SimulatedStorage> storage = std::make_shared<SimulatedStorage>(7);
  std::shared_ptr<PinnedDatabase> database = std::make_shared<PinnedDatabase>(storage);
  std::shared_ptr<CheckpointStore> store;
  std::vector<std::shared_ptr<CheckpointStore>> abandoned;
  std::vector<std::shared_ptr<QueryCheckpoint>> queries;
  std::vector<std::string> notices;
};

TEST_F(CheckpointStoreTest, ACompletedBreakerIsFoundAfterACrash) {
  open();
  const auto rows = make_rows(1000);
  queries.push_back(begin());
  EXPECT_FALSE(queries[0]->is_durable(breaker(1)));
  queries[0]->completed(breaker(1), rows);
  kill();
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->interrupted()[0].text, "SELECT 1");
  EXPECT_EQ(store->interrupted()[0].breakers_durable, 1u);
  queries.push_back(begin());
  EXPECT_TRUE(queries[1]->is_durable(breaker(1)));
  EXPECT_FALSE(queries[1]->is_durable(breaker(2)));
  const auto loaded = queries[1]->load(breaker(1));
  ASSERT_TRUE(loaded);
  expect_equal(*loaded, *rows);
}

TEST_F(CheckpointStoreTest, NothingIsLeftOnceTheAnswerWasDelivered) {
  open();
  queries.push_back(begin());
  queries[0]->completed(breaker(1), make_rows(100));
  kill();
  queries.push_back(begin());
  queries[1]->completed(breaker(2), make_rows(100));
  store->drain();
  EXPECT_EQ(database->pins.size(), 2u);
  queries[1]->finish();
  store->drain();
  EXPECT_TRUE(store->interrupted().empty());
  EXPECT_TRUE(database->pins.empty());
  store->close();
  EXPECT_EQ(file_count(), 0u);
  store.reset();
}

TEST_F(CheckpointStoreTest, AQueryKilledTwiceIsOneInterruptedQuery) {
  open();
  queries.push_back(begin());
  queries[0]->completed(breaker(1), make_rows(100));
  kill();
  queries.push_back(begin());
  queries[1]->completed(breaker(2), make_rows(100));
  kill();
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->interrupted()[0].breakers_durable, 2u);
  EXPECT_TRUE(store->discard(store->interrupted()[0].id));
  EXPECT_TRUE(store->interrupted().empty());
  EXPECT_EQ(file_count(), 0u);
}

TEST_F(CheckpointStoreTest, AShortQueryWritesNothing) {
  open();
  queries.push_back(begin());
  queries[0]->finish();
  store->drain();
  EXPECT_FALSE(storage->exists("/db/checkpoints"));
}

TEST_F(CheckpointStoreTest, AFlippedBitAnywhereInTheFileIsNoticed) {
  open();
  const auto rows = make_rows(300);
  queries.push_back(begin());
  queries[0]->completed(breaker(1), rows);
  kill();
  const std::string directory = "/db/checkpoints/" + storage->list("/db/checkpoints")[0].name;
  std::string file;
  for (const auto& entry : storage->list(directory)) {
    if (entry.name != "log" && entry.name != "owner.lock") file = directory + "/" + entry.name;
  }
  const uint64_t size = storage->file_size(file);
  queries.push_back(begin());
  size_t unnoticed = 0;
  for (uint64_t offset = 0; offset < size; offset += offset < 64 ? 1 : 13) {
    storage->flip_bit(file, offset, static_cast<int>(offset % 8));
    if (const auto loaded = queries[1]->load(breaker(1))) {  // padding that nobody reads
      expect_equal(*loaded, *rows);
      ++unnoticed;
    }
    storage->flip_bit(file, offset, static_cast<int>(offset % 8));
  }
  EXPECT_LT(unnoticed, size / 13) << "padding is the smaller part";
  EXPECT_TRUE(queries[1]->load(breaker(1)));
}

TEST_F(CheckpointStoreTest, FailingIoCostsTheQueryItsCheckpointsAndOneWarning) {
  for (uint64_t n = 1; n < 200; ++n) {
    storage = std::make_shared<SimulatedStorage>(n);
    database = std::make_shared<PinnedDatabase>(storage);
    open();
    auto query = begin();
    notices.clear();
    storage->fail_from(n, ENOSPC);
    query->completed(breaker(1), make_rows(100));
    query->completed(breaker(2), make_rows(100));
    store->drain();
    const bool failed = !notices.empty();
    EXPECT_LE(notices.size(), 1u);
    storage->clear_faults();
    query->finish();
    store->close();
    store.reset();
    if (!failed) return;
  }
  FAIL() << "it never got through";
}

TEST_F(CheckpointStoreTest, APowerFailureAtAnyIoLeavesWholeBreakersOrNone) {
  const auto rows = make_rows(200);
  for (uint64_t n = 1; n < 200; ++n) {
    storage = std::make_shared<SimulatedStorage>(n);
    database = std::make_shared<PinnedDatabase>(storage);
    open();
    auto query = begin();
    notices.clear();
    storage->crash_at(n);
    query->completed(breaker(1), rows);
    query->completed(breaker(2), rows);
    store->drain();
    const bool failed = !notices.empty();
    kill();
    queries.push_back(query);
    const auto after = begin();
    for (const uint64_t name : {1, 2}) {
      if (!after->is_durable(breaker(name))) continue;
      const auto loaded = after->load(breaker(name));
      ASSERT_TRUE(loaded) << "operation " << n << ": a record names a file that is not whole";
      expect_equal(*loaded, *rows);
    }
    after->finish();
    store->close();
    EXPECT_EQ(file_count(), 0u) << "operation " << n;
    store.reset();
    if (!failed) return;
  }
  FAIL() << "it never got through";
}

TEST_F(CheckpointStoreTest, AnotherLiveProcessIsLeftAlone) {
  open();
  queries.push_back(begin());
  queries[0]->completed(breaker(1), make_rows(10));
  store->drain();
  auto second = CheckpointStore::open(database, "/db/checkpoints", [](std::string_view) {});
  EXPECT_TRUE(second->interrupted().empty());
  second->close();
  EXPECT_GT(file_count(), 0u);
}

}  // namespace
}  // namespace cairn
