#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::functions {

/// A template of to_char, to_date and to_timestamp, read into its parts: fields ("YYYY", with FM and TH) and text between
/// them.
struct PatternPart {
  enum class Kind : uint8_t { kField, kSeparator, kBlank, kText };
  Kind kind;
  std::string_view field;  ///< kField: its name in upper case, without periods and case: "MONTH", "AM", "YYYY"
  std::string text;        ///< as the template has it; one character where it is no field
  bool fill_mode = false;  ///< FM: no padding
  char ordinal = 0;        ///< TH: 'T' or 't' for th
  bool is_number = false;  ///< kField: digits in the input
};

using DatetimePattern = std::vector<PatternPart>;

/// Kept per thread. Never fails: what is no field is text.
const DatetimePattern& datetime_pattern(std::string_view text);

/// The English names.
inline constexpr std::string_view kMonthNames[] = {"January", "February", "March",     "April",   "May",      "June",
                                                   "July",    "August",   "September", "October", "November", "December"};
inline constexpr std::string_view kDayNames[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
inline constexpr std::string_view kRomanMonths[] = {"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"};

}  // namespace cairn::functions
