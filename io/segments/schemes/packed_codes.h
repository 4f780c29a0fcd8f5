#pragma once

// Arrays of unsigned numbers of a fixed number of bits, as schemes store codes, offsets and lengths: number i occupies
// the bits [i * bits, (i + 1) * bits), least significant first. 8, 16, 32 and 64 bits are plain arrays, which need no
// unpacking; 0 bits are that many zeros.

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace cairn {

constexpr uint8_t bits_for(uint64_t max) { return static_cast<uint8_t>(std::bit_width(max)); }

/// Bytes of an element in memory: the least of 1, 2, 4, 8 that holds `bits`.
constexpr uint8_t code_bytes_for(uint8_t bits) {
  return static_cast<uint8_t>(bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8);
}

/// The width on disk for numbers of `bits`: exact where that saves an eighth or more of the bytes and `pack` is set,
/// else whole bytes. Never 58..63, which unpacking by words of 64 bits cannot do.
constexpr uint8_t stored_bits_for(uint8_t bits, bool pack) {
  const uint8_t whole = static_cast<uint8_t>(code_bytes_for(bits) * 8);
  if (bits == 0) return 0;
  return pack && bits * 9 < whole * 8 && bits <= 57 ? bits : whole;
}

constexpr bool is_stored_width(uint8_t bits) { return bits <= 57 || bits == 64; }

constexpr size_t packed_bytes(size_t count, uint8_t bits) { return (count * bits + 7) / 8; }

/// Writes exactly packed_bytes(count, bits) bytes. `value_at(i)` gives number i, which fits in `bits`.
template <typename Generator>
void pack_codes(size_t count, uint8_t bits, std::byte* out, Generator value_at) {
  const auto narrow = [&](auto zero) {
    using T = decltype(zero);
    T* to = reinterpret_cast<T*>(out);
    for (size_t i = 0; i < count; ++i) to[i] = static_cast<T>(value_at(i));
  };
  switch (bits) {
    case 0:
      return;
    case 8:
      return narrow(uint8_t{});
    case 16:
      return narrow(uint16_t{});
    case 32:
      return narrow(uint32_t{});
    case 64:
      return narrow(uint64_t{});
    default:
      break;
  }
  uint64_t word = 0;
  unsigned used = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t value = value_at(i);
    word |= value << used;
    used += bits;
    if (used < 64) continue;
    std::memcpy(out, &word, 8);
    out += 8;
    used -= 64;
    word = used == 0 ? 0 : value >> (bits - used);
  }
  std::memcpy(out, &word, (used + 7) / 8);
}

/// REQUIRES: is_stored_width(bits), bits fit in T, and 8 readable bytes behind the packed ones.
template <typename T>
void unpack_codes(const std::byte* in, size_t count, uint8_t bits, T* out);

extern template void unpack_codes<uint8_t>(const std::byte*, size_t, uint8_t, uint8_t*);
extern template void unpack_codes<uint16_t>(const std::byte*, size_t, uint8_t, uint16_t*);
extern template void unpack_codes<uint32_t>(const std::byte*, size_t, uint8_t, uint32_t*);
extern template void unpack_codes<uint64_t>(const std::byte*, size_t, uint8_t, uint64_t*);

/// Calls `function` with a zero of the unsigned type of `code_bytes` (1, 2, 4, 8).
template <typename Function>
auto with_code_type(uint8_t code_bytes, Function function) {
  switch (code_bytes) {
    case 1:
      return function(uint8_t{});
    case 2:
      return function(uint16_t{});
    case 4:
      return function(uint32_t{});
    default:
      assert(code_bytes == 8);
      return function(uint64_t{});
  }
}

}  // namespace cairn
