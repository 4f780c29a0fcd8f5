#pragma once

#include <pg_query/pg_query.pb-c.h>

#include "io/schema.h"

namespace cairn {

/// The schema that CREATE TABLE describes. Errors: kFeatureNotSupported for constraints that Cairn does not keep yet
/// (it takes none that it would not enforce), kDuplicateColumn, and those of types.
TableSchema make_table_schema(const PgQuery__CreateStmt& statement);

/// Refuses names in schemas that do not exist.
void check_table_name(const PgQuery__RangeVar& name);

}  // namespace cairn
