#include "io/segments/segment.h"

#include <set>

#include "tests/io/segment_fixture.h"

namespace cairn {
namespace {

constexpr EncodeEffort kEfforts[] = {EncodeEffort::kFast, EncodeEffort::kSmall, EncodeEffort::kResident};

/// NaN equals NaN here: what went in shall come out.
bool same(const Value& a, const Value& b) {
  if (a.null || b.null) return a.null == b.null;
  if (a.type.is_floating()) return std::memcmp(&a.floating, &b.floating, sizeof a.floating) == 0;
  return a.integer == b.integer && a.interval == b.interval && a.string == b.string;
}

void expect_rows(const ColumnChunk& chunk, const ColumnBuffer& column, size_t column_begin, size_t begin, size_t rows) {
  std::vector<uint64_t> scratch, column_scratch;
  const Vector vector = chunk.slice(begin, rows, scratch);
  const Vector expected = column.view(column_begin + begin, rows, &column_scratch);
  ASSERT_EQ(vector.size, rows);
  ASSERT_EQ(vector.type, column.type());
  for (size_t row = 0; row < rows; ++row) {
    const Value found = read_value(vector, row);
    ASSERT_TRUE(same(found, read_value(expected, row))) << "row " << begin + row;
    if (vector.range.known() && !found.null) {
      ASSERT_TRUE(vector.range.min <= found.integer && found.integer <= vector.range.max);
    }
    if (vector.encoding == Encoding::kDictionary) {
      ASSERT_LT(read_code(vector.data, vector.code_bytes, row), vector.dictionary_size);
    }
  }
  if (vector.encoding == Encoding::kDictionary) {
    EXPECT_TRUE(vector.unique_dictionary);
    EXPECT_NE(vector.dictionary_id, 0);
  }
}

void expect_zone_map(const ZoneMap& zone_map, const ColumnBuffer& column, size_t begin, size_t rows) {
  std::vector<uint64_t> scratch;
  const Vector vector = column.view(begin, rows, &scratch);
  uint32_t nulls = 0;
  for (size_t row = 0; row < rows; ++row) {
    const Value value = read_value(vector, row);
    nulls += value.null ? 1 : 0;
    if (value.null || !zone_map.has_bounds) continue;
    if (value.type.is_string()) {
      ASSERT_LE(zone_map.min.string, value.string);
      ASSERT_GE(zone_map.max.string, value.string);
    } else if (value.type.is_floating()) {
      ASSERT_LE(zone_map.min.floating, value.floating);
      ASSERT_GE(zone_map.max.floating, value.floating);
    } else {
      ASSERT_LE(zone_map.min.integer, value.integer);
      ASSERT_GE(zone_map.max.integer, value.integer);
    }
  }
  EXPECT_EQ(zone_map.null_count, nulls);
}

TEST(Segment, GivesBackWhatWasEncoded) {
  for (const size_t rows : {1, 2, 63, 64, 65, 1000, 5000}) {
    for (const TestColumn& test : test_columns(rows, test_seed())) {
      for (const EncodeEffort effort : kEfforts) {
        const EncodedSegment segment = encode_segment(test.column, 0, rows, effort);
        SCOPED_TRACE(test.name + " x " + std::to_string(rows) + ": " + describe_segment(segment.bytes.bytes()));
        ASSERT_EQ(segment.bytes.size() % 4096, 0);
        const auto chunk = open_copy(segment.bytes.bytes(), test.column.type(), rows);
        ASSERT_NO_FATAL_FAILURE(expect_rows(*chunk, test.column, 0, 0, rows));
        ASSERT_NO_FATAL_FAILURE(expect_zone_map(segment.zone_map, test.column, 0, rows));
      }
    }
  }
}

TEST(Segment, SlicesBeginAnywhere) {
  constexpr size_t kRows = 700;
  for (const TestColumn& test : test_columns(kRows, test_seed())) {
    SCOPED_TRACE(test.name);
    const EncodedSegment segment = encode_segment(test.column, 0, kRows, EncodeEffort::kSmall);
    const auto chunk = open_copy(segment.bytes.bytes(), test.column.type(), kRows);
    for (const auto& [begin, rows] :
         {std::pair<size_t, size_t>{0, 0}, {0, 64}, {1, 63}, {63, 130}, {64, 64}, {500, 200}, {699, 1}, {700, 0}}) {
      ASSERT_NO_FATAL_FAILURE(expect_rows(*chunk, test.column, 0, begin, rows));
    }
  }
}

TEST(Segment, EncodesRowsFromTheMiddleOfAColumn) {
  for (const TestColumn& test : test_columns(300, test_seed())) {
    SCOPED_TRACE(test.name);
    const EncodedSegment segment = encode_segment(test.column, 77, 150, EncodeEffort::kSmall);
    const auto chunk = open_copy(segment.bytes.bytes(), test.column.type(), 150);
    ASSERT_NO_FATAL_FAILURE(expect_rows(*chunk, test.column, 77, 0, 150));
    ASSERT_NO_FATAL_FAILURE(expect_zone_map(segment.zone_map, test.column, 77, 150));
  }
}

TEST(Segment, ArraysAreAlignedWhereverItLies) {
  constexpr size_t kRows = 1000;
  std::mt19937_64 random(1);
  ColumnBuffer column(Type::big_int());
  for (size_t row = 0; row < kRows; ++row) column.append_value(Value::of_integer(column.type(), static_cast<int64_t>(random())));
  const EncodedSegment segment = encode_segment(column, 0, kRows, EncodeEffort::kFast);
  for (const size_t offset : {0, 1, 8, 63, 64}) {
    const auto memory = std::make_shared<AlignedBuffer>(offset + segment.bytes.size());
    std::memcpy(memory->data() + offset, segment.bytes.data(), segment.bytes.size());
    const std::shared_ptr<const std::byte> bytes(memory, memory->data() + offset);
    const auto chunk = open_segment(bytes, segment.bytes.size(), column.type(), kRows, "segment");
    ASSERT_NO_FATAL_FAILURE(expect_rows(*chunk, column, 0, 0, kRows));
    std::vector<uint64_t> scratch;
    const auto* values = static_cast<const std::byte*>(chunk->slice(0, kRows, scratch).data);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(values) % 64, 0u) << offset;
    const bool is_copy = values < memory->data() || values >= memory->data() + memory->size();
    EXPECT_EQ(is_copy, offset % 64 != 0) << offset;
  }
}

TEST(Segment, HoldsNoRows) {
  for (const Type type : {Type::integer(), Type::varchar(), Type::double_(), Type::huge_int(), Type::interval()}) {
    const EncodedSegment segment = encode_segment(ColumnBuffer(type), 0, 0, EncodeEffort::kSmall);
    std::vector<uint64_t> scratch;
    EXPECT_EQ(open_copy(segment.bytes.bytes(), type, 0)->slice(0, 0, scratch).size, 0);
  }
}

TEST(Segment, EverySchemeIsPickedForSomeColumn) {
  std::set<std::string_view> missing;
  for (const Scheme& scheme : schemes()) missing.insert(scheme.name);
  for (const TestColumn& test : test_columns(5000, 1)) {
    const std::string description =
        describe_segment(encode_segment(test.column, 0, 5000, EncodeEffort::kSmall).bytes.bytes());
    missing.erase(std::string_view(description).substr(0, description.find(',')));
    for (const Scheme& scheme : schemes()) {
      if (description.starts_with(scheme.name)) missing.erase(scheme.name);
    }
  }
  EXPECT_TRUE(missing.empty()) << *missing.begin();
}

TEST(Segment, EverySchemeCanHoldEveryColumnThatItSaysItCan) {
  constexpr size_t kRows = 2000;
  for (const TestColumn& test : test_columns(kRows, test_seed())) {
    for (const EncodeEffort effort : kEfforts) {
      const ColumnAnalysis analysis = analyze_column(test.column, 0, kRows, effort);
      for (const Scheme& scheme : schemes()) {
        const std::optional<size_t> bytes = scheme.encoded_bytes(analysis);
        if (!bytes) continue;
        SCOPED_TRACE(test.name + ": " + std::string(scheme.name));
        AlignedBuffer body = make_decoded_buffer(*bytes);
        std::memset(body.data(), 0, *bytes);
        scheme.encode(analysis, body.data());
        DecodedColumn decoded = scheme.open(
            {test.column.type(), kRows, analysis.null_count, analysis.zone_map, {body.data(), *bytes}, "body"});
        decoded.vector.type = test.column.type();
        std::vector<uint64_t> scratch;
        const Vector expected = test.column.view(0, kRows, &scratch);
        for (size_t row = 0; row < kRows; ++row) {
          if (!expected.valid(row)) continue;
          ASSERT_TRUE(same(read_value(decoded.vector, row), read_value(expected, row))) << "row " << row;
        }
      }
    }
  }
}

TEST(Segment, WhatExecutionScansIsNarrow) {
  const auto encoding_of = [](const ColumnBuffer& column) {
    std::vector<uint64_t> scratch;
    const EncodedSegment segment = encode_segment(column, 0, column.size(), EncodeEffort::kSmall);
    const auto chunk = open_copy(segment.bytes.bytes(), column.type(), column.size());
    const Vector vector = chunk->slice(0, column.size(), scratch);
    return std::pair(vector.encoding, static_cast<int>(vector.code_bytes));
  };
  std::mt19937 random(1);
  ColumnBuffer prices(Type::decimal(15, 2)), dates(Type::date()), keys(Type::integer()), flags(Type::character(1));
  for (int row = 0; row < 10'000; ++row) {
    prices.append_value(Value::of_integer(prices.type(), 90'000 + random() % 10'000'000));
    dates.append_value(Value::of_integer(dates.type(), 8035 + random() % 2526));
    keys.append_value(Value::of_integer(keys.type(), 1'000'000 + row / 4 * 4));
    flags.append_value(Value::of_string(std::string(1, "ANR"[random() % 3])));
  }
  EXPECT_EQ(encoding_of(prices), std::pair(Encoding::kFrameOfReference, 4));
  EXPECT_EQ(encoding_of(dates), std::pair(Encoding::kFrameOfReference, 2));
  EXPECT_EQ(encoding_of(keys), std::pair(Encoding::kFrameOfReference, 2));
  EXPECT_EQ(encoding_of(flags), std::pair(Encoding::kDictionary, 1));
}

TEST(Segment, BytesNeedNotBeAligned) {
  for (const TestColumn& test : test_columns(500, 3)) {
    const EncodedSegment segment = encode_segment(test.column, 0, 500, EncodeEffort::kResident);
    auto copy = std::make_shared<Bytes>(segment.bytes.size() + 1);
    std::memcpy(copy->data() + 1, segment.bytes.data(), segment.bytes.size());
    const std::shared_ptr<const std::byte> bytes(copy, copy->data() + 1);
    const auto chunk = open_segment(bytes, segment.bytes.size(), test.column.type(), 500, "segment");
    ASSERT_NO_FATAL_FAILURE(expect_rows(*chunk, test.column, 0, 0, 500));
  }
}

TEST(Segment, BoundsOfLongStringsAreShort) {
  std::string bound;
  EXPECT_TRUE(upper_bound_prefix("short", bound));
  EXPECT_EQ(bound, "short");
  EXPECT_TRUE(upper_bound_prefix("0123456789abcdefg", bound));
  EXPECT_EQ(bound, "0123456789abcdeg");
  EXPECT_TRUE(upper_bound_prefix("012345678~~~~~~~~", bound));
  EXPECT_EQ(bound, "012345679");
  EXPECT_FALSE(upper_bound_prefix(std::string(17, '\xff'), bound));
  EXPECT_TRUE(upper_bound_prefix("\xc3\xa4" + std::string(15, '\xff'), bound));
  EXPECT_EQ(bound, "\xc3\xa5");
}

TEST(Segment, SketchesCountDistinctValues) {
  for (const int distinct : {1, 10, 1000, 100'000}) {
    ColumnBuffer numbers(Type::big_int()), texts(Type::varchar());
    for (int row = 0; row < 100'000; ++row) {
      numbers.append_value(Value::of_integer(numbers.type(), int128_t{row % distinct} * 1'000'003));
      texts.append_value(Value::of_string("text " + std::to_string(row % distinct)));
    }
    const double number_count = encode_segment(numbers, 0, numbers.size(), EncodeEffort::kSmall).sketch.estimate();
    const double text_count = encode_segment(texts, 0, texts.size(), EncodeEffort::kResident).sketch.estimate();
    EXPECT_NEAR(number_count, distinct, distinct * 0.15);
    EXPECT_NEAR(text_count, distinct, distinct * 0.15);
  }
}

/// What two values share exactly when they are equal.
std::string key_of(const Value& value) {
  if (value.type.is_string()) return value.string;
  if (value.type.is_floating()) return std::to_string(value.floating == 0 ? 0.0 : value.floating);
  if (value.type.physical() != Physical::kInterval) return std::string(reinterpret_cast<const char*>(&value.integer), sizeof value.integer);
  const Interval& interval = value.interval;
  const int128_t micros = (int128_t{interval.months} * 30 + interval.days) * 86'400'000'000 + interval.micros;
  return std::string(reinterpret_cast<const char*>(&micros), sizeof micros);
}

TEST(Segment, SketchesCountWhatIsNotNullOfEveryType) {
  constexpr size_t kRows = 3000;
  for (const TestColumn& test : test_columns(kRows, 1)) {
    std::set<std::string> distinct;
    const Vector view = test.column.view(0, kRows);
    for (size_t row = 0; row < kRows; ++row) {
      if (const Value value = read_value(view, row); !value.null) distinct.insert(key_of(value));
    }
    const auto count = static_cast<double>(distinct.size());
    for (const EncodeEffort effort : {EncodeEffort::kSmall, EncodeEffort::kResident}) {
      EXPECT_NEAR(encode_segment(test.column, 0, kRows, effort).sketch.estimate(), count, count * 0.2 + 0.5) << test.name;
    }
  }
}

}  // namespace
}  // namespace cairn
