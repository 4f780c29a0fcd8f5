// The checkpoint log: what was appended is there again, up to the first record that is not intact.

#include "checkpoint/log.h"

#include <xxhash.h>

#include "checkpoint/json.h"
#include "tests/checkpoint/store_fixture.h"
#include "tests/io/file_fixture.h"

namespace cairn::testing {
namespace {

class CheckpointLogTest : public ::testing::Test {
 protected:
  void SetUp() override { storage_->create_directories("/o"); }
  static LoggedQuery query(const std::string& id, const std::string& text = "SELECT 1") {
    LoggedQuery query;
    query.id = id;
    query.text = text;
    query.started = "2024-02-29T12:34:56Z";
    query.root = {1, ~uint64_t{0}};
    query.pin = "query " + id + " in checkpoints";
    query.breakers_total = 7;
    return query;
  }
  static DurableBreaker breaker(uint32_t number, const std::string& id = "00000001") {
    DurableBreaker breaker;
    breaker.number = number;
    breaker.fingerprint = {number, number + 1};
    breaker.content = {{5, 6}, {7, 8}, {{{1, 2}, {3, 4}}}};
    breaker.description = "a \"sort\"";
    breaker.file = id + "-" + std::to_string(number);
    breaker.file_bytes = uint64_t{1} << 40;
    breaker.types = {Type::decimal(38, 3), Type::varchar(12)};
    breaker.chunks = {{100, {{4096, 17}, {8192, 33}}}, {3, {{12288, 1}, {16384, 2}}}};
    return breaker;
  }
  uint64_t size() { return storage_->file_size(kPath); }
  /// A record as any version might write it.
  void append_raw(uint32_t format, const std::string& payload, uint64_t checksum_xor = 0) {
    const auto length = static_cast<uint32_t>(payload.size());
    const uint64_t sum = XXH3_64bits_withSeed(payload.data(), length, (uint64_t{format} << 32) | length) ^ checksum_xor;
    std::string bytes(16, '\0');
    std::memcpy(bytes.data(), &length, 4);
    std::memcpy(bytes.data() + 4, &format, 4);
    std::memcpy(bytes.data() + 8, &sum, 8);
    const auto file = storage_->open(kPath, OpenMode::kOpenOrCreate);
    file->write(file->size(), bytes_of(bytes + payload));
  }

  const std::string kPath = "/o/log";
  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>(3);
};

TEST(Json, AnElementBehindTheLastIsAMismatch) {
  const auto json = JsonValue::parse("[1]");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->at(0).number<int>(), 1);
  EXPECT_THROW(json->at(1), JsonMismatch);
}

TEST_F(CheckpointLogTest, TriesThatCameBackAreNone) {
  {
    CheckpointLog log(*storage_, kPath);
    log.begin(query("00000001"), breaker(2));
    log.begin_try("00000001", 1);
    log.begin_try("00000001", 4);
    log.end_try("00000001");
    log.begin_try("00000002", 1);  // of nobody
    log.begin_try("00000001", 7);
  }
  CheckpointLog log(*storage_, kPath);
  EXPECT_EQ(log.queries().at("00000001").tries, (std::vector<uint64_t>{1, 7}));
}

TEST_F(CheckpointLogTest, QueriesComeBackAsTheyWere) {
  {
    CheckpointLog log(*storage_, kPath);
    log.begin(query("00000001"), breaker(2));
    log.begin(query("00000002", "SELECT 'ä'"), breaker(0, "00000002"));
    log.durable("00000001", breaker(3));
    EXPECT_EQ(log.queries().at("00000001").durable.size(), 2u);
    log.end("00000002");
    EXPECT_EQ(log.queries().size(), 1u);
  }
  storage_->sync_directory("/o");
  storage_->sync_directory("/");
  storage_->crash(Survival::kNothing);
  const CheckpointLog log(*storage_, kPath);
  ASSERT_EQ(log.queries().size(), 1u);
  const LoggedQuery& read = log.queries().at("00000001");
  const LoggedQuery expected = query("00000001");
  EXPECT_EQ(read.id, expected.id);
  EXPECT_EQ(read.text, expected.text);
  EXPECT_EQ(read.started, expected.started);
  EXPECT_EQ(read.root, expected.root);
  EXPECT_EQ(read.pin, expected.pin);
  EXPECT_EQ(read.breakers_total, expected.breakers_total);
  ASSERT_EQ(read.durable.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const DurableBreaker &a = read.durable[i], e = breaker(static_cast<uint32_t>(i) + 2);
    EXPECT_EQ(a.number, e.number);
    EXPECT_EQ(a.fingerprint, e.fingerprint);
    EXPECT_EQ(a.content.id, e.content.id);
    EXPECT_EQ(a.content.edition, e.content.edition);
    EXPECT_EQ(a.content.made_of, e.content.made_of);
    EXPECT_EQ(a.description, e.description);
    EXPECT_EQ(a.file, e.file);
    EXPECT_EQ(a.file_bytes, e.file_bytes);
    EXPECT_EQ(a.types, e.types);
    ASSERT_EQ(a.chunks.size(), e.chunks.size());
    for (size_t chunk = 0; chunk < e.chunks.size(); ++chunk) {
      EXPECT_EQ(a.chunks[chunk].row_count, e.chunks[chunk].row_count);
      ASSERT_EQ(a.chunks[chunk].columns.size(), e.chunks[chunk].columns.size());
      for (size_t column = 0; column < e.chunks[chunk].columns.size(); ++column) {
        EXPECT_EQ(a.chunks[chunk].columns[column].offset, e.chunks[chunk].columns[column].offset);
        EXPECT_EQ(a.chunks[chunk].columns[column].bytes, e.chunks[chunk].columns[column].bytes);
      }
    }
  }
}

TEST_F(CheckpointLogTest, ATextThatIsNoUtf8DoesNoHarm) {
  { CheckpointLog(*storage_, kPath).begin(query("00000001", "SELECT '\xff'"), breaker(2)); }
  EXPECT_EQ(CheckpointLog(*storage_, kPath).queries().size(), 1u);
}

TEST_F(CheckpointLogTest, AnyTornTailLeavesTheRecordsBeforeIt) {
  std::vector<uint64_t> ends;
  {
    CheckpointLog log(*storage_, kPath);
    log.begin(query("00000001"), breaker(1));
    ends.push_back(size());
    log.durable("00000001", breaker(2));
    ends.push_back(size());
    log.end("00000001");
  }
  const uint64_t whole = size();
  for (uint64_t cut = whole; cut >= ends[0]; --cut) {
    storage_->open(kPath, OpenMode::kOpenOrCreate)->truncate(cut);
    CheckpointLog log(*storage_, kPath);
    if (cut == whole) {
      EXPECT_TRUE(log.queries().empty());
    } else {
      ASSERT_EQ(log.queries().size(), 1u) << cut;
      ASSERT_EQ(log.queries().at("00000001").durable.size(), cut >= ends[1] ? 2u : 1u) << cut;
    }
  }
}

TEST_F(CheckpointLogTest, WhatIsAppendedBehindATornTailReplacesIt) {
  { CheckpointLog(*storage_, kPath).begin(query("00000001"), breaker(1)); }
  const uint64_t sound = size();
  { CheckpointLog(*storage_, kPath).durable("00000001", breaker(2)); }
  storage_->open(kPath, OpenMode::kOpenOrCreate)->truncate(size() - 5);
  {
    CheckpointLog log(*storage_, kPath);
    log.durable("00000001", breaker(3));
  }
  EXPECT_GT(size(), sound);
  const CheckpointLog log(*storage_, kPath);
  ASSERT_EQ(log.queries().at("00000001").durable.size(), 2u);
  EXPECT_EQ(log.queries().at("00000001").durable[1].number, 3u);
}

TEST_F(CheckpointLogTest, AFlippedBitEndsTheLog) {
  {
    CheckpointLog log(*storage_, kPath);
    log.begin(query("00000001"), breaker(1));
  }
  const uint64_t begin = size();
  {
    CheckpointLog log(*storage_, kPath);
    log.durable("00000001", breaker(2));
  }
  for (uint64_t offset = begin; offset < size(); ++offset) {
    const int bit = static_cast<int>(offset % 8);
    storage_->flip_bit(kPath, offset, bit);
    ASSERT_EQ(CheckpointLog(*storage_, kPath).queries().at("00000001").durable.size(), 1u) << offset;
    storage_->flip_bit(kPath, offset, bit);
  }
  EXPECT_EQ(CheckpointLog(*storage_, kPath).queries().at("00000001").durable.size(), 2u);
}

TEST_F(CheckpointLogTest, IntactBytesThatAreNoRecordEndTheLog) {
  for (const std::string& payload :
       {std::string("not JSON"), std::string("{}"), std::string("[]"), std::string(R"({"record":"durable","query":"00000001"})"),
        std::string(R"({"record":"begin","query":"00000002"})"),
        [] { auto elsewhere = breaker(2); elsewhere.file = "../log"; return durable_record("00000001", elsewhere); }(),
        [] { auto other = breaker(2); other.file = "log"; return durable_record("00000001", other); }()}) {
    storage_ = std::make_shared<SimulatedStorage>(3);
    SetUp();
    { CheckpointLog(*storage_, kPath).begin(query("00000001"), breaker(1)); }
    append_raw(kCheckpointFormat, payload);
    append_raw(kCheckpointFormat, durable_record("00000001", breaker(3)));
    const CheckpointLog log(*storage_, kPath);
    ASSERT_EQ(log.queries().size(), 1u) << payload;
    EXPECT_EQ(log.queries().at("00000001").durable.size(), 1u) << payload;
  }
}

TEST_F(CheckpointLogTest, ARecordOfAnUnknownQueryDoesNothing) {
  append_raw(kCheckpointFormat, durable_record("00000009", breaker(1)));
  append_raw(kCheckpointFormat, end_record("00000008"));
  append_raw(kCheckpointFormat, begin_record(query("00000001")));
  const CheckpointLog log(*storage_, kPath);
  ASSERT_EQ(log.queries().size(), 1u);
  EXPECT_TRUE(log.queries().at("00000001").durable.empty());
}

TEST_F(CheckpointLogTest, RecordsOfAnotherVersionAreKeptApart) {
  const std::string begun = R"({"record":"begin","query":"0000000a","text":"SELECT 2","started":"then","pin":"a pin"})";
  append_raw(1, begun);
  append_raw(1, R"({"record":"durable","query":"0000000a","in":"a form of its own"})");
  append_raw(1, R"({"record":"new","query":"0000000b"})");
  append_raw(1, "no JSON");
  append_raw(kCheckpointFormat + 1, R"({"record":"begin","query":"0000000c","text":"SELECT 3","started":"then","pin":"another"})");
  append_raw(kCheckpointFormat + 1, R"({"record":"end","query":"0000000c"})");
  append_raw(kCheckpointFormat, begin_record(query("00000001")));
  const CheckpointLog log(*storage_, kPath);
  EXPECT_EQ(log.queries().size(), 1u);
  ASSERT_EQ(log.foreign().size(), 1u);
  const LoggedQuery& foreign = log.foreign().at("0000000a");
  EXPECT_EQ(foreign.text, "SELECT 2");
  EXPECT_EQ(foreign.started, "then");
  EXPECT_EQ(foreign.pin, "a pin");
}

TEST_F(CheckpointLogTest, ItIsRewrittenWhereMostOfItHasEnded) {
  const std::string long_text(50 << 10, 'x');
  CheckpointLog log(*storage_, kPath);
  log.begin(query("00000001"), breaker(1));
  log.durable("00000001", breaker(2));
  uint64_t largest = 0;
  bool shrank = false;
  for (int i = 0; i < 20; ++i) {
    const uint64_t before = size();
    log.begin(query("000000ff", long_text), breaker(1, "000000ff"));
    log.end("000000ff");
    largest = std::max(largest, size());
    if (size() < before) {
      shrank = true;
      EXPECT_GE(before, 200u << 10) << "too early";
    }
  }
  EXPECT_TRUE(shrank);
  EXPECT_LT(largest, 400u << 10);
  log.durable("00000001", breaker(3));
  const CheckpointLog again(*storage_, kPath);
  ASSERT_EQ(again.queries().size(), 1u);
  EXPECT_EQ(again.queries().at("00000001").durable.size(), 3u);
}

TEST_F(CheckpointLogTest, WhereOpenQueriesAreMostOfItItMayGrow) {
  const std::string long_text(150 << 10, 'x');
  CheckpointLog log(*storage_, kPath);
  log.begin(query("00000001", long_text), breaker(1));
  log.begin(query("00000002", long_text), breaker(1, "00000002"));  // 300 KiB, all of it needed
  size_t rewritten = 0;
  for (int i = 0; i < 20; ++i) {
    const uint64_t before = size();
    log.begin(query("000000ff", long_text), breaker(1, "000000ff"));
    log.end("000000ff");
    rewritten += size() < before;
  }
  EXPECT_GE(rewritten, 1u);
  EXPECT_LE(rewritten, 4u) << "each time for a few records";
}

TEST_F(CheckpointLogTest, AfterAFailureItTakesNothingMore) {
  CheckpointLog log(*storage_, kPath);
  log.begin(query("00000001"), breaker(1));
  EXPECT_FALSE(log.broken());
  storage_->fail_at(1, EIO);
  EXPECT_THROW(log.durable("00000001", breaker(2)), Error);
  EXPECT_TRUE(log.broken());
  EXPECT_EQ(log.queries().at("00000001").durable.size(), 1u);
  const Error error = error_of([&] { log.durable("00000001", breaker(2)); });
  EXPECT_EQ(error.sqlstate, sqlstate::kIoError);
  EXPECT_CONTAINS(error.message, "failed before");
  EXPECT_THROW(log.end("00000001"), Error);
}

}  // namespace
}  // namespace cairn::testing
