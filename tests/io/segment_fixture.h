#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "io/segments/column_analysis.h"
#include "io/segments/schemes/scheme.h"
#include "io/segments/segment.h"
#include "io/segments/segment_header.h"
#include "tests/io/file_fixture.h"
#include "vector/read_row.h"

namespace cairn {

/// A column for tests, with the name of its shape.
struct TestColumn {
  std::string name;
  ColumnBuffer column;
};

inline ColumnBuffer integers(Type type, const std::vector<int128_t>& values) {
  ColumnBuffer column(type);
  for (const int128_t value : values) column.append_value(Value::of_integer(type, value));
  return column;
}

/// Columns of every physical type and of the shapes that schemes are made for: constant, few and many distinct values,
/// runs, narrow and wide ranges, extremes, long and empty strings; with and without NULLs.
inline std::vector<TestColumn> test_columns(size_t rows, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<TestColumn> columns;
  const auto add = [&](const std::string& name, Type type, auto value_at) {
    for (const int null_percent : {0, 10, 95, 100}) {
      ColumnBuffer column(type);
      for (size_t row = 0; row < rows; ++row) {
        const Value value = value_at(row);
        if (static_cast<int>(random() % 100) < null_percent) {
          column.append_null();
        } else {
          column.append_value(value);
        }
      }
      columns.push_back({name + ", " + std::to_string(null_percent) + " % NULL", std::move(column)});
    }
  };
  const auto integer_shapes = [&](const std::string& name, Type type, int128_t least, int128_t greatest) {
    const auto value = [type](int128_t number) { return Value::of_integer(type, number); };
    add(name + " constant", type, [=](size_t) { return value(greatest); });
    add(name + " extremes", type, [=, &random](size_t) { return value(random() % 2 == 0 ? least : greatest); });
    add(name + " 3 values", type,
        [=, &random](size_t) { return value(random() % 2 == 0 ? least : least / 2 + greatest / 2); });
    add(name + " runs", type,
        [=](size_t row) { return value(row / 37 % 2 == 0 ? least : greatest); });
    if (greatest <= 1) return;
    add(name + " 5 bits", type, [=, &random](size_t) { return value(greatest - static_cast<int>(random() % 32)); });
    add(name + " 13 bits", type, [=, &random](size_t) { return value(-4096 + static_cast<int>(random() % 8192)); });
    add(name + " any", type, [=, &random](size_t) {
      uint128_t bits = random();
      bits = (bits << 64) | random();
      const uint128_t range = static_cast<uint128_t>(greatest) - static_cast<uint128_t>(least);
      return value(static_cast<int128_t>(static_cast<uint128_t>(least) + (range + 1 == 0 ? bits : bits % (range + 1))));
    });
    if (greatest <= 32767) return;
    add(name + " 20 bits ascending", type, [=](size_t row) { return value(static_cast<int128_t>(row) * 7); });
    add(name + " 10 wide values", type,
        [=, &random](size_t) { return value(static_cast<int128_t>(random() % 10) * 123'456'789); });
  };
  integer_shapes("BOOLEAN", Type::boolean(), 0, 1);
  integer_shapes("SMALLINT", Type::small_int(), std::numeric_limits<int16_t>::min(),
                 std::numeric_limits<int16_t>::max());
  integer_shapes("INTEGER", Type::integer(), std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
  integer_shapes("BIGINT", Type::big_int(), std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  integer_shapes("HUGEINT", Type::huge_int(), kInt128Min, kInt128Max);
  integer_shapes("DECIMAL(15,2)", Type::decimal(15, 2), -999'999'999'999'999, 999'999'999'999'999);
  integer_shapes("DATE", Type::date(), -100'000'000, 100'000'000);
  const auto floating = [](Type type, double number) {
    Value value = Value::of_double(number);
    value.type = type;
    return value;
  };
  for (const Type type : {Type::real(), Type::double_()}) {
    const std::string name = type.to_string();
    add(name + " constant", type, [=](size_t) { return floating(type, 2.5); });
    add(name + " any", type,
        [=, &random](size_t) { return floating(type, static_cast<float>(random() % 1000) / 8 - 50); });
    add(name + " odd ones", type, [=, &random](size_t) {
      const double odd[] = {0.0, -0.0, std::numeric_limits<double>::infinity(), -1e30,
                            std::numeric_limits<double>::quiet_NaN()};
      return floating(type, odd[random() % 5]);
    });
  }
  add("INTERVAL", Type::interval(), [&random](size_t) {
    Value value = Value::null_of(Type::interval());
    value.null = false;
    value.interval = {static_cast<int32_t>(random() % 13), static_cast<int32_t>(random() % 31),
                      static_cast<int64_t>(random())};
    return value;
  });
  const auto text = [](std::string value) { return Value::of_string(std::move(value)); };
  const auto words = [&random](size_t count) {
    static const char* const kWords[] = {"carefully", "final", "deposits", "sleep",
                                         "quickly",   "above", "the",      "ironic"};
    std::string result;
    for (size_t i = 0; i < count; ++i) result += std::string(kWords[random() % 8]) + " ";
    return result;
  };
  add("VARCHAR constant", Type::varchar(), [=](size_t) { return text("the same for all rows"); });
  add("VARCHAR empty", Type::varchar(), [=](size_t) { return text(""); });
  add("VARCHAR 5 values", Type::varchar(),
      [=, &random](size_t) { return text("value " + std::to_string(random() % 5) + " of five"); });
  add("VARCHAR 300 values", Type::varchar(),
      [=, &random](size_t) { return text(std::to_string(random() % 300 * 7919)); });
  add("VARCHAR unique", Type::varchar(),
      [=](size_t row) { return text("Customer#" + std::to_string(1'000'000'000 + row)); });
  add("VARCHAR words", Type::varchar(), [=](size_t row) { return text(words(row % 9)); });
  add("VARCHAR bytes", Type::varchar(), [=, &random](size_t) {
    std::string value(random() % 40, '\0');
    for (char& c : value) c = static_cast<char>(random());
    return text(value);
  });
  add("VARCHAR one long", Type::varchar(),
      [=](size_t row) { return text(row == 1 ? std::string(100'000, 'x') : "short"); });
  add("CHAR(3)", Type::character(3), [=, &random](size_t) {
    Value value = text(std::string(1, static_cast<char>('A' + random() % 26)));
    value.type = Type::character(3);
    return value;
  });
  return columns;
}

inline std::shared_ptr<const ColumnChunk> open_copy(std::span<const std::byte> segment, const Type& type, size_t rows) {
  AlignedBuffer copy(segment.size());
  if (!segment.empty()) std::memcpy(copy.data(), segment.data(), segment.size());
  return open_segment(share_bytes(std::move(copy)), segment.size(), type, static_cast<uint32_t>(rows), "segment");
}

/// Reads every row of the vector, and what kernels may read behind it: for corruption tests, under a sanitizer.
inline uint64_t touch(const Vector& vector) {
  uint64_t sum = 0;
  for (size_t row = 0; row < vector.size; ++row) {
    const Value value = read_value(vector, row);
    sum += static_cast<uint64_t>(value.integer) + value.string.size();
    for (const char c : value.string) sum += static_cast<uint8_t>(c);
  }
  return sum;
}

}  // namespace cairn
