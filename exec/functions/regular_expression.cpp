#include "exec/functions/regular_expression.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>

#include "exec/functions/characters.h"
#include "vector/error.h"
#include "vector/excerpt.h"

namespace cairn::functions {

namespace {

constexpr std::string_view kInvalidRegularExpression = "2201B";

Error unsupported(std::string_view what) {
  return Error(sqlstate::kFeatureNotSupported, std::string(what) + " in regular expressions are not supported");
}

/// Classes of characters as they stand in a RE2 bracket: of all Unicode, where RE2's own are ASCII's.
struct CharacterClass {
  std::string_view name, members;
};
constexpr std::string_view kWord = "\\p{L}\\p{Nl}\\p{Nd}_";
constexpr std::string_view kSpace = "\\t-\\r \\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200a}\\x{2028}\\x{2029}\\x{205f}\\x{3000}";
constexpr CharacterClass kClasses[] = {
    {"alpha", "\\p{L}\\p{Nl}"},          {"alnum", "\\p{L}\\p{Nl}\\p{Nd}"}, {"upper", "\\p{Lu}\\p{Lt}"},
    {"lower", "\\p{Ll}"},                 {"punct", "\\p{P}\\p{S}"},          {"space", kSpace},
    {"graph", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}"}, {"print", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Zs}"}};

/// Reads an advanced regular expression and writes it as RE2's.
class Translator {
 public:
  Translator(std::string_view pattern, const RegexpOptions& options) : rest_(pattern), options_(options) {}

  std::string run() {
    while (!rest_.empty()) element();
    return std::move(out_);
  }
  bool has_lazy_quantifier() const { return lazy_; }

 private:
  void element() {
    const char c = take();
    const char next = rest_.empty() ? '\0' : rest_[0];
    if (c == '\\') return escape(false);
    if (c == '[') return bracket();
    if (options_.expanded && (c == ' ' || (c >= '\t' && c <= '\r'))) return;
    if (options_.expanded && c == '#') {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      return;
    }
    if (c == '(' && next == '?') {
      const char kind = rest_.size() > 1 ? rest_[1] : '\0';
      if (kind == '=' || kind == '!' || kind == '<') throw unsupported("look-ahead and look-behind constraints");
    }
    if (next == '?' && (c == '*' || c == '+' || c == '?' || c == '}')) lazy_ = true;
    out_ += c;
  }

  void escape(bool in_bracket) {
    if (rest_.empty()) throw Error(kInvalidRegularExpression, "invalid regular expression: invalid escape \\ sequence");
    const char c = take();
    switch (c) {
      case 'w': return character_class(kWord, in_bracket ? "" : "[");
      case 's': return character_class(kSpace, in_bracket ? "" : "[");
      case 'W':
        if (in_bracket) break;
        return character_class(kWord, "[^");
      case 'S':
        if (in_bracket) break;
        return character_class(kSpace, "[^");
      case 'y': out_ += "\\b"; return;
      case 'Y': out_ += "\\B"; return;
      case 'B': out_ += "\\\\"; return;
      case 'Z': out_ += "\\z"; return;
      case 'e': out_ += "\\x1b"; return;
      case 'm':
      case 'M': throw unsupported("word-begin and word-end constraints");
      case 'u': out_ += "\\x{" + digits(4) + '}'; return;
      case 'U': out_ += "\\x{" + digits(8) + '}'; return;
      default: break;
    }
    if (c >= '1' && c <= '9') throw unsupported("back-references");
    if (static_cast<unsigned char>(c) < 0x80) out_ += '\\';  // others stand for themselves, which RE2 wants without
    out_ += c;
  }

  /// Alone with its own bracket, or as part of one that is open.
  void character_class(std::string_view members, std::string_view opening) {
    out_ += opening;
    out_ += members;
    if (!opening.empty()) out_ += ']';
  }

  std::string digits(size_t count) {
    if (rest_.size() < count) throw Error(kInvalidRegularExpression, "invalid regular expression: invalid escape \\ sequence");
    const std::string hex(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return hex;
  }

  /// Behind the [. A ] at the begin is a member.
  void bracket() {
    out_ += '[';
    if (rest_.starts_with("[:<:]]") || rest_.starts_with("[:>:]]")) throw unsupported("word-begin and word-end constraints");
    if (rest_.starts_with('^')) {
      out_ += take();
      if (options_.newline_stops_dot) out_ += "\\n";
    }
    for (bool first = true; !rest_.empty(); first = false) {
      const char c = take();
      if (c == ']' && !first) {
        out_ += c;
        return;
      }
      const char next = rest_.empty() ? '\0' : rest_[0];
      if (c == '[' && next == ':') {
        const size_t end = rest_.find(":]");
        if (end != std::string_view::npos) {
          const std::string_view name = rest_.substr(1, end - 1);
          const auto* known = std::ranges::find(kClasses, name, &CharacterClass::name);
          if (known != std::end(kClasses)) character_class(known->members, "");
          else (out_ += '[') += rest_.substr(0, end + 2);
          rest_.remove_prefix(end + 2);
          continue;
        }
      }
      if (c == '[' && (next == '.' || next == '=')) throw unsupported("collating elements and equivalence classes");
      if (c == '\\') {
        escape(true);
        continue;
      }
      if (c == ']' || c == '[') out_ += '\\';
      out_ += c;
    }
    throw Error(kInvalidRegularExpression, "invalid regular expression: brackets [] not balanced");
  }

  char take() {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  const RegexpOptions& options_;
  std::string out_;
  bool lazy_ = false;
};

std::unique_ptr<RE2> compile(std::string_view pattern, RegexpOptions options) {
  if (pattern.starts_with("***=")) {
    options.literal = true;
    pattern.remove_prefix(4);
  } else if (pattern.starts_with("***:")) {
    pattern.remove_prefix(4);
  }
  RE2::Options how;
  how.set_log_errors(false);
  how.set_case_sensitive(!options.case_insensitive);
  how.set_literal(options.literal);
  how.set_dot_nl(!options.newline_stops_dot);
  how.set_longest_match(true);
  std::string text(pattern);
  if (!options.literal) {
    Translator translator(pattern, options);
    text = translator.run();
    how.set_longest_match(!translator.has_lazy_quantifier());
    if (options.newline_bounds_lines) text.insert(0, "(?m)");
  }
  auto expression = std::make_unique<RE2>(text, how);
  if (!expression->ok()) throw Error(kInvalidRegularExpression, "invalid regular expression: " + excerpt(expression->error()));
  return expression;
}

}  // namespace

RegexpOptions parse_regexp_flags(std::string_view flags) {
  RegexpOptions options;
  for (size_t at = 0; at < flags.size(); ++at) {
    switch (flags[at]) {
      case 'g': options.global = true; break;
      case 'i': options.case_insensitive = true; break;
      case 'c': options.case_insensitive = false; break;
      case 'm':
      case 'n': options.newline_stops_dot = options.newline_bounds_lines = true; break;
      case 'p': options.newline_stops_dot = true, options.newline_bounds_lines = false; break;
      case 'w': options.newline_stops_dot = false, options.newline_bounds_lines = true; break;
      case 's': options.newline_stops_dot = options.newline_bounds_lines = false; break;
      case 'x': options.expanded = true; break;
      case 't': options.expanded = false; break;
      case 'q': options.literal = true; break;
      case 'e': options.literal = false; break;
      default: {
        const std::string_view rest = flags.substr(at);
        throw Error(sqlstate::kInvalidParameterValue,
                    "invalid regular expression option: \"" + std::string(rest.substr(0, offset_of(rest, 1))) + "\"");
      }
    }
  }
  return options;
}

const RE2& compile_regexp(std::string_view pattern, const RegexpOptions& options) {
  // A query has few patterns, mostly constant.
  thread_local std::unordered_map<std::string, std::unique_ptr<RE2>> cache;
  std::string key;
  for (const bool option : {options.case_insensitive, options.newline_stops_dot, options.newline_bounds_lines,
                            options.expanded, options.literal}) {
    key += option ? '1' : '0';
  }
  key += pattern;
  const auto found = cache.find(key);
  if (found != cache.end()) return *found->second;
  auto expression = compile(pattern, options);
  if (cache.size() >= 1000) cache.clear();
  return *(cache[key] = std::move(expression));
}

std::string similar_to_regexp(std::string_view pattern, std::string_view escape) {
  if (count_characters(escape) > 1) {
    throw Error(sqlstate::kInvalidEscape, "invalid escape string", "Escape string must be empty or one character.");
  }
  // In front of the first separator as little as possible is taken: its quantifiers are lazy.
  const std::string separator = std::string(escape) + '"';
  bool lazy = !escape.empty() && pattern.find(separator) != std::string_view::npos;
  std::string out = "^(?:";
  bool escaped = false, in_bracket = false;
  int separators = 0;
  for (size_t at = 0; at < pattern.size();) {
    const size_t bytes = offset_of(pattern.substr(at), 1);
    const std::string_view character = pattern.substr(at, bytes);
    const char c = character[0];
    at += bytes;
    if (escaped && c == '"' && !in_bracket) {
      if (++separators > 2) {
        throw Error("2200C", "SQL regular expression may not contain more than two escape-double-quote separators");
      }
      out += separators == 1 ? ")(" : ")(?:";
      lazy = false;
      escaped = false;
    } else if (escaped) {
      out += '\\';
      out += character;
      escaped = false;
    } else if (character == escape) {
      escaped = true;
    } else if (in_bracket) {
      if (c == '\\') out += '\\';
      out += character;
      in_bracket = c != ']';
    } else if (c == '[') {
      out += c;
      in_bracket = true;
    } else if (c == '%') {
      out += lazy ? ".*?" : ".*";
    } else if (c == '_') {
      out += '.';
    } else if (c == '(') {
      out += "(?:";
    } else if (c == '\\' || c == '.' || c == '^' || c == '$') {
      out += '\\';
      out += c;
    } else {
      out += character;
      if (lazy && (c == '*' || c == '+' || c == '?' || c == '}')) out += '?';
    }
  }
  return out + ")$";
}

}  // namespace cairn::functions
