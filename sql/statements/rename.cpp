// ALTER … RENAME. Views are text and would not follow: what a view names keeps its name.

#include "sql/dependencies.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/sequence.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {
namespace {

void check_no_view(SessionState& session, const Snapshot& snapshot, const std::string& key) {
  const std::vector<std::string> views = dependent_views(session, snapshot, key);
  if (!views.empty())
    throw Error(sqlstate::kDependentObjects, "cannot rename " + key + " because view " + views[0] + " depends on it",
                "Drop the view first.");
}

/// The sequences of the table's columns follow it.
void rename_owner(WriteTransaction& transaction, const Snapshot& snapshot, const std::string& table, const std::string& column,
                  const std::string& new_table, const std::string& new_column) {
  for (const auto& [name, sequence] : snapshot.sequences) {
    SequenceSchema schema = sequence->schema;
    if (schema.owner_table != table || (!column.empty() && schema.owner_column != column)) continue;
    schema.owner_table = new_table;
    if (!column.empty()) schema.owner_column = new_column;
    transaction.alter_sequence(name, schema);
  }
}

void rename_column(SessionState& session, const Snapshot& snapshot, const std::string& key, const PgQuery__RenameStmt& syntax) {
  auto table = snapshot.tables.find(key);
  if (table == snapshot.tables.end()) throw_unsupported("renaming a column of a view", syntax.relation->location);
  TableSchema schema = table->second->schema;
  std::optional<size_t> column = schema.find(syntax.subname);
  if (!column)
    throw Error(sqlstate::kUndefinedColumn, "column \"" + std::string(syntax.subname) + "\" does not exist");
  if (schema.find(syntax.newname))
    throw Error(sqlstate::kDuplicateColumn,
                "column \"" + std::string(syntax.newname) + "\" of relation \"" + key + "\" already exists");
  schema.columns[*column].name = syntax.newname;
  for (const CheckSchema& check : schema.checks)
    if (!check_binds(schema, check))
      throw_unsupported("renaming a column that a CHECK constraint names", syntax.relation->location);
  const std::vector<std::string> broken = broken_views(session, snapshot, key, schema);
  if (!broken.empty())
    throw Error(sqlstate::kDependentObjects, "cannot rename column " + std::string(syntax.subname) + " of table " + key +
                                                 " because view " + broken[0] + " depends on it", "Drop the view first.");
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    transaction->alter_table(key, schema);
    rename_owner(*transaction, snapshot, key, syntax.subname, key, syntax.newname);
  }, key);
}

/// Defaults name the sequence by its text.
void rename_in_defaults(WriteTransaction& transaction, const Snapshot& snapshot, const SequenceSchema& before,
                        const SequenceSchema& after) {
  for (const auto& [name, table] : snapshot.tables) {
    TableSchema schema = table->schema;
    bool changed = false;
    for (ColumnSchema& column : schema.columns) {
      if (!draws_from(column.default_sql, before.name)) continue;
      if (column.default_sql != next_value_sql(before))
        throw Error(sqlstate::kDependentObjects, "cannot rename sequence " + before.name + " because the default of column " +
                                                     column.name + " of table " + name + " depends on it");
      column.default_sql = next_value_sql(after);
      changed = true;
    }
    if (changed) transaction.alter_table(name, schema);
  }
}

void rename_relation(SessionState& session, const Snapshot& snapshot, const std::string& key, const std::string& new_key) {
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    if (auto table = snapshot.tables.find(key); table != snapshot.tables.end()) {
      TableSchema schema = table->second->schema;
      schema.name = new_key;
      transaction->alter_table(key, std::move(schema));
      rename_owner(*transaction, snapshot, key, "", new_key, "");
    } else if (auto view = snapshot.views.find(key); view != snapshot.views.end()) {
      ViewSchema schema = *view->second;
      schema.name = new_key;
      transaction->drop_view(key);
      transaction->create_view(std::move(schema));
    } else {
      const SequenceSchema& before = snapshot.sequences.find(key)->second->schema;
      SequenceSchema schema = before;
      schema.name = new_key;
      rename_in_defaults(*transaction, snapshot, before, schema);
      transaction->alter_sequence(key, schema);
    }
  }, key);
}

}  // namespace

ResultPtr run_rename(SessionState& session, const PgQuery__RenameStmt& syntax) {
  const bool is_column = syntax.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN;
  const PgQuery__ObjectType kind = is_column ? syntax.relation_type : syntax.rename_type;
  const bool is_view = kind == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW, is_sequence = kind == PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE;
  if (!is_view && !is_sequence && kind != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) throw_unsupported("RENAME of this kind of object", -1);
  const std::string tag = is_view ? "ALTER VIEW" : is_sequence ? "ALTER SEQUENCE" : "ALTER TABLE";
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = find_relation(*snapshot, session.search_path(), *syntax.relation);
  if (!snapshot->has_relation(key)) {
    const std::string message = "relation \"" + key + "\" does not exist";
    if (!syntax.missing_ok) throw Error(sqlstate::kUndefinedTable, message).at(syntax.relation->location);
    session.notice("notice: " + message + ", skipping");
    return make_done(tag);
  }
  // ALTER TABLE renames whatever it is.
  if ((is_view && !snapshot->views.contains(key)) || (is_sequence && !snapshot->sequences.contains(key)))
    throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a " + (is_view ? "view" : "sequence"))
        .at(syntax.relation->location);
  if (is_column) {
    rename_column(session, *snapshot, key, syntax);
    return make_done(tag);
  }
  RelationName name = RelationName::of_key(key);
  name.name = syntax.newname;
  if (snapshot->has_relation(name.key()))
    throw Error(sqlstate::kDuplicateTable, "relation \"" + name.key() + "\" already exists");
  check_no_view(session, *snapshot, key);
  rename_relation(session, *snapshot, key, name.key());
  return make_done(tag);
}

}  // namespace cairn
