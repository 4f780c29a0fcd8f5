#include "tpch/values.h"

namespace cairn::tpch {

char* write_address(char* out, Draws draws) {
  static constexpr char kAlphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,";
  static_assert(sizeof kAlphabet == 64 + 1);
  const int64_t length = draws.draw(10, 40);
  uint32_t word = 0;
  for (int64_t i = 0; i < length; ++i) {
    if (i % 5 == 0) {
      // dbgen asks for a range of 2^31, which wraps to -2^31 in its 32-bit arithmetic. Six bits make a character.
      word = static_cast<uint32_t>(-scale_rounded(draws.next(), uint64_t{1} << 31));
    }
    *out++ = kAlphabet[word & 63];
    word >>= 6;
  }
  return out;
}

char* write_phone(char* out, Draws draws, int64_t nation_key) {
  const auto group = [&](int64_t number, int digit_count) {
    out = write_padded(out, static_cast<uint64_t>(number), digit_count);
  };
  group(10 + nation_key, 2);
  *out++ = '-';
  group(draws.draw(100, 999), 3);
  *out++ = '-';
  group(draws.draw(100, 999), 3);
  *out++ = '-';
  group(draws.draw(1000, 9999), 4);
  return out;
}

}  // namespace cairn::tpch
