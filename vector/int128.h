#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

__extension__ typedef __int128 int128_t;
__extension__ typedef unsigned __int128 uint128_t;

inline constexpr int128_t kInt128Max = static_cast<int128_t>(~uint128_t{0} >> 1);
inline constexpr int128_t kInt128Min = -kInt128Max - 1;

/// Decimal digits with a leading '-' where negative.
std::string to_string(int128_t value);

/// 10^exponent; REQUIRES: 0 <= exponent <= 38.
int128_t power_of_ten(int exponent);

}  // namespace cairn
