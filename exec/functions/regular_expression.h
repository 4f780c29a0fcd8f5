#pragma once

#include <re2/re2.h>

#include <string_view>

namespace cairn::functions {

/// What the flags of PostgreSQL's regular expressions ask for.
struct RegexpOptions {
  bool global = false;            ///< g
  bool case_insensitive = false;  ///< i
  bool newline_stops_dot = false;     ///< n, m, p: neither . nor [^x] takes a newline
  bool newline_bounds_lines = false;  ///< n, m, w: ^ and $ hold at newlines
  bool expanded = false;          ///< x: blanks and comments in the pattern mean nothing
  bool literal = false;           ///< q: the pattern is plain text
};

/// Errors: kInvalidParameterValue for an unknown flag.
RegexpOptions parse_regexp_flags(std::string_view flags);

/// PostgreSQL's advanced regular expression as one of RE2's, kept per thread. Matches are leftmost and longest, unless
/// the pattern has a non-greedy quantifier: then they are Perl's. Errors: 2201B for a malformed pattern,
/// kFeatureNotSupported for back-references, look-around and word-begin and -end constraints, which RE2 has not.
const RE2& compile_regexp(std::string_view pattern, const RegexpOptions& options);

/// PostgreSQL's regular expression for a pattern of SIMILAR TO. Patterns with escape-double-quote separators get one
/// group: the part between them. `escape`: at most one character; empty for none.
std::string similar_to_regexp(std::string_view pattern, std::string_view escape);

}  // namespace cairn::functions
