#include "vector/int128.h"

#include <array>
#include <cassert>

namespace cairn {

std::string to_string(int128_t value) {
  char digits[40];
  char* end = digits + sizeof digits;
  char* at = end;
  uint128_t rest = value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
  while (rest > ~uint64_t{0}) {  // nineteen digits at a time, so that most divisions are of 64 bits
    uint64_t low = static_cast<uint64_t>(rest % 10000000000000000000u);
    rest /= 10000000000000000000u;
    for (int i = 0; i < 19; ++i, low /= 10) *--at = static_cast<char>('0' + low % 10);
  }
  uint64_t low = static_cast<uint64_t>(rest);
  do {
    *--at = static_cast<char>('0' + low % 10);
    low /= 10;
  } while (low != 0);
  if (value < 0) *--at = '-';
  return {at, end};
}

int128_t power_of_ten(int exponent) {
  static constexpr auto kPowers = [] {
    std::array<int128_t, 39> powers{};
    powers[0] = 1;
    for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
  }();
  assert(exponent >= 0 && exponent <= 38);
  return kPowers[static_cast<size_t>(exponent)];
}

}  // namespace cairn
