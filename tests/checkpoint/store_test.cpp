// Checkpoints on simulated storage: what survives a crash at any I/O, and what a damaged file does.

#include "tests/checkpoint/store_fixture.h"
#include "tests/io/file_fixture.h"

#include <cmath>

namespace cairn::testing {
namespace {

TEST_F(CheckpointStoreTest, ACompletedBreakerIsFoundAfterACrash) {
  open();
  const auto rows = make_rows(1000);
  queries.push_back(begin());
  EXPECT_FALSE(queries[0]->durable(breaker(1)));
  complete(*queries[0], 1, rows);
  kill();
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->interrupted()[0].text, "SELECT 1");
  EXPECT_EQ(store->interrupted()[0].breakers_durable, 1u);
  queries.push_back(begin());
  EXPECT_TRUE(queries[1]->durable(breaker(1)));
  EXPECT_FALSE(queries[1]->durable(breaker(2)));
  const auto loaded = queries[1]->load(breaker(1), SIZE_MAX);
  ASSERT_TRUE(loaded);
  expect_equal(*loaded, *rows);
}

TEST_F(CheckpointStoreTest, NothingIsLeftOnceTheAnswerWasDelivered) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(100));
  kill();
  queries.push_back(begin());
  complete(*queries[1], 2, make_rows(100));
  store->drain();
  EXPECT_EQ(database->pins.size(), 2u);
  queries[1]->finish(true);
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
  complete(*queries[0], 1, make_rows(100));
  kill();
  queries.push_back(begin());
  complete(*queries[1], 2, make_rows(100));
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
  queries[0]->finish(true);
  store->drain();
  EXPECT_FALSE(storage->exists("/db/checkpoints"));
}

TEST_F(CheckpointStoreTest, AFlippedBitAnywhereInTheFileIsNoticed) {
  open();
  const auto rows = make_rows(300);
  queries.push_back(begin());
  complete(*queries[0], 1, rows);
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
    if (const auto loaded = queries[1]->load(breaker(1), SIZE_MAX)) {  // padding that nobody reads
      expect_equal(*loaded, *rows);
      ++unnoticed;
    }
    storage->flip_bit(file, offset, static_cast<int>(offset % 8));
  }
  EXPECT_LT(unnoticed, size / 13) << "padding is the smaller part";
  EXPECT_TRUE(queries[1]->load(breaker(1), SIZE_MAX));
}

TEST_F(CheckpointStoreTest, FailingIoCostsTheQueryItsCheckpointsAndOneWarning) {
  for (uint64_t n = 1; n < 200; ++n) {
    storage = std::make_shared<SimulatedStorage>(n);
    database = std::make_shared<PinnedDatabase>(storage);
    open();
    auto query = begin();
    notices.clear();
    storage->fail_from(n, ENOSPC);
    complete(*query, 1, make_rows(100));
    complete(*query, 2, make_rows(100));
    store->drain();
    const bool failed = !notices.empty();
    EXPECT_LE(notices.size(), 1u);
    storage->clear_faults();
    query->finish(true);
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
    complete(*query, 1, rows);
    complete(*query, 2, rows);
    store->drain();
    const bool failed = !notices.empty();
    kill();
    queries.push_back(query);
    const auto after = begin();
    for (const uint64_t name : {1, 2}) {
      if (!after->durable(breaker(name))) continue;
      const auto loaded = after->load(breaker(name), SIZE_MAX);
      ASSERT_TRUE(loaded) << "operation " << n << ": a record names a file that is not whole";
      expect_equal(*loaded, *rows);
    }
    after->finish(true);
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
  complete(*queries[0], 1, make_rows(10));
  store->drain();
  auto second = CheckpointStore::open(database, "", [](std::string_view) {}, told);
  EXPECT_TRUE(second->interrupted().empty());
  second->close();
  EXPECT_GT(file_count(), 0u);
}

/* ---- Which query is which ---- */

TEST_F(CheckpointStoreTest, AQueryKilledAgainAndAgainKeepsItsIdAndIsFoundByEach) {
  open();
  std::string id;
  std::set<std::string> ids;
  for (uint64_t round = 0; round < 8; ++round) {
    queries.push_back(begin());
    complete(*queries.back(), round, make_rows(10));
    kill();
    ASSERT_EQ(store->interrupted().size(), 1u);
    if (round == 0) id = store->interrupted()[0].id;
    EXPECT_EQ(store->interrupted()[0].id, id) << round;
    for (const auto& [name, snapshot] : database->pins) ids.insert(QueryPin::of_name(*database, name)->id);
    ASSERT_EQ(ids.size(), round + 1);
    for (const std::string& each : ids) {
      const auto found = store->find(each);
      ASSERT_TRUE(found);
      EXPECT_EQ(found->id, id);
    }
  }
  EXPECT_FALSE(store->find("00000000"));
  EXPECT_TRUE(store->discard(*ids.rbegin()));
  EXPECT_TRUE(store->interrupted().empty());
  EXPECT_TRUE(database->pins.empty());
}

TEST_F(CheckpointStoreTest, QueriesOfOneSecondAreInTheOrderInWhichTheyBegan) {
  open();
  for (size_t i = 1; i <= 12; ++i) {
    queries.push_back(store->begin(own_request(std::string(i, 'x'))));
    complete(*queries.back(), i, make_rows(1));
  }
  kill();
  const auto listed = store->interrupted();
  ASSERT_EQ(listed.size(), 12u);
  for (size_t i = 0; i < listed.size(); ++i) EXPECT_EQ(listed[i].text.size(), i + 1);
}

/* ---- What a record holds ---- */

TEST_F(CheckpointStoreTest, TheContextOfAQueryComesBackBitForBit) {
  open();
  CheckpointRequest made = request("SELECT $1");
  made.context.settings = {{"search_path", "s2, public"}, {"disabled_passes", ""}};
  made.context.parameter_types = {Type::double_(), Type::decimal(38, 2), Type::interval(), Type::varchar(), Type::date()};
  Value interval{Type::interval(), false};
  interval.interval = {1, -2, 3};
  made.context.parameters = {Value::of_double(-0.0), Value::of_integer(Type::decimal(38, 2), kInt128Min / 3), interval,
                             Value::of_string("it's \"quoted\" \u00e4"), Value::null_of(Type::date())};
  made.context.now_micros = 1234567890123456;
  const QueryContext expected = made.context;
  queries.push_back(store->begin(std::move(made)));
  complete(*queries[0], 1, make_rows(10));
  kill();
  ASSERT_EQ(store->interrupted().size(), 1u);
  const QueryContext context = store->interrupted()[0].context;
  EXPECT_EQ(context.settings, expected.settings);
  EXPECT_EQ(context.parameter_types, expected.parameter_types);
  EXPECT_EQ(context.parameters, expected.parameters);
  EXPECT_TRUE(std::signbit(context.parameters[0].floating));
  EXPECT_EQ(context.now_micros, expected.now_micros);
}

TEST_F(CheckpointStoreTest, AContentKeepsItsNameAndThoseOfWhatItWasMadeOf) {
  open();
  queries.push_back(begin());
  const Content content{{5, 6}, {7, 8}, {{{1, 2}, {3, 4}}, {{1, 3}, {9, 9}}}};
  queries[0]->completed(breaker(1), content, make_rows(10));
  kill();
  queries.push_back(begin());
  const std::optional<Content> found = queries[1]->durable(breaker(1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, content.id);
  EXPECT_EQ(found->edition, content.edition);
  EXPECT_EQ(found->made_of, content.made_of);
}

/* ---- Where checkpoints are ---- */

TEST_F(CheckpointStoreTest, CheckpointsElsewhereAreFoundWithoutTheSetting) {
  open("/nvme");
  queries.push_back(begin("SELECT 1", "/nvme"));
  complete(*queries[0], 1, make_rows(10));
  kill();
  ASSERT_EQ(store->interrupted().size(), 1u);
  queries.push_back(begin());
  EXPECT_TRUE(queries[1]->load(breaker(1), SIZE_MAX));
  EXPECT_TRUE(store->discard(store->interrupted()[0].id));
  EXPECT_EQ(file_count("/nvme"), 0u);
  EXPECT_TRUE(database->pins.empty());
}

TEST_F(CheckpointStoreTest, CheckpointsThatAreGoneFreeThePinWithANotice) {
  open("/nvme");
  queries.push_back(begin("SELECT 1", "/nvme"));
  complete(*queries[0], 1, make_rows(10));
  store->drain();
  const std::string id = database->pins.begin()->first.substr(6, 8);
  remove_tree(*storage, "/nvme");
  storage->sync_directory("/");
  kill();
  EXPECT_TRUE(store->interrupted().empty());
  EXPECT_TRUE(database->pins.empty());
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find(id), std::string::npos) << told[0];
  EXPECT_NE(told[0].find("/nvme"), std::string::npos) << told[0];
}

TEST_F(CheckpointStoreTest, APinThatNoPlaceCouldHaveIsLeftAlone) {
  database->pins["query 01234567 in /etc"] = database->snapshot();
  database->pins["somebody else's"] = database->snapshot();
  storage->create_directories("/etc/passwords");
  open();
  store->drain();
  EXPECT_EQ(database->pins.size(), 2u);
  EXPECT_EQ(file_count("/etc/passwords"), 0u) << "not even a lock";
}

TEST_F(CheckpointStoreTest, AQueryWhosePinIsGoneHasEnded) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(10));
  store->drain();
  database->pins.clear();  // what the end of a query does; then the process died
  kill();
  EXPECT_TRUE(store->interrupted().empty());
  EXPECT_EQ(file_count(), 0u);
}

TEST_F(CheckpointStoreTest, WhatCouldNotBeReadIsReadLater) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(10));
  store->drain();
  abandoned.push_back(store);
  storage->crash(Survival::kEverything);
  storage->set_fault([](const SimulatedOperation& operation) { return operation.call == SimulatedCall::kList ? EACCES : 0; });
  open();
  EXPECT_EQ(told.size(), 1u);
  EXPECT_TRUE(store->interrupted().empty());
  EXPECT_EQ(database->pins.size(), 1u);
  storage->clear_faults();
  ASSERT_EQ(store->interrupted().size(), 1u);
  queries.push_back(begin());
  EXPECT_TRUE(queries[1]->load(breaker(1), SIZE_MAX));
}

TEST_F(CheckpointStoreTest, WhatLivedIsReadOnceItIsDeadAndThenNoMore) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(10));
  store->drain();
  const auto living = std::exchange(store, nullptr);
  abandoned.push_back(living);
  open();
  EXPECT_TRUE(store->interrupted().empty());
  queries.push_back(begin("SELECT 22"));
  complete(*queries[1], 2, make_rows(10));
  store->drain();
  living->close();  // its query has not ended
  queries[0].reset();
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(database->pins.size(), 2u);
  const uint64_t operations = storage->operation_count();
  EXPECT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(storage->operation_count(), operations) << "there is nothing to look for";
  EXPECT_TRUE(begin()->load(breaker(1), SIZE_MAX));
}

/* ---- The log ---- */

TEST_F(CheckpointStoreTest, ALogThatFailedOnceIsNotUsedAgain) {
  open();
  queries.push_back(begin("SELECT 1"));
  complete(*queries[0], 1, make_rows(10));
  store->drain();
  const std::string owner = "/db/checkpoints/" + storage->list("/db/checkpoints")[0].name;
  storage->set_fault([&](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kSync && operation.path == owner + "/log" ? EIO : 0;
  });
  complete(*queries[0], 2, make_rows(10));
  store->drain();
  EXPECT_EQ(notices.size(), 1u);
  storage->clear_faults();
  const uint64_t size = storage->file_size(owner + "/log");
  complete(*queries[0], 3, make_rows(10));
  store->drain();
  queries.push_back(begin("SELECT 2"));
  complete(*queries[1], 4, make_rows(10));
  store->drain();
  EXPECT_EQ(notices.size(), 1u);
  EXPECT_EQ(storage->file_size(owner + "/log"), size);
  EXPECT_EQ(storage->list("/db/checkpoints").size(), 2u) << "the second query has a new directory";
  queries[0]->finish(true);
  store->drain();
  EXPECT_EQ(storage->list("/db/checkpoints").size(), 1u) << "the first one's went with it";
  EXPECT_EQ(database->pins.size(), 1u);
  kill();
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->interrupted()[0].text, "SELECT 2");
}

TEST_F(CheckpointStoreTest, ATextThatIsTooLongForTheLogCostsOthersNothing) {
  constexpr size_t kLong = size_t{257} << 20;
  open();
  queries.push_back(begin(std::string(kLong, 'x')));
  complete(*queries[0], 1, make_rows(10));
  store->drain();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_NE(notices[0].find("too long"), std::string::npos) << notices[0];
  queries[0]->finish(true);
  queries.push_back(begin("SELECT 2"));
  complete(*queries[1], 2, make_rows(10));
  store->drain();
  EXPECT_EQ(database->pins.size(), 1u);
  EXPECT_EQ(storage->list("/db/checkpoints").size(), 1u) << "the log is as good as before";
  kill();
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->interrupted()[0].text, "SELECT 2");
}

TEST_F(CheckpointStoreTest, TheLogDoesNotGrowWithQueriesThatHaveEnded) {
  open();
  queries.push_back(begin("SELECT 1"));
  complete(*queries[0], 1, make_rows(10));
  for (int i = 0; i < 400; ++i) {
    auto query = begin(std::string(2000, 'x'));
    complete(*query, 2, make_rows(1));
    query->finish(true);
    store->drain();
  }
  const std::string log = "/db/checkpoints/" + storage->list("/db/checkpoints")[0].name + "/log";
  EXPECT_LT(storage->file_size(log), 400u << 10);
  kill();
  ASSERT_EQ(store->interrupted().size(), 1u);
  queries.push_back(begin());
  EXPECT_TRUE(queries[1]->load(breaker(1), SIZE_MAX));
}

TEST_F(CheckpointStoreTest, ANewDirectoryIsDurableWithItsParents) {
  for (uint64_t seed = 1; seed < 20; ++seed) {
    storage = std::make_shared<SimulatedStorage>(seed);
    database = std::make_shared<PinnedDatabase>(storage);
    open();
    auto query = begin("SELECT 1", "/a/b/c");
    complete(*query, 1, make_rows(10));
    store->drain();
    abandoned.push_back(store);
    storage->crash(Survival::kNothing);
    open();
    EXPECT_EQ(store->interrupted().size(), 1u) << seed;
    queries.push_back(query);
  }
}

TEST_F(CheckpointStoreTest, AParentIsDurableThoughTheNextOneFailedAtFirst) {
  open();
  queries.push_back(begin("SELECT 1", "/a/b/c"));
  storage->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kCreateDirectory && operation.path == "/a/b" ? ENOSPC : 0;
  });
  complete(*queries[0], 1, make_rows(10));
  store->drain();
  EXPECT_EQ(notices.size(), 1u);
  storage->clear_faults();
  queries.push_back(begin("SELECT 22", "/a/b/c"));
  complete(*queries[1], 1, make_rows(10));
  store->drain();
  abandoned.push_back(store);
  storage->crash(Survival::kNothing);
  open();
  EXPECT_EQ(store->interrupted().size(), 1u);
}

TEST_F(CheckpointStoreTest, ARefusedLockSaysWhyAndLeavesOneTry) {
  open();
  queries.push_back(begin());
  storage->set_fault([](const SimulatedOperation& operation) { return operation.call == SimulatedCall::kLock ? EACCES : 0; });
  complete(*queries[0], 1, make_rows(10));
  store->drain();
  storage->clear_faults();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_NE(notices[0].find("owner.lock"), std::string::npos) << notices[0];
  EXPECT_LE(storage->list("/db/checkpoints").size(), 1u);
}

}  // namespace
}  // namespace cairn::testing
