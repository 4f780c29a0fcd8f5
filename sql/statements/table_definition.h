#pragma once

#include <pg_query/pg_query.pb-c.h>

#include "io/tables/database.h"
#include "sql/relation_name.h"

namespace cairn {

class SessionState;

/// The schema that CREATE TABLE describes. `key`: the table's; `snapshot` tells which names are taken; `sequences` receives
/// those of SERIAL and IDENTITY columns. Errors: kDuplicateColumn, and those of types and of constraints.
TableSchema make_table_schema(SessionState& session, const PgQuery__CreateStmt& statement, const Snapshot& snapshot,
                              const std::string& key, std::vector<SequenceSchema>& sequences);

/// A DEFAULT's text. It is bound once, so that one that cannot work is refused while its author is looking.
std::string default_text(const PgQuery__Node& value, const Type& type);

/// One column of it, or the one that ALTER TABLE adds. `others` receives constraints that are the table's.
ColumnSchema make_column(const PgQuery__ColumnDef& definition, const Snapshot& snapshot, const SearchPath& path,
                         const std::string& key, std::vector<SequenceSchema>& sequences, std::vector<const PgQuery__Constraint*>& others);

/// LIKE in CREATE TABLE: the columns stand where it stands, what is over them behind all columns.
struct LikeClause {
  const PgQuery__TableLikeClause* syntax;
  TableSchema other;
  size_t first_column = 0;

  void add_columns(const Snapshot& snapshot, TableSchema& table, std::vector<SequenceSchema>& sequences);
  void add_constraints(const Snapshot& snapshot, TableSchema& table) const;
};

/// GENERATED … AS IDENTITY: the column's sequence; the column draws from it. Errors: kInvalidParameterValue.
SequenceSchema make_identity(const PgQuery__Constraint& constraint, const Snapshot& snapshot, const std::string& key,
                             ColumnSchema& column);
/// Errors: kInvalidParameterValue where a column of the type cannot be an identity.
void check_identity_type(const Type& type, int position);

/// Errors: kDuplicateTable where a relation or an index has the name.
void check_free(const Snapshot& snapshot, std::string_view name, int position);
/// Gives a result that becomes a table's or a view's the names that the statement has for its columns. Errors:
/// kDuplicateColumn; kSyntaxError where there are more of them.
void name_columns(std::vector<std::string>& names, pg::Node* const* given, size_t count, int position);

}  // namespace cairn
