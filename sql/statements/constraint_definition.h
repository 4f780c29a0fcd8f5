#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <optional>

#include "io/tables/database.h"
#include "sql/relation_name.h"

namespace cairn {

/// A name that no relation of the snapshot has: `base`, or `base` and a number, as PostgreSQL makes them up.
std::string unused_relation_name(const Snapshot& snapshot, const TableSchema& table, const std::string& base);
/// The table that has the index of this key (an index is in its table's schema); nullptr where none has.
const TableVersion* table_of_index(const Snapshot& snapshot, std::string_view key);
const TableVersion* find_indexed_table(const Snapshot& snapshot, const SearchPath& path, const RelationName& index);
/// Whether a relation in the table's schema, or an index of the table as it is being made, has this name.
bool is_taken(const Snapshot& snapshot, const TableSchema& table, std::string_view name);
/// "a_b": how names of keys and indexes spell their columns.
std::string joined_column_names(const TableSchema& table, const std::vector<uint32_t>& columns);

/// The condition's text once a column of the table has another name ("": none has). Columns lose the table's name in it.
std::string renamed_in_condition(const std::string& sql, std::string_view column, const std::string& name);
/// The columns that the condition names.
std::vector<uint32_t> columns_of(const TableSchema& table, const CheckSchema& check);

/// Adds a PRIMARY KEY, UNIQUE or CHECK constraint to the schema; `column`: the one that it is written behind. Errors:
/// kFeatureNotSupported for those that Cairn does not keep (it takes none that it would not enforce), and those of names
/// and conditions, with positions. Returns its name; "" of what is none (NOT DEFERRABLE).
std::string add_constraint(TableSchema& table, const PgQuery__Constraint& constraint, std::optional<uint32_t> column,
                    const Snapshot& snapshot);

}  // namespace cairn
