#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <functional>

namespace cairn {

/// Call `visit` with every node of the kind in the tree.
void for_each_column_reference(const PgQuery__Node& tree, const std::function<void(PgQuery__ColumnRef&)>& visit);
void for_each_subquery(const PgQuery__Node& tree, const std::function<void(const PgQuery__SubLink&)>& visit);
bool has_subquery(const PgQuery__Node& tree);
/// Whether there is a $n in it.
bool has_parameter(const PgQuery__Node& tree);

void for_each_range_var(const PgQuery__Node& tree, const std::function<void(const PgQuery__RangeVar&)>& visit);
void for_each_common_table(const PgQuery__Node& tree, const std::function<void(const PgQuery__CommonTableExpr&)>& visit);

}  // namespace cairn
