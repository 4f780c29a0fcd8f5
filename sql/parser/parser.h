#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sql/parser/lexer.h"

namespace cairn {

/// Bounds of what the parser takes. Deeper or larger statements are refused with kStatementTooComplex before anything
/// recurses into them. (Memory: about 0.6 kB per token while the tree is built.)
inline constexpr size_t kMaxStatementDepth = 3000;
inline constexpr size_t kMaxStatementTokens = 4'000'000;
inline constexpr size_t kMaxStatementBytes = size_t{1} << 30;
/// Statements deeper than this are parsed, bound and planned on a stack of their own.
inline constexpr size_t kShallowStatementDepth = 100;

/// The syntax tree of one statement, in libpg_query's protobuf structures; lives in an arena of its own.
class SyntaxTree {
 public:
  virtual ~SyntaxTree() = default;
  virtual const PgQuery__Node& statement() const = 0;
};

/// Parses the statement that `text` holds (as cut out by scan_statement: `extent` is its extent in `text`). Positions in
/// the tree are byte offsets in `text`. Thread-safe. Errors: kSyntaxError with a position, kStatementTooComplex,
/// kInvalidEncoding.
std::shared_ptr<const SyntaxTree> parse_statement(std::string_view text, const StatementExtent& extent);

/// Both steps, for texts that are one statement: views, defaults, tests.
std::shared_ptr<const SyntaxTree> parse_statement(std::string_view text);

/// Runs the task on a thread with a stack large enough for statements of kMaxStatementDepth, and waits for it.
/// Exceptions pass through.
void run_on_large_stack(const std::function<void()>& task);

}  // namespace cairn
