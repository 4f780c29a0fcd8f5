#pragma once

#include <pg_query/pg_query.pb-c.h>

#include "io/database.h"

namespace cairn {

/// The schema that CREATE TABLE describes. `key`: the table's; `snapshot` tells which names are taken; `sequences` receives
/// those of SERIAL and IDENTITY columns. Errors: kDuplicateColumn, and those of types and of constraints.
TableSchema make_table_schema(const PgQuery__CreateStmt& statement, const Snapshot& snapshot, const std::string& key,
                              std::vector<SequenceSchema>& sequences);

/// One column of it, or the one that ALTER TABLE adds. `others` receives constraints that are the table's.
ColumnSchema make_column(const PgQuery__ColumnDef& definition, const Snapshot& snapshot, const std::string& key,
                         std::vector<SequenceSchema>& sequences, std::vector<const PgQuery__Constraint*>& others);

}  // namespace cairn
