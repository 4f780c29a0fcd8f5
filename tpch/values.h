#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <string_view>

#include "tpch/chunk.h"
#include "tpch/random.h"

/// The values that several tables share.
namespace cairn::tpch {

/// Day numbers are days since 1970-01-01.
inline constexpr int32_t kFirstDay = 8035;                // 1992-01-01
inline constexpr int32_t kCurrentDay = kFirstDay + 1263;  // 1995-06-17; counts as past
inline constexpr int32_t kLastOrderDay = kFirstDay + 2405;
inline constexpr int32_t kLastDay = kFirstDay + 2556;  // 1998-12-31

/// A part's retail price in cents.
constexpr int64_t part_price(uint64_t part_key) {
  return static_cast<int64_t>(90000 + part_key / 10 % 20001 + 100 * (part_key % 1000));
}

/// The supplier i = 0..3 of a part.
constexpr int64_t part_supplier(uint64_t part_key, uint64_t i, uint64_t supplier_count) {
  return static_cast<int64_t>((part_key + i * (supplier_count / 4 + (part_key - 1) / supplier_count)) % supplier_count +
                              1);
}

/// Writes the rows of a kBytes column in order.
class BytesWriter {
 public:
  /// The column's offsets must have room for the rows.
  BytesWriter(Column& column, size_t row_count, size_t row_bytes_max) : column_(column), row_bytes_max_(row_bytes_max) {
    column.bytes.resize(row_count * row_bytes_max);
    column.offsets[0] = 0;
    out_ = column.bytes.data();
  }
  BytesWriter(const BytesWriter&) = delete;
  BytesWriter& operator=(const BytesWriter&) = delete;
  ~BytesWriter() { column_.bytes.resize(column_.offsets[row_]); }

  /// Where the next row's text goes.
  char* begin() const { return out_; }

  /// Ends the row.
  void end(char* end) {
    assert(static_cast<size_t>(end - out_) <= row_bytes_max_);
    out_ = end;
    column_.offsets[++row_] = static_cast<uint32_t>(end - column_.bytes.data());
  }

 private:
  Column& column_;
  [[maybe_unused]] size_t row_bytes_max_;
  size_t row_ = 0;
  char* out_;
};

inline char* write_text(char* out, std::string_view text) {
  return std::copy(text.begin(), text.end(), out);
}

/// Writes a number with at least so many digits.
inline char* write_padded(char* out, uint64_t number, int min_digit_count) {
  char digits[20];
  char* first = digits + sizeof digits;
  for (int count = 0; number != 0 || count < min_digit_count; ++count, number /= 10)
    *--first = static_cast<char>('0' + number % 10);
  return write_text(out, {first, static_cast<size_t>(digits + sizeof digits - first)});
}

/// "Supplier#", "Customer#" or "Clerk#" and a number of at least nine digits.
inline char* write_numbered_name(char* out, std::string_view prefix, int64_t number) {
  return write_padded(write_text(out, prefix), static_cast<uint64_t>(number), 9);
}
inline constexpr size_t kNumberedNameBytesMax = 9 + 20;

/// 10 to 40 characters of an address.
char* write_address(char* out, Draws draws);
inline constexpr size_t kAddressBytesMax = 40;

/// A phone number as 15 characters, the first two being the country's code.
char* write_phone(char* out, Draws draws, int64_t nation_key);
inline constexpr size_t kPhoneBytes = 15;

}  // namespace cairn::tpch
