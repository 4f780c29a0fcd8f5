#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/parser/lexer.h"
#include "vector/error.h"

namespace cairn {

// What users of DuckDB, sqlite3, MySQL and others write where PostgreSQL writes something else. The table in
// spellings.cpp has one row per spelling: it rewrites a statement before it is parsed, or says, once the statement has
// failed there, what that is and how the same end is reached. What PostgreSQL's grammar takes is never rewritten (but
// for SHOW of what is no setting), and what does not fail is never looked at.

/// A statement in PostgreSQL's words: another beginning, then the rest as it was.
struct RewrittenStatement {
  std::string text;
  size_t new_beginning = 0;  ///< bytes of the new beginning
  size_t old_beginning = 0;  ///< bytes of the one that it replaces
  size_t old_first = 0;      ///< where the replaced words began

  /// The place in the statement as it was written.
  int original(int position) const;
};

/// `begin`: of the statement's first word. nullopt: nothing to rewrite.
std::optional<RewrittenStatement> rewrite_spelling(std::string_view statement, size_t begin);

/// Gives the error of a statement the words of the row that stands where it failed, if one does: the place and a
/// message of its own, or a hint alone. SQLSTATE stays.
void explain_spelling(std::string_view statement, Error& error);

/// Calls task(text, extent) with the statement in PostgreSQL's spelling; its errors are about the text as it was
/// written. `extent` is the statement's in `text`.
template <typename Task>
auto with_spellings(std::string_view text, const StatementExtent& extent, const Task& task) {
  const std::string_view statement = text.substr(0, extent.end);
  const std::optional<RewrittenStatement> rewritten = rewrite_spelling(statement, extent.begin);
  try {
    if (!rewritten) return task(text, extent);
    return task(std::string_view(rewritten->text), scan_statement(rewritten->text));
  } catch (Error& error) {
    if (rewritten) error.position = rewritten->original(error.position);
    explain_spelling(statement, error);
    throw;
  }
}

}  // namespace cairn
