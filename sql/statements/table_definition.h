#pragma once

#include <pg_query/pg_query.pb-c.h>

#include "io/database.h"

namespace cairn {

/// The schema that CREATE TABLE describes; `snapshot` tells which names are taken. Errors: kDuplicateColumn, and those
/// of types and of constraints.
TableSchema make_table_schema(const PgQuery__CreateStmt& statement, const Snapshot& snapshot);

/// Refuses names in schemas that do not exist.
void check_table_name(const PgQuery__RangeVar& name);

}  // namespace cairn
