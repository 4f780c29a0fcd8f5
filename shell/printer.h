#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::shell {

struct Column {
  std::string name;
  bool numeric = false;  ///< right-aligned, unquoted in JSON
  bool boolean = false;  ///< unquoted in JSON
};
using Cell = std::optional<std::string>;  ///< nothing: NULL
using Row = std::vector<Cell>;

enum class Mode { kBox, kCsv, kJson, kMarkdown, kLine };
std::optional<Mode> parse_mode(std::string_view name);
std::string_view mode_name(Mode mode);
inline constexpr std::string_view kModeNames = "box, csv, json, markdown, line";

/// Writes the rows of one result in one format, as they come.
class Printer {
 public:
  virtual ~Printer() = default;
  virtual void begin(const std::vector<Column>& columns) = 0;
  virtual void row(Row cells) = 0;
  virtual void end() = 0;
};

/// width_max: the terminal's width in columns; 0: not a terminal, nothing is truncated.
std::unique_ptr<Printer> make_printer(Mode mode, std::FILE* out, size_t width_max);

/// The text for one line of a terminal: control characters and bytes that are no UTF-8 are replaced.
std::string printable(std::string_view text);

/// As much of the text as fits into so many columns.
std::string first_columns(std::string_view text, size_t columns);

/// Columns that the text takes on a terminal.
size_t display_width(std::string_view text);

}  // namespace cairn::shell
