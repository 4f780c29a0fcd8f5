#include "tests/support/md5.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace cairn::test {
namespace {

constexpr size_t kBlockBytes = 64;

void add_block(std::array<uint32_t, 4>& state, const char* block) {
  static const auto sines = [] {
    std::array<uint32_t, 64> table{};
    for (size_t i = 0; i < table.size(); ++i)
      table[i] = static_cast<uint32_t>(std::floor(std::abs(std::sin(static_cast<double>(i + 1))) * 4294967296.0));
    return table;
  }();
  static constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  static_assert(std::endian::native == std::endian::little);
  std::array<uint32_t, 16> words;
  std::memcpy(words.data(), block, kBlockBytes);
  auto [a, b, c, d] = state;
  for (uint32_t i = 0; i < 64; ++i) {
    uint32_t mix = 0;
    uint32_t word = 0;
    switch (i / 16) {
      case 0:
        mix = (b & c) | (~b & d), word = i;
        break;
      case 1:
        mix = (d & b) | (~d & c), word = 5 * i + 1;
        break;
      case 2:
        mix = b ^ c ^ d, word = 3 * i + 5;
        break;
      default:
        mix = c ^ (b | ~d), word = 7 * i;
        break;
    }
    const uint32_t sum = a + mix + sines[i] + words[word % 16];
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kShifts[i / 16][i % 4]);
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

}  // namespace

std::string md5(std::string_view bytes) {
  std::array<uint32_t, 4> state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const uint64_t bit_count = 8 * bytes.size();
  for (; bytes.size() >= kBlockBytes; bytes.remove_prefix(kBlockBytes)) add_block(state, bytes.data());

  // The rest, a one bit, zeros, and the length in the last eight bytes.
  std::string rest(bytes);
  rest += '\x80';
  while (rest.size() % kBlockBytes != kBlockBytes - 8) rest += '\0';
  rest.append(reinterpret_cast<const char*>(&bit_count), sizeof bit_count);
  for (size_t i = 0; i < rest.size(); i += kBlockBytes) add_block(state, rest.data() + i);

  std::string hex;
  for (uint32_t word : state)
    for (int i = 0; i < 4; ++i, word >>= 8) {
      hex += "0123456789abcdef"[word >> 4 & 15];
      hex += "0123456789abcdef"[word & 15];
    }
  return hex;
}

}  // namespace cairn::test
