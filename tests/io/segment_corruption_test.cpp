// Whatever the bytes of a segment are: an error that says what is wrong, or a column that can be read; never a crash.
// (Run under ASan and UBSan this also finds reads outside of buffers.)

#include <algorithm>

#include "tests/io/segment_fixture.h"

namespace cairn {
namespace {

/// Recomputes the checksum, as a faulty or malicious writer would.
void seal(Bytes& segment) {
  const uint64_t checksum = segment_checksum(segment);
  std::memcpy(segment.data() + offsetof(SegmentHeader, checksum), &checksum, sizeof checksum);
}

/// Opens and reads the segment; true if that went well. Errors other than Error fail the test.
bool opens(const Bytes& segment, const Type& type, size_t rows) {
  try {
    std::vector<uint64_t> scratch;
    touch(open_copy(segment, type, rows)->slice(0, rows, scratch));
    return true;
  } catch (const Error& error) {
    EXPECT_TRUE(error.sqlstate == sqlstate::kDataCorrupted || error.sqlstate == sqlstate::kOutOfMemory)
        << error.message;
    EXPECT_TRUE(error.message.starts_with("segment")) << error.message;
    return false;
  }
}

Bytes bytes_of_segment(const ColumnBuffer& column, EncodeEffort effort) {
  const EncodedSegment segment = encode_segment(column, 0, column.size(), effort);
  return Bytes(segment.bytes.data(), segment.bytes.data() + segment.bytes.size());
}

TEST(SegmentCorruption, EveryFlippedBitIsNoticed) {
  for (const TestColumn& test : test_columns(100, 5)) {
    const Bytes segment = bytes_of_segment(test.column, EncodeEffort::kSmall);
    ASSERT_TRUE(opens(segment, test.column.type(), 100));
    for (size_t at = 0; at < segment.size(); at += at < 512 ? 1 : 97) {
      Bytes damaged = segment;
      damaged[at] ^= std::byte{1} << (at % 8);
      ASSERT_FALSE(opens(damaged, test.column.type(), 100)) << test.name << " at " << at;
    }
  }
}

TEST(SegmentCorruption, EveryTruncationIsNoticed) {
  for (const TestColumn& test : test_columns(100, 6)) {
    const Bytes segment = bytes_of_segment(test.column, EncodeEffort::kSmall);
    for (size_t size = 0; size < segment.size(); size += size < 256 ? 1 : 61) {
      ASSERT_FALSE(
          opens(Bytes(segment.begin(), segment.begin() + static_cast<ptrdiff_t>(size)), test.column.type(), 100));
    }
  }
}

TEST(SegmentCorruption, ErrorsSayWhatIsWrong) {
  const ColumnBuffer column = integers(Type::integer(), {1, 2, 3});
  const Bytes segment = bytes_of_segment(column, EncodeEffort::kSmall);
  const auto message = [](Bytes bytes, Type type, size_t rows) {
    return error_of([&] { open_copy(bytes, type, rows); }).message;
  };
  Bytes damaged = segment;
  damaged[200] ^= std::byte{1};
  EXPECT_CONTAINS(message(damaged, column.type(), 3), "segment: checksum mismatch: expected 0x");
  damaged = segment;
  damaged[8] = std::byte{7};
  EXPECT_EQ(message(damaged, column.type(), 3), "segment: segment format version 7 is newer than this program's 1");
  damaged = segment;
  damaged[0] = std::byte{0};
  EXPECT_CONTAINS(message(damaged, column.type(), 3), "not a segment");
  EXPECT_CONTAINS(message(segment, Type::big_int(), 3), "another type than BIGINT");
  EXPECT_CONTAINS(message(segment, column.type(), 4), "has 3 rows, 4 expected");
  EXPECT_CONTAINS(message(Bytes(segment.begin(), segment.begin() + 100), column.type(), 3),
                  "at least 128 bytes, found 100");
}

TEST(SegmentCorruption, BoundsThatAreTooLongAreRefused) {
  ColumnBuffer column(Type::varchar());
  for (const char* text : {"apple", "pear"}) column.append_value(Value::of_string(text));
  const Bytes segment = bytes_of_segment(column, EncodeEffort::kSmall);
  for (const size_t field : {offsetof(SegmentHeader, min_length), offsetof(SegmentHeader, max_length)}) {
    Bytes damaged = segment;
    damaged[field] = std::byte{17};
    seal(damaged);
    EXPECT_CONTAINS(error_of([&] { open_copy(damaged, column.type(), 2); }).message, "has an overlong bound");
  }
}

TEST(SegmentCorruption, PlainValuesOutsideOfTheirBoundsAreRefused) {
  constexpr int64_t kLeast = -4'000'000'000'000'000'000, kMost = 4'000'000'000'000'000'000;
  const ColumnBuffer column = integers(Type::big_int(), {17, kMost, kLeast, 23});
  const Bytes segment = bytes_of_segment(column, EncodeEffort::kFast);
  ASSERT_TRUE(opens(segment, column.type(), 4));
  for (const auto& [was, is] : {std::pair{kLeast, kLeast - 1}, std::pair{kMost, kMost + 1}}) {
    Bytes damaged = segment;
    const auto bytes = std::as_bytes(std::span(&was, 1));
    const auto value = std::find_end(damaged.begin(), damaged.end(), bytes.begin(), bytes.end());
    ASSERT_NE(value, damaged.end());
    std::memcpy(&*value, &is, sizeof is);
    seal(damaged);
    EXPECT_CONTAINS(error_of([&] { open_copy(damaged, column.type(), 4); }).message, "a value is outside of its bounds");
  }
}

/// A segment whose checksum holds although its content makes no sense: what the schemes themselves must bear.
TEST(SegmentCorruption, SealedNonsenseDoesNoHarm) {
  std::mt19937_64 random(test_seed());
  size_t opened = 0, refused = 0;
  for (const size_t rows : {1, 130}) {
    for (const TestColumn& test : test_columns(rows, test_seed())) {
      for (const EncodeEffort effort : {EncodeEffort::kSmall, EncodeEffort::kResident}) {
        const Bytes segment = bytes_of_segment(test.column, effort);
        SegmentHeader header;
        std::memcpy(&header, segment.data(), sizeof header);
        for (int round = 0; round < 60; ++round) {
          Bytes damaged = segment;
          for (uint64_t n = random() % 4 + 1; n > 0; --n) {
            // The header, the scheme's head, and the rest.
            const size_t limit = std::min<size_t>(round % 3 == 0   ? 120
                                                  : round % 3 == 1 ? 256
                                                                   : 128 + header.stored_bytes,
                                                  damaged.size());
            const size_t at = round % 3 == 0 ? 12 + random() % 108
                                             : std::min<size_t>(128 + random() % (limit - 120), damaged.size() - 1);
            damaged[at] =
                random() % 2 == 0 ? static_cast<std::byte>(random()) : damaged[at] ^ (std::byte{1} << (random() % 8));
          }
          seal(damaged);
          (opens(damaged, test.column.type(), rows) ? opened : refused) += 1;
        }
      }
    }
  }
  EXPECT_GT(opened, 0);
  EXPECT_GT(refused, 0);
}

TEST(SegmentCorruption, GarbageIsRefused) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 2000; ++round) {
    Bytes garbage(random() % 9000);
    for (std::byte& byte : garbage) byte = static_cast<std::byte>(random());
    EXPECT_FALSE(opens(garbage, Type::varchar(), 100));
  }
}

}  // namespace
}  // namespace cairn
