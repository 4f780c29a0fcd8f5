#include "io/tables/database.h"

#include <thread>

#include "io/tables/row_group.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

/// Each test runs on a simulated disk and on the real ones.
class DatabaseTest : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    if (!IsSkipped()) open();
  }
  void TearDown() override {
    database_.reset();
    StorageTest::TearDown();
  }
  std::string database_path() const { return path("db"); }
  void open(DatabaseOptions options = {}) {
    database_.reset();
    database_ = Database::open(database_path(), storage_, options);
  }

  std::shared_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Storages, DatabaseTest, ::testing::ValuesIn(all_storages()), name_of_storage);

TEST_P(DatabaseTest, KeepsRowsOverReopening) {
  create_fruit(*database_);
  const auto fruits = numbered_fruits(0, 300'000);
  const auto snapshot = insert(*database_, fruits);
  EXPECT_EQ(snapshot->tables.at("fruit")->row_count, 300'000);
  EXPECT_EQ(snapshot->tables.at("fruit")->row_groups.size(), 3);
  EXPECT_EQ(scan(*snapshot), fruits);
  const std::string identity = database_->identity();
  open();
  EXPECT_EQ(database_->identity(), identity);
  EXPECT_EQ(database_->snapshot()->number, 2);
  EXPECT_EQ(scan(*database_->snapshot()), fruits);
}

TEST_P(DatabaseTest, NumbersOfDataFilesDoNotComeAgain) {
  const auto file_of_new_table = [&] {
    create_fruit(*database_);
    insert(*database_, numbered_fruits(0, 100'000));
    const auto entries = storage_->list(database_path() + "/data");
    EXPECT_EQ(entries.size(), 1);
    return entries.front().name;
  };
  const std::string first = file_of_new_table();
  {
    const auto transaction = database_->begin_write();
    transaction->drop_table("fruit");
    transaction->commit();
  }
  open();
  EXPECT_NE(file_of_new_table(), first);
}

TEST_P(DatabaseTest, AReaderKeepsItsSnapshotWhileOthersCommit) {
  create_fruit(*database_);
  const auto before = insert(*database_, numbered_fruits(0, 10));
  const auto after = insert(*database_, numbered_fruits(10, 30));
  EXPECT_EQ(scan(*before), numbered_fruits(0, 10));
  EXPECT_EQ(scan(*after), numbered_fruits(0, 30));
  const auto transaction = database_->begin_write();
  transaction->drop_table("fruit");
  const auto dropped = transaction->commit();
  EXPECT_FALSE(dropped->tables.contains("fruit"));
  EXPECT_EQ(scan(*after), numbered_fruits(0, 30));
}

TEST_P(DatabaseTest, AnAbandonedTransactionLeavesNothing) {
  create_fruit(*database_);
  {
    const auto transaction = database_->begin_write();
    insert(*transaction, numbered_fruits(0, 200'000));
    transaction->create_table(fruit_schema("other"));
    EXPECT_EQ(transaction->snapshot()->tables.at("fruit")->row_count, 200'000);
  }
  EXPECT_EQ(database_->snapshot()->number, 1);
  EXPECT_EQ(database_->snapshot()->tables.at("fruit")->row_count, 0);
  EXPECT_FALSE(database_->snapshot()->tables.contains("other"));
  EXPECT_TRUE(storage_->list(database_path() + "/data").empty());
}

TEST_P(DatabaseTest, ATransactionSeesItsOwnChanges) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 5));
  const auto transaction = database_->begin_write();
  insert(*transaction, numbered_fruits(5, 9));
  EXPECT_EQ(scan(*transaction->snapshot()), numbered_fruits(0, 9));
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 5));
  transaction->drop_table("fruit");
  transaction->begin_statement();
  EXPECT_FALSE(transaction->snapshot()->tables.contains("fruit"));
  transaction->create_table(fruit_schema());
  insert(*transaction, numbered_fruits(100, 102));
  EXPECT_EQ(scan(*transaction->snapshot()), numbered_fruits(100, 102));
  EXPECT_EQ(scan(*transaction->commit()), numbered_fruits(100, 102));
  open();
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(100, 102));
}

TEST_P(DatabaseTest, WhatIsNotCommittedHasAVersionOfItsOwn) {
  create_fruit(*database_);
  create_fruit(*database_, "other");
  const auto transaction = database_->begin_write();
  insert(*transaction, numbered_fruits(0, 5));
  const auto inside = transaction->snapshot();
  EXPECT_GT(inside->tables.at("fruit")->version, uint64_t{1} << 63);
  EXPECT_EQ(inside, transaction->snapshot());
  EXPECT_EQ(inside->tables.at("other")->version, 2);
  insert(*transaction, numbered_fruits(5, 6));
  EXPECT_GT(transaction->snapshot()->tables.at("fruit")->version, uint64_t{1} << 63);
  EXPECT_NE(inside->tables.at("fruit")->version, transaction->snapshot()->tables.at("fruit")->version);
  // By its type it cannot be pinned.
  static_assert(!std::is_convertible_v<decltype(inside), std::shared_ptr<const CommittedSnapshot>>);
  EXPECT_EQ(transaction->commit()->tables.at("fruit")->version, 3);
}

TEST_P(DatabaseTest, TablesChangeBetweenChangesOfDefinitions) {
  const auto transaction = database_->begin_write();
  for (const char* name : {"a table whose name is long", "another table whose name is long"}) {
    transaction->create_table(fruit_schema(name));
    insert(*transaction, numbered_fruits(0, 5), name);
    transaction->snapshot();
    transaction->begin_statement();
    insert(*transaction, numbered_fruits(5, 9), name);
    transaction->create_schema(std::string("of ") + name);
    EXPECT_EQ(scan(*transaction->snapshot(), name), numbered_fruits(0, 9));
  }
  transaction->commit();
  open();
  EXPECT_EQ(scan(*database_->snapshot(), "a table whose name is long"), numbered_fruits(0, 9));
}

TEST_P(DatabaseTest, WhatManyWritersLeaveOpenIsBounded) {
  create_fruit(*database_);
  const auto transaction = database_->begin_write();
  std::vector<Fruit> fruits;
  for (int32_t id = 0; id < 60; ++id) {
    fruits.push_back({id, std::string(1'500'000, 'x'), 1});
    insert(*transaction, {fruits.back()}, "fruit", static_cast<uint64_t>(id));
  }
  const auto inside = transaction->snapshot();
  const auto& row_groups = inside->tables.at("fruit")->row_groups;
  const auto is_open = [](const auto& row_group) { return as_table_row_group(*row_group).stored() == nullptr; };
  EXPECT_TRUE(is_open(row_groups.front()));
  EXPECT_FALSE(is_open(row_groups.back()));
  EXPECT_EQ(scan(*transaction->commit()), fruits);
}

TEST_P(DatabaseTest, RowsOfARowGroupThatIsMergedAlreadyAreNotDeletedSilently) {
  create_fruit(*database_);
  const auto transaction = database_->begin_write();
  insert(*transaction, numbered_fruits(0, 1));
  insert(*transaction, numbered_fruits(1, 2));
  const uint64_t gone = transaction->snapshot()->tables.at("fruit")->row_groups[0]->id();
  transaction->begin_statement();
  const uint64_t first = 1;
  EXPECT_EQ(error_of([&] { transaction->delete_rows("fruit", gone, {&first, 1}); }).sqlstate, sqlstate::kInternalError);
  const uint64_t merged = transaction->snapshot()->tables.at("fruit")->row_groups[0]->id();
  transaction->delete_rows("fruit", merged, {&first, 1});
  EXPECT_EQ(scan(*transaction->commit()), numbered_fruits(1, 2));
}

TEST_P(DatabaseTest, WritersOfOneTransactionKeepTheOrderOfTheirSource) {
  create_fruit(*database_);
  const auto transaction = database_->begin_write();
  for (const int part : {3, 0, 2, 1}) {
    insert(*transaction, numbered_fruits(part * 40'000, (part + 1) * 40'000), "fruit", static_cast<uint64_t>(part));
  }
  transaction->commit();
  open();
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 160'000));
}

TEST_P(DatabaseTest, DeletedRowsStayDeleted) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 150'000));
  const auto snapshot = database_->snapshot();
  const auto& row_group = snapshot->tables.at("fruit")->row_groups[0];
  std::vector<uint64_t> mask(mask_words(row_group->row_count()));
  for (const int row : {0, 1, 64, 1000}) mask[row / 64] |= uint64_t{1} << (row % 64);
  auto transaction = database_->begin_write();
  transaction->delete_rows("fruit", row_group->id(), mask);
  EXPECT_EQ(transaction->snapshot()->tables.at("fruit")->row_count, 149'996);
  transaction->commit();
  std::vector<Fruit> expected = numbered_fruits(0, 150'000);
  std::erase_if(expected, [](const Fruit& f) { return f.id == 0 || f.id == 1 || f.id == 64 || f.id == 1000; });
  open();
  EXPECT_EQ(scan(*database_->snapshot()), expected);
  EXPECT_EQ(scan(*snapshot), numbered_fruits(0, 150'000));

  // More rows of the same row group, and every row of the other.
  std::fill(mask.begin(), mask.end(), 0);
  mask[0] = 0b1100;
  const auto& second = database_->snapshot()->tables.at("fruit")->row_groups[1];
  std::vector<uint64_t> all(mask_words(second->row_count()), ~uint64_t{0});
  if (second->row_count() % 64 != 0) all.back() = (uint64_t{1} << (second->row_count() % 64)) - 1;
  transaction = database_->begin_write();
  transaction->delete_rows("fruit", row_group->id(), mask);
  transaction->delete_rows("fruit", second->id(), all);
  transaction->commit();
  open();
  std::erase_if(expected, [](const Fruit& f) { return f.id == 2 || f.id == 3 || f.id >= 131'072; });
  EXPECT_EQ(database_->snapshot()->tables.at("fruit")->row_groups.size(), 1);
  EXPECT_EQ(scan(*database_->snapshot()), expected);
}

TEST_P(DatabaseTest, ManySmallInsertsLeaveFewRowGroupsAndFiles) {
  create_fruit(*database_);
  const int inserts = GetParam().name == "simulated" ? 300 : 100;
  for (int i = 0; i < inserts; ++i) insert(*database_, {numbered_fruit(i)});
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, inserts));
  EXPECT_LE(database_->snapshot()->tables.at("fruit")->row_groups.size(), 9);
  EXPECT_TRUE(storage_->list(database_path() + "/data").empty());  // they stand in the manifest
  open();
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, inserts));
}

TEST_P(DatabaseTest, StatisticsDescribeTheColumns) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 200'000));
  open();
  const auto table = database_->snapshot()->tables.at("fruit");
  ASSERT_EQ(table->statistics.size(), 3);
  EXPECT_NEAR(table->statistics[0].distinct_count, 200'000, 30'000);
  EXPECT_EQ(table->statistics[0].min.integer, 0);
  EXPECT_EQ(table->statistics[0].max.integer, 199'999);
  EXPECT_NEAR(table->statistics[1].distinct_count, 97, 12);
  EXPECT_EQ(table->statistics[1].null_count, 18'182);
  EXPECT_NEAR(table->statistics[1].average_bytes, 14.9, 0.1);
  EXPECT_EQ(table->statistics[1].min.string, "fruit number 0");
  EXPECT_EQ(table->statistics[2].max.integer, 10'006);
  EXPECT_EQ(table->version, 2);
}

TEST_P(DatabaseTest, TablesAndViewsShareTheirNames) {
  create_fruit(*database_);
  auto transaction = database_->begin_write();
  transaction->create_view({"cheap", {"id"}, "SELECT id FROM fruit WHERE price < 1"});
  EXPECT_EQ(error_of([&] { transaction->create_table(fruit_schema()); }).sqlstate, sqlstate::kDuplicateTable);
  EXPECT_EQ(error_of([&] { transaction->create_table(fruit_schema("cheap")); }).sqlstate, sqlstate::kDuplicateTable);
  EXPECT_EQ(error_of([&] { transaction->create_view({"fruit", {}, ""}); }).sqlstate, sqlstate::kDuplicateTable);
  EXPECT_EQ(error_of([&] { transaction->drop_table("cheap"); }).sqlstate, sqlstate::kWrongObjectType);
  EXPECT_EQ(error_of([&] { transaction->drop_view("fruit"); }).sqlstate, sqlstate::kWrongObjectType);
  EXPECT_EQ(error_of([&] { transaction->drop_table("none"); }).sqlstate, sqlstate::kUndefinedTable);
  EXPECT_EQ(error_of([&] { transaction->writer("none"); }).sqlstate, sqlstate::kUndefinedTable);
  transaction->commit();
  transaction.reset();
  open();
  EXPECT_EQ(database_->snapshot()->views.at("cheap")->sql, "SELECT id FROM fruit WHERE price < 1");
  transaction = database_->begin_write();
  transaction->drop_view("cheap");
  EXPECT_TRUE(transaction->commit()->views.empty());
}

TEST_P(DatabaseTest, NotNullIsChecked) {
  create_fruit(*database_);
  const auto transaction = database_->begin_write();
  const auto writer = transaction->writer("fruit");
  ColumnBuffer ids(Type::integer()), names(Type::varchar()), prices(Type::decimal(15, 2));
  ids.append_null();
  names.append_null();
  prices.append_null();
  const Error error = error_of([&] { writer->append(Batch{1, false, {}, {ids.view(), names.view(), prices.view()}}); });
  EXPECT_EQ(error.sqlstate, sqlstate::kNotNullViolation);
  EXPECT_EQ(error.message, "null value in column \"id\" of relation \"fruit\" violates not-null constraint");
}

// --- Pins ------------------------------------------------------------------------------------------------------------

TEST_P(DatabaseTest, ANamedPinKeepsItsSnapshotOverRestarts) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 20'000));
  database_->pin_durably("query 1", database_->snapshot());
  const auto transaction = database_->begin_write();
  transaction->drop_table("fruit");
  transaction->commit();
  open();
  EXPECT_TRUE(database_->snapshot()->tables.empty());
  EXPECT_EQ(database_->pin_names(), std::vector<std::string>{"query 1"});
  EXPECT_EQ(database_->pinned("query 2"), nullptr);
  EXPECT_EQ(scan(*database_->pinned("query 1")), numbered_fruits(0, 20'000));
  EXPECT_EQ(storage_->list(database_path() + "/data").size(), 1);
  database_->unpin("query 1");
  EXPECT_EQ(database_->pinned("query 1"), nullptr);
  EXPECT_TRUE(storage_->list(database_path() + "/data").empty());
  open();
  EXPECT_EQ(database_->pinned("query 1"), nullptr);
}

TEST_P(DatabaseTest, AnOlderSnapshotCanBePinned) {
  create_fruit(*database_);
  const auto old = insert(*database_, numbered_fruits(0, 1000));
  insert(*database_, numbered_fruits(1000, 2000));
  database_->pin_durably("old", old);
  insert(*database_, numbered_fruits(2000, 3000));
  open();
  EXPECT_EQ(scan(*database_->pinned("old")), numbered_fruits(0, 1000));
  EXPECT_EQ(database_->pinned("old")->number, 2);
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 3000));
  EXPECT_EQ(database_->snapshot()->number, 4);
}

// --- Who may open a directory ----------------------------------------------------------------------------------------

TEST_P(DatabaseTest, ASecondWriterIsRefusedAndReadersAreWelcome) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 10));
  EXPECT_EQ(error_of([&] { Database::open(database_path(), storage_); }).sqlstate, sqlstate::kObjectInUse);
  const auto reader = Database::open(database_path(), storage_, {.read_only = true});
  const auto second = Database::open(database_path(), storage_, {.read_only = true});
  EXPECT_EQ(scan(*reader->snapshot()), numbered_fruits(0, 10));
  EXPECT_EQ(error_of([&] { reader->begin_write(); }).sqlstate, sqlstate::kReadOnly);
}

TEST_P(DatabaseTest, FilesThatAReaderMayNeedStayUntilItIsGone) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 20'000));
  auto reader = Database::open(database_path(), storage_, {.read_only = true});
  auto transaction = database_->begin_write();
  transaction->drop_table("fruit");
  transaction->commit();
  transaction.reset();
  EXPECT_EQ(scan(*reader->snapshot()), numbered_fruits(0, 20'000));
  EXPECT_EQ(storage_->list(database_path() + "/data").size(), 1);
  reader.reset();
  open();
  EXPECT_TRUE(storage_->list(database_path() + "/data").empty());
}

TEST_P(DatabaseTest, AForeignDirectoryIsRefusedAndLeftAlone) {
  storage_->create_directories(path("home"));
  put("home/notes.txt", "not a database");
  for (const bool read_only : {false, true}) {
    const Error error = error_of([&] { Database::open(path("home"), storage_, {.read_only = read_only}); });
    EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted);
    EXPECT_CONTAINS(error.message, "notes.txt");
  }
  EXPECT_EQ(storage_->list(path("home")).size(), 1);
}

TEST_P(DatabaseTest, ReadingNeedsADatabase) {
  EXPECT_EQ(error_of([&] { Database::open(path("none"), storage_, {.read_only = true}); }).sqlstate,
            sqlstate::kUndefinedFile);
  EXPECT_FALSE(storage_->exists(path("none")));
}

TEST_P(DatabaseTest, OrphanedFilesGoWhenAWriterOpens) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 10));
  database_.reset();
  put("db/data/00000000000000ff.segments", "left by a crash");
  put("db/data/readme", "not ours");
  Database::open(database_path(), storage_, {.read_only = true});
  EXPECT_TRUE(storage_->exists(path("db/data/00000000000000ff.segments")));
  open();
  EXPECT_FALSE(storage_->exists(path("db/data/00000000000000ff.segments")));
  EXPECT_TRUE(storage_->exists(path("db/data/readme")));
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 10));
}

TEST_P(DatabaseTest, AMissingOrTruncatedDataFileIsNamed) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 100'000));
  database_.reset();
  const std::string name = storage_->list(database_path() + "/data").front().name;
  const std::string file = database_path() + "/data/" + name;
  const uint64_t size = storage_->file_size(file);
  storage_->open(file, OpenMode::kReadWrite)->truncate(size - 1);
  Error error = error_of([&] { open(); });
  EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted);
  EXPECT_CONTAINS(error.message, name);
  EXPECT_CONTAINS(error.message, "truncated");
  storage_->remove(file, EntryKind::kFile);
  error = error_of([&] { open(); });
  EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted);
  EXPECT_CONTAINS(error.message, "missing");
}

TEST_P(DatabaseTest, ADamagedSegmentIsNamedWhenItIsRead) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 100'000));
  database_.reset();
  const std::string file = database_path() + "/data/" + storage_->list(database_path() + "/data").front().name;
  storage_->open(file, OpenMode::kReadWrite)->write(5000, bytes_of("garbage"));
  open();
  const Error error = error_of([&] { scan(*database_->snapshot()); });
  EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted);
  EXPECT_CONTAINS(error.message, file);
  EXPECT_CONTAINS(error.message, "checksum mismatch: expected 0x");
}

TEST_P(DatabaseTest, ASoundSegmentInTheWrongPlaceIsNoticed) {
  create_fruit(*database_);
  insert(*database_, numbered_fruits(0, 50'000));
  insert(*database_, numbered_fruits(50'000, 100'000));
  database_.reset();
  const auto entries = storage_->list(database_path() + "/data");
  ASSERT_EQ(entries.size(), 2);
  storage_->rename(database_path() + "/data/" + entries[1].name, database_path() + "/data/" + entries[0].name);
  put("db/data/" + entries[1].name, Bytes(10'000'000));
  open();
  const Error error = error_of([&] { scan(*database_->snapshot()); });
  EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted);
  EXPECT_CONTAINS(error.message, "another segment");
}

TEST_P(DatabaseTest, CreatesMissingParents) {
  const auto database = Database::open(path("a/b/c"), storage_);
  EXPECT_EQ(database->snapshot()->number, 0);
  EXPECT_EQ(database->path(), path("a/b/c"));
}

// --- :memory: --------------------------------------------------------------------------------------------------------

TEST(MemoryDatabase, WorksLikeADirectory) {
  const auto database = Database::open(":memory:", make_storage());
  EXPECT_TRUE(database->in_memory());
  create_fruit(*database);
  const auto old = insert(*database, numbered_fruits(0, 200'000));
  insert(*database, numbered_fruits(200'000, 200'010));
  EXPECT_EQ(scan(*old), numbered_fruits(0, 200'000));
  EXPECT_EQ(scan(*database->snapshot()), numbered_fruits(0, 200'010));
  const auto& first = database->snapshot()->tables.at("fruit")->row_groups[0];
  std::vector<uint64_t> mask(mask_words(first->row_count()));
  mask[1] = 1;
  {
    const auto transaction = database->begin_write();
    transaction->delete_rows("fruit", first->id(), mask);
    transaction->commit();
  }
  auto expected = numbered_fruits(0, 200'010);
  expected.erase(expected.begin() + 64);
  EXPECT_EQ(scan(*database->snapshot()), expected);
  database->pin_durably("p", old);
  EXPECT_EQ(scan(*database->pinned("p")), numbered_fruits(0, 200'000));
  {
    const auto transaction = database->begin_write();
    insert(*transaction, numbered_fruits(0, 3));
    transaction->drop_table("fruit");
  }
  EXPECT_EQ(scan(*database->snapshot()), expected);
}

TEST(MemoryDatabase, TakesTenThousandSmallInserts) {
  const auto database = Database::open(":memory:", make_storage());
  create_fruit(*database);
  for (int i = 0; i < 10'000; ++i) insert(*database, {numbered_fruit(i)});
  EXPECT_EQ(scan(*database->snapshot()), numbered_fruits(0, 10'000));
  EXPECT_LE(database->snapshot()->tables.at("fruit")->row_groups.size(), 14);
}

TEST(MemoryDatabase, ASecondWriteTransactionWaitsForTheFirst) {
  const auto database = Database::open(":memory:", make_storage());
  create_fruit(*database);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&database, i] {
      for (int k = 0; k < 50; ++k) insert(*database, {numbered_fruit(i * 50 + k)});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(database->snapshot()->tables.at("fruit")->row_count, 200);
  EXPECT_EQ(database->snapshot()->number, 201);
}

}  // namespace
}  // namespace cairn
