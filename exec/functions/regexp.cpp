// Functions of regular expressions, of SIMILAR TO and of LIKE's escapes. Positions count characters from 1.

#include <array>
#include <optional>
#include <string>

#include "exec/functions/characters.h"
#include "exec/functions/executor.h"
#include "exec/functions/regular_expression.h"

namespace cairn::functions {

namespace {

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const re2::StringPiece& text) { return {text.data(), text.size()}; }

Error invalid_parameter(std::string_view name, int32_t value) {
  return Error(sqlstate::kInvalidParameterValue,
               "invalid value for parameter \"" + std::string(name) + "\": " + std::to_string(value));
}

template <bool CaseInsensitive, bool Negated>
bool matches(StringRef text, StringRef pattern) {
  RegexpOptions options;
  options.case_insensitive = CaseInsensitive;
  return RE2::PartialMatch(piece(text.view()), compile_regexp(pattern.view(), options)) != Negated;
}

/// Walks over the matches of a pattern, from left to right, none overlapping; behind an empty one the next character is
/// passed over.
class Matches {
 public:
  Matches(std::string_view text, const RE2& expression)
      : text_(text), expression_(expression), groups_(1 + static_cast<size_t>(expression.NumberOfCapturingGroups())) {}

  /// Starts at a character, from 1.
  void start_at(int32_t character) {
    if (character <= 0) throw invalid_parameter("start", character);
    const size_t skipped = static_cast<size_t>(character) - 1;
    at_ = skipped > count_characters(text_) ? text_.size() + 1 : offset_of(text_, skipped);
  }

  bool next() {
    if (at_ > text_.size() || !expression_.Match(piece(text_), at_, text_.size(), RE2::UNANCHORED, groups_.data(),
                                                  static_cast<int>(groups_.size()))) {
      return false;
    }
    at_ = begin() + groups_[0].size();
    if (groups_[0].empty()) at_ += at_ < text_.size() ? offset_of(text_.substr(at_), 1) : 1;
    return true;
  }
  /// The n-th match from here on.
  bool next(int32_t n) {
    if (n <= 0) throw invalid_parameter("n", n);
    while (n > 0 && next()) --n;
    return n == 0;
  }

  size_t begin() const { return static_cast<size_t>(groups_[0].data() - text_.data()); }
  size_t group_count() const { return groups_.size() - 1; }
  /// Group 0 is the whole match; nothing where the group took no part or does not exist.
  std::optional<std::string_view> group(size_t index) const {
    if (index >= groups_.size() || groups_[index].data() == nullptr) return std::nullopt;
    return view(groups_[index]);
  }

 private:
  const std::string_view text_;
  const RE2& expression_;
  std::vector<re2::StringPiece> groups_;
  size_t at_ = 0;
};

// ---- regexp_replace

/// \1 to \9 and \& stand for groups, \\ for a backslash.
void append_replacement(std::string_view replacement, const Matches& match, std::string& out) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
    if (c == '\\' && next >= '1' && next <= '9') {
      out += match.group(static_cast<size_t>(next - '0')).value_or(std::string_view());
      ++i;
    } else if (c == '\\' && next == '&') {
      out += *match.group(0);
      ++i;
    } else {
      out += c;
      if (c == '\\' && next == '\\') ++i;
    }
  }
}

/// Replaces the n-th match from `start` on, or all of them (n = 0).
StringRef replace_matches(const Call& call, StringRef text, StringRef pattern, StringRef replacement, int32_t start,
                          int32_t n, const RegexpOptions& options) {
  if (start <= 0) throw invalid_parameter("start", start);
  if (n < 0) throw invalid_parameter("n", n);
  Matches match(text.view(), compile_regexp(pattern.view(), options));
  match.start_at(start);
  std::string out;
  size_t copied = 0;
  for (int32_t number = 1; match.next(); ++number) {
    if (n != 0 && number < n) continue;
    out += text.view().substr(copied, match.begin() - copied);
    append_replacement(replacement.view(), match, out);
    check_text_bytes(out.size(), call.context);
    copied = match.begin() + match.group(0)->size();
    if (n != 0) break;
  }
  out += text.view().substr(copied);
  return call.strings.add(out);
}
StringRef replace_first(const Call& call, StringRef text, StringRef pattern, StringRef replacement) {
  return replace_matches(call, text, pattern, replacement, 1, 1, {});
}
StringRef replace_with(const Call& call, StringRef text, StringRef pattern, StringRef replacement, StringRef flags) {
  const RegexpOptions options = parse_regexp_flags(flags.view());
  return replace_matches(call, text, pattern, replacement, 1, options.global ? 0 : 1, options);
}
StringRef replace_from(const Call& call, StringRef text, StringRef pattern, StringRef replacement, int32_t start) {
  return replace_matches(call, text, pattern, replacement, start, 1, {});
}
StringRef replace_nth(const Call& call, StringRef text, StringRef pattern, StringRef replacement, int32_t start,
                      int32_t n) {
  return replace_matches(call, text, pattern, replacement, start, n, {});
}
StringRef replace_nth_with(const Call& call, StringRef text, StringRef pattern, StringRef replacement, int32_t start,
                           int32_t n, StringRef flags) {
  return replace_matches(call, text, pattern, replacement, start, n, parse_regexp_flags(flags.view()));
}

// ---- regexp_like, regexp_count, regexp_instr, regexp_substr

RegexpOptions flags_of(std::string_view function, StringRef flags) {
  const RegexpOptions options = parse_regexp_flags(flags.view());
  if (options.global) {
    throw Error(sqlstate::kInvalidParameterValue, std::string(function) + "() does not support the \"global\" option");
  }
  return options;
}

bool like_with(StringRef text, StringRef pattern, StringRef flags) {
  return RE2::PartialMatch(piece(text.view()), compile_regexp(pattern.view(), flags_of("regexp_like", flags)));
}

int32_t count_with(StringRef text, StringRef pattern, int32_t start, StringRef flags) {
  if (start <= 0) throw invalid_parameter("start", start);
  Matches match(text.view(), compile_regexp(pattern.view(), flags_of("regexp_count", flags)));
  match.start_at(start);
  int32_t count = 0;
  while (match.next()) ++count;
  return count;
}
int32_t count_from(StringRef text, StringRef pattern, int32_t start) { return count_with(text, pattern, start, {}); }
int32_t count(StringRef text, StringRef pattern) { return count_with(text, pattern, 1, {}); }

int32_t position_of(StringRef text, StringRef pattern, int32_t start, int32_t n, int32_t at_end, StringRef flags,
                    int32_t group) {
  if (start <= 0) throw invalid_parameter("start", start);
  if (n <= 0) throw invalid_parameter("n", n);
  if (at_end != 0 && at_end != 1) throw invalid_parameter("endoption", at_end);
  if (group < 0) throw invalid_parameter("subexpr", group);
  Matches match(text.view(), compile_regexp(pattern.view(), flags_of("regexp_instr", flags)));
  match.start_at(start);
  if (!match.next(n)) return 0;
  // PostgreSQL takes the whole match for the one group of a pattern without any.
  const auto found = match.group(group == 1 && match.group_count() == 0 ? 0 : static_cast<size_t>(group));
  if (!found) return 0;
  const size_t offset = static_cast<size_t>(found->data() - text.data()) + (at_end == 1 ? found->size() : 0);
  return static_cast<int32_t>(count_characters(text.view().substr(0, offset))) + 1;
}

std::optional<StringRef> part_of(const Call& call, StringRef text, StringRef pattern, int32_t start, int32_t n,
                                 StringRef flags, int32_t group) {
  if (start <= 0) throw invalid_parameter("start", start);
  if (n <= 0) throw invalid_parameter("n", n);
  if (group < 0) throw invalid_parameter("subexpr", group);
  Matches match(text.view(), compile_regexp(pattern.view(), flags_of("regexp_substr", flags)));
  match.start_at(start);
  if (!match.next(n)) return std::nullopt;
  // PostgreSQL takes the whole match for the one group of a pattern without any.
  const auto found = match.group(group == 1 && match.group_count() == 0 ? 0 : static_cast<size_t>(group));
  if (!found) return std::nullopt;
  return call.strings.add(*found);
}

/// substring(text FROM pattern): the first group where there is one, else the whole match.
std::optional<StringRef> substring_matching(const Call& call, StringRef text, StringRef pattern) {
  Matches match(text.view(), compile_regexp(pattern.view(), {}));
  if (!match.next()) return std::nullopt;
  const auto found = match.group(match.group_count() > 0 ? 1 : 0);
  if (!found) return std::nullopt;
  return call.strings.add(*found);
}

// ---- SIMILAR TO and LIKE

StringRef similar_with(const Call& call, StringRef pattern, StringRef escape) {
  return call.strings.add(similar_to_regexp(pattern.view(), escape.view()));
}
StringRef similar(const Call& call, StringRef pattern) { return call.strings.add(similar_to_regexp(pattern.view(), "\\")); }

/// substring(text SIMILAR pattern ESCAPE escape)
std::optional<StringRef> substring_similar(const Call& call, StringRef text, StringRef pattern, StringRef escape) {
  const std::string regexp = similar_to_regexp(pattern.view(), escape.view());
  return substring_matching(call, text, StringRef(regexp));
}

/// The pattern with backslashes for its own escape character.
StringRef like_escape(const Call& call, StringRef pattern, StringRef escape) {
  if (count_characters(escape.view()) > 1) {
    throw Error(sqlstate::kInvalidEscape, "invalid escape string", "Escape string must be empty or one character.");
  }
  if (escape.view() == "\\") return pattern;
  std::string out;
  bool escaped = false;
  for (size_t at = 0; at < pattern.size();) {
    const size_t bytes = offset_of(pattern.view().substr(at), 1);
    const std::string_view character = pattern.view().substr(at, bytes);
    at += bytes;
    if (character == escape.view() && !escaped) {
      out += '\\';
      escaped = true;
      continue;
    }
    if (character == "\\" && !escaped) out += '\\';
    out += character;
    escaped = false;
  }
  return call.strings.add(out);
}

// ---- calls with their defaults

int32_t position_1(StringRef t, StringRef p) { return position_of(t, p, 1, 1, 0, {}, 0); }
int32_t position_2(StringRef t, StringRef p, int32_t s) { return position_of(t, p, s, 1, 0, {}, 0); }
int32_t position_3(StringRef t, StringRef p, int32_t s, int32_t n) { return position_of(t, p, s, n, 0, {}, 0); }
int32_t position_4(StringRef t, StringRef p, int32_t s, int32_t n, int32_t e) { return position_of(t, p, s, n, e, {}, 0); }
int32_t position_5(StringRef t, StringRef p, int32_t s, int32_t n, int32_t e, StringRef f) {
  return position_of(t, p, s, n, e, f, 0);
}
using Part = std::optional<StringRef>;
Part part_1(const Call& c, StringRef t, StringRef p) { return part_of(c, t, p, 1, 1, {}, 0); }
Part part_2(const Call& c, StringRef t, StringRef p, int32_t s) { return part_of(c, t, p, s, 1, {}, 0); }
Part part_3(const Call& c, StringRef t, StringRef p, int32_t s, int32_t n) { return part_of(c, t, p, s, n, {}, 0); }
Part part_4(const Call& c, StringRef t, StringRef p, int32_t s, int32_t n, StringRef f) {
  return part_of(c, t, p, s, n, f, 0);
}

void add_positions(std::vector<Function>& rows) {
  using enum TypeId;
  const auto integer = always<Type::integer>;
  const auto varchar = always<varchar_type>;
  rows.push_back(row<count>("regexp_count", {kVarchar, kVarchar}, integer, kRaises));
  rows.push_back(row<count_from>("regexp_count", {kVarchar, kVarchar, kInteger}, integer, kRaises));
  rows.push_back(row<count_with>("regexp_count", {kVarchar, kVarchar, kInteger, kVarchar}, integer, kRaises));
  std::vector<TypeId> types = {kVarchar, kVarchar};
  rows.push_back(row<position_1>("regexp_instr", types, integer, kRaises));
  rows.push_back(row<part_1>("regexp_substr", types, varchar, kRaises));
  types.push_back(kInteger);
  rows.push_back(row<position_2>("regexp_instr", types, integer, kRaises));
  rows.push_back(row<part_2>("regexp_substr", types, varchar, kRaises));
  types.push_back(kInteger);
  rows.push_back(row<position_3>("regexp_instr", types, integer, kRaises));
  rows.push_back(row<part_3>("regexp_substr", types, varchar, kRaises));
  rows.push_back(row<part_4>("regexp_substr", {kVarchar, kVarchar, kInteger, kInteger, kVarchar}, varchar, kRaises));
  rows.push_back(row<part_of>("regexp_substr", {kVarchar, kVarchar, kInteger, kInteger, kVarchar, kInteger}, varchar, kRaises));
  types.push_back(kInteger);
  rows.push_back(row<position_4>("regexp_instr", types, integer, kRaises));
  types.push_back(kVarchar);
  rows.push_back(row<position_5>("regexp_instr", types, integer, kRaises));
  types.push_back(kInteger);
  rows.push_back(row<position_of>("regexp_instr", types, integer, kRaises));
}

}  // namespace

const std::vector<Function>& regexp_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    const auto boolean = always<Type::boolean>;
    const auto varchar = always<varchar_type>;
    for (const TypeId subject : {kVarchar, TypeId::kChar}) {
      rows.push_back(row<matches<false, false>>("~", {subject, kVarchar}, boolean, kRaises));
      rows.push_back(row<matches<true, false>>("~*", {subject, kVarchar}, boolean, kRaises));
      rows.push_back(row<matches<false, true>>("!~", {subject, kVarchar}, boolean, kRaises));
      rows.push_back(row<matches<true, true>>("!~*", {subject, kVarchar}, boolean, kRaises));
    }
    rows.push_back(row<matches<false, false>>("regexp_like", {kVarchar, kVarchar}, boolean, kRaises));
    rows.push_back(row<like_with>("regexp_like", {kVarchar, kVarchar, kVarchar}, boolean, kRaises));
    std::vector<TypeId> types = {kVarchar, kVarchar, kVarchar};
    rows.push_back(row<replace_first>("regexp_replace", types, varchar, kRaises));
    rows.push_back(row<replace_with>("regexp_replace", {kVarchar, kVarchar, kVarchar, kVarchar}, varchar, kRaises));
    types.push_back(kInteger);
    rows.push_back(row<replace_from>("regexp_replace", types, varchar, kRaises));
    types.push_back(kInteger);
    rows.push_back(row<replace_nth>("regexp_replace", types, varchar, kRaises));
    types.push_back(kVarchar);
    rows.push_back(row<replace_nth_with>("regexp_replace", types, varchar, kRaises));
    add_positions(rows);
    rows.push_back(row<substring_matching>("substring", {kVarchar, kVarchar}, varchar, kRaises));
    rows.push_back(row<substring_similar>("substring", {kVarchar, kVarchar, kVarchar}, varchar, kRaises));
    rows.push_back(row<similar>("similar_to_escape", {kVarchar}, varchar, kRaises));
    rows.push_back(row<similar_with>("similar_to_escape", {kVarchar, kVarchar}, varchar, kRaises));
    rows.push_back(row<like_escape>("like_escape", {kVarchar, kVarchar}, varchar, kRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
