#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace cairn {

/// One spelling that is not PostgreSQL's.
struct Spelling {
  /// Elements parted by blanks, one per token: a word (in any case) or a sign as it stands; <name>, <string>, <number>,
  /// <query> (a word that begins one); '^' before the first and '$' behind the last token of the statement. In
  /// rewritings, what stands behind '>' is only looked at.
  std::string_view pattern;
  std::string_view message;         ///< empty: the error's own
  std::string_view hint;
  size_t reach = 1;                 ///< how many tokens behind the match the statement may fail, or kAnywhere
  std::string_view rewriting = {};  ///< stands for the tokens before '>'
  std::string_view subject = {};    ///< what the error's own message has to say
};

/// The reach of what the grammar takes for something else.
inline constexpr size_t kAnywhere = static_cast<size_t>(-1);

/// Rows that give hints and messages to statements that failed.
extern const std::span<const Spelling> kSpellings;
/// Rows that rewrite; each begins with '^' and a word.
extern const std::span<const Spelling> kRewritings;

}  // namespace cairn
