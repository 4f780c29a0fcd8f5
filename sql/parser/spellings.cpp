#include "sql/parser/spellings.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "sql/parser/scanned_tokens.h"
#include "sql/parser/spelling_table.h"

namespace cairn {
namespace {

/// Longer statements are data, and nobody's typing.
constexpr size_t kLongestStatement = size_t{1} << 16;

struct SpelledToken {
  size_t begin, end;
  std::string_view text;
};

/// As PostgreSQL's lexer sees them; none where it refuses the text.
std::vector<SpelledToken> spelled_tokens(const std::string& statement) {
  const ScannedTokens scanned(statement);
  std::vector<SpelledToken> tokens;
  for (const PgQuery__ScanToken* found : scanned.tokens()) {
    const PgQuery__ScanToken& token = *found;
    if (token.token == PG_QUERY__TOKEN__SQL_COMMENT || token.token == PG_QUERY__TOKEN__C_COMMENT) continue;
    const auto begin = static_cast<size_t>(token.start), end = static_cast<size_t>(token.end);
    if (begin >= end || end > statement.size()) continue;
    tokens.push_back({begin, end, std::string_view(statement).substr(begin, end - begin)});
  }
  return tokens;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }

bool equal_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool is_name_token(std::string_view text) {
  return text[0] == '"' || text[0] == '_' || (ascii_lower(text[0]) >= 'a' && ascii_lower(text[0]) <= 'z') ||
         static_cast<unsigned char>(text[0]) >= 0x80;
}

bool begins_query(std::string_view text) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"SELECT", "WITH", "VALUES", "TABLE", "("},
                             [&](std::string_view word) { return equal_word(word, text); });
}

/// One element of a pattern against one token (see Spelling::pattern).
bool fits_element(std::string_view element, std::string_view token) {
  if (element == "<name>") return is_name_token(token) && !begins_query(token);
  if (element == "<query>") return begins_query(token);
  if (element == "<string>") return token[0] == '\'';
  if (element == "<number>") return token[0] >= '0' && token[0] <= '9';
  return equal_word(element, token);
}

std::vector<std::string_view> pattern_elements(std::string_view pattern) {
  std::vector<std::string_view> elements;
  while (!pattern.empty()) {
    const size_t blank = std::min(pattern.find(' '), pattern.size());
    elements.push_back(pattern.substr(0, blank));
    pattern.remove_prefix(std::min(blank + 1, pattern.size()));
  }
  return elements;
}

struct SpellingMatch {
  size_t first = 0;  ///< token
  size_t end = 0;    ///< behind the last token
  size_t kept = 0;   ///< the first token behind '>'
};

std::optional<SpellingMatch> match_pattern(const std::vector<std::string_view>& pattern, const std::vector<SpelledToken>& tokens, size_t first) {
  SpellingMatch match{first, first, 0};
  for (const std::string_view element : pattern) {
    if (element == "^") {
      if (match.end != 0) return std::nullopt;
    } else if (element == ">") {
      match.kept = match.end;
    } else if (element == "$") {
      if (match.end != tokens.size()) return std::nullopt;
    } else if (match.end == tokens.size() || !fits_element(element, tokens[match.end++].text)) {
      return std::nullopt;
    }
  }
  return match;
}

/// The error is within the match, or as many tokens behind it as the row says, and about what the row is about.
bool row_covers(const Spelling& row, const SpellingMatch& match, const std::vector<SpelledToken>& tokens, const Error& error) {
  if (error.message.find(row.subject) == std::string::npos) return false;
  if (row.reach == kAnywhere) return true;
  const size_t last = match.end - 1 + row.reach;
  const auto position = static_cast<size_t>(std::max(error.position, 0));
  return error.position >= 0 && tokens[match.first].begin <= position &&
         (last >= tokens.size() || position <= tokens[last].begin);
}

}  // namespace

int RewrittenStatement::original(int position) const {
  if (position < 0) return position;
  const auto at = static_cast<size_t>(position);
  return static_cast<int>(at < new_beginning ? old_first : at - new_beginning + old_beginning);
}

std::optional<RewrittenStatement> rewrite_spelling(std::string_view statement, size_t begin) {
  if (statement.size() > kLongestStatement) return std::nullopt;
  const auto may_begin = [&](const Spelling& row) {
    const std::string_view word = row.pattern.substr(2, row.pattern.find(' ', 2) - 2);
    return equal_word(statement.substr(begin, word.size()), word);
  };
  if (std::ranges::none_of(kRewritings, may_begin)) return std::nullopt;
  const std::string text(statement);
  const std::vector<SpelledToken> tokens = spelled_tokens(text);
  for (const Spelling& row : kRewritings) {
    const std::optional<SpellingMatch> match = match_pattern(pattern_elements(row.pattern), tokens, 0);
    if (!match) continue;
    RewrittenStatement rewritten;
    rewritten.old_first = tokens[0].begin;
    rewritten.old_beginning = match->kept < tokens.size() ? tokens[match->kept].begin : text.size();
    rewritten.new_beginning = row.rewriting.size();
    rewritten.text = std::string(row.rewriting) + text.substr(rewritten.old_beginning);
    return rewritten;
  }
  return std::nullopt;
}

void explain_spelling(std::string_view statement, Error& error) {
  const std::string_view kind = std::string_view(error.sqlstate).substr(0, 2);
  if ((kind != "42" && kind != "0A" && kind != "3F") || statement.size() > kLongestStatement) return;
  const std::string text(statement);
  const std::vector<SpelledToken> tokens = spelled_tokens(text);
  const Spelling* found = nullptr;
  SpellingMatch place;
  for (const Spelling& row : kSpellings) {
    const std::vector<std::string_view> pattern = pattern_elements(row.pattern);
    for (size_t first = 0; first < tokens.size(); first++) {
      const std::optional<SpellingMatch> match = match_pattern(pattern, tokens, first);
      if (!match || !row_covers(row, *match, tokens, error)) continue;
      // The one that says most, and of several such the nearest.
      const auto length = [](const SpellingMatch& one) { return one.end - one.first; };
      if (found != nullptr && std::pair(length(place), place.first) >= std::pair(length(*match), first)) continue;
      found = &row;
      place = *match;
    }
  }
  if (found == nullptr) return;
  if (!found->message.empty()) {
    error.message = found->message;
    error.position = static_cast<int>(tokens[place.first].begin);
  }
  error.hint = found->hint;
}

}  // namespace cairn
