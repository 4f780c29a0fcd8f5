#pragma once

// Characters (code points) of UTF-8 text, which is valid.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vector/string_ref.h"

namespace cairn::functions {

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

inline size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += !is_continuation(c);
  return count;
}

/// Byte offset of character `index` (0-based); the text's size where it has fewer.
inline size_t offset_of(std::string_view text, size_t index) {
  size_t at = 0;
  while (index > 0 && at < text.size()) {
    ++at;
    while (at < text.size() && is_continuation(text[at])) ++at;
    --index;
  }
  return at;
}

inline StringRef part(std::string_view text) { return StringRef(text); }

/// Characters [begin, end), 1-based, as SQL's substring counts: positions before the first are there, but empty.
inline StringRef slice(std::string_view text, int64_t begin, int64_t end) {
  begin = std::max<int64_t>(begin, 1);
  if (end <= begin) return StringRef();
  const size_t from = offset_of(text, static_cast<size_t>(begin - 1));
  const size_t bytes = offset_of(text.substr(from), static_cast<size_t>(end - begin));
  return part(text.substr(from, bytes));
}

}  // namespace cairn::functions
