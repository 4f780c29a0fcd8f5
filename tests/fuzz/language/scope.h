#pragma once

#include <string>
#include <vector>

namespace cairn::fuzz {

/// What the generator knows of an expression's type. Within a sort everything compares, and both systems agree on what
/// arithmetic gives.
enum class Sort {
  kBoolean,
  kInteger,
  kNumeric,
  kDouble,       ///< sums of quarters: exact in any order
  kApproximate,  ///< averages, quotients, roots: compared with a tolerance, so they only stand where nothing depends on
                 ///< them
  kText,
  kDate,
  kTimestamp,
  kInterval,
};

struct Column {
  std::string name;
  Sort sort;
  std::string text;       ///< how an expression refers to it: "a1.c2", or a GROUP BY expression
  bool reference = true;  ///< it is a plain column, so that subqueries may use it, too
};

/// What names mean in a SELECT, and around it.
struct Scope {
  std::vector<Column> columns;
  const Scope* outer = nullptr;
  /// In grouped queries: what aggregates read. `columns` are the GROUP BY expressions then.
  const Scope* aggregated = nullptr;
};

/// A query's or a table's output.
using Signature = std::vector<Sort>;

}  // namespace cairn::fuzz
