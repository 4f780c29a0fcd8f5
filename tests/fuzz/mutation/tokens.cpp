#include "tests/fuzz/mutation/tokens.h"

namespace cairn::fuzz {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Behind the token that begins at `begin`.
size_t end_of_token(std::string_view sql, size_t begin) {
  const char c = sql[begin];
  if (c == '\'' || c == '"') {
    for (size_t i = begin + 1; i < sql.size(); i++) {
      if (sql[i] != c) continue;
      if (i + 1 >= sql.size() || sql[i + 1] != c) return i + 1;
      i++;
    }
    return sql.size();
  }
  size_t end = begin + 1;
  if (is_word(c)) {
    while (end < sql.size() && is_word(sql[end])) end++;
    return end;
  }
  static constexpr std::string_view kOperators = "<>=|:!~";
  if (kOperators.find(c) != std::string_view::npos)
    while (end < sql.size() && kOperators.find(sql[end]) != std::string_view::npos) end++;
  return end;
}

}  // namespace

Tokens tokens_of(std::string_view sql) {
  Tokens tokens;
  size_t at = 0;
  while (at < sql.size()) {
    if (is_blank(sql[at])) {
      at++;
    } else if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else {
      const size_t end = end_of_token(sql, at);
      tokens.emplace_back(sql.substr(at, end - at));
      at = end;
    }
  }
  return tokens;
}

std::string text_of(const Tokens& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += (text.empty() ? "" : " ") + token;
  return text;
}

}  // namespace cairn::fuzz
