// Damage is noticed where it is, whichever check it takes: sealed segments, compressed payloads, fresh manifests.

#include "io/segments/compression.h"
#include "io/tables/manifest.h"
#include "tests/io/segment_fixture.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

constexpr size_t kPayloadBytes = 20'000;

Bytes compressible() {
  Bytes payload(kPayloadBytes);
  for (size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i % 100 < 60 ? i / 300 : (i * i) % 11);
  return payload;
}

/* ---- Compressed payloads ---- */

class CompressedPayloadTest : public ::testing::TestWithParam<Compression> {
 protected:
  void SetUp() override {
    const auto compressed =
        compress_payload(payload_, GetParam() == Compression::kZstd ? EncodeEffort::kSmall : EncodeEffort::kFast);
    ASSERT_TRUE(compressed);
    ASSERT_EQ(compressed->compression, GetParam());
    stored_ = compressed->bytes;
  }
  std::string refusal(std::span<const std::byte> stored, size_t out_bytes) {
    Bytes out(out_bytes);
    const Error error = error_of([&] { decompress_payload(GetParam(), stored, out, "here"); });
    EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted);
    return error.message;
  }

  /// Words in random order: zstd makes much less of them than LZ4.
  const Bytes payload_ = [] {
    static const char* const kWords[] = {"carefully ", "final ", "deposits ", "sleep ", "quickly ", "above ", "the ", "ironic "};
    std::mt19937_64 random(5);
    std::string text;
    while (text.size() < 60'000) text += kWords[random() % 8];
    return bytes_of(text);
  }();
  std::vector<std::byte> stored_;
};

TEST_P(CompressedPayloadTest, IsGivenBack) {
  EXPECT_LT(stored_.size(), payload_.size() * 9 / 10);
  EXPECT_TRUE(could_decompress_to(GetParam(), stored_, payload_.size()));
  Bytes out(payload_.size());
  decompress_payload(GetParam(), stored_, out, "here");
  EXPECT_EQ(out, payload_);
}

TEST_P(CompressedPayloadTest, OfAnotherLengthIsRefused) {
  EXPECT_CONTAINS(refusal(stored_, payload_.size() + 1), "decompresses to");
  EXPECT_CONTAINS(refusal(stored_, payload_.size() - 1), "here: the compressed payload is damaged");
  EXPECT_FALSE(could_decompress_to(GetParam(), stored_, uint64_t{1} << 60));
}

TEST_P(CompressedPayloadTest, ThatIsCutOffIsRefused) {
  for (const size_t bytes : {stored_.size() - 1, stored_.size() / 2, size_t{3}}) {
    refusal(std::span(stored_).first(bytes), payload_.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Each, CompressedPayloadTest, ::testing::Values(Compression::kLz4, Compression::kZstd));

TEST(Compression, WhatDoesNotShrinkStaysAsItIs) {
  for (const EncodeEffort effort : {EncodeEffort::kFast, EncodeEffort::kSmall}) {
    EXPECT_FALSE(compress_payload(pattern(kPayloadBytes, 3), effort));
    EXPECT_TRUE(compress_payload(compressible(), effort));
  }
  EXPECT_FALSE(compress_payload(compressible(), EncodeEffort::kResident));
}

/* ---- Segments whose checksum holds ---- */

/// The segment with another header.
Bytes resealed(const EncodedSegment& segment, const std::function<void(SegmentHeader&)>& change) {
  Bytes bytes(segment.bytes.data(), segment.bytes.data() + segment.bytes.size());
  SegmentHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  change(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  const uint64_t checksum = segment_checksum(bytes);
  std::memcpy(bytes.data() + offsetof(SegmentHeader, checksum), &checksum, sizeof checksum);
  return bytes;
}

TEST(SealedSegment, WithValuesOutsideOfItsBoundsIsRefused) {
  ColumnBuffer column(Type::big_int());
  for (int row = 0; row < 4000; ++row) {
    column.append_value(Value::of_integer(Type::big_int(), int64_t{1} << (row * 7919 % 5 * 9)));
  }
  const EncodedSegment segment = encode_segment(column, 0, 4000, EncodeEffort::kSmall);
  ASSERT_TRUE(describe_segment(segment.bytes.bytes()).starts_with("dictionary"));
  const auto opened = [&](const std::function<void(SegmentHeader&)>& change) {
    open_copy(resealed(segment, change), Type::big_int(), 4000);
  };
  opened([](SegmentHeader&) {});
  EXPECT_CONTAINS(error_of([&] { opened([](SegmentHeader& header) { header.min[0] = std::byte{2}; }); }).message, "bounds");
  EXPECT_CONTAINS(error_of([&] { opened([](SegmentHeader& header) { header.max[4] = std::byte{8}; }); }).message, "bounds");
}

TEST(SealedSegment, OfOneValueOutsideOfItsBoundsIsRefused) {
  const ColumnBuffer column = integers(Type::big_int(), std::vector<int128_t>(300, 5));
  const EncodedSegment segment = encode_segment(column, 0, 300, EncodeEffort::kSmall);
  ASSERT_TRUE(describe_segment(segment.bytes.bytes()).starts_with("constant"));
  open_copy(resealed(segment, [](SegmentHeader&) {}), Type::big_int(), 300);
  for (const int other : {4, 6}) {
    EXPECT_THROW(open_copy(resealed(segment, [&](SegmentHeader& header) {
      header.min[0] = header.max[0] = static_cast<std::byte>(other);
    }), Type::big_int(), 300), Error);
  }
}

TEST(SealedSegment, SaysHowItIsCompressed) {
  std::mt19937_64 random(5);
  static const char* const kWords[] = {"carefully ", "final ", "deposits ", "sleep ", "quickly ", "above ", "the ", "ironic "};
  ColumnBuffer words(Type::varchar());
  for (int row = 0; row < 4000; ++row) {
    std::string text;
    for (int i = 0; i < 10; ++i) text += kWords[random() % 8];
    words.append_value(Value::of_string(text));
  }
  const auto described = [&](EncodeEffort effort) {
    return describe_segment(encode_segment(words, 0, 4000, effort).bytes.bytes());
  };
  EXPECT_EQ(described(EncodeEffort::kFast), "plain, lz4");
  EXPECT_EQ(described(EncodeEffort::kSmall), "plain, zstd");
  EXPECT_EQ(described(EncodeEffort::kResident), "plain");
}

TEST(SealedSegment, KeepsOnlyWhatItsVectorsShow) {
  ColumnBuffer column(Type::varchar());
  for (int row = 0; row < 60'000; ++row) {
    column.append_value(Value::of_string("a value that is long enough, number " + std::to_string(row * 7919 % 5)));
  }
  const EncodedSegment segment = encode_segment(column, 0, 60'000, EncodeEffort::kSmall);
  ASSERT_TRUE(describe_segment(segment.bytes.bytes()).starts_with("dictionary"));
  EXPECT_LT(open_copy(segment.bytes.bytes(), Type::varchar(), 60'000)->bytes(), 75'000u) << "a byte a row, and five texts: not the packed codes";
}

/* ---- Manifests ---- */

TEST(StoredColumns, AReadThatFailsIsNoDamage) {
  const auto storage = std::make_shared<SimulatedStorage>(1);
  {
    const auto database = Database::open("/db", storage);
    create_fruit(*database);
    insert(*database, numbered_fruits(0, 20'000));
  }
  const auto database = Database::open("/db", storage);
  storage->set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kRead && operation.path.ends_with(".segments") ? EIO : 0;
  });
  EXPECT_EQ(error_of([&] { scan(*database->snapshot()); }).sqlstate, sqlstate::kIoError);
}

TEST(FreshManifest, ItsHeaderSpeaksOfItsOnlyRecord) {
  SimulatedStorage storage(1);
  storage.create_directories("/m");
  write_manifest(storage, "/m/manifest", make_identity(), bytes_of("the state"));
  EXPECT_EQ(read_manifest(storage, "/m/manifest").payloads.size(), 1u);
  const uint64_t size = storage.file_size("/m/manifest");
  storage.flip_bit("/m/manifest", size - 30, 1);
  EXPECT_CONTAINS(error_of([&] { read_manifest(storage, "/m/manifest"); }).message,
                  "1 records up to offset " + std::to_string(size) + " were durable, 0 are sound");
}

TEST(CommitOutcome, ACommitThatFailedIsNotThereAfterACrash) {
  for (uint64_t seed = 1; seed < 30; ++seed) {
    const auto storage = std::make_shared<SimulatedStorage>(seed);
    auto database = Database::open("/db", storage);
    create_fruit(*database);
    insert(*database, numbered_fruits(0, 10));
    bool failed = false;
    storage->set_fault([&](const SimulatedOperation& operation) {
      if (failed || operation.call != SimulatedCall::kSync || operation.path != "/db/manifest") return 0;
      failed = true;
      return EIO;
    });
    error_of([&] { insert(*database, numbered_fruits(10, 20)); });
    EXPECT_TRUE(failed);
    storage->crash(Survival::kEverything);
    database.reset();
    database = Database::open("/db", storage);
    EXPECT_EQ(scan(*database->snapshot()), numbered_fruits(0, 10)) << seed;
  }
}

}  // namespace
}  // namespace cairn
