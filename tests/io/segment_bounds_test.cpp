// What a segment knows of its values is so, whatever the shape of the column and the effort: scans skip by it.

#include <algorithm>
#include <cmath>

#include "io/segments/byte_codec.h"
#include "io/segments/distinct_sketch.h"
#include "io/segments/schemes/packed_codes.h"
#include "tests/io/segment_fixture.h"

namespace cairn {
namespace {

void expect_bounds(const TestColumn& test, size_t rows, EncodeEffort effort) {
  SCOPED_TRACE(test.name);
  const ZoneMap zone_map = encode_segment(test.column, 0, rows, effort).zone_map;
  const Type type = test.column.type();
  const Vector view = test.column.view();
  uint32_t nulls = 0;
  std::optional<Value> min, max;
  for (size_t row = 0; row < rows; ++row) {
    const Value value = read_value(view, row);
    if (value.null) {
      ++nulls;
      continue;
    }
    const auto less = [&](const Value& a, const Value& b) { return type.is_string() ? a.string < b.string : a.integer < b.integer; };
    if (!min || less(value, *min)) min = value;
    if (!max || less(*max, value)) max = value;
  }
  EXPECT_EQ(zone_map.null_count, nulls);
  if (!min) {
    EXPECT_FALSE(zone_map.has_bounds);
  } else if (!type.is_string()) {
    ASSERT_TRUE(zone_map.has_bounds);
    EXPECT_TRUE(zone_map.min.integer == min->integer);
    EXPECT_TRUE(zone_map.max.integer == max->integer);
    EXPECT_EQ(zone_map.min.type, type);
  } else if (max->string.find('\xff') == std::string::npos) {
    ASSERT_TRUE(zone_map.has_bounds);
    EXPECT_EQ(zone_map.min.string, min->string.substr(0, 16));
    if (max->string.size() <= 16) {
      EXPECT_EQ(zone_map.max.string, max->string);
    } else {
      EXPECT_GT(zone_map.max.string, max->string);
      EXPECT_LE(zone_map.max.string.size(), 16u);
    }
  }
}

TEST(SegmentBounds, AreThoseOfTheValues) {
  for (const size_t rows : {1, 65, 700}) {
    for (const TestColumn& test : test_columns(rows, rows)) {
      const Physical physical = test.column.type().physical();
      if (physical == Physical::kFloat || physical == Physical::kDouble || physical == Physical::kInterval) continue;
      for (const EncodeEffort effort : {EncodeEffort::kFast, EncodeEffort::kSmall}) expect_bounds(test, rows, effort);
    }
  }
}

TEST(SegmentBounds, OfFloatingNumbers) {
  for (const Type type : {Type::real(), Type::double_()}) {
    ColumnBuffer column(type);
    for (const double number : {2.5, -7.25, 100.0, 0.0}) {
      Value value = Value::of_double(number);
      value.type = type;
      column.append_value(value);
      column.append_null();
    }
    const ZoneMap zone_map = encode_segment(column, 0, 8, EncodeEffort::kSmall).zone_map;
    EXPECT_EQ(zone_map.null_count, 4u);
    ASSERT_TRUE(zone_map.has_bounds);
    EXPECT_EQ(zone_map.min.floating, -7.25);
    EXPECT_EQ(zone_map.max.floating, 100.0);
    EXPECT_EQ(zone_map.min.type, type);
    EXPECT_EQ(zone_map.max.type, type);
  }
}

TEST(SegmentBounds, DistinctValuesAreCountedWithoutNulls) {
  for (const int distinct : {1, 7, 201}) {
    for (const bool as_text : {false, true}) {
      ColumnBuffer column(as_text ? Type::varchar() : Type::integer());
      for (int row = 0; row < 6000; ++row) {
        const int number = row * 7919 % distinct;
        if (row % 5 == 2) column.append_null();
        else column.append_value(as_text ? Value::of_string("t" + std::to_string(number)) : Value::of_integer(Type::integer(), number * 1000));
      }
      const double estimate = encode_segment(column, 0, 6000, EncodeEffort::kSmall).sketch.estimate();
      EXPECT_NEAR(estimate, distinct, 0.1 * distinct) << distinct << as_text;
    }
  }
}

TEST(SegmentBounds, ASketchKeepsTheRarestRank) {
  DistinctSketch sketch;
  sketch.add(0);  // no bit behind the index: nothing is rarer
  ByteWriter out;
  sketch.write(out);
  ByteReader in(out.bytes(), "sketch");
  EXPECT_EQ(DistinctSketch::read(in), sketch);
}

TEST(SegmentBounds, RegistersOfTheRarestRankAreCountedAsErtlSays) {
  DistinctSketch sketch;
  for (uint64_t i = 0; i < DistinctSketch::kRegisterCount / 2; ++i) sketch.add(i << (64 - DistinctSketch::kIndexBits));
  // tau(1/2) of the share that is not full, summed here as the paper has it; sigma(1/2) of the share that is empty.
  const double m = DistinctSketch::kRegisterCount;
  double tau = 1 - 0.5, sigma = 0.5;
  for (int k = 1; k < 60; ++k) tau -= std::pow(1 - std::pow(0.5, std::pow(2, -k)), 2) * std::pow(2, -k);
  for (int k = 1; k < 12; ++k) sigma += std::pow(0.5, std::pow(2, k)) * std::pow(2, k - 1);
  double z = m * tau / 3;
  for (int rank = 64 - DistinctSketch::kIndexBits; rank >= 1; --rank) z *= 0.5;
  EXPECT_NEAR(sketch.estimate(), m * m / (2 * std::log(2.0) * (z + m * sigma)), 1e-6);
}

TEST(SegmentBounds, CodesAsWideAsTheirType) {
  const uint8_t bytes[] = {7, 255, 0};
  uint8_t narrow[3] = {};
  unpack_codes(reinterpret_cast<const std::byte*>(bytes), 3, 8, narrow);
  EXPECT_TRUE(std::ranges::equal(bytes, narrow));
  const uint64_t words[] = {~uint64_t{0}, 5};
  uint64_t wide[2] = {};
  unpack_codes(reinterpret_cast<const std::byte*>(words), 2, 64, wide);
  EXPECT_TRUE(std::ranges::equal(words, wide));
}

TEST(SegmentBounds, TheHeaderKeepsThem) {
  constexpr size_t kRows = 500;
  for (const TestColumn& test : test_columns(kRows, test_seed())) {
    SCOPED_TRACE(test.name);
    const Type type = test.column.type();
    const EncodedSegment segment = encode_segment(test.column, 0, kRows, EncodeEffort::kSmall);
    const ZoneMap kept = read_segment_header(segment.bytes.bytes(), type, kRows, "segment").zone_map(type);
    EXPECT_EQ(kept.null_count, segment.zone_map.null_count);
    ASSERT_EQ(kept.has_bounds, segment.zone_map.has_bounds);
    if (!kept.has_bounds) continue;
    for (const auto bound : {&ZoneMap::min, &ZoneMap::max}) {
      const Value &a = kept.*bound, &b = segment.zone_map.*bound;
      EXPECT_EQ(a.type, type);
      EXPECT_TRUE(a.integer == b.integer && a.floating == b.floating && a.string == b.string);
    }
  }
}

}  // namespace
}  // namespace cairn
