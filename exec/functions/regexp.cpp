// Regular expressions, by RE2: its syntax is close to PostgreSQL's, without back-references, and time is linear.

#include <re2/re2.h>

#include <memory>
#include <string>
#include <unordered_map>

#include "exec/functions/executor.h"

namespace cairn::functions {

namespace {

constexpr std::string_view kInvalidRegularExpression = "2201B";

/// Compiled patterns of this thread; a query has few, mostly constant.
const RE2& compiled(std::string_view pattern, bool case_insensitive) {
  thread_local std::unordered_map<std::string, std::unique_ptr<RE2>> cache;
  std::string key(1, case_insensitive ? 'i' : 'c');
  key += pattern;
  const auto found = cache.find(key);
  if (found != cache.end()) return *found->second;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!case_insensitive);
  auto expression = std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!expression->ok()) {
    throw Error(kInvalidRegularExpression, "invalid regular expression: " + expression->error());
  }
  if (cache.size() >= 1000) cache.clear();
  return *(cache[key] = std::move(expression));
}

re2::StringPiece piece(const StringRef& text) { return {text.data(), text.size()}; }

template <bool CaseInsensitive, bool Negated>
bool matches(StringRef text, StringRef pattern) {
  return RE2::PartialMatch(piece(text), compiled(pattern.view(), CaseInsensitive)) != Negated;
}

StringRef replace_with(const Call& call, StringRef text, StringRef pattern, StringRef replacement, StringRef flags) {
  bool global = false, case_insensitive = false;
  for (const char flag : flags.view()) {
    if (flag == 'g') {
      global = true;
    } else if (flag == 'i') {
      case_insensitive = true;
    } else if (flag != 'c') {
      throw Error(sqlstate::kInvalidParameterValue,
                  "invalid regular expression option: \"" + std::string(1, flag) + "\"");
    }
  }
  const RE2& expression = compiled(pattern.view(), case_insensitive);
  std::string rewrite;  // PostgreSQL's \& is RE2's \0
  for (size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement.view()[i];
    if (c == '\\' && i + 1 < replacement.size() && replacement.view()[i + 1] == '&') {
      rewrite += "\\0";
      ++i;
    } else {
      rewrite += c;
    }
  }
  std::string out(text.view());
  if (global) {
    RE2::GlobalReplace(&out, expression, rewrite);
  } else {
    RE2::Replace(&out, expression, rewrite);
  }
  return call.strings.add(out);
}
StringRef replace_first(const Call& call, StringRef text, StringRef pattern, StringRef replacement) {
  return replace_with(call, text, pattern, replacement, StringRef());
}

}  // namespace

const std::vector<Function>& regexp_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    const auto boolean = always<Type::boolean>;
    rows.push_back(row<matches<false, false>>("~", {kVarchar, kVarchar}, boolean, kRaises));
    rows.push_back(row<matches<true, false>>("~*", {kVarchar, kVarchar}, boolean, kRaises));
    rows.push_back(row<matches<false, true>>("!~", {kVarchar, kVarchar}, boolean, kRaises));
    rows.push_back(row<matches<true, true>>("!~*", {kVarchar, kVarchar}, boolean, kRaises));
    rows.push_back(row<matches<false, false>>("regexp_like", {kVarchar, kVarchar}, boolean, kRaises));
    rows.push_back(row<replace_first>("regexp_replace", {kVarchar, kVarchar, kVarchar}, always<varchar_type>, kRaises));
    rows.push_back(
        row<replace_with>("regexp_replace", {kVarchar, kVarchar, kVarchar, kVarchar}, always<varchar_type>, kRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
