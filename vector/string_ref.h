#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace cairn {

/// A string in a flat vector: 16 bytes, as in Umbra (Neumann and Freitag, CIDR 2020). Up to 12 bytes stand inside;
/// a longer one keeps its first four bytes beside the pointer, so that most comparisons never follow it.
///
///   short:  [length u32][bytes, zero-padded to 12]
///   long:   [length u32][prefix 4 bytes][pointer 8 bytes]
///
/// It does not own the bytes; whoever made the vector says how long they live.
class StringRef {
 public:
  static constexpr uint32_t kInlineBytes = 12;

  StringRef() : length_(0), inline_{} {}
  StringRef(const char* bytes, uint32_t length) : length_(length), inline_{} {
    if (length <= kInlineBytes) {
      if (length != 0) std::memcpy(inline_, bytes, length);
    } else {
      std::memcpy(inline_, bytes, 4);
      std::memcpy(inline_ + 4, &bytes, sizeof bytes);
    }
  }
  explicit StringRef(std::string_view text) : StringRef(text.data(), static_cast<uint32_t>(text.size())) {}

  uint32_t size() const { return length_; }
  bool is_inline() const { return length_ <= kInlineBytes; }
  const char* data() const {
    if (is_inline()) return inline_;
    const char* bytes;
    std::memcpy(&bytes, inline_ + 4, sizeof bytes);
    return bytes;
  }
  std::string_view view() const { return {data(), length_}; }

  friend bool operator==(const StringRef& a, const StringRef& b) {
    uint64_t a_head, b_head;  // length and first four bytes
    std::memcpy(&a_head, &a, 8);
    std::memcpy(&b_head, &b, 8);
    if (a_head != b_head) return false;
    if (a.is_inline()) return std::memcmp(a.inline_ + 4, b.inline_ + 4, 8) == 0;
    return std::memcmp(a.data(), b.data(), a.length_) == 0;
  }
  /// Bytewise, as the C collation.
  friend bool operator<(const StringRef& a, const StringRef& b) { return a.view() < b.view(); }

 private:
  uint32_t length_;
  char inline_[kInlineBytes];
};
static_assert(sizeof(StringRef) == 16);

}  // namespace cairn
