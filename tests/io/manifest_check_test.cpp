// What is not a database's own, or would not be read back, is never written to its manifest; and what a damaged
// manifest still holds can be read.

#include "io/tables/manifest_check.h"

#include <type_traits>

#include "io/tables/manifest.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

constexpr const char* kRuined = "/db";

class ManifestCheck : public ::testing::Test {
 protected:
  void open(DatabaseOptions options = {}) {
    database_.reset();
    database_ = Database::open(kRuined, storage_, options);
  }
  void SetUp() override {
    open();
    create_fruit(*database_);
    insert(*database_, numbered_fruits(0, 10));
  }
  Bytes manifest() { return bytes_of(text_of(read_file(*storage_, "/db/manifest").bytes())); }

  /// The newest snapshot with a table of two columns that owns the row groups of "fruit", as a fault could make it.
  std::shared_ptr<CommittedSnapshot> ruined() {
    auto snapshot = std::make_shared<CommittedSnapshot>(*database_->snapshot());
    auto table = std::make_shared<TableVersion>(*snapshot->tables.at("fruit"));
    table->table_id = 77;
    table->schema.name = "zz";
    table->schema.columns.pop_back();
    snapshot->tables.insert_or_assign("zz", std::move(table));
    return snapshot;
  }
  /// The newest snapshot with rows that are in memory alone.
  std::shared_ptr<CommittedSnapshot> with_rows_in_memory() {
    const auto memory = Database::open(":memory:", storage_);
    create_fruit(*memory, "temporary");
    insert(*memory, numbered_fruits(0, 3), "temporary");
    auto snapshot = std::make_shared<CommittedSnapshot>(*database_->snapshot());
    snapshot->tables.insert_or_assign("temporary", memory->snapshot()->tables.at("temporary"));
    return snapshot;
  }
  void write_state(const CommittedSnapshot& newest, const PinnedSnapshots& pins) {
    const std::string identity = database_->identity();
    database_.reset();
    write_manifest(*storage_, "/db/manifest", identity, encode_state({newest.number, 100, 100, 100}, newest, pins));
  }

  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>(test_seed());
  std::shared_ptr<Database> database_;
};

TEST_F(ManifestCheck, OnlySnapshotsOfTheDatabaseItselfArePinned) {
  static_assert(!std::is_convertible_v<std::shared_ptr<Snapshot>, std::shared_ptr<const CommittedSnapshot>>);
  const auto other = Database::open(":memory:", storage_);
  create_fruit(*other, "temporary");
  insert(*other, numbered_fruits(0, 3), "temporary");
  const Bytes before = manifest();
  EXPECT_EQ(error_of([&] { database_->pin_durably("pin", other->snapshot()); }).sqlstate, sqlstate::kInternalError);
  EXPECT_EQ(error_of([&] { database_->pin_durably("pin", std::make_shared<CommittedSnapshot>()); }).sqlstate,
            sqlstate::kInternalError);
  EXPECT_EQ(manifest(), before);
  EXPECT_TRUE(database_->pin_names().empty());
}

TEST_F(ManifestCheck, RowsInMemoryAreNotNamedInAManifest) {
  const auto snapshot = with_rows_in_memory();
  EXPECT_EQ(error_of([&] { encode_state({}, *snapshot, {}); }).sqlstate, sqlstate::kInternalError);
  CommitRecord record;
  const auto& table = *snapshot->tables.at("temporary");
  EXPECT_EQ(error_of([&] { record.change_row_groups("fruit", {}, table.row_groups); }).sqlstate,
            sqlstate::kInternalError);
  // A pin of such a snapshot, whatever made it, leaves the database as it was.
  const Bytes before = manifest();
  insert(*database_, numbered_fruits(10, 11));
  const Bytes after = manifest();
  EXPECT_NE(before, after);
  EXPECT_EQ(error_of([&] { database_->pin_durably("pin", snapshot); }).sqlstate, sqlstate::kInternalError);
  EXPECT_EQ(manifest(), after);
  insert(*database_, numbered_fruits(11, 20));
  open();
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 20));
  EXPECT_TRUE(database_->pin_names().empty());
}

TEST_F(ManifestCheck, AStateThatCouldNotBeReadIsNotWritten) {
  const auto old = ruined();
  insert(*database_, numbered_fruits(10, 20));
  const Bytes before = manifest();
  const Error error = error_of([&] { database_->pin_durably("pin", old); });
  EXPECT_EQ(error.sqlstate, sqlstate::kInternalError);
  EXPECT_CONTAINS(error.message, "row group of another table");
  EXPECT_EQ(manifest(), before);
  insert(*database_, numbered_fruits(20, 30));
  open();
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 30));
}

TEST_F(ManifestCheck, ARecordThatSaysSomethingElseThanWasMeantIsNotWritten) {
  const auto before = database_->snapshot();
  const auto after = insert(*database_, numbered_fruits(10, 20));
  const TableVersion& table = *after->tables.at("fruit");
  const auto record_of = [&](auto change) {
    CommitRecord record;
    change(record);
    return record.encode({after->number, 100, 100, 100});
  };
  const auto added = [&](CommitRecord& record) { record.change_row_groups("fruit", {}, {table.row_groups.back()}); };
  const std::vector<uint64_t> removed =
      table.row_groups.size() == 1 ? std::vector{before->tables.at("fruit")->row_groups[0]->id()} : std::vector<uint64_t>();
  check_commit(record_of([&](CommitRecord& record) { record.change_row_groups("fruit", removed, {table.row_groups.back()}); }),
               *before, *after);
  const auto refused = [&](auto change) {
    return error_of([&] { check_commit(record_of(change), *before, *after); }).message;
  };
  EXPECT_CONTAINS(refused([](CommitRecord&) {}), "fruit");
  EXPECT_CONTAINS(refused([&](CommitRecord& record) { added(record); added(record); }), "other row groups");
  const auto other = Database::open("/other", storage_);  // whose rows have the same number, and other values
  create_fruit(*other);
  const auto others = insert(*other, numbered_fruits(100, 120))->tables.at("fruit")->row_groups;
  EXPECT_CONTAINS(refused([&](CommitRecord& record) { record.change_row_groups("fruit", removed, others); }), "other row groups");
  EXPECT_CONTAINS(refused([&](CommitRecord& record) { record.drop_table("fruit"); }), "other tables");
  EXPECT_CONTAINS(refused([&](CommitRecord& record) { record.create_view({"v", {}, "SELECT 1"}); }), "fruit");
  EXPECT_CONTAINS(refused([&](CommitRecord& record) { record.change_row_groups("nothing", {}, {}); }), "nothing");
}

TEST_F(ManifestCheck, NorOneThatSaysSomethingElseOfSequencesAndSchemas) {
  const auto before = database_->snapshot();
  const auto transaction = database_->begin_write();
  transaction->create_sequence({"s"});
  transaction->create_schema("n");
  const auto after = transaction->commit();
  const Sequence sequence = *after->sequences.at("s");
  const auto check = [&](const Sequence& recorded, const std::string& schema) {
    CommitRecord record;
    record.create_sequence(recorded);
    record.create_schema(schema);
    check_commit(record.encode({after->number, 100, 100, 100}), *before, *after);
  };
  check(sequence, "n");
  Sequence other = sequence;
  other.id += 1;
  EXPECT_CONTAINS(error_of([&] { check(other, "n"); }).message, "other sequences");
  other = sequence;
  other.schema.name = "t";
  EXPECT_CONTAINS(error_of([&] { check(other, "n"); }).message, "other sequences");
  EXPECT_CONTAINS(error_of([&] { check(sequence, "m"); }).message, "other schemas");
}

TEST_F(ManifestCheck, ARuinedDatabaseOpensReadOnlyWithWhatIsSound) {
  const auto newest = database_->snapshot();
  const auto old = ruined();
  old->number -= 1;  // a pin of the newest snapshot's number is one of that
  write_state(*newest, {{"pin", old}});
  EXPECT_CONTAINS(error_of([&] { open(); }).message, "holds a row group of another table");
  open({.salvage = true});
  EXPECT_TRUE(database_->read_only());
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 10));
  ASSERT_EQ(database_->left_out().size(), 1U);
  EXPECT_CONTAINS(database_->left_out()[0], "table \"zz\"");
  EXPECT_EQ(error_of([&] { database_->begin_write(); }).sqlstate, sqlstate::kReadOnly);
}

TEST_F(ManifestCheck, AnOlderSnapshotIsReadWhereTheFirstRecordEndsWithinTheNewest) {
  const auto old = database_->snapshot(), newest = insert(*database_, numbered_fruits(10, 20));
  std::vector<std::byte> state = encode_state({newest->number, 100, 100, 100}, *newest, {{"pin", old}});
  state.resize(state.size() - 16);  // what stands behind the snapshots, and the newest one's end
  const std::string identity = database_->identity();
  database_.reset();
  write_manifest(*storage_, "/db/manifest", identity, state);
  EXPECT_EQ(error_of([&] { open(); }).sqlstate, sqlstate::kDataCorrupted);
  open({.salvage = true});
  EXPECT_EQ(database_->snapshot()->number, old->number);
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 10));
  ASSERT_EQ(database_->left_out().size(), 1U);
  EXPECT_CONTAINS(database_->left_out()[0], "first record");
}

TEST_F(ManifestCheck, BehindADamagedRecordNothingIsSalvaged) {
  for (int i = 1; i < 5; ++i) insert(*database_, numbered_fruits(10 * i, 10 * i + 10));
  const ManifestContent content = read_manifest(*storage_, "/db/manifest");
  const auto offset = static_cast<uint64_t>(content.payloads[4].data() - content.content.bytes().data());
  database_.reset();
  storage_->flip_bit("/db/manifest", offset + 5, 3);
  EXPECT_EQ(error_of([&] { open(); }).sqlstate, sqlstate::kDataCorrupted);
  open({.salvage = true});
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 20));
  ASSERT_GE(database_->left_out().size(), 1U);
  EXPECT_CONTAINS(database_->left_out()[0], "record 5");
}

TEST_F(ManifestCheck, BehindACommitThatMakesNoSenseNothingIsSalvaged) {
  const uint64_t newest = database_->snapshot()->number;
  database_.reset();
  {
    CommitRecord senseless, sound;
    senseless.change_row_groups("nothing", {}, {});
    sound.create_schema("later");
    ManifestLog log(storage_, "/db/manifest", read_manifest(*storage_, "/db/manifest"));
    std::exception_ptr error;
    ASSERT_EQ(log.append(senseless.encode({newest + 1, 100, 100, 100}), error), ManifestLog::Outcome::kDurable);
    ASSERT_EQ(log.append(sound.encode({newest + 2, 100, 100, 100}), error), ManifestLog::Outcome::kDurable);
  }
  EXPECT_EQ(error_of([&] { open(); }).sqlstate, sqlstate::kDataCorrupted);
  open({.salvage = true});
  EXPECT_EQ(database_->snapshot()->number, newest);
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 10));
  EXPECT_FALSE(database_->snapshot()->schemas.contains("later"));
  ASSERT_EQ(database_->left_out().size(), 1U);
  EXPECT_CONTAINS(database_->left_out()[0], "all commits behind snapshot " + std::to_string(newest));
}

TEST_F(ManifestCheck, RowsWhoseFileIsGoneAreToldAndLeftOut) {
  insert(*database_, numbered_fruits(10, 100'000));
  database_.reset();
  const std::string name = storage_->list("/db/data").front().name;
  storage_->remove("/db/data/" + name, EntryKind::kFile);
  EXPECT_EQ(error_of([&] { open(); }).sqlstate, sqlstate::kDataCorrupted);
  open({.salvage = true});
  EXPECT_LT(scan(*database_->snapshot()).size(), 100'000U);
  ASSERT_GE(database_->left_out().size(), 1U);
  EXPECT_CONTAINS(database_->left_out()[0], name);
  EXPECT_CONTAINS(database_->left_out()[0], "fruit");
}

TEST_F(ManifestCheck, ASoundDatabaseLeavesNothingOut) {
  insert(*database_, numbered_fruits(10, 30'000));
  open({.salvage = true});
  EXPECT_TRUE(database_->left_out().empty());
  EXPECT_EQ(scan(*database_->snapshot()), numbered_fruits(0, 30'000));
}

}  // namespace
}  // namespace cairn
