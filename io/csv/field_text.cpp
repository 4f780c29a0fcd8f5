#include "io/csv/field_text.h"

#include <algorithm>

namespace cairn {

namespace {

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte that the escape behind the backslash at raw[at] stands for; `at` goes to its last byte.
/// REQUIRES: something stands behind the backslash.
char resolve_escape(std::string_view raw, size_t& at) {
  const char c = raw[++at];
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case 'x': {
      int value = at + 1 < raw.size() ? hexadecimal(raw[at + 1]) : -1;
      if (value < 0) return 'x';
      ++at;
      const int low = at + 1 < raw.size() ? hexadecimal(raw[at + 1]) : -1;
      if (low >= 0) {
        ++at;
        value = value * 16 + low;
      }
      return static_cast<char>(value);
    }
    default: break;
  }
  if (c < '0' || c > '7') return c;
  int value = c - '0';
  for (int digits = 1; digits < 3 && at + 1 < raw.size() && raw[at + 1] >= '0' && raw[at + 1] <= '7'; ++digits) {
    value = value * 8 + (raw[++at] - '0');
  }
  return static_cast<char>(value & 0xFF);
}

/// The letter of the escape that a control byte is written as, or 0.
char escape_letter(char c) {
  switch (c) {
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\v': return 'v';
    default: return 0;
  }
}

void append_escaped(std::string_view text, const CsvFormat& format, std::string& out) {
  size_t plain = 0;  // behind what is written
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char letter = escape_letter(c);
    if (letter == 0 && c != '\\' && c != format.delimiter) continue;
    out.append(text, plain, i - plain);
    out += '\\';
    out += letter != 0 ? letter : c;
    plain = i + 1;
  }
  out.append(text, plain);
}

bool needs_quotes(std::string_view text, const CsvFormat& format) {
  if (text == format.null_text) return true;
  return std::ranges::any_of(text, [&](char c) {
    return c == format.delimiter || c == format.quote || c == '\n' || c == '\r';
  });
}

}  // namespace

void resolve_field(std::string_view raw, const CsvFormat& format, std::string& out) {
  out.clear();
  if (format.kind == CsvFormat::Kind::kText) {
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\') {
        out += raw[i];
      } else if (i + 1 < raw.size()) {  // else the file ends in it
        out += resolve_escape(raw, i);
      }
    }
    return;
  }
  bool inside = false;
  for (size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    const bool escapes = inside && c == format.escape && i + 1 < raw.size() &&
                         (raw[i + 1] == format.quote || raw[i + 1] == format.escape);
    if (escapes) {
      out += raw[++i];
    } else if (c == format.quote) {
      inside = !inside;
    } else {
      out += c;
    }
  }
}

void append_field(std::string_view text, const CsvFormat& format, bool quoted, std::string& out) {
  if (format.kind == CsvFormat::Kind::kText) {
    const size_t begin = out.size();
    append_escaped(text, format, out);
    if (text.empty() || std::string_view(out).substr(begin) != format.null_text) return;
    // It would read as NULL: its first byte is written in hexadecimal, which changes nothing else.
    constexpr char kDigits[] = "0123456789abcdef";
    const auto first = static_cast<unsigned char>(out[begin]);
    out.replace(begin, 1, {'\\', 'x', kDigits[first >> 4], kDigits[first & 15]});
    return;
  }
  if (!quoted && !needs_quotes(text, format)) {
    out += text;
    return;
  }
  out += format.quote;
  for (const char c : text) {
    if (c == format.quote || c == format.escape) out += format.escape;
    out += c;
  }
  out += format.quote;
}

}  // namespace cairn
