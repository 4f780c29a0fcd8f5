#include "sql/parser/lexer.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cairn {
namespace {

bool is_identifier_start(unsigned char c) { return static_cast<unsigned>((c | 32) - 'a') < 26 || c == '_' || c >= 0x80; }
bool is_digit(unsigned char c) { return static_cast<unsigned>(c - '0') < 10; }
bool is_identifier_part(unsigned char c) { return is_identifier_start(c) || is_digit(c) || c == '$'; }
bool is_blank(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_operator(unsigned char c) { return c != 0 && std::strchr("~!@#^&|`?+-*/%<>=", c) != nullptr; }

enum class Word { kOperand, kPrefix, kInfix, kBoundary, kChain, kCase, kEnd, kInsert, kValues, kReturning };

struct Keyword {
  std::string_view name;
  Word word;
};
constexpr std::array kKeywords = {
    Keyword{"not", Word::kPrefix},        Keyword{"and", Word::kBoundary},    Keyword{"or", Word::kBoundary},
    Keyword{"select", Word::kBoundary},   Keyword{"from", Word::kBoundary},   Keyword{"where", Word::kBoundary},
    Keyword{"group", Word::kBoundary},    Keyword{"having", Word::kBoundary}, Keyword{"order", Word::kBoundary},
    Keyword{"limit", Word::kBoundary},    Keyword{"on", Word::kReturning},    Keyword{"when", Word::kBoundary},
    Keyword{"then", Word::kBoundary},     Keyword{"else", Word::kBoundary},   Keyword{"set", Word::kBoundary},
    Keyword{"is", Word::kInfix},          Keyword{"isnull", Word::kInfix},    Keyword{"notnull", Word::kInfix},
    Keyword{"like", Word::kInfix},        Keyword{"ilike", Word::kInfix},     Keyword{"similar", Word::kInfix},
    Keyword{"in", Word::kInfix},          Keyword{"between", Word::kInfix},   Keyword{"collate", Word::kInfix},
    Keyword{"at", Word::kInfix},          Keyword{"overlaps", Word::kInfix},  Keyword{"operator", Word::kInfix},
    Keyword{"union", Word::kChain},       Keyword{"intersect", Word::kChain}, Keyword{"except", Word::kChain},
    Keyword{"join", Word::kChain},        Keyword{"case", Word::kCase},       Keyword{"end", Word::kEnd},
    Keyword{"insert", Word::kInsert},     Keyword{"values", Word::kValues},   Keyword{"returning", Word::kReturning},
};

Word classify(std::string_view text) {
  if (text.size() > 9) return Word::kOperand;
  char lower[9];
  for (size_t i = 0; i < text.size(); i++) lower[i] = static_cast<char>(text[i] | 32);
  std::string_view name(lower, text.size());
  for (const Keyword& keyword : kKeywords)
    if (keyword.name == name) return keyword.word;
  return Word::kOperand;
}

/// One bracket level. `item` bounds the depth of the current list item, `deepest` that of the items before it.
struct Level {
  bool is_case = false;
  bool after_operand = false;
  size_t item = 0;
  size_t deepest = 0;
  size_t chain = 0;           ///< UNION and JOIN nest to the left over the whole level
  size_t pending_prefix = 0;  ///< operators that wait for their operand
  size_t bound() const { return std::max(deepest, item) + chain; }
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) { levels_.emplace_back(); }

  size_t first_group_end() {
    bool opened = false;
    while (true) {
      skip_blanks();
      if (at_ >= text_.size()) return text_.size();
      token();
      opened = opened || levels_.size() > 1;
      if (opened && levels_.size() == 1) return at_;
    }
  }

  StatementExtent run() {
    skip_blanks();
    extent_.begin = at_;
    while (true) {
      skip_blanks();
      if (at_ >= text_.size()) break;
      if (text_[at_] == ';') {
        extent_.end = extent_.consumed = at_;
        extent_.consumed++;
        finish();
        return std::move(extent_);
      }
      extent_.empty = false;
      token();
      extent_.token_count++;
    }
    extent_.end = extent_.consumed = text_.size();
    finish();
    return std::move(extent_);
  }

 private:
  unsigned char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? static_cast<unsigned char>(text_[at_ + ahead]) : 0;
  }

  void finish() {
    note_depth(0);
    if (!insert_splittable_) extent_.insert_pieces.clear();
  }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (is_blank(peek())) {
        at_++;
      } else if (peek() == '-' && peek(1) == '-') {
        size_t line_end = text_.find('\n', at_);
        at_ = line_end == std::string_view::npos ? text_.size() : line_end + 1;
      } else if (peek() == '/' && peek(1) == '*') {
        skip_comment();
      } else {
        return;
      }
    }
  }

  void skip_comment() {
    size_t depth = 1;
    at_ += 2;
    while (at_ < text_.size() && depth > 0) {
      if (peek() == '/' && peek(1) == '*') {
        depth++;
        at_ += 2;
      } else if (peek() == '*' && peek(1) == '/') {
        depth--;
        at_ += 2;
      } else {
        at_++;
      }
    }
  }

  void skip_quoted(char quote, bool backslash) {
    at_++;
    while (at_ < text_.size()) {
      if (!backslash) {
        size_t next = text_.find(quote, at_);
        at_ = next == std::string_view::npos ? text_.size() : next;
        if (at_ >= text_.size()) return;
      }
      if (text_[at_] == '\\' && backslash) {
        at_ += 2;
      } else if (text_[at_] == quote) {
        at_++;
        if (peek() != static_cast<unsigned char>(quote)) return;
        at_++;
      } else {
        at_++;
      }
    }
    at_ = std::min(at_, text_.size());
  }

  /// $tag$ … $tag$, or $1.
  void dollar() {
    size_t tag_end = at_ + 1;
    while (tag_end < text_.size() && is_identifier_part(text_[tag_end]) && text_[tag_end] != '$') tag_end++;
    if (tag_end >= text_.size() || text_[tag_end] != '$' || is_digit(peek(1))) {
      at_ = std::max(tag_end, at_ + 1);
      return;
    }
    std::string_view tag = text_.substr(at_, tag_end + 1 - at_);
    size_t close = text_.find(tag, tag_end + 1);
    at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
  }

  void token() {
    unsigned char c = peek();
    if (is_identifier_start(c)) {
      word();
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      while (is_identifier_part(peek()) || peek() == '.') at_++;
      operand();
    } else if (c == '\'') {
      skip_quoted('\'', false);
      operand();
    } else if (c == '"') {
      skip_quoted('"', false);
      operand();
    } else if (c == '$') {
      dollar();
      operand();
    } else if (c == '(' || c == '[') {
      at_++;
      open(false);
    } else if (c == ')' || c == ']') {
      at_++;
      close();
    } else if (c == ',') {
      at_++;
      comma();
    } else if (c == ':' && peek(1) == ':') {
      at_ += 2;
      infix(1);
    } else if (is_operator(c)) {
      operators();
    } else {
      at_++;
    }
  }

  void operators() {
    size_t count = 0;
    bool signs_only = true;
    while (is_operator(peek()) && !(peek() == '-' && peek(1) == '-') && !(peek() == '/' && peek(1) == '*')) {
      signs_only = signs_only && (peek() == '+' || peek() == '-');
      count++;
      at_++;
    }
    infix(signs_only ? count : 1);
  }

  void word() {
    size_t begin = at_;
    while (is_identifier_part(peek())) at_++;
    std::string_view name = text_.substr(begin, at_ - begin);
    if (peek() == '\'' && name.size() == 1) {
      skip_quoted('\'', (name[0] | 32) == 'e');
      return operand();
    }
    if (peek() == '&' && (name == "u" || name == "U") && (peek(1) == '\'' || peek(1) == '"')) {
      at_++;
      skip_quoted(text_[at_], false);
      return operand();
    }
    Level& level = levels_.back();
    switch (classify(name)) {
      case Word::kOperand: operand(); break;
      case Word::kPrefix: level.pending_prefix++; note_depth(level.pending_prefix); level.after_operand = false; break;
      case Word::kInfix: infix(1); break;
      case Word::kReturning:
        if (levels_.size() == 1) insert_splittable_ = false;
        boundary();
        break;
      case Word::kBoundary: boundary(); break;
      case Word::kChain: level.chain++; boundary(); break;
      case Word::kCase: open(true); break;
      case Word::kEnd: if (level.is_case) close(); break;
      case Word::kInsert:
        if (extent_.token_count == 0) is_insert_ = true;
        operand();
        break;
      case Word::kValues:
        if (is_insert_ && levels_.size() == 1 && extent_.insert_pieces.empty()) {
          extent_.insert_header_end = at_;
          extent_.insert_pieces.push_back(at_);
          insert_splittable_ = true;
        }
        boundary();
        break;
    }
  }

  void operand() {
    Level& level = levels_.back();
    level.item = std::max(level.item, level.pending_prefix);
    level.pending_prefix = 0;
    level.after_operand = true;
  }

  void infix(size_t count) {
    Level& level = levels_.back();
    if (level.after_operand) {
      level.item++;
      level.pending_prefix = count;
    } else {
      level.pending_prefix += count;
    }
    level.after_operand = false;
    note_depth(level.pending_prefix);
  }

  void boundary() {
    Level& level = levels_.back();
    note_depth(level.pending_prefix);
    level.deepest = std::max(level.deepest, level.item);
    level.item = level.pending_prefix = 0;
    level.after_operand = false;
  }

  void comma() {
    boundary();
    if (levels_.size() == 1 && insert_splittable_ && ++insert_rows_ % kInsertRowsPerPiece == 0)
      extent_.insert_pieces.push_back(at_);
  }

  void open(bool is_case) {
    levels_.emplace_back().is_case = is_case;
    note_depth(0);
  }

  void close() {
    // A ')' closes the CASEs that were left open: the parser will complain, the bound need only stay one.
    if (levels_.size() == 1) return;
    size_t inner = levels_.back().bound();
    levels_.pop_back();
    Level& level = levels_.back();
    level.item = std::max(level.item, inner + level.pending_prefix + 1);
    level.pending_prefix = 0;
    level.after_operand = true;
    note_depth(0);
  }

  void note_depth(size_t more) {
    size_t depth = levels_.size() - 1 + levels_.back().bound() + more;
    if (depth > extent_.depth) {
      extent_.depth = depth;
      extent_.deepest_position = at_ > 0 ? at_ - 1 : 0;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  bool is_insert_ = false;
  bool insert_splittable_ = false;
  size_t insert_rows_ = 0;
  std::vector<Level> levels_;
  StatementExtent extent_;
};

}  // namespace

StatementExtent scan_statement(std::string_view text) { return Scanner(text).run(); }

size_t scan_first_group(std::string_view text) { return Scanner(text).first_group_end(); }

}  // namespace cairn
