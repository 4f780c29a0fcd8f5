#include "vector/kernels/like.h"

#include <utf8proc.h>

#include <cstring>

#include "vector/error.h"
#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/like.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Looks for the needle's first and last byte at their distance, a vector of positions at a time, and compares what is
/// between only where both are there (Mula, "SIMD-friendly algorithms for substring searching").
/// REQUIRES: needle_bytes >= 2.
size_t find_in(const char* text, size_t text_bytes, const char* needle, size_t needle_bytes) {
  if (text_bytes < needle_bytes) return std::string_view::npos;
  const size_t last = text_bytes - needle_bytes;  // the last position to try
  size_t at = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<uint8_t, 32> d;
  const size_t lanes = hn::Lanes(d);
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(text);
  const auto first_byte = hn::Set(d, static_cast<uint8_t>(needle[0]));
  const auto last_byte = hn::Set(d, static_cast<uint8_t>(needle[needle_bytes - 1]));
  for (; at + lanes <= last + 1; at += lanes) {
    const auto starts = hn::Eq(hn::LoadU(d, bytes + at), first_byte);
    const auto ends = hn::Eq(hn::LoadU(d, bytes + at + needle_bytes - 1), last_byte);
    uint64_t bits = 0;
    hn::StoreMaskBits(d, hn::And(starts, ends), reinterpret_cast<uint8_t*>(&bits));
    for (bits &= (uint64_t{1} << lanes) - 1; bits != 0; bits &= bits - 1) {
      const size_t hit = at + static_cast<size_t>(__builtin_ctzll(bits));
      if (std::memcmp(text + hit, needle, needle_bytes) == 0) return hit;
    }
  }
#endif
  for (; at <= last; ++at) {
    if (text[at] == needle[0] && std::memcmp(text + at, needle, needle_bytes) == 0) return at;
  }
  return std::string_view::npos;
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(find_in);

size_t find_bytes(std::string_view text, std::string_view needle) {
  if (needle.size() < 2) return needle.empty() ? 0 : text.find(needle[0]);
  return HWY_DYNAMIC_DISPATCH(find_in)(text.data(), text.size(), needle.data(), needle.size());
}

namespace {

constexpr size_t kNone = std::string_view::npos;

size_t character_bytes(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end - at;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  bool ascii = true;
  for (char& c : out) {
    ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (c >= 'A' && c <= 'Z') c ^= 0x20;
  }
  if (ascii) return out;
  out.clear();
  for (size_t at = 0; at < text.size();) {
    utf8proc_int32_t point;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                        static_cast<utf8proc_ssize_t>(text.size() - at), &point);
    if (bytes <= 0) {
      out += text[at++];
      continue;
    }
    utf8proc_uint8_t encoded[4];
    out.append(reinterpret_cast<const char*>(encoded),
               static_cast<size_t>(utf8proc_encode_char(utf8proc_tolower(point), encoded)));
    at += static_cast<size_t>(bytes);
  }
  return out;
}

LikePattern::LikePattern(std::string_view pattern, char escape, bool case_insensitive)
    : case_insensitive_(case_insensitive) {
  const std::string lower = case_insensitive ? lower_case(pattern) : std::string();
  if (case_insensitive) pattern = lower;
  segments_.emplace_back();
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    Segment& segment = segments_.back();
    if (escape != 0 && c == escape) {
      if (++i == pattern.size()) {
        ends_with_escape_ = true;
        segment.any_character.resize(segment.bytes.size());
        segment.any_character.push_back(true);
        segment.bytes += '_';
        segments_.emplace_back();
        return;
      }
      c = pattern[i];
    } else if (c == '%') {
      if (segments_.size() == 1 || !segment.bytes.empty()) segments_.emplace_back();
      continue;
    } else if (c == '_') {
      segment.any_character.resize(segment.bytes.size());
      segment.any_character.push_back(true);
    }
    segment.bytes += c;
    if (!segment.any_character.empty()) segment.any_character.resize(segment.bytes.size());
  }
}

/// The end of the segment where it matches at `at`, or kNone.
size_t LikePattern::match_at(const Segment& segment, std::string_view text, size_t at) {
  if (segment.any_character.empty()) {
    return text.compare(at, segment.bytes.size(), segment.bytes) == 0 ? at + segment.bytes.size() : kNone;
  }
  for (size_t i = 0; i < segment.bytes.size(); ++i) {
    if (at >= text.size()) return kNone;
    if (segment.any_character[i]) {
      at += character_bytes(text, at);
    } else if (text[at++] != segment.bytes[i]) {
      return kNone;
    }
  }
  return at;
}

/// The first match from `from` on: its begin, and its end.
size_t LikePattern::find(const Segment& segment, std::string_view text, size_t from, size_t& end) {
  if (segment.any_character.empty()) {
    const size_t hit = find_bytes(text.substr(from), segment.bytes);
    if (hit == kNone) return kNone;
    end = from + hit + segment.bytes.size();
    return from + hit;
  }
  for (size_t at = from; at < text.size(); at += character_bytes(text, at)) {
    end = match_at(segment, text, at);
    if (end != kNone) return at;
  }
  return kNone;
}

/// Whether the text, from `from` on, ends with the segment.
bool LikePattern::match_end(const Segment& segment, std::string_view text, size_t from) {
  if (segment.any_character.empty()) {
    return text.size() - from >= segment.bytes.size() &&
           text.compare(text.size() - segment.bytes.size(), segment.bytes.size(), segment.bytes) == 0;
  }
  for (size_t at = from; at <= text.size(); at += at < text.size() ? character_bytes(text, at) : 1) {
    if (match_at(segment, text, at) == text.size()) return true;
  }
  return false;
}

bool LikePattern::matches(std::string_view text) const {
  const std::string lower = case_insensitive_ ? lower_case(text) : std::string();
  if (!matches_segments(case_insensitive_ ? lower : text)) return false;
  if (ends_with_escape_) throw Error(sqlstate::kInvalidEscape, "LIKE pattern must not end with escape character");
  return true;
}

bool LikePattern::matches_segments(std::string_view text) const {
  size_t at = match_at(segments_.front(), text, 0);
  if (at == kNone) return false;
  if (segments_.size() == 1) return at == text.size();
  for (size_t i = 1; i + 1 < segments_.size(); ++i) {
    size_t end;
    if (find(segments_[i], text, at, end) == kNone) return false;
    at = end;
  }
  return match_end(segments_.back(), text, at);
}

}  // namespace cairn
#endif  // HWY_ONCE
