#pragma once

// The first step of reading a date, a time or an interval: its text as a list of fields, after PostgreSQL's
// ParseDateTime. Nothing is allocated.

#include <array>
#include <cstdint>
#include <string_view>

namespace cairn::parsing {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

struct Field {
  enum class Kind : uint8_t {
    kNumber,   ///< 1999, 040506.789, .5
    kDate,     ///< 1999-01-08, 1/8/99, 8-jan-1999, 1999.008, america/new_york
    kTime,     ///< 04:05:06.789
    kWord,     ///< jan, bc, infinity
    kZone,     ///< +05:30, -8; in an interval: a signed amount
    kSigned,   ///< -infinity
  };
  Kind kind;
  std::string_view text;  ///< in lower case
};

class FieldList {
 public:
  static constexpr size_t kMaxFields = 25;

  /// False for text that is too long or has something that no date, time or interval has.
  bool split(std::string_view text);

  size_t size() const { return count_; }
  const Field& operator[](size_t index) const { return fields_[index]; }

 private:
  bool take_number_like();
  void take_word_like();
  bool take_signed();
  void copy() { buffer_[used_++] = lower(*at_++); }
  template <typename Wanted>
  void copy_while(Wanted wanted) {
    while (at_ != end_ && wanted(*at_)) copy();
  }
  void add(Field::Kind kind) {
    fields_[count_++] = {kind, std::string_view(buffer_.data() + begin_, used_ - begin_)};
  }

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::array<char, 160> buffer_;
  size_t used_ = 0;
  size_t begin_ = 0;  ///< of the field that is being copied
  std::array<Field, kMaxFields> fields_;
  size_t count_ = 0;
};

/// Digits at the text's begin as a number; how many there were. More than `most` digits: as if there were none.
inline size_t take_digits(std::string_view& text, int64_t& number, size_t most = 18) {
  size_t count = 0;
  number = 0;
  for (; count < text.size() && is_digit(text[count]); ++count) {
    if (count >= most) return 0;
    number = number * 10 + (text[count] - '0');
  }
  text.remove_prefix(count);
  return count;
}

/// "789" behind a point as microseconds, rounded; false where other characters follow.
bool parse_fraction(std::string_view digits, int64_t& micros);

/// "04:05", "04:05:06.789", "05:06.789" (minutes and seconds). Hours are not bounded here.
enum class ClockStatus : uint8_t { kParsed, kMalformed, kOutOfRange };
ClockStatus parse_clock(std::string_view text, bool two_parts_are_minutes, int64_t& micros);

/// A month by its name or a unique beginning of three letters (1 to 12); 0 for other words.
int month_named(std::string_view word);

}  // namespace cairn::parsing
