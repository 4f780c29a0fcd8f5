#include "io/tables/manifest.h"

#include "io/tables/manifest_items.h"
#include "io/tables/manifest_record.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

constexpr const char* kPath = "/manifest";

class ManifestTest : public ::testing::Test {
 protected:
  void SetUp() override { write_manifest(*storage_, kPath, identity_, bytes_of("first")); }

  std::vector<std::string> records() {
    std::vector<std::string> texts;
    const ManifestContent content = read_manifest(*storage_, kPath);
    for (const auto payload : content.payloads) texts.push_back(text_of(payload));
    return texts;
  }
  void append(const std::vector<std::string>& texts) {
    ManifestLog log(storage_, kPath, read_manifest(*storage_, kPath));
    std::exception_ptr error;
    for (const std::string& text : texts) {
      ASSERT_EQ(log.append(bytes_of(text), error), ManifestLog::Outcome::kDurable);
    }
  }
  Bytes content() {
    const AlignedBuffer file = read_file(*storage_, kPath);
    return Bytes(file.data(), file.data() + file.size());
  }
  void put(const Bytes& bytes) { storage_->open(kPath, OpenMode::kCreate)->write(0, bytes); }
  /// The records with this content in the file, or "error: …"; the file must not change by reading it.
  std::string read(const Bytes& bytes) {
    put(bytes);
    std::string result;
    try {
      for (const std::string& text : records()) result += text + " ";
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted);
      EXPECT_CONTAINS(error.message, kPath);
      result = "error: " + error.message;
    }
    EXPECT_EQ(content(), bytes);
    return result;
  }

  const std::string identity_ = make_identity();
  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>(test_seed());
};

TEST_F(ManifestTest, AnOlderRecordInATornTailIsNoDamage) {
  append({"second"});
  Bytes bytes = content();
  const Bytes first(bytes.begin() + 4096, bytes.begin() + 4096 + 32);
  bytes.resize(bytes.size() + 24);  // the header of a record that never came to be
  bytes.insert(bytes.end(), first.begin(), first.end());
  EXPECT_EQ(read(bytes), "first second ");
}

TEST_F(ManifestTest, KeepsRecordsInOrder) {
  append({"second", "", "a longer record that is the fourth"});
  append({"fifth"});
  EXPECT_EQ(records(),
            (std::vector<std::string>{"first", "second", "", "a longer record that is the fourth", "fifth"}));
  EXPECT_EQ(read_manifest(*storage_, kPath).identity, identity_);
}

TEST_F(ManifestTest, ASoundFileIsNotCut) {
  append({"second"});
  storage_->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kTruncate ? EIO : 0;
  });
  EXPECT_NO_THROW(append({"third"}));
}

TEST_F(ManifestTest, ATornTailIsDroppedAndWrittenOver) {
  append({"second"});
  const Bytes before = content();
  storage_->crash();
  append({"third"});
  const Bytes after = content();
  // Whatever part of the last record reached the disk: it is not there, or it is there as a whole.
  for (size_t size = before.size(); size < after.size(); ++size) {
    Bytes torn(after.begin(), after.begin() + static_cast<ptrdiff_t>(size));
    std::copy(before.begin(), before.begin() + 4096, torn.begin());  // the slots as they were
    const std::string found = read(torn);
    // The last bytes are padding.
    EXPECT_TRUE(found == "first second " || (found == "first second third " && size + 8 > after.size())) << found;
  }
  Bytes torn(after.begin(), after.end() - 10);
  std::copy(before.begin(), before.begin() + 4096, torn.begin());
  put(torn);
  append({"another third", "fourth"});
  EXPECT_EQ(records(), (std::vector<std::string>{"first", "second", "another third", "fourth"}));
}

TEST_F(ManifestTest, DamageInTheMiddleIsAnError) {
  append({"second", "third", "fourth"});
  const Bytes sound = content();
  for (size_t at = 4096; at < sound.size(); ++at) {
    Bytes damaged = sound;
    damaged[at] ^= std::byte{0x10};
    const std::string found = read(damaged);
    // A flip in padding changes nothing.
    EXPECT_TRUE(found.starts_with("error: ") || found == "first second third fourth ") << at << ": " << found;
    if (at < 4096 + 24) {
      EXPECT_CONTAINS(found, "damaged record that is followed by sound ones");
    }
  }
}

TEST_F(ManifestTest, EveryTruncationAfterACleanCloseIsAnError) {
  append({"second", "third"});
  const Bytes sound = content();
  for (size_t size = 0; size + 8 <= sound.size(); ++size) {
    const std::string found = read(Bytes(sound.begin(), sound.begin() + static_cast<ptrdiff_t>(size)));
    EXPECT_TRUE(found.starts_with("error: ")) << size << ": " << found;
  }
}

TEST_F(ManifestTest, TheHeaderIsChecked) {
  const Bytes sound = content();
  for (size_t at = 0; at < 40; ++at) {
    Bytes damaged = sound;
    damaged[at] ^= std::byte{1};
    EXPECT_TRUE(read(damaged).starts_with("error: ")) << at;
  }
  Bytes newer = sound;
  newer[8] = std::byte{9};
  EXPECT_CONTAINS(read(newer), "has format version 9, newer than this program's 3");
  EXPECT_CONTAINS(read(bytes_of("PK\x03\x04 some other file")), "is not a manifest of Cairn");
  EXPECT_CONTAINS(read({}), "is not a manifest of Cairn");
}

TEST_F(ManifestTest, GarbageIsRefused) {
  const Bytes sound = content();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 300; ++round) {
    Bytes garbage = pattern(4096 + random() % 5000, random());
    EXPECT_TRUE(read(garbage).starts_with("error: "));
    std::copy(sound.begin(), sound.begin() + 4096, garbage.begin());
    EXPECT_TRUE(read(garbage).starts_with("error: "));
  }
}

TEST_F(ManifestTest, AFailedAppendLeavesNoTrace) {
  for (uint64_t n = 1; n <= 3; ++n) {
    ManifestLog log(storage_, kPath, read_manifest(*storage_, kPath));
    storage_->fail_at(n, EIO);
    std::exception_ptr error;
    const ManifestLog::Outcome outcome = log.append(bytes_of("lost"), error);
    // A whole record that was not synced may be there after a crash, and may not.
    ASSERT_EQ(outcome, n < 3 ? ManifestLog::Outcome::kFailed : ManifestLog::Outcome::kUnknown);
    ASSERT_NE(error, nullptr);
    if (outcome == ManifestLog::Outcome::kUnknown) {
      EXPECT_TRUE(log.is_broken());
      log.replace(bytes_of("first"));
    }
    EXPECT_EQ(log.append(bytes_of("next"), error), ManifestLog::Outcome::kDurable);
    storage_->crash(Survival::kNothing);
    EXPECT_EQ(records().back(), "next");
    for (const std::string& text : records()) EXPECT_NE(text, "lost");
  }
}

// --- What records say ------------------------------------------------------------------------------------------------

/// Opens a database whose manifest has these bytes; the rows of its table, or the error.
std::string open_with_manifest(SimulatedStorage& storage, const std::shared_ptr<SimulatedStorage>& shared,
                               const Bytes& bytes) {
  storage.open("/db/manifest", OpenMode::kCreate)->write(0, bytes);
  try {
    const auto database = Database::open("/db", shared, {.read_only = true});
    return std::to_string(scan(*database->snapshot()).size()) + " rows";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted) << error.message;
    EXPECT_CONTAINS(error.message, "/db/");
    return "error";
  }
}

TEST(ManifestRecord, EveryDamageToARealManifestIsNoticed) {
  const auto storage = std::make_shared<SimulatedStorage>(test_seed());
  {
    const auto database = Database::open("/db", storage);
    create_fruit(*database);
    insert(*database, numbered_fruits(0, 100));
    database->pin_durably("pin", database->snapshot());
    insert(*database, numbered_fruits(100, 110));
  }
  const AlignedBuffer file = read_file(*storage, "/db/manifest");
  const Bytes sound(file.data(), file.data() + file.size());
  EXPECT_EQ(open_with_manifest(*storage, storage, sound), "110 rows");
  for (size_t at = 0; at < sound.size(); at += at < 64 || at >= 4096 ? 1 : 128) {
    Bytes damaged = sound;
    damaged[at] ^= std::byte{4};
    const std::string found = open_with_manifest(*storage, storage, damaged);
    EXPECT_TRUE(found == "error" || found == "110 rows") << at << ": " << found;
  }
}

/// Format 1 had neither sequences nor schemas: its state ends before them.
TEST(ManifestRecord, AStateOfFormatOneIsRead) {
  std::vector<std::byte> state = encode_state({}, CommittedSnapshot{}, {});
  state.resize(state.size() - 2);
  const ReplayedManifest replayed = replay_manifest({state}, "manifest", {}, 0);
  EXPECT_TRUE(replayed.newest->sequences.empty());
  EXPECT_TRUE(replayed.newest->schemas.empty());
}

/// Records whose checksums hold but whose content makes no sense: an error that leaves all files alone, or some database.
TEST(ManifestRecord, SealedNonsenseDoesNoHarm) {
  const auto storage = std::make_shared<SimulatedStorage>(test_seed());
  std::string identity;
  {
    const auto database = Database::open("/db", storage);
    create_fruit(*database);
    insert(*database, numbered_fruits(0, 12'000));
    insert(*database, numbered_fruits(0, 100));
    const auto transaction = database->begin_write();
    transaction->create_view({"v", {"a"}, "SELECT 1"});
    const std::vector<uint64_t> mask(mask_words(12'000), 1);
    transaction->delete_rows("fruit", database->snapshot()->tables.at("fruit")->row_groups[0]->id(), mask);
    transaction->commit();
    identity = database->identity();
  }
  const ManifestContent content = read_manifest(*storage, "/db/manifest");
  const std::string data_file = "/db/data/" + storage->list("/db/data").at(0).name;
  const AlignedBuffer data = read_file(*storage, data_file);
  std::mt19937_64 random(test_seed());
  size_t opened = 0, refused = 0;
  for (int round = 0; round < 1500; ++round) {
    std::vector<Bytes> payloads;
    for (const auto payload : content.payloads) payloads.emplace_back(payload.begin(), payload.end());
    Bytes& damaged = payloads[random() % payloads.size()];
    for (uint64_t n = random() % 3 + 1; n > 0; --n) {
      damaged[random() % std::min<size_t>(damaged.size(), 300)] = static_cast<std::byte>(random());
    }
    if (random() % 5 == 0) damaged.resize(random() % damaged.size());
    write_manifest(*storage, "/db/manifest", identity, payloads[0]);
    {
      ManifestLog log(storage, "/db/manifest", read_manifest(*storage, "/db/manifest"));
      std::exception_ptr error;
      for (size_t i = 1; i < payloads.size(); ++i) log.append(payloads[i], error);
    }
    const auto expect_corruption = [](const Error& error) {
      const bool expected = error.sqlstate == sqlstate::kDataCorrupted || error.sqlstate == sqlstate::kOutOfMemory;
      EXPECT_TRUE(expected) << error.message;
    };
    std::shared_ptr<Database> database;
    try {
      database = Database::open("/db", storage, {.read_only = round % 2 == 0});
    } catch (const Error& error) {
      ++refused;
      expect_corruption(error);
      EXPECT_EQ(storage->file_size(data_file), data.size());
      continue;
    }
    ++opened;
    try {
      for (const auto& [name, table] : database->snapshot()->tables) {
        for (const auto& row_group : table->row_groups) {
          const uint32_t columns[] = {0};
          row_group->load(columns);
        }
      }
    } catch (const Error& error) {
      expect_corruption(error);
    }
    database.reset();
    storage->open(data_file, OpenMode::kCreate)->write(0, data.bytes());  // it may rightly have gone
  }
  EXPECT_GT(opened, 0);
  EXPECT_GT(refused, 0);
}

TEST(ManifestRecord, WhatAPinLeavesIsReplacedWhenItGoes) {
  const auto storage = std::make_shared<SimulatedStorage>(test_seed());
  const auto database = Database::open("/db", storage);
  const std::string name(2'200'000, 'p');
  database->pin_durably(name, database->snapshot());
  EXPECT_GT(storage->file_size("/db/manifest"), 2'000'000u);
  database->unpin(name);
  EXPECT_LT(storage->file_size("/db/manifest"), 100'000u);
}

TEST(ManifestRecord, AnImpossibleTypeIsRefused) {
  for (const auto& [precision, scale] : {std::pair<uint8_t, uint8_t>{38, 38}, {39, 0}, {38, 39}, {255, 255}}) {
    TableSchema schema = fruit_schema();
    schema.columns[2].type.precision = precision;
    schema.columns[2].type.scale = scale;
    ByteWriter out;
    write_schema(out, schema);
    ByteReader in(out.bytes(), "a manifest");
    if (precision <= 38 && scale <= 38) {
      EXPECT_EQ(read_schema(in).columns[2].type, schema.columns[2].type);
    } else {
      EXPECT_CONTAINS(error_of([&] { read_schema(in); }).message, "impossible type");
    }
  }
}

TEST(ManifestRecord, AGrownManifestIsReplacedByItsState) {
  const auto storage = std::make_shared<SimulatedStorage>(test_seed());
  auto database = Database::open("/db", storage);
  create_fruit(*database);
  const auto old = insert(*database, numbered_fruits(0, 10));
  database->pin_durably("old", old);
  uint64_t largest = 0;
  for (int i = 0; i < 30; ++i) {
    insert(*database, {numbered_fruit(10 + i)});
    const auto transaction = database->begin_write();
    if (i > 0) transaction->drop_view("big");
    transaction->create_view({"big", {}, std::string(1'000'000, static_cast<char>('a' + i % 26))});
    transaction->commit();
    largest = std::max(largest, storage->file_size("/db/manifest"));
  }
  EXPECT_LT(largest, 12'000'000);
  const auto before = database->snapshot();
  const uint64_t version = before->tables.at("fruit")->version;
  const std::string identity = database->identity();
  database.reset();
  database = Database::open("/db", storage);
  EXPECT_EQ(database->identity(), identity);
  EXPECT_EQ(database->snapshot()->number, before->number);
  EXPECT_EQ(database->snapshot()->tables.at("fruit")->version, version);
  EXPECT_EQ(scan(*database->snapshot()), numbered_fruits(0, 40));
  EXPECT_EQ(scan(*database->pinned("old")), numbered_fruits(0, 10));
  EXPECT_EQ(database->pinned("old")->number, old->number);
}

}  // namespace
}  // namespace cairn
