#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pg_query/pg_query.pb-c.h>

namespace cairn {

/// The query of CREATE VIEW as its author wrote it, for what is stored: libpg_query's deparser loses parentheses
/// ((NOT a) IS NULL), so its text is only the last resort, for views whose query stands nowhere as it is (CREATE
/// RECURSIVE VIEW). `insertions`: positions in `statement` and what has to be inserted there, as it is in `query`.
std::string view_query_text(const std::string& statement, const PgQuery__ViewStmt& view,
                            std::vector<std::pair<size_t, std::string>> insertions);

}  // namespace cairn
