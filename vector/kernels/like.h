#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// A compiled LIKE pattern: % is any text, _ any one character.
class LikePattern {
 public:
  /// `escape` makes the next character an ordinary one; 0: none.
  LikePattern(std::string_view pattern, char escape, bool case_insensitive);
  /// Error: kInvalidEscape where the pattern ends with an escape character and the text reaches it.
  bool matches(std::string_view text) const;
  bool can_raise() const { return ends_with_escape_; }

 private:
  bool matches_segments(std::string_view text) const;

  /// What stands between two %: bytes, of which some may be wildcards for a character.
  struct Segment {
    std::string bytes;
    std::vector<bool> any_character;  ///< empty: none is
  };

  static size_t match_at(const Segment& segment, std::string_view text, size_t at);
  static size_t find(const Segment& segment, std::string_view text, size_t from, size_t& end);
  static bool match_end(const Segment& segment, std::string_view text, size_t from);

  std::vector<Segment> segments_;  ///< the first is anchored at the begin, the last at the end
  bool case_insensitive_;
  bool ends_with_escape_ = false;  ///< then the segments are those before it, and end with _%
};

/// Lower case of UTF-8 text, character by character.
std::string lower_case(std::string_view text);

/// Position of `needle` in `text`, or npos.
size_t find_bytes(std::string_view text, std::string_view needle);

}  // namespace cairn
