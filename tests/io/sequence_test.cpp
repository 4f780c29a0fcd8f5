// Sequences: after a crash at whatever I/O, values may be missing, and none comes twice.

#include <gtest/gtest.h>

#include "io/storage/simulated_storage.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

constexpr const char* kSequencePath = "/db";

const Sequence& sequence_of(const Snapshot& snapshot) { return *snapshot.sequences.at("s"); }

void create_sequence(Database& database, SequenceSchema schema) {
  const auto transaction = database.begin_write();
  transaction->create_sequence(std::move(schema));
  transaction->commit();
}

TEST(Sequence, NoValueComesTwiceAfterACrash) {
  for (uint64_t n = 1;; ++n) {
    auto storage = std::make_shared<SimulatedStorage>(n);
    int64_t last = 0;
    bool created = false;
    storage->crash_at(n);
    try {
      const auto database = Database::open(kSequencePath, storage);
      create_sequence(*database, {.name = "s"});
      created = true;
      for (int i = 0; i < 100; ++i) last = database->next_value(sequence_of(*database->snapshot()));
    } catch (const Error&) {
    }
    const bool through = last == 100;
    storage->crash();
    const auto database = Database::open(kSequencePath, storage);
    if (created) {
      EXPECT_GT(database->next_value(sequence_of(*database->snapshot())), last) << "crash at I/O " << n;
    }
    if (through) break;
  }
}

TEST(Sequence, AnOrderlyEndSkipsNothing) {
  const auto storage = std::make_shared<SimulatedStorage>(1);
  {
    const auto database = Database::open(kSequencePath, storage);
    create_sequence(*database, {.name = "s", .increment = 5, .start = 10});
    EXPECT_EQ(10, database->next_value(sequence_of(*database->snapshot())));
    EXPECT_EQ(15, database->next_value(sequence_of(*database->snapshot())));
  }
  const auto database = Database::open(kSequencePath, storage);
  EXPECT_EQ(20, database->next_value(sequence_of(*database->snapshot())));
}

TEST(Sequence, ValuesDrawnBeforeTheCommitAreKept) {
  const auto storage = std::make_shared<SimulatedStorage>(1);
  {
    const auto database = Database::open(kSequencePath, storage);
    const auto transaction = database->begin_write();
    transaction->create_sequence({.name = "s"});
    EXPECT_EQ(1, database->next_value(sequence_of(*transaction->snapshot())));
    transaction->commit();
  }
  const auto database = Database::open(kSequencePath, storage);
  EXPECT_EQ(2, database->next_value(sequence_of(*database->snapshot())));
}

TEST(Sequence, AlteringKeepsTheValues) {
  const auto database = Database::open(":memory:", std::make_shared<SimulatedStorage>(1));
  create_sequence(*database, {.name = "s"});
  EXPECT_EQ(1, database->next_value(sequence_of(*database->snapshot())));
  const auto transaction = database->begin_write();
  transaction->alter_sequence("s", {.name = "s", .increment = 10});
  transaction->commit();
  EXPECT_EQ(11, database->next_value(sequence_of(*database->snapshot())));
}

}  // namespace
}  // namespace cairn
