// format(), and quoting of literals and names.

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "exec/functions/characters.h"
#include "exec/functions/executor.h"
#include "exec/functions/output_text.h"

namespace cairn::functions {

namespace {

/// PostgreSQL 15's key words that are not free to be names: quote_ident puts them in quotes.
constexpr std::string_view kReserved[] = {
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between", "bigint",
    "binary", "bit", "boolean", "both", "case", "cast", "char", "character", "check", "coalesce", "collate", "collation",
    "column", "concurrently", "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable",
    "desc", "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float", "for", "foreign",
    "freeze", "from", "full", "grant", "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner",
    "inout", "int", "integer", "intersect", "interval", "into", "is", "isnull", "join", "lateral", "leading", "least",
    "left", "like", "limit", "localtime", "localtimestamp", "national", "natural", "nchar", "none", "normalize", "not",
    "notnull", "null", "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer", "overlaps", "overlay",
    "placing", "position", "precision", "primary", "real", "references", "returning", "right", "row", "select",
    "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric", "table", "tablesample", "then",
    "time", "timestamp", "to", "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values",
    "varchar", "variadic", "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement",
    "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable"};

void append_quoted(std::string_view text, char quote, std::string& out) {
  out += quote;
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  out += quote;
}

void append_identifier(std::string_view text, std::string& out) {
  const auto may_stand = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const bool plain = !text.empty() && may_stand(text[0]) &&
                     std::ranges::all_of(text, [&](char c) { return may_stand(c) || (c >= '0' && c <= '9'); }) &&
                     !std::ranges::binary_search(kReserved, text);
  if (plain) {
    out += text;
  } else {
    append_quoted(text, '"', out);
  }
}

/// 'text', or E'text' where it has backslashes.
void append_literal(std::string_view text, std::string& out) {
  if (text.find('\\') == std::string_view::npos) return append_quoted(text, '\'', out);
  std::string doubled;
  for (const char c : text) {
    if (c == '\\') doubled += c;
    doubled += c;
  }
  out += 'E';
  append_quoted(doubled, '\'', out);
}

StringRef quote_identifier(const Call& call, StringRef text) {
  std::string out;
  append_identifier(text.view(), out);
  return call.strings.add(out);
}

/// quote_literal (strict) and quote_nullable (a NULL is the text NULL), of any type.
void evaluate_quote(const Function& self, std::span<const Vector> arguments, size_t rows, Type type,
                    EvaluationContext& context, Vector& result) {
  StringRef* out = static_cast<StringRef*>(start_flat(type, rows, context, result));
  if (self.strict) result.validity = combine_validity(arguments, rows, context);
  std::string text, quoted;
  for (size_t i = 0; i < rows; ++i) {
    text.clear();
    quoted.clear();
    if (arguments[0].valid(i)) {
      format_row(arguments[0], i, "", text);
      append_literal(text, quoted);
    } else if (!self.strict) {
      quoted = "NULL";
    }
    out[i] = context.strings().add(quoted);
  }
}

// ---- format

/// One row of a call of format(): reads "%[position$][-][width]type" and appends.
class Formatter {
 public:
  Formatter(std::span<const Vector> arguments, size_t row, const EvaluationContext& context)
      : arguments_(arguments), row_(row), context_(context) {}

  void run(std::string_view pattern, std::string& out) {
    rest_ = pattern;
    while (!rest_.empty()) {
      const size_t percent = std::min(rest_.find('%'), rest_.size());
      out += rest_.substr(0, percent);
      rest_.remove_prefix(percent);
      if (rest_.empty()) return;
      rest_.remove_prefix(1);
      if (!rest_.empty() && rest_[0] == '%') {
        out += '%';
        rest_.remove_prefix(1);
      } else {
        specifier(out);
      }
    }
  }

 private:
  void specifier(std::string& out) {
    size_t wanted = 0;  // 0: the next one
    bool left = false;
    int64_t width = 0;
    if (int64_t number; take_number(number)) {
      if (peek() == '$') {
        wanted = position(number);
        rest_.remove_prefix(1);
      } else {
        width = number;
      }
    }
    if (width == 0) {
      while (peek() == '-') left = true, rest_.remove_prefix(1);
      if (peek() == '*') {
        rest_.remove_prefix(1);
        width = width_argument();
      } else {
        take_number(width);
      }
    }
    if (width < 0) left = true, width = -width;
    const char kind = peek();
    if (kind != 's' && kind != 'I' && kind != 'L') {
      throw Error(sqlstate::kInvalidParameterValue,
                  "unrecognized format() type specifier \"" + std::string(rest_.substr(0, offset_of(rest_, 1))) + "\"",
                  "For a single \"%\" use \"%%\".");
    }
    rest_.remove_prefix(1);
    const std::string text = convert(kind, argument(wanted));
    const int64_t missing = std::max<int64_t>(width - static_cast<int64_t>(count_characters(text)), 0);
    check_text_bytes(out.size() + text.size() + static_cast<uint64_t>(missing), context_);
    if (!left) out.append(static_cast<size_t>(missing), ' ');
    out += text;
    if (left) out.append(static_cast<size_t>(missing), ' ');
  }

  std::string convert(char kind, const Vector& value) const {
    std::string text, quoted;
    if (!value.valid(row_)) {
      if (kind == 'I') throw Error(kNullNotAllowed, "null values cannot be formatted as an SQL identifier");
      return kind == 'L' ? "NULL" : "";
    }
    append_output(value, row_, text);
    if (kind == 's') return text;
    kind == 'I' ? append_identifier(text, quoted) : append_literal(text, quoted);
    return quoted;
  }

  const Vector& argument(size_t wanted) {
    if (wanted == 0) wanted = next_;
    if (wanted >= arguments_.size()) throw Error(sqlstate::kInvalidParameterValue, "too few arguments for format()");
    next_ = wanted + 1;
    return arguments_[wanted];
  }

  int64_t width_argument() {
    size_t wanted = 0;
    if (int64_t number; take_number(number)) {
      if (peek() != '$') throw Error(sqlstate::kInvalidParameterValue, "width argument position must be ended by \"$\"");
      rest_.remove_prefix(1);
      wanted = position(number);
    }
    const Vector& value = argument(wanted);
    if (!value.valid(row_)) return 0;
    std::string text;
    append_output(value, row_, text);
    int32_t width = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
    if (error == std::errc::result_out_of_range || width == INT32_MIN) {
      throw Error(sqlstate::kNumericOutOfRange, "number is out of range");
    }
    if (error != std::errc() || end != text.data() + text.size()) {
      throw Error(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type integer: \"" + text + "\"");
    }
    return width;
  }

  static size_t position(int64_t number) {
    if (number == 0) {
      throw Error(sqlstate::kInvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1");
    }
    return static_cast<size_t>(number);
  }

  bool take_number(int64_t& number) {
    if (peek() < '0' || peek() > '9') return false;
    number = 0;
    while (peek() >= '0' && peek() <= '9') {
      number = number * 10 + (peek() - '0');
      if (number > INT32_MAX) throw Error(sqlstate::kNumericOutOfRange, "number is out of range");
      rest_.remove_prefix(1);
    }
    return true;
  }

  char peek() const {
    if (rest_.empty()) {
      throw Error(sqlstate::kInvalidParameterValue, "unterminated format() type specifier",
                  "For a single \"%\" use \"%%\".");
    }
    return rest_[0];
  }

  static constexpr std::string_view kNullNotAllowed = "22004";
  const std::span<const Vector> arguments_;  ///< the pattern first
  const size_t row_;
  const EvaluationContext& context_;
  std::string_view rest_;
  size_t next_ = 1;
};

void evaluate_format(const Function&, std::span<const Vector> arguments, size_t rows, Type type,
                     EvaluationContext& context, Vector& result) {
  StringRef* out = static_cast<StringRef*>(start_flat(type, rows, context, result));
  result.validity = combine_validity(arguments.first(1), rows, context);
  std::string pattern, text;
  for (size_t i = 0; i < rows; ++i) {
    out[i] = StringRef();
    if (!arguments[0].valid(i)) continue;
    pattern.clear();
    text.clear();
    append_output(arguments[0], i, pattern);
    Formatter(arguments, i, context).run(pattern, text);
    out[i] = context.strings().add(text);
  }
}

Function on_any(std::string_view name, decltype(Function::evaluate) evaluate, bool strict) {
  Function function;
  function.name = name;
  function.arguments = {kAnyType};
  function.strict = strict;
  function.can_raise = false;
  function.result_type = always<varchar_type>;
  function.evaluate = evaluate;
  return function;
}

}  // namespace

const std::vector<Function>& format_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    rows.push_back(row<quote_identifier>("quote_ident", {TypeId::kVarchar}, always<varchar_type>, kNeverRaises));
    for (const TypeId argument : {TypeId::kVarchar, kAnyType}) {
      rows.push_back(on_any("quote_literal", evaluate_quote, true));
      rows.back().arguments = {argument};
      rows.push_back(on_any("quote_nullable", evaluate_quote, false));
      rows.back().arguments = {argument};
    }
    Function format = on_any("format", evaluate_format, false);
    format.arguments = {TypeId::kVarchar};
    format.can_raise = true;
    rows.push_back(format);
    format.arguments = {TypeId::kVarchar, kAnyType};
    format.variadic = true;
    rows.push_back(format);
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
