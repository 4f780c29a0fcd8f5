#pragma once

#include <pg_query/pg_query.pb-c.h>

#include "io/database.h"

namespace cairn {

/// The schema that CREATE TABLE describes. Errors: kFeatureNotSupported for constraints that Cairn does not keep yet
/// (it takes none that it would not enforce), kDuplicateColumn, and those of types.
/// `key`: the table's. `sequences` receives those of SERIAL and IDENTITY columns.
TableSchema make_table_schema(const PgQuery__CreateStmt& statement, const Snapshot& snapshot, const std::string& key,
                              std::vector<SequenceSchema>& sequences);

/// One column of it, or the one that ALTER TABLE adds.
ColumnSchema make_column(const PgQuery__ColumnDef& definition, const Snapshot& snapshot, const std::string& key,
                         std::vector<SequenceSchema>& sequences);

}  // namespace cairn
