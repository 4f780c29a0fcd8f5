#include "sql/statements/sequence.h"

#include <charconv>
#include <set>

#include "exec/functions/integral_type.h"
#include "sql/binder/type_name.h"
#include "sql/create_text.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {
namespace {

Error invalid(std::string message) { return Error(sqlstate::kInvalidParameterValue, std::move(message)); }

int64_t option_number(const PgQuery__DefElem& option) {
  const pg::Node& value = *option.arg;
  if (value.node_case == PG_QUERY__NODE__NODE_INTEGER) return value.integer->ival;
  int64_t number = 0;
  if (value.node_case == PG_QUERY__NODE__NODE_FLOAT) {
    std::string_view text = value.float_->fval;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
    throw Error(sqlstate::kInvalidTextRepresentation,
                "value \"" + std::string(text) + "\" is out of range for type bigint").at(option.location);
  }
  throw Error(sqlstate::kSyntaxError, "sequence option \"" + std::string(option.defname) + "\" expects a number")
      .at(option.location);
}

bool option_switch(const PgQuery__DefElem& option) {
  if (option.arg == nullptr) return true;
  if (option.arg->node_case == PG_QUERY__NODE__NODE_BOOLEAN) return option.arg->boolean->boolval;
  return option.arg->integer->ival != 0;
}

ValueRange option_type_range(const PgQuery__DefElem& option) {
  Type type = resolve_type_name(*option.arg->type_name).type;
  if (type.id != TypeId::kSmallInt && type.id != TypeId::kInteger && type.id != TypeId::kBigInt)
    throw invalid("sequence type must be smallint, integer, or bigint").at(option.location);
  return type_range(type);
}

void check(const SequenceSchema& schema, bool start_given) {
  if (schema.min_value >= schema.max_value)
    throw invalid("MINVALUE (" + std::to_string(schema.min_value) + ") must be less than MAXVALUE (" +
                  std::to_string(schema.max_value) + ")");
  (void)start_given;
  if (schema.start < schema.min_value)
    throw invalid("START value (" + std::to_string(schema.start) + ") cannot be less than MINVALUE (" +
                  std::to_string(schema.min_value) + ")");
  if (schema.start > schema.max_value)
    throw invalid("START value (" + std::to_string(schema.start) + ") cannot be greater than MAXVALUE (" +
                  std::to_string(schema.max_value) + ")");
}

/// Gives the change its owner, whose table is in `snapshot`.
void set_owner(const Snapshot& snapshot, const SearchPath& path, SequenceChange& change) {
  if (change.owner == nullptr) return;
  const size_t count = change.owner->n_items;
  if (count == 1) {  // NONE
    change.schema.owner_table.clear();
    change.schema.owner_column.clear();
    return;
  }
  std::string column(pg::string_value(change.owner->items[count - 1]));
  std::string key = find_relation(snapshot, path, RelationName::of(change.owner->items, count - 1), -1);
  auto table = snapshot.tables.find(key);
  if (table == snapshot.tables.end()) throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist");
  if (!table->second->schema.find(column))
    throw Error(sqlstate::kUndefinedColumn, "column \"" + column + "\" of relation \"" + key + "\" does not exist");
  if (RelationName::of_key(key).schema != RelationName::of_key(change.schema.name).schema)
    throw Error(sqlstate::kNotInPrerequisiteState, "sequence must be in same schema as table it is linked to");
  change.schema.owner_table = key;
  change.schema.owner_column = column;
}

bool is_identity(const Snapshot& snapshot, const SequenceSchema& sequence) {
  const auto table = snapshot.tables.find(sequence.owner_table);
  if (table == snapshot.tables.end()) return false;
  const std::optional<size_t> column = table->second->schema.find(sequence.owner_column);
  return column && table->second->schema.columns[*column].identity != Identity::kNone;
}

}  // namespace

SequenceChange parse_sequence_options(pg::Node* const* options, size_t count, const SequenceSchema* before) {
  SequenceChange change;
  SequenceSchema& schema = change.schema;
  if (before != nullptr) schema = *before;
  std::optional<int64_t> least, greatest, start;
  bool bounds_given = before == nullptr;
  ValueRange range = type_range(Type::big_int());
  std::set<std::string_view> seen;
  for (const pg::Node* node : pg::list(options, count)) {
    const PgQuery__DefElem& option = *node->def_elem;
    std::string_view name = option.defname;
    if (!seen.insert(name).second) throw Error(sqlstate::kSyntaxError, "conflicting or redundant options").at(option.location);
    if (name == "increment") {
      schema.increment = option_number(option);
      if (schema.increment == 0) throw invalid("INCREMENT must not be zero").at(option.location);
    } else if (name == "minvalue") {
      bounds_given = true;
      if (option.arg != nullptr) least = option_number(option);
    } else if (name == "maxvalue") {
      bounds_given = true;
      if (option.arg != nullptr) greatest = option_number(option);
    } else if (name == "start") {
      start = option_number(option);
    } else if (name == "restart") {
      change.restarted = true;
      if (option.arg != nullptr) change.restart = option_number(option);
    } else if (name == "cycle") {
      schema.cycle = option_switch(option);
    } else if (name == "cache") {
      // Sessions keep no values back; reservations are the database's business.
      int64_t cache = option_number(option);
      if (cache < 1) throw invalid("CACHE (" + std::to_string(cache) + ") must be greater than zero").at(option.location);
    } else if (name == "as") {
      range = option_type_range(option);
      bounds_given = true;
    } else if (name == "sequence_name") {
      change.name = RelationName::of(option.arg->list->items, option.arg->list->n_items);
    } else if (name == "owned_by") {
      change.owner = option.arg->list;
    } else {
      throw_unsupported("sequence option " + std::string(name), option.location);
    }
  }
  if (bounds_given) {
    const bool up = schema.increment > 0;
    const bool keep_least = before != nullptr && !seen.contains("minvalue") && !seen.contains("as");
    const bool keep_greatest = before != nullptr && !seen.contains("maxvalue") && !seen.contains("as");
    if (!keep_least) schema.min_value = least.value_or(up ? 1 : static_cast<int64_t>(range.min));
    if (!keep_greatest) schema.max_value = greatest.value_or(up ? static_cast<int64_t>(range.max) : -1);
  }
  if (start) schema.start = *start;
  else if (before == nullptr) schema.start = schema.increment > 0 ? schema.min_value : schema.max_value;
  check(schema, start.has_value());
  return change;
}

SequenceSchema make_column_sequence(const Snapshot& snapshot, const RelationName& table, const std::string& column,
                                    const Type& type) {
  SequenceSchema sequence;
  RelationName name{table.schema, table.name + "_" + column + "_seq"};
  const std::string base = name.name;
  for (int number = 1; snapshot.has_relation(name.key()); number++) name.name = base + std::to_string(number);
  sequence.name = name.key();
  sequence.max_value = static_cast<int64_t>(type_range(type).max);
  sequence.owner_table = table.key();
  sequence.owner_column = column;
  return sequence;
}

std::string next_value_sql(const SequenceSchema& sequence) {
  // With its schema even where that is public: no search path finds another one.
  const RelationName name = RelationName::of_key(sequence.name);
  std::string text = "nextval('";
  for (char c : spelled_name(name.schema) + "." + spelled_name(name.name)) text += c == '\'' ? std::string("''") : std::string(1, c);
  return text + "')";
}

namespace {

constexpr std::string_view kDrawingCall = "nextval('";

/// The first call in the text, from `from` on, that draws from the sequence: up to behind its name. Empty: none.
std::string_view drawing_call(std::string_view default_sql, std::string_view sequence, size_t from = 0) {
  for (size_t at = default_sql.find(kDrawingCall, from); at != std::string_view::npos;
       at = default_sql.find(kDrawingCall, at + 1)) {
    const size_t begin = at + kDrawingCall.size(), end = default_sql.find('\'', begin);
    if (end != std::string_view::npos && RelationName::parse(default_sql.substr(begin, end - begin)).key() == sequence)
      return default_sql.substr(at, end + 1 - at);
  }
  return {};
}

}  // namespace

bool draws_from(std::string_view default_sql, std::string_view sequence) {
  return !drawing_call(default_sql, sequence).empty();
}

std::string with_pinned_sequences(std::string default_sql, const Snapshot& snapshot, const SearchPath& path) {
  for (size_t at = 0; (at = default_sql.find(kDrawingCall, at)) != std::string::npos; at++) {
    const size_t begin = at + kDrawingCall.size(), end = default_sql.find('\'', begin);
    if (end == std::string::npos) break;
    const RelationName name = RelationName::parse(default_sql.substr(begin, end - begin));
    if (!name.schema.empty()) continue;
    const auto sequence = snapshot.sequences.find(find_relation(snapshot, path, name, -1));
    if (sequence == snapshot.sequences.end()) continue;
    std::string call = next_value_sql(sequence->second->schema);
    call.pop_back();  // the bracket
    default_sql.replace(at, end + 1 - at, call);
  }
  return default_sql;
}

std::string renamed_in_default(std::string default_sql, const SequenceSchema& before, const SequenceSchema& after) {
  std::string call = next_value_sql(after);
  call.pop_back();  // the bracket
  for (size_t from = 0;;) {
    const std::string_view found = drawing_call(default_sql, before.name, from);
    if (found.empty()) return default_sql;
    const auto at = static_cast<size_t>(found.data() - default_sql.data());
    default_sql.replace(at, found.size(), call);
    from = at + call.size();
  }
}

SequenceAlteration make_sequence_alteration(std::shared_ptr<const Sequence> before, SequenceChange change) {
  SequencePosition position = before->state->position();
  if (change.restarted) position = {change.restart.value_or(change.schema.start), false};
  if (position.value < change.schema.min_value || position.value > change.schema.max_value)
    throw invalid(std::string(change.restarted ? "RESTART" : "last") + " value (" + std::to_string(position.value) +
                  ") must be from MINVALUE (" + std::to_string(change.schema.min_value) + ") to MAXVALUE (" +
                  std::to_string(change.schema.max_value) + ")");
  return {std::move(before), std::move(change.schema), position};
}

void set_position(SessionState& session, const SequenceAlteration& altered) {
  session.database_of(altered.schema.name).set_value(*altered.before, altered.position);
}

std::shared_ptr<const Sequence> sequence_of_column(const Snapshot& snapshot, std::string_view table, std::string_view column) {
  for (const auto& [name, sequence] : snapshot.sequences)
    if (sequence->schema.owner_table == table && sequence->schema.owner_column == column) return sequence;
  return nullptr;
}

ResultPtr run_create_sequence(SessionState& session, const PgQuery__CreateSeqStmt& syntax) {
  const SearchPath path = session.search_path();
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = new_relation(*snapshot, path, *syntax.sequence);
  if (snapshot->has_relation(key)) {
    if (!syntax.if_not_exists)
      throw Error(sqlstate::kDuplicateTable, "relation \"" + key + "\" already exists").at(syntax.sequence->location);
    session.notice("notice: relation \"" + key + "\" already exists, skipping");
    return make_done("CREATE SEQUENCE");
  }
  SequenceChange change = parse_sequence_options(syntax.options, syntax.n_options, nullptr);
  change.schema.name = key;
  if (change.restarted) throw_unsupported("RESTART in CREATE SEQUENCE", syntax.sequence->location);
  set_owner(*snapshot, path, change);
  session.change([&](std::shared_ptr<WriteTransaction> transaction) { transaction->create_sequence(change.schema); }, key);
  return make_done("CREATE SEQUENCE");
}

ResultPtr run_alter_sequence(SessionState& session, const PgQuery__AlterSeqStmt& syntax) {
  const SearchPath path = session.search_path();
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = altered_relation(*snapshot, path, *syntax.sequence, syntax.missing_ok);
  auto found = snapshot->sequences.find(key);
  if (found == snapshot->sequences.end()) {
    if (snapshot->has_relation(key))
      throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a sequence").at(syntax.sequence->location);
    if (!syntax.missing_ok)
      throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist").at(syntax.sequence->location);
    session.notice("notice: relation \"" + key + "\" does not exist, skipping");
    return make_done("ALTER SEQUENCE");
  }
  SequenceChange change = parse_sequence_options(syntax.options, syntax.n_options, &found->second->schema);
  set_owner(*snapshot, path, change);
  if (change.owner != nullptr && is_identity(*snapshot, found->second->schema))
    throw Error(sqlstate::kFeatureNotSupported, "cannot change ownership of identity sequence")
        .at(syntax.sequence->location);
  const SequenceAlteration altered = make_sequence_alteration(found->second, std::move(change));
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    transaction->alter_sequence(key, altered.schema);
    set_position(session, altered);  // outside of transactions; what had committed without it would never get it
  }, key);
  return make_done("ALTER SEQUENCE");
}

}  // namespace cairn
