#pragma once

// Little-endian numbers, variable-length numbers (LEB128) and length-prefixed strings in a run of bytes: what manifest
// records and the heads of segments are made of. The reader checks every length before it uses it.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vector/error.h"
#include "vector/int128.h"

namespace cairn {

static_assert(std::endian::native == std::endian::little, "the formats on disk are little-endian");

class ByteWriter {
 public:
  template <typename T>
  void fixed(T value) {
    raw(std::as_bytes(std::span(&value, 1)));
  }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::byte>(value | 0x80));
    bytes_.push_back(static_cast<std::byte>(value));
  }
  /// Zigzag, so that small negative numbers are short too.
  void int128(int128_t value) {
    uint128_t bits = (static_cast<uint128_t>(value) << 1) ^ static_cast<uint128_t>(value >> 127);
    for (; bits >= 0x80; bits >>= 7) bytes_.push_back(static_cast<std::byte>(static_cast<uint8_t>(bits) | 0x80));
    bytes_.push_back(static_cast<std::byte>(bits));
  }
  void string(std::string_view text) {
    varint(text.size());
    raw(std::as_bytes(std::span(text)));
  }
  void raw(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    const size_t at = bytes_.size();
    bytes_.resize(at + bytes.size());
    std::memcpy(bytes_.data() + at, bytes.data(), bytes.size());
  }

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// `where` names the source in errors (kDataCorrupted); it must outlive the reader.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string_view where) : bytes_(bytes), where_(where) {}

  template <typename T>
  T fixed() {
    T value;
    std::memcpy(&value, raw(sizeof value).data(), sizeof value);
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail("holds a number of more than 64 bits");
  }
  /// A varint that may not exceed `limit`; `what` names it in the error.
  uint64_t varint_up_to(uint64_t limit, const char* what) {
    const uint64_t value = varint();
    if (value > limit)
      fail(std::string(what) + " is " + std::to_string(value) + ", at most " + std::to_string(limit) + " expected");
    return value;
  }
  int128_t int128() {
    uint128_t bits = 0;
    for (int shift = 0; shift < 128; shift += 7) {
      const uint8_t byte = fixed<uint8_t>();
      bits |= static_cast<uint128_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return static_cast<int128_t>(bits >> 1) ^ -static_cast<int128_t>(bits & 1);
    }
    fail("holds a number of more than 128 bits");
  }
  std::string string() {
    const std::span<const std::byte> text = raw(varint());
    return {reinterpret_cast<const char*>(text.data()), text.size()};
  }
  std::span<const std::byte> raw(uint64_t length) {
    if (length > bytes_.size() - position_) {
      fail("ends early: " + std::to_string(length) + " more bytes expected, " +
           std::to_string(bytes_.size() - position_) + " found");
    }
    position_ += length;
    return bytes_.subspan(position_ - length, length);
  }

  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }
  void expect_end() const {
    if (left() != 0) fail("has " + std::to_string(left()) + " bytes too many");
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(sqlstate::kDataCorrupted, std::string(where_) + " " + what);
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view where_;
  size_t position_ = 0;
};

}  // namespace cairn
