#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cairn {

/// What a quick look over the text says about its first statement, before any parser recurses into it. Strings,
/// quoted names, dollar quotes and (nested) comments are understood as PostgreSQL's lexer does.
struct StatementExtent {
  size_t begin = 0;       ///< first byte that is neither blank nor comment
  size_t end = 0;         ///< behind the statement, without its ';'
  size_t consumed = 0;    ///< behind its ';', or the text's end
  bool empty = true;      ///< nothing but blanks and comments (and the ';')
  size_t token_count = 0;
  /// Upper bound (but for a small constant factor) of the depth of the syntax tree: brackets, CASE, operator chains.
  size_t depth = 0;
  size_t deepest_position = 0;  ///< where the depth was reached

  /// INSERT … VALUES (…), (…), … without anything behind the rows: where the list begins, and the beginnings of every
  /// kInsertRowsPerPiece-th row. Empty for other statements.
  std::vector<size_t> insert_pieces;
  size_t insert_header_end = 0;  ///< behind the keyword VALUES
};

inline constexpr size_t kInsertRowsPerPiece = 8192;

/// Linear in the text, allocates next to nothing, never throws.
StatementExtent scan_statement(std::string_view text);

/// Bytes up to and with the ')' that closes the first '(' of the text; the text's size where there is none.
size_t scan_first_group(std::string_view text);

}  // namespace cairn
