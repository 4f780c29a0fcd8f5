#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <optional>

#include "io/database.h"
#include "sql/parser/nodes.h"
#include "sql/relation_name.h"

namespace cairn {

/// A sequence's options as a statement gives them.
struct SequenceChange {
  SequenceSchema schema;
  std::optional<int64_t> restart;
  bool restarted = false;      ///< RESTART, with or without a value
  const PgQuery__List* owner = nullptr;  ///< OWNED BY
};

/// CREATE SEQUENCE's and IDENTITY's options over the defaults, or (`before`) ALTER SEQUENCE's over what is there. Errors:
/// kInvalidParameterValue, kSyntaxError.
SequenceChange parse_sequence_options(pg::Node* const* options, size_t count, const SequenceSchema* before);

/// The sequence of a SERIAL or IDENTITY column: "table_column_seq", with a number behind where that is taken.
SequenceSchema make_column_sequence(const Snapshot& snapshot, const RelationName& table, const std::string& column,
                                    const Type& type);
/// DEFAULT of such a column.
std::string next_value_sql(const SequenceSchema& sequence);
/// Whether a DEFAULT's text draws from the sequence.
bool draws_from(std::string_view default_sql, std::string_view sequence);

}  // namespace cairn
