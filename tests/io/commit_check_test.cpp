// A record is compared with what is meant by it, down to the rows, before it is written.

#include "io/tables/manifest_check.h"
#include "io/tables/row_group.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

class CommitCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    create_fruit(*database_);
    before_ = insert(*database_, numbered_fruits(0, 200));
  }
  uint64_t row_group() const { return before_->tables.at("fruit")->row_groups[0]->id(); }
  static std::vector<uint64_t> mask(uint64_t word, size_t at = 0) {
    std::vector<uint64_t> words(4);
    words[at] = word;
    return words;
  }
  std::shared_ptr<const CommittedSnapshot> deleted(const std::vector<uint64_t>& mask) {
    const auto transaction = database_->begin_write();
    transaction->delete_rows("fruit", row_group(), mask);
    return transaction->commit();
  }
  void check(const CommittedSnapshot& after, const std::function<void(CommitRecord&)>& change) {
    CommitRecord record;
    change(record);
    check_commit(record.encode({after.number, 100, 100, 100}), *before_, after);
  }

  std::shared_ptr<Storage> storage_ = std::make_shared<SimulatedStorage>(1);
  std::shared_ptr<Database> database_ = Database::open("/db", storage_);
  std::shared_ptr<const CommittedSnapshot> before_;
};

TEST_F(CommitCheck, OfWhichRowsAreDeleted) {
  const auto after = deleted(mask(5, 1));
  check(*after, [&](CommitRecord& record) { record.delete_rows("fruit", row_group(), mask(5, 1)); });
  for (const auto& other : {mask(4, 1), mask(5, 0), mask(5, 2), mask(7, 1)}) {
    EXPECT_CONTAINS(
        error_of([&] { check(*after, [&](CommitRecord& record) { record.delete_rows("fruit", row_group(), other); }); }).message,
        "other row groups");
  }
  EXPECT_CONTAINS(error_of([&] { check(*after, [](CommitRecord&) {}); }).message, "fruit") << "none at all";
}

TEST_F(CommitCheck, OfRowsThatAreNotMeantToBeDeleted) {
  const auto after = insert(*database_, {});  // another snapshot with the same rows
  check(*after, [](CommitRecord&) {});
  EXPECT_THROW(check(*after, [&](CommitRecord& record) { record.delete_rows("fruit", row_group(), mask(1)); }), Error);
}

TEST_F(CommitCheck, OfViewsSequencesAndSchemas) {
  const auto transaction = database_->begin_write();
  transaction->create_view({"v", {}, "SELECT 1"});
  transaction->create_schema("s");
  const auto after = transaction->commit();
  const auto said = [&](const std::string& sql, const std::string& schema) {
    check(*after, [&](CommitRecord& record) {
      if (!sql.empty()) record.create_view({"v", {}, sql});
      if (!schema.empty()) record.create_schema(schema);
    });
  };
  said("SELECT 1", "s");
  EXPECT_CONTAINS(error_of([&] { said("SELECT 2", "s"); }).message, "other views");
  EXPECT_CONTAINS(error_of([&] { said("", "s"); }).message, "other views");
  EXPECT_CONTAINS(error_of([&] { said("SELECT 1", "t"); }).message, "other schemas");
  EXPECT_CONTAINS(error_of([&] { said("SELECT 1", ""); }).message, "other schemas");
}

TEST_F(CommitCheck, OfPinsInAState) {
  const auto newest = insert(*database_, numbered_fruits(200, 300));
  const auto state = [](const CommittedSnapshot& snapshot, const PinnedSnapshots& pins) {
    return encode_state({snapshot.number, 100, 100, 100}, snapshot, pins);
  };
  const PinnedSnapshots pins = {{"pin", before_}};
  check_state(state(*newest, pins), *newest, pins);
  EXPECT_CONTAINS(error_of([&] { check_state(state(*newest, {}), *newest, pins); }).message, "other pins");
  EXPECT_CONTAINS(error_of([&] { check_state(state(*newest, pins), *newest, {}); }).message, "other pins");
  EXPECT_THROW(check_state(state(*newest, {{"pin", newest}}), *newest, pins), Error);
  EXPECT_THROW(check_state(state(*before_, pins), *newest, pins), Error);
}

TEST_F(CommitCheck, WhatIsKnownOfColumnsIsKnownAgain) {
  const auto summaries = [&] {
    const auto group = std::dynamic_pointer_cast<const TableRowGroup>(database_->snapshot()->tables.at("fruit")->row_groups[0]);
    std::vector<ColumnSummary> all;
    for (size_t i = 0; i < 3; ++i) all.push_back(group->summary(i));
    return all;
  };
  const std::vector<ColumnSummary> expected = summaries();
  database_.reset();
  database_ = Database::open("/db", storage_);
  const std::vector<ColumnSummary> again = summaries();
  for (size_t i = 0; i < expected.size(); ++i) {
    const ColumnSummary& actual = again[i];
    EXPECT_EQ(actual.zone_map.has_bounds, expected[i].zone_map.has_bounds);
    EXPECT_EQ(actual.zone_map.null_count, expected[i].zone_map.null_count);
    EXPECT_EQ(actual.zone_map.min, expected[i].zone_map.min);
    EXPECT_EQ(actual.zone_map.max, expected[i].zone_map.max);
    EXPECT_EQ(actual.zone_map.min.type, fruit_schema().columns[i].type);
    EXPECT_EQ(actual.sketch.estimate(), expected[i].sketch.estimate());
    EXPECT_EQ(actual.text_bytes, expected[i].text_bytes);
  }
}

class ReadersAndWriters : public ::testing::Test {};

TEST_F(ReadersAndWriters, ADatabaseOpensThoughAReaderKeepsOrphans) {
  const auto storage = std::make_shared<SimulatedStorage>(1);
  auto writer = Database::open("/db", storage);
  create_fruit(*writer);
  insert(*writer, numbered_fruits(0, 10));
  writer.reset();
  storage->open("/db/data/00000000000000ff.segments", OpenMode::kCreate)->write(0, bytes_of("left by a crash"));
  auto reader = Database::open("/db", storage, {.read_only = true});
  writer = Database::open("/db", storage);
  EXPECT_TRUE(storage->exists("/db/data/00000000000000ff.segments"));
  insert(*writer, numbered_fruits(10, 20));
  EXPECT_EQ(scan(*writer->snapshot()), numbered_fruits(0, 20));
  reader.reset();
  writer.reset();
  writer = Database::open("/db", storage);
  EXPECT_FALSE(storage->exists("/db/data/00000000000000ff.segments"));
}

TEST_F(ReadersAndWriters, AnotherFailureOfTheReadersLockIsAnError) {
  const auto storage = std::make_shared<SimulatedStorage>(1);
  Database::open("/db", storage);
  storage->open("/db/data/00000000000000ff.segments", OpenMode::kCreate)->write(0, bytes_of("left by a crash"));
  storage->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kLock && operation.path.ends_with("/readers") ? EIO : 0;
  });
  EXPECT_THROW(Database::open("/db", storage), Error);
}

}  // namespace
}  // namespace cairn
