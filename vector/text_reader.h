#pragma once

// What the parsers of dates, times and intervals share.

#include <cstdint>
#include <string_view>

#include "vector/date.h"

namespace cairn::parsing {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

/// Reads a text from left to right.
struct Reader {
  const char* at;
  const char* end;

  explicit Reader(std::string_view text) : at(text.data()), end(text.data() + text.size()) {}
  bool done() const { return at == end; }
  void skip_blanks() {
    while (at != end && is_blank(*at)) ++at;
  }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  /// Digits as a number; returns how many there were (at most 18 count, more fail).
  int take_number(int64_t& number) {
    const char* const begin = at;
    number = 0;
    for (; at != end && is_digit(*at); ++at) {
      if (at - begin >= 18) return 0;
      number = number * 10 + (*at - '0');
    }
    return static_cast<int>(at - begin);
  }
  std::string_view take_word() {
    const char* const begin = at;
    while (at != end && is_letter(*at)) ++at;
    return {begin, static_cast<size_t>(at - begin)};
  }
};

inline bool same_word(std::string_view word, std::string_view expected) {
  if (word.size() != expected.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (lower(word[i]) != expected[i]) return false;
  }
  return true;
}

/// ".789" into microseconds, rounded.
inline bool take_fraction(Reader& reader, int64_t& micros) {
  micros = 0;
  if (!reader.take('.')) return true;
  int64_t scale = 100000;
  bool round_up = false;
  int n = 0;
  for (; !reader.done() && is_digit(*reader.at); ++reader.at, ++n) {
    if (n == 6) round_up = *reader.at >= '5';
    if (n >= 6) continue;
    micros += (*reader.at - '0') * scale;
    scale /= 10;
  }
  micros += round_up;
  return true;
}

/// Hours are not bounded here.
inline bool take_clock(Reader& reader, int64_t& micros) {
  int64_t hours, minutes = 0, seconds = 0, fraction = 0;
  const int digits = reader.take_number(hours);
  if (digits == 0 || digits > 9) return false;
  if (digits >= 4 && (reader.done() || *reader.at != ':')) {  // hhmm, hhmmss
    if (digits != 4 && digits != 6) return false;
    if (digits == 6) {
      seconds = hours % 100;
      hours /= 100;
    }
    minutes = hours % 100;
    hours /= 100;
    if (digits == 6 && !take_fraction(reader, fraction)) return false;
  } else {
    if (!reader.take(':')) return false;
    if (const int n = reader.take_number(minutes); n < 1 || n > 2) return false;
    if (reader.take(':')) {
      if (const int n = reader.take_number(seconds); n < 1 || n > 2) return false;
      if (!take_fraction(reader, fraction)) return false;
    }
  }
  if (minutes > 59 || seconds > 60) return false;
  micros = hours * kMicrosPerHour + minutes * kMicrosPerMinute + seconds * kMicrosPerSecond + fraction;
  return true;
}

}  // namespace cairn::parsing
