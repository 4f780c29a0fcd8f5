#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "vector/value.h"

namespace cairn {

/// One row of VALUES as it stands in the text, read without the grammar.
struct LiteralRow {
  std::vector<Value> values;
  size_t end = 0;  ///< behind its ')'
};

/// Reads "(1, -2.5, 'text', NULL, true)" at `begin` (blanks before it are passed over), each literal as a value of its
/// column's type. nullopt where anything is not plainly that: another expression, comment, number of values, or a
/// literal that needs a conversion; the grammar and the binder then decide, and word the error.
std::optional<LiteralRow> read_literal_row(std::string_view text, size_t begin, const std::vector<Type>& types);

/// Behind the ')' that closes the row at `begin`, as the lexer sees it.
size_t find_row_end(std::string_view text, size_t begin);

}  // namespace cairn
