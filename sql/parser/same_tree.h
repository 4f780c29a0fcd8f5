#pragma once

#include <pg_query/pg_query.pb-c.h>

namespace cairn {

/// Whether two syntax trees mean the same: equal but for the places in the text that they came from.
bool same_tree(const PgQuery__Node& a, const PgQuery__Node& b);

}  // namespace cairn
