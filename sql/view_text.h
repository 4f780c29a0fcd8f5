#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <string>
#include <utility>
#include <vector>

namespace cairn {

/// What names in a query's text stand for, as binding found out.
struct ResolvedNames {
  /// A * in a select list.
  struct Star {
    const PgQuery__SelectStmt* select = nullptr;
    size_t target = 0;                                          ///< position in the select list
    std::vector<std::pair<std::string, std::string>> columns;  ///< (relation, or "" where it is of a USING; column)
  };
  std::vector<std::pair<const PgQuery__RangeVar*, std::string>> relations;  ///< and their keys
  std::vector<Star> stars;
};

/// The query as text that means the same later: names that public does not have are written with their schemas and,
/// where `expand`, every * as the columns that it stands for now.
std::string view_text(const PgQuery__Node& query, const ResolvedNames& names, bool expand);

}  // namespace cairn
