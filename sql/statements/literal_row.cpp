#include "sql/statements/literal_row.h"

#include <algorithm>
#include <cctype>

#include "sql/parser/lexer.h"
#include "vector/error.h"
#include "vector/parse.h"

namespace cairn {
namespace {

class RowReader {
 public:
  RowReader(std::string_view text, size_t begin) : text_(text), at_(begin) {}

  std::optional<LiteralRow> read(const std::vector<Type>& types) {
    if (!take('(')) return std::nullopt;
    LiteralRow row;
    row.values.reserve(types.size());
    for (const Type& type : types) {
      if (!row.values.empty() && !take(',')) return std::nullopt;
      Value value = Value::null_of(type);
      skip_blanks();
      if (!read_value(value)) return std::nullopt;
      row.values.push_back(std::move(value));
    }
    if (!take(')')) return std::nullopt;
    row.end = at_;
    return row;
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ' || (peek() >= '\t' && peek() <= '\r')) at_++;
  }
  bool take(char wanted) {
    skip_blanks();
    if (peek() != wanted) return false;
    at_++;
    return true;
  }

  bool read_value(Value& value) {
    char c = peek();
    if (c == '\'') return read_text(value);
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '.') return read_number(value);
    size_t begin = at_;
    while (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '_') at_++;
    std::string word(text_.substr(begin, at_ - begin));
    std::ranges::transform(word, word.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    if (word == "null") return true;
    if (value.type.id != TypeId::kBoolean || (word != "true" && word != "false")) return false;
    value = Value::of_boolean(word == "true");
    return true;
  }

  bool read_text(Value& value) {
    std::string unescaped;
    while (true) {
      size_t close = text_.find('\'', at_ + 1);
      if (close == std::string_view::npos) return false;
      unescaped += text_.substr(at_ + 1, close - at_ - 1);
      at_ = close + 1;
      if (peek() != '\'') break;
      unescaped += '\'';
    }
    if (value.type.is_string() && value.type.limit() == Type::kNoLimit) {
      value.null = false;
      value.string = std::move(unescaped);
      return true;
    }
    try {
      Type type = value.type;
      value = parse_value(unescaped, type);
      value.type = type;
    } catch (const Error&) {
      return false;
    }
    return true;
  }

  bool read_number(Value& value) {
    size_t begin = at_;
    if (peek() == '-') at_++;
    bool is_integer = true, any_digit = false;
    for (;; at_++) {
      char c = peek();
      if (std::isdigit(static_cast<unsigned char>(c))) {
        any_digit = true;
      } else if (c == '.' || ((c | 32) == 'e' && any_digit)) {
        is_integer = false;
        if (c != '.' && (peek(1) == '-' || peek(1) == '+')) at_++;
      } else {
        break;
      }
    }
    if (!any_digit || std::isalpha(static_cast<unsigned char>(peek())) || peek() == '_') return false;
    // A point or an exponent on the way into an integer is rounded by a cast; text takes the digits by one.
    if (!value.type.is_numeric() || (value.type.is_integer() && !is_integer)) return false;
    try {
      Type type = value.type;
      value = parse_value(text_.substr(begin, at_ - begin), type);
      value.type = type;
    } catch (const Error&) {
      return false;
    }
    return true;
  }

  std::string_view text_;
  size_t at_;
};

}  // namespace

std::optional<LiteralRow> read_literal_row(std::string_view text, size_t begin, const std::vector<Type>& types) {
  return RowReader(text, begin).read(types);
}

size_t find_row_end(std::string_view text, size_t begin) { return begin + scan_first_group(text.substr(begin)); }

}  // namespace cairn
