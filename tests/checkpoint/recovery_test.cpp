// What dead processes left, made by hand: which of it is resumed, told of, and removed.

#include <xxhash.h>

#include "checkpoint/owner.h"
#include "checkpoint/place.h"
#include "tests/checkpoint/store_fixture.h"
#include "tests/io/file_fixture.h"

namespace cairn::testing {
namespace {

class CheckpointRecoveryTest : public CheckpointStoreTest {
 protected:
  struct Left { std::string id, started, text; std::vector<uint64_t> breakers; int64_t rows = 10; };

  /// A directory with the log of one query and the files of its breakers; its pin is in the database.
  std::string leave(const Left& left, bool pinned = true) {
    const auto owner = Owner::make(*storage, "/db/checkpoints");
    LoggedQuery query;
    query.id = left.id;
    query.started = left.started;
    query.text = left.text;
    query.root = fingerprint(*request(left.text).plan);
    query.breakers_total = 9;
    query.pin = QueryPin{left.id, "/db/checkpoints"}.name(*database);
    for (const uint64_t name : left.breakers) {
      DurableBreaker durable;
      durable.number = static_cast<uint32_t>(name);
      durable.fingerprint = breaker(name).fingerprint;
      durable.file = left.id + "-" + std::to_string(name);
      std::atomic<uint64_t> written{0};
      const auto rows = make_rows(left.rows);
      write_fragment_file(*storage, owner->path(durable.file), rows->types(), std::vector<const RowSet*>{rows.get()},
                          [] { return false; }, written, durable);
      if (name == left.breakers[0]) owner->log()->begin(query, durable);
      else owner->log()->durable(query.id, durable);
    }
    if (pinned) database->pins[query.pin] = database->snapshot();
    const std::string log = owner->path("log");
    return log.substr(0, log.size() - 4);
  }
  /// Appends a record of another version.
  void log_foreign(const std::string& directory, const std::string& payload) {
    const uint32_t header[2] = {static_cast<uint32_t>(payload.size()), 1};
    const uint64_t sum = XXH3_64bits_withSeed(payload.data(), payload.size(), (uint64_t{1} << 32) | payload.size());
    std::string bytes(16, '\0');
    std::memcpy(bytes.data(), header, 8);
    std::memcpy(bytes.data() + 8, &sum, 8);
    const auto file = storage->open(directory + "/log", OpenMode::kOpenOrCreate);
    file->write(file->size(), bytes_of(bytes + payload));
  }
  void put(const std::string& path) { storage->open(path, OpenMode::kCreate)->write(0, bytes_of("x")); }
};

TEST_F(CheckpointRecoveryTest, InterruptedQueriesAreListedFromTheOldest) {
  leave({"0000000c", "2024-01-02T00:00:00Z", "SELECT 22", {1}});
  leave({"0000000a", "2024-01-03T00:00:00Z", "SELECT 333", {1}});
  leave({"0000000b", "2024-01-01T00:00:00Z", "SELECT 1", {1, 2}});
  open();
  const auto interrupted = store->interrupted();
  ASSERT_EQ(interrupted.size(), 3u);
  EXPECT_EQ(interrupted[0].id, "0000000b");
  EXPECT_EQ(interrupted[0].text, "SELECT 1");
  EXPECT_EQ(interrupted[0].started, "2024-01-01T00:00:00Z");
  EXPECT_EQ(interrupted[0].breakers_durable, 2u);
  EXPECT_EQ(interrupted[0].breakers_total, 9u);
  EXPECT_EQ(interrupted[0].pin, "query 0000000b in checkpoints");
  EXPECT_EQ(interrupted[1].id, "0000000c");
  EXPECT_EQ(interrupted[2].id, "0000000a");
  EXPECT_TRUE(told.empty());
}

TEST_F(CheckpointRecoveryTest, AQueryKilledTwiceIsShownAsItBegan) {
  for (const bool older_first : {true, false}) {  // in the order of their ids
    storage = std::make_shared<SimulatedStorage>(7);
    database = std::make_shared<PinnedDatabase>(storage);
    const std::string older = older_first ? "0000000a" : "0000000b", newer = older_first ? "0000000b" : "0000000a";
    leave({older, "2024-01-01T00:00:00Z", "SELECT 1", {1, 2}, 10});
    leave({newer, "2024-01-02T00:00:00Z", "SELECT 1", {2, 3}, 20});
    open();
    const auto interrupted = store->interrupted();
    ASSERT_EQ(interrupted.size(), 1u);
    EXPECT_EQ(interrupted[0].id, older);
    EXPECT_EQ(interrupted[0].breakers_durable, 3u) << "one is there twice";
    EXPECT_EQ(interrupted[0].bytes, store->bytes());
    {
      auto query = begin();
      ASSERT_TRUE(query->load(breaker(1), SIZE_MAX));
      EXPECT_EQ(query->load(breaker(1), SIZE_MAX)->row_count(), 10u);
      EXPECT_EQ(query->load(breaker(2), SIZE_MAX)->row_count(), 20u) << "what the later one made of it";
      EXPECT_EQ(query->load(breaker(3), SIZE_MAX)->row_count(), 20u);
    }
    EXPECT_TRUE(store->discard(interrupted[0].id));
    EXPECT_EQ(store->bytes(), 0u);
    EXPECT_EQ(file_count(), 0u);
    EXPECT_TRUE(database->pins.empty());
    store->close();
    store.reset();
  }
}

TEST_F(CheckpointRecoveryTest, FilesThatNoOpenQueryNamesGo) {
  const std::string directory = leave({"0000000a", "2024-01-01T00:00:00Z", "SELECT 1", {1, 2}});
  put(directory + "/0000000a-3");
  put(directory + "/0000000b-1");
  put(directory + "/.cairn-0123456789abcdef.new");
  put(directory + "/somebody's");
  open();
  store->drain();
  std::set<std::string> names;
  for (const auto& entry : storage->list(directory)) names.insert(entry.name);
  EXPECT_EQ(names, (std::set<std::string>{"owner.lock", "log", "0000000a-1", "0000000a-2", "somebody's"}));
  EXPECT_TRUE(store->discard("0000000a"));
  EXPECT_EQ(file_count(), 1u) << "which is not Cairn's";
}

TEST_F(CheckpointRecoveryTest, ADirectoryWithNothingToResumeGoes) {
  leave({"0000000a", "2024-01-01T00:00:00Z", "SELECT 1", {1}}, false);  // its pin went: it had ended
  storage->create_directories("/db/checkpoints/0123456789abcdef");      // died before it locked it
  Owner::make(*storage, "/db/checkpoints");                             // died before its first record
  open();
  store->drain();
  EXPECT_TRUE(store->interrupted().empty());
  EXPECT_EQ(store->bytes(), 0u);
  EXPECT_FALSE(storage->exists("/db/checkpoints"));
}

TEST_F(CheckpointRecoveryTest, WhatNoPinTellsOfGoesOnceAQueryHasTheSetting) {
  open();  // the setting comes later
  Owner::make(*storage, checkpoint_place(*database, "/nvme"));  // died before its first record
  auto query = begin("SELECT 1", "/nvme");  // which writes nothing
  query->finish(true);
  store->drain();
  EXPECT_EQ(file_count("/nvme"), 0u);
}

TEST_F(CheckpointRecoveryTest, OthersThingsInThePlaceStay) {
  leave({"0000000a", "2024-01-01T00:00:00Z", "SELECT 1", {1}});
  put("/db/checkpoints/0123456789abcdef");  // a file
  storage->create_directories("/db/checkpoints/notes");
  put("/db/checkpoints/notes/owner.lock");
  put("/db/checkpoints/notes/0000000a-1");
  open();
  EXPECT_EQ(store->interrupted().size(), 1u);
  EXPECT_TRUE(store->discard("0000000a"));
  EXPECT_EQ(file_count(), 3u);
}

TEST_F(CheckpointRecoveryTest, APinWithoutARecordIsFreedInSilence) {
  leave({"0000000a", "2024-01-01T00:00:00Z", "SELECT 1", {1}});
  database->pins["query 0000000b in checkpoints"] = database->snapshot();  // died before its first record
  open();
  store->drain();
  EXPECT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(database->pins.size(), 1u);
  EXPECT_TRUE(told.empty());
}

TEST_F(CheckpointRecoveryTest, AQueryOfAnotherVersionIsToldAndDiscarded) {
  const std::string directory = leave({"0000000a", "2024-01-01T00:00:00Z", "SELECT 1", {1}});
  for (const std::string id : {"0000000b", "0000000c"}) {
    log_foreign(directory, R"({"record":"begin","query":")" + id + R"(","text":"SELECT old","started":"then","pin":"query )" +
                               id + R"( in checkpoints"})");
  }
  database->pins["query 0000000b in checkpoints"] = database->snapshot();  // the other one's is gone: it had ended
  int commits = 0;
  database->committing = [&] { ++commits; };
  open();
  store->drain();
  EXPECT_EQ(commits, 1);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_CONTAINS(told[0], "0000000b of then was begun by another version of Cairn and is discarded: SELECT old");
  EXPECT_EQ(database->pins.size(), 1u);
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->interrupted()[0].id, "0000000a");
}

TEST_F(CheckpointRecoveryTest, APinOfAnotherVersionIsToldAndFreedOnce) {
  const std::string pin = "query in 0011223344556677: 0badcafe";
  database->pins[pin] = database->snapshot();
  open();
  store->drain();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_CONTAINS(told[0], "0badcafe was begun by another version of Cairn");
  EXPECT_TRUE(database->pins.empty());
  store->close();

  const std::string directory = leave({"0000000a", "2024-01-01T00:00:00Z", "SELECT 1", {1}});
  log_foreign(directory, R"({"record":"begin","query":"0badcafe","text":"SELECT old","started":"then","pin":")" + pin + "\"}");
  database->pins[pin] = database->snapshot();
  open();
  store->drain();
  EXPECT_EQ(told.size(), 1u) << "its log told of it";
  EXPECT_EQ(database->pins.size(), 1u);
}

TEST_F(CheckpointRecoveryTest, PinsStayWhereSomethingCouldNotBeRead) {
  leave({"0000000a", "2024-01-01T00:00:00Z", "SELECT 1", {1}});
  database->pins["query 0000000b in checkpoints"] = database->snapshot();
  database->pins["query in 0011223344556677: 0badcafe"] = database->snapshot();
  storage->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kOpen && operation.path.ends_with("/log") ? EACCES : 0;
  });
  open();
  store->drain();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].starts_with("warning: checkpoints of an earlier process: ")) << told[0];
  EXPECT_EQ(database->pins.size(), 3u);
  storage->clear_faults();
  EXPECT_EQ(store->interrupted().size(), 1u) << "it is tried again";
  EXPECT_EQ(database->pins.size(), 2u);
}

TEST_F(CheckpointRecoveryTest, ALiveProcessIsNotTold) {
  const auto alive = Owner::make(*storage, "/db/checkpoints");
  open();
  EXPECT_TRUE(told.empty());
  EXPECT_TRUE(store->interrupted().empty());
  store->close();
  EXPECT_TRUE(storage->exists("/db/checkpoints"));
}

TEST_F(CheckpointRecoveryTest, AQueryThatCannotBeDiscardedStays) {
  leave({"0000000a", "2024-01-01T00:00:00Z", "SELECT 1", {1}});
  open();
  storage->set_fault([](const SimulatedOperation& operation) { return operation.call == SimulatedCall::kSync ? EIO : 0; });
  bool refuse = true;
  database->committing = [&] { if (refuse) throw Error(sqlstate::kIoError, "no commit"); };
  const Error error = error_of([&] { store->discard("0000000a"); });
  EXPECT_CONTAINS(error.message, "query 0000000a could not be discarded");
  EXPECT_EQ(store->interrupted().size(), 1u);
  EXPECT_GT(store->bytes(), 0u);
  refuse = false;  // the log is broken for good: the pin alone will do
  storage->clear_faults();
  EXPECT_TRUE(store->discard("0000000a"));
  EXPECT_TRUE(store->interrupted().empty());
  EXPECT_EQ(store->bytes(), 0u);
}

TEST_F(CheckpointRecoveryTest, APlaceIsGoneWithItsLastDirectory) {
  for (const std::string setting : {"/nvme", ""}) {  // before the store opened, or after
    open(setting);
    auto query = begin("SELECT 1", "/nvme");
    complete(*query, 1, make_rows(10));
    store->drain();
    EXPECT_FALSE(storage->list("/nvme").empty());
    query->finish(true);
    store->close();
    EXPECT_TRUE(storage->list("/nvme").empty());
    EXPECT_TRUE(storage->exists("/nvme")) << "the user's own";
  }
}

}  // namespace
}  // namespace cairn::testing
