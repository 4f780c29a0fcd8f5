#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::functions {

/// A template of to_char and to_number ("FM9G999D00"), read into its elements.
enum class NumberElement : uint8_t { kDigit, kZero, kPoint, kComma, kCurrency, kMinus, kPlus, kSign, kOrdinal, kRoman, kText };

struct PatternItem {
  NumberElement item;
  std::string text;  ///< kText: what it is; kOrdinal, kRoman: in whose case
};

enum class SignPlace : uint8_t { kDefault, kBefore, kBehind };

struct NumberPattern {
  std::vector<PatternItem> items;
  int whole = 0, fraction = 0;  ///< digits before and behind the point
  int zero_begin = -1;          ///< the first 0 among the whole digits
  int zero_end = 0;             ///< the digits up to the last 0
  int shift = 0;                ///< V: decimal digits that the value is multiplied by
  int digits_before_sign = 0;
  bool point = false, zeros = false, fill_mode = false, minus = false, plus = false, bracket = false;
  bool roman = false, scientific = false, multiplied = false;
  bool anchored_sign = false;  ///< S
  SignPlace sign = SignPlace::kDefault;
};

/// Kept per thread. Error: kSyntaxError.
const NumberPattern& number_pattern(std::string_view text);

}  // namespace cairn::functions
