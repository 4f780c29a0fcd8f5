#include "shell/statement_scanner.h"

#include <algorithm>

namespace cairn::shell {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_word_part(char c) { return is_word_start(c) || is_digit(c) || c == '$'; }
bool is_blank_character(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

size_t StatementScanner::find_end(std::string_view text) {
  while (at_ < text.size()) {
    switch (state_) {
      case State::kPlain:
        if (text[at_] == ';') {
          blank_ = true;
          return ++at_;
        }
        scan_plain(text);
        break;
      case State::kComment: scan_comment(text); break;
      case State::kQuoted: scan_quoted(text); break;
      case State::kDollar: {
        const size_t close = text.find(tag_, at_);
        // The tag may be cut by the text's end.
        at_ = close == std::string_view::npos ? std::max(at_, text.size() - std::min(text.size(), tag_.size() - 1))
                                              : close + tag_.size();
        if (close == std::string_view::npos) return kNone;
        state_ = State::kPlain;
        break;
      }
    }
  }
  return kNone;
}

void StatementScanner::drop(size_t bytes) { at_ -= std::min(at_, bytes); }

void StatementScanner::scan_plain(std::string_view text) {
  const auto rest = text.substr(at_);
  const char c = rest[0];
  if (is_blank_character(c)) {
    ++at_;
    return;
  }
  if (rest.starts_with("--")) {
    at_ = std::min(text.find('\n', at_), text.size());
    return;
  }
  if (rest.starts_with("/*")) {
    state_ = State::kComment;
    comment_depth_ = 1;
    at_ += 2;
    return;
  }
  blank_ = false;
  if (c == '\'' || c == '"') {
    state_ = State::kQuoted;
    quote_ = c;
    backslashes_ = false;
    ++at_;
  } else if (c == '$') {
    open_dollar(text);
  } else if (is_word_start(c)) {
    const size_t begin = at_;
    while (at_ < text.size() && is_word_part(text[at_])) ++at_;
    if (at_ - begin == 1 && (c == 'e' || c == 'E') && at_ < text.size() && text[at_] == '\'') {
      state_ = State::kQuoted;
      quote_ = '\'';
      backslashes_ = true;
      ++at_;
    }
  } else if (is_digit(c)) {
    while (at_ < text.size() && is_word_part(text[at_])) ++at_;
  } else {
    ++at_;
  }
}

void StatementScanner::scan_comment(std::string_view text) {
  const auto rest = text.substr(at_);
  if (rest.starts_with("/*")) {
    ++comment_depth_;
    at_ += 2;
  } else if (rest.starts_with("*/")) {
    at_ += 2;
    if (--comment_depth_ == 0) state_ = State::kPlain;
  } else {
    at_ = std::min(text.find_first_of("/*", at_ + 1), text.size());
  }
}

void StatementScanner::scan_quoted(std::string_view text) {
  const char c = text[at_];
  if (c == '\\' && backslashes_) {
    at_ = std::min(at_ + 2, text.size());
  } else if (c != quote_) {
    const char stops[] = {quote_, backslashes_ ? '\\' : quote_};
    at_ = std::min(text.find_first_of(std::string_view(stops, 2), at_ + 1), text.size());
  } else if (at_ + 1 < text.size() && text[at_ + 1] == quote_) {
    at_ += 2;
  } else {
    ++at_;
    state_ = State::kPlain;
  }
}

void StatementScanner::open_dollar(std::string_view text) {
  size_t tag_end = at_ + 1;
  if (tag_end < text.size() && is_word_start(text[tag_end])) {
    while (tag_end < text.size() && is_word_part(text[tag_end]) && text[tag_end] != '$') ++tag_end;
  }
  if (tag_end >= text.size() || text[tag_end] != '$') {  // $1, or a stray one
    ++at_;
    return;
  }
  tag_ = text.substr(at_, tag_end + 1 - at_);
  at_ = tag_end + 1;
  state_ = State::kDollar;
}

}  // namespace cairn::shell
