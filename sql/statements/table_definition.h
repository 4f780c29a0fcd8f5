#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <optional>

#include "io/database.h"

namespace cairn {

/// The schema that CREATE TABLE describes; `snapshot` tells which names are taken. Errors: kDuplicateColumn, and those
/// of types and of constraints.
/// `key`: the table's. `sequences` receives those of SERIAL and IDENTITY columns.
TableSchema make_table_schema(const PgQuery__CreateStmt& statement, const Snapshot& snapshot, const std::string& key,
                              std::vector<SequenceSchema>& sequences);

/// Constraints of the table that is being defined, with the position of the column that they stand behind.
using TableConstraints = std::vector<std::pair<const PgQuery__Constraint*, std::optional<uint32_t>>>;

/// Adds a column to the table (of which the name is its key): CREATE TABLE's, or the one that ALTER TABLE adds.
void add_column(const PgQuery__ColumnDef& definition, const Snapshot& snapshot, TableSchema& table,
                std::vector<SequenceSchema>& sequences, TableConstraints& constraints);

}  // namespace cairn
