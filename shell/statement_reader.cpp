#include "shell/statement_reader.h"

#include <cctype>

namespace cairn::shell {

namespace {

/// Steps over the quoted, commented or plain piece that starts at `at`; npos where it does not end in the text.
size_t skip_piece(std::string_view text, size_t at) {
  const auto rest = text.substr(at);
  const char c = text[at];
  if (rest.starts_with("--")) {
    const size_t end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  if (rest.starts_with("/*")) {  // comments nest in PostgreSQL
    int depth = 0;
    for (size_t i = at; i + 1 < text.size(); ++i) {
      if (text[i] == '/' && text[i + 1] == '*') {
        ++depth;
        ++i;
      } else if (text[i] == '*' && text[i + 1] == '/') {
        ++i;
        if (--depth == 0) return i + 1;
      }
    }
    return std::string_view::npos;
  }
  if (c == '\'' || c == '"') {
    const bool escapes = c == '\'' && at > 0 && (text[at - 1] == 'e' || text[at - 1] == 'E') &&
                         (at < 2 || (!std::isalnum(static_cast<unsigned char>(text[at - 2])) && text[at - 2] != '_'));
    for (size_t i = at + 1; i < text.size(); ++i) {
      if (escapes && text[i] == '\\') {
        ++i;
      } else if (text[i] == c) {
        return i + 1;  // a doubled quote opens the next piece at once, which comes to the same
      }
    }
    return std::string_view::npos;
  }
  if (c == '$') {
    size_t tag_end = at + 1;
    while (tag_end < text.size() && (std::isalnum(static_cast<unsigned char>(text[tag_end])) || text[tag_end] == '_')) {
      ++tag_end;
    }
    const bool parameter = tag_end > at + 1 && std::isdigit(static_cast<unsigned char>(text[at + 1]));
    if (parameter || tag_end >= text.size() || text[tag_end] != '$') return at + 1;
    const auto tag = text.substr(at, tag_end + 1 - at);
    const size_t end = text.find(tag, tag_end + 1);
    return end == std::string_view::npos ? end : end + tag.size();
  }
  return at + 1;
}

}  // namespace

size_t statement_length(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ';') return at + 1;
    at = skip_piece(text, at);
    if (at == std::string_view::npos) return 0;
  }
  return 0;
}

bool is_blank(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    const auto rest = text.substr(at);
    const bool comment = rest.starts_with("--") || rest.starts_with("/*");
    if (!comment && c != ';' && !std::isspace(static_cast<unsigned char>(c))) return false;
    at = skip_piece(text, at);
    if (at == std::string_view::npos) return true;
  }
  return true;
}

}  // namespace cairn::shell
