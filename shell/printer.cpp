#include "shell/printer.h"

#include <utf8proc.h>

#include <algorithm>

#include "shell/output.h"

namespace cairn::shell {

namespace {

constexpr std::string_view kNull = "NULL";

/// Calls visit(code point's bytes, its width) until it returns false.
template <typename Visit>
void for_each_character(std::string_view text, Visit visit) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (size_t at = 0; at < text.size();) {
    utf8proc_int32_t code_point = -1;
    const auto length = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &code_point);
    const size_t taken = length < 1 ? 1 : static_cast<size_t>(length);
    const int width = length < 1 ? 1 : utf8proc_charwidth(code_point);
    if (!visit(text.substr(at, taken), static_cast<size_t>(std::max(width, 0)))) return;
    at += taken;
  }
}

/// One line of text: what would break a table's frame becomes an escape.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out;
}

/// Exactly `width` columns: padded, or cut with an ellipsis.
std::string fit(const std::string& text, size_t width, bool right) {
  const size_t needed = display_width(text);
  if (needed <= width) {
    const std::string blanks(width - needed, ' ');
    return right ? blanks + text : text + blanks;
  }
  std::string out;
  size_t used = 0;
  for_each_character(text, [&](std::string_view character, size_t character_width) {
    if (used + character_width + 1 > width) return false;
    out += character;
    used += character_width;
    return true;
  });
  return out + "…" + std::string(width > used + 1 ? width - used - 1 : 0, ' ');
}

/// Columns padded to common widths, which the first rows decide.
class TablePrinter : public Printer {
 public:
  TablePrinter(std::FILE* out, size_t width_max, bool markdown)
      : out_(out), width_max_(width_max), markdown_(markdown) {}

  void begin(const std::vector<Column>& columns) override {
    columns_ = columns;
    for (Column& column : columns_) column.name = one_line(column.name);
  }

  void row(Row cells) override {
    ++row_count_;
    std::vector<std::string> texts;
    for (const Cell& cell : cells) texts.push_back(cell ? escape(one_line(*cell)) : std::string(kNull));
    if (started_) return line(texts);
    waiting_.push_back(std::move(texts));
    if (waiting_.size() >= kRowsBeforeWidths) start();
  }

  void end() override {
    if (!started_) start();
    if (markdown_) return;
    rule("└", "┴", "┘");
    print(out_, "{} row{}\n", row_count_, row_count_ == 1 ? "" : "s");
  }

 private:
  /// Rows looked at before widths are fixed; later, wider values are cut on a terminal and stick out in a file.
  static constexpr size_t kRowsBeforeWidths = 10000;

  std::string escape(std::string text) const {
    if (!markdown_) return text;
    for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
    return text;
  }

  void start() {
    started_ = true;
    for (size_t i = 0; i < columns_.size(); ++i) {
      size_t width = std::max<size_t>(display_width(columns_[i].name), markdown_ ? 3 : 1);
      for (const auto& texts : waiting_) width = std::max(width, display_width(texts[i]));
      widths_.push_back(width);
    }
    if (width_max_ != 0 && !markdown_) shrink();
    std::vector<std::string> names;
    for (const Column& column : columns_) names.push_back(column.name);
    if (!markdown_) rule("┌", "┬", "┐");
    line(names);
    if (markdown_) {
      std::string out = "|";
      for (size_t i = 0; i < widths_.size(); ++i) {
        out += std::string(widths_[i] + 1, '-') + (columns_[i].numeric ? ":|" : "-|");
      }
      print(out_, "{}\n", out);
    } else {
      rule("├", "┼", "┤");
    }
    for (const auto& texts : waiting_) line(texts);
    waiting_.clear();
  }

  /// Takes width from the widest columns until the frame fits the terminal.
  void shrink() {
    const auto total = [&] {
      size_t sum = 1;
      for (const size_t width : widths_) sum += width + 3;
      return sum;
    };
    for (size_t excess = total(); excess > width_max_; excess = total()) {
      const auto widest = std::max_element(widths_.begin(), widths_.end());
      if (*widest <= 4) return;
      const size_t over = excess - width_max_;
      size_t second = 4;
      for (auto other = widths_.begin(); other != widths_.end(); ++other) {
        if (other != widest) second = std::max(second, *other);
      }
      const size_t step = second < *widest ? std::min(over, *widest - second) : 1;
      *widest -= std::min(step, *widest - 4);
    }
  }

  void rule(std::string_view left, std::string_view middle, std::string_view right) {
    std::string out(left);
    for (size_t i = 0; i < widths_.size(); ++i) {
      for (size_t dash = 0; dash < widths_[i] + 2; ++dash) out += "─";
      out += i + 1 < widths_.size() ? middle : right;
    }
    print(out_, "{}\n", out);
  }

  void line(const std::vector<std::string>& texts) {
    const std::string_view bar = markdown_ ? "|" : "│";
    std::string out(bar);
    for (size_t i = 0; i < texts.size(); ++i) {
      const bool cut = width_max_ != 0 && !markdown_;
      const size_t width = cut ? widths_[i] : std::max(widths_[i], display_width(texts[i]));
      out += " " + fit(texts[i], width, columns_[i].numeric) + " ";
      out += bar;
    }
    print(out_, "{}\n", out);
  }

  std::FILE* out_;
  size_t width_max_;
  bool markdown_, started_ = false;
  std::vector<Column> columns_;
  std::vector<size_t> widths_;
  std::vector<std::vector<std::string>> waiting_;
  size_t row_count_ = 0;
};

/// RFC 4180, a header line first, CRLF left to those who ask for it: lines end with LF. NULL is an empty field, an
/// empty string a quoted one.
class CsvPrinter : public Printer {
 public:
  explicit CsvPrinter(std::FILE* out) : out_(out) {}
  void begin(const std::vector<Column>& columns) override {
    Row names;
    for (const Column& column : columns) names.emplace_back(column.name);
    row(std::move(names));
  }
  void row(Row cells) override {
    std::string out;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out += ',';
      if (cells[i]) out += quoted(*cells[i]);
    }
    out += '\n';
    std::fwrite(out.data(), 1, out.size(), out_);
  }
  void end() override {}

 private:
  static std::string quoted(const std::string& text) {
    if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"') out += '"';
      out += c;
    }
    return out + '"';
  }
  std::FILE* out_;
};

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

/// An array of objects, one per line.
class JsonPrinter : public Printer {
 public:
  explicit JsonPrinter(std::FILE* out) : out_(out) {}
  void begin(const std::vector<Column>& columns) override {
    columns_ = columns;
    std::fputs("[", out_);
  }
  void row(Row cells) override {
    std::string out = first_ ? "{" : ",\n{";
    first_ = false;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out += ",";
      out += json_string(columns_[i].name) + ":";
      const bool number = columns_[i].numeric && cells[i] && cells[i]->find_first_of("NIn") == std::string::npos;
      const bool bare = number || columns_[i].boolean;
      out += !cells[i] ? "null" : bare ? *cells[i] : json_string(*cells[i]);
    }
    out += "}";
    std::fwrite(out.data(), 1, out.size(), out_);
  }
  void end() override { std::fputs("]\n", out_); }

 private:
  std::FILE* out_;
  std::vector<Column> columns_;
  bool first_ = true;
};

/// One value per line: "   name = value", rows parted by a blank line.
class LinePrinter : public Printer {
 public:
  explicit LinePrinter(std::FILE* out) : out_(out) {}
  void begin(const std::vector<Column>& columns) override {
    columns_ = columns;
    for (const Column& column : columns_) width_ = std::max(width_, display_width(column.name));
  }
  void row(Row cells) override {
    if (!first_) std::fputs("\n", out_);
    first_ = false;
    for (size_t i = 0; i < cells.size(); ++i) {
      print(out_, "{} = {}\n", fit(columns_[i].name, width_, true), cells[i] ? *cells[i] : std::string(kNull));
    }
  }
  void end() override {}

 private:
  std::FILE* out_;
  std::vector<Column> columns_;
  size_t width_ = 0;
  bool first_ = true;
};

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  for_each_character(text, [&](std::string_view, size_t character_width) {
    width += character_width;
    return true;
  });
  return width;
}

std::string printable(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view character, size_t) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() > 1 || (first >= 0x20 && first < 0x7f)) {
      out += character;
    } else {
      out += first < 0x80 ? ' ' : '?';
    }
    return true;
  });
  return out;
}

std::string first_columns(std::string_view text, size_t columns) {
  std::string out;
  size_t used = 0;
  for_each_character(text, [&](std::string_view character, size_t width) {
    used += width;
    if (used > columns) return false;
    out += character;
    return true;
  });
  return out;
}

std::optional<Mode> parse_mode(std::string_view name) {
  for (const Mode mode : {Mode::kBox, Mode::kCsv, Mode::kJson, Mode::kMarkdown, Mode::kLine}) {
    if (name == mode_name(mode)) return mode;
  }
  return std::nullopt;
}

std::string_view mode_name(Mode mode) {
  switch (mode) {
    case Mode::kBox: return "box";
    case Mode::kCsv: return "csv";
    case Mode::kJson: return "json";
    case Mode::kMarkdown: return "markdown";
    case Mode::kLine: return "line";
  }
  return "";
}

std::unique_ptr<Printer> make_printer(Mode mode, std::FILE* out, size_t width_max) {
  switch (mode) {
    case Mode::kCsv: return std::make_unique<CsvPrinter>(out);
    case Mode::kJson: return std::make_unique<JsonPrinter>(out);
    case Mode::kLine: return std::make_unique<LinePrinter>(out);
    case Mode::kMarkdown: return std::make_unique<TablePrinter>(out, width_max, true);
    case Mode::kBox: break;
  }
  return std::make_unique<TablePrinter>(out, width_max, false);
}

}  // namespace cairn::shell
