#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::shell {

/// Finds where statements end: at a ';' outside quotes, dollar quotes and (nested) comments, as PostgreSQL's lexer sees
/// them. Remembers where it was, so that a text that grows line by line is looked at once: linear in its length.
class StatementScanner {
 public:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  /// Scans on from where the last call stopped; `text` begins with what that call was given, and ends at a line's end
  /// or for good. Just behind the next ';', or kNone where the text holds none.
  size_t find_end(std::string_view text);
  /// The first `bytes` are gone from the text; a new statement begins.
  void drop(size_t bytes);
  /// Only blanks and closed comments since the last statement: the place for a dot command.
  bool blank() const { return blank_ && state_ == State::kPlain; }

 private:
  enum class State { kPlain, kComment, kQuoted, kDollar };
  void scan_plain(std::string_view text);
  void scan_comment(std::string_view text);
  void scan_quoted(std::string_view text);
  void open_dollar(std::string_view text);

  State state_ = State::kPlain;
  size_t at_ = 0;
  bool blank_ = true;
  size_t comment_depth_ = 0;
  char quote_ = 0;
  bool backslashes_ = false;  ///< E'…'
  std::string tag_;           ///< $tag$
};

}  // namespace cairn::shell
