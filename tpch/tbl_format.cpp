#include "tpch/tbl_format.h"

#include <array>
#include <cassert>
#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include "tpch/values.h"

namespace cairn::tpch {
namespace {

constexpr size_t kIntegerBytesMax = 20;
constexpr size_t kDecimalBytesMax = 22;
constexpr size_t kDateBytes = 10;

constexpr auto kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

char* write_pair(char* out, uint64_t number) {
  std::memcpy(out, kDigitPairs.data() + 2 * number, 2);
  return out + 2;
}

char* write_unsigned(char* out, uint64_t number) {
  char digits[kIntegerBytesMax];
  char* first = digits + sizeof digits;
  for (; number >= 100; number /= 100) write_pair(first -= 2, number % 100);
  if (number >= 10)
    write_pair(first -= 2, number);
  else
    *--first = static_cast<char>('0' + number);
  return write_text(out, {first, static_cast<size_t>(digits + sizeof digits - first)});
}

char* write_sign(char* out, int64_t number) {
  *out = '-';
  return out + (number < 0);
}

uint64_t magnitude(int64_t number) {
  return number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
}

char* write_integer(char* out, int64_t number) { return write_unsigned(write_sign(out, number), magnitude(number)); }

char* write_decimal(char* out, int64_t hundredths) {
  const uint64_t number = magnitude(hundredths);
  out = write_unsigned(write_sign(out, hundredths), number / 100);
  *out++ = '.';
  return write_pair(out, number % 100);
}

/// All of TPC-H's days as text.
const char* day_text(int32_t day) {
  static const auto texts = [] {
    std::vector<std::array<char, kDateBytes>> all;
    for (int32_t i = kFirstDay; i <= kLastDay; ++i) {
      const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{i}}};
      char* out = all.emplace_back().data();
      out = write_padded(out, static_cast<uint64_t>(static_cast<int>(date.year())), 4);
      *out++ = '-';
      out = write_padded(out, static_cast<unsigned>(date.month()), 2);
      *out++ = '-';
      write_padded(out, static_cast<unsigned>(date.day()), 2);
    }
    return all;
  }();
  assert(day >= kFirstDay && day <= kLastDay);
  return texts[static_cast<size_t>(day - kFirstDay)].data();
}

/// A bound on the bytes of the chunk's text.
size_t text_bytes_max(const Chunk& rows) {
  size_t byte_count = rows.row_count;  // line ends
  const auto infos = table_columns(rows.table);
  for (size_t i = 0; i < infos.size(); ++i) {
    const Column& column = rows.columns[i];
    size_t field_bytes_max = 1;  // the bar
    switch (infos[i].storage) {
      case Storage::kInt32:
      case Storage::kInt64:
        field_bytes_max += kDecimalBytesMax;
        break;
      case Storage::kCode:
        for (std::string_view value : infos[i].values) field_bytes_max = std::max(field_bytes_max, value.size() + 1);
        break;
      case Storage::kBytes:
        byte_count += column.bytes.size();
        break;
      case Storage::kSlice:
        for (std::string_view slice : column.slices) byte_count += slice.size();
        break;
    }
    byte_count += rows.row_count * field_bytes_max;
  }
  return byte_count;
}

char* write_field(char* out, const ColumnInfo& info, const Column& column, size_t row) {
  switch (info.storage) {
    case Storage::kInt32:
      if (info.kind != ColumnKind::kDate) return write_integer(out, column.int32s[row]);
      return write_text(out, {day_text(column.int32s[row]), kDateBytes});
    case Storage::kInt64:
      if (info.kind != ColumnKind::kDecimal) return write_integer(out, column.int64s[row]);
      if (info.whole_in_text) return write_integer(out, column.int64s[row] / 100);
      return write_decimal(out, column.int64s[row]);
    case Storage::kCode:
      return write_text(out, info.values[column.codes[row]]);
    case Storage::kBytes:
      return write_text(out, column.bytes_at(row));
    case Storage::kSlice:
      // Slices lie at random places of a pool that no cache holds.
      if (row + 8 < column.slices.size()) __builtin_prefetch(column.slices[row + 8].data());
      return write_text(out, column.slices[row]);
  }
  assert(false);
  return out;
}

}  // namespace

void append_tbl(const Chunk& rows, std::string& text) {
  if (rows.row_count == 0) return;
  const auto infos = table_columns(rows.table);
  const size_t old_size = text.size();
  text.resize(old_size + text_bytes_max(rows));
  char* out = text.data() + old_size;
  for (size_t row = 0; row < rows.row_count; ++row) {
    for (size_t i = 0; i < infos.size(); ++i) {
      out = write_field(out, infos[i], rows.columns[i], row);
      *out++ = '|';
    }
    *out++ = '\n';
  }
  text.resize(static_cast<size_t>(out - text.data()));
}

}  // namespace cairn::tpch
