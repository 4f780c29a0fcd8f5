#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <optional>

#include "io/tables/database.h"
#include "sql/parser/nodes.h"
#include "sql/relation_name.h"

namespace cairn {

class SessionState;

/// A sequence's options as a statement gives them.
struct SequenceChange {
  SequenceSchema schema;
  std::optional<int64_t> restart;
  bool restarted = false;      ///< RESTART, with or without a value
  const PgQuery__List* owner = nullptr;  ///< OWNED BY
  RelationName name = {};                ///< SEQUENCE NAME, of an identity
};

/// CREATE SEQUENCE's and IDENTITY's options over the defaults, or (`before`) ALTER SEQUENCE's over what is there. Errors:
/// kInvalidParameterValue, kSyntaxError.
SequenceChange parse_sequence_options(pg::Node* const* options, size_t count, const SequenceSchema* before);

/// A sequence under other rules, and where it stands then.
struct SequenceAlteration {
  std::shared_ptr<const Sequence> before;
  SequenceSchema schema;
  SequencePosition position;
};
/// Errors: kInvalidParameterValue where the position is none that the rules allow.
SequenceAlteration make_sequence_alteration(std::shared_ptr<const Sequence> before, SequenceChange change);
/// Values are outside of transactions; what was reserved by the old rules is none by the new ones.
void set_position(SessionState& session, const SequenceAlteration& altered);
/// The sequence that belongs to the column; nullptr: it has none.
std::shared_ptr<const Sequence> sequence_of_column(const Snapshot& snapshot, std::string_view table, std::string_view column);

/// The sequence of a SERIAL or IDENTITY column: "table_column_seq", with a number behind where that is taken.
SequenceSchema make_column_sequence(const Snapshot& snapshot, const RelationName& table, const std::string& column,
                                    const Type& type);
/// DEFAULT of such a column.
std::string next_value_sql(const SequenceSchema& sequence);
/// The DEFAULT's text with the sequences that it draws from named with their schemas, as the search path finds them now.
std::string with_pinned_sequences(std::string default_sql, const Snapshot& snapshot, const SearchPath& path);
/// The DEFAULT's text once the sequence has another name.
std::string renamed_in_default(std::string default_sql, const SequenceSchema& before, const SequenceSchema& after);
/// Whether a DEFAULT's text draws from the sequence.
bool draws_from(std::string_view default_sql, std::string_view sequence);

}  // namespace cairn
