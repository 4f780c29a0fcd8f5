// ALTER … RENAME and ALTER … SET SCHEMA. What depends on a name follows it: views, checks, defaults, sequences.

#include <algorithm>

#include "sql/dependencies.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/sequence.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

constexpr std::string_view kDuplicateObject = "42710";

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

Error no_column(std::string_view name) {
  return Error(sqlstate::kUndefinedColumn, "column \"" + std::string(name) + "\" does not exist");
}

Error column_taken(const std::string& key, std::string_view name) {
  return Error(sqlstate::kDuplicateColumn, "column \"" + std::string(name) + "\" of relation \"" + key + "\" already exists");
}

void rename_view_column(WriteTransaction& transaction, const ViewSchema& before, const PgQuery__RenameStmt& syntax) {
  ViewSchema view = before;
  const auto column = std::ranges::find(view.column_names, std::string_view(syntax.subname));
  if (column == view.column_names.end()) throw no_column(syntax.subname);
  if (std::ranges::find(view.column_names, std::string_view(syntax.newname)) != view.column_names.end())
    throw column_taken(view.name, syntax.newname);
  *column = syntax.newname;
  transaction.drop_view(view.name);
  transaction.create_view(std::move(view));
}

void rename_table_column(WriteTransaction& transaction, const Snapshot& snapshot, const TableSchema& before,
                         const PgQuery__RenameStmt& syntax) {
  TableSchema schema = before;
  const std::optional<size_t> column = schema.find(syntax.subname);
  if (!column) throw no_column(syntax.subname);
  if (schema.find(syntax.newname)) throw column_taken(schema.name, syntax.newname);
  schema.columns[*column].name = syntax.newname;
  for (CheckSchema& check : schema.checks) check.sql = renamed_in_condition(check.sql, syntax.subname, syntax.newname);
  transaction.alter_table(schema.name, schema);
  rename_owner(transaction, snapshot, schema.name, syntax.subname, schema.name, syntax.newname);
}

/// Defaults name the sequence by its text.
void rename_in_defaults(WriteTransaction& transaction, const SequenceSchema& before, const SequenceSchema& after) {
  const std::shared_ptr<const Snapshot> snapshot = transaction.snapshot();
  for (const auto& [name, table] : snapshot->tables) {
    TableSchema schema = table->schema;
    bool changed = false;
    for (ColumnSchema& column : schema.columns) {
      if (!draws_from(column.default_sql, before.name)) continue;
      column.default_sql = renamed_in_default(column.default_sql, before, after);
      changed = true;
    }
    if (changed) transaction.alter_table(name, schema);
  }
}

void rename_sequence(WriteTransaction& transaction, const SequenceSchema& before, const std::string& new_key) {
  SequenceSchema schema = before;
  schema.name = new_key;
  rename_in_defaults(transaction, before, schema);
  transaction.alter_sequence(before.name, schema);
}

void rename_relation(WriteTransaction& transaction, const Snapshot& snapshot, const std::string& key, const std::string& new_key) {
  if (auto table = snapshot.tables.find(key); table != snapshot.tables.end()) {
    TableSchema schema = table->second->schema;
    for (CheckSchema& check : schema.checks) check.sql = renamed_in_condition(check.sql, "", "");
    schema.name = new_key;
    transaction.alter_table(key, std::move(schema));
    rename_owner(transaction, snapshot, key, "", new_key, "");
  } else if (auto view = snapshot.views.find(key); view != snapshot.views.end()) {
    ViewSchema schema = *view->second;
    schema.name = new_key;
    transaction.drop_view(key);
    transaction.create_view(std::move(schema));
  } else {
    rename_sequence(transaction, snapshot.sequences.find(key)->second->schema, new_key);
  }
}

/// Changes the relation, and lets the views that read it know.
void change_with_views(SessionState& session, const std::string& key, const ViewEdit& edit,
                       const std::function<void(WriteTransaction&, const Snapshot&)>& change) {
  std::vector<ViewSchema> views;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
    if (!snapshot->has_relation(key)) throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist");
    views = edited_views(session, *snapshot, key, edit);
    change(*transaction, *snapshot);
    store_views(*transaction, views, is_temporary(key));
  }, key);
  store_temporary_views(session, key, views);
}

void rename_column(SessionState& session, const std::string& key, const PgQuery__RenameStmt& syntax) {
  change_with_views(session, key, column_becomes(syntax.subname, syntax.newname),
                    [&](WriteTransaction& transaction, const Snapshot& snapshot) {
    if (auto table = snapshot.tables.find(key); table != snapshot.tables.end())
      rename_table_column(transaction, snapshot, table->second->schema, syntax);
    else if (auto view = snapshot.views.find(key); view != snapshot.views.end())
      rename_view_column(transaction, *view->second, syntax);
    else
      throw Error(sqlstate::kWrongObjectType, "cannot rename columns of relation \"" + key + "\"",
                  "This operation is not supported for sequences.");
  });
}

/// The sequences of a table's columns go where it goes.
void move_relation(SessionState& session, const std::string& key, const RelationName& to) {
  const std::string new_key = to.key();
  if (new_key == key) return;
  if (session.snapshot()->has_relation(new_key) || table_of_index(*session.snapshot(), new_key) != nullptr)
    throw Error(sqlstate::kDuplicateTable, "relation \"" + new_key + "\" already exists");
  const ViewEdit edit = [&](ViewRelation& relation) { relation.relation = new_key; };
  change_with_views(session, key, edit, [&](WriteTransaction& transaction, const Snapshot& snapshot) {
    rename_relation(transaction, snapshot, key, new_key);
    for (const auto& [name, sequence] : snapshot.sequences) {
      RelationName own = RelationName::of_key(name);
      if (sequence->schema.owner_table != key || own.schema == to.schema) continue;
      own.schema = to.schema;
      SequenceSchema moved = sequence->schema;
      moved.owner_table = new_key;
      rename_sequence(transaction, moved, own.key());
    }
  });
}

/// The table that has the index or constraint, under its definition with the other name. Errors: kUndefinedObject.
void rename_constraint(SessionState& session, const std::string& key, std::string_view name, const std::string& new_name) {
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
    TableSchema schema = snapshot->tables.at(key)->schema;
    const auto index = std::ranges::find(schema.indexes, name, &IndexSchema::name);
    const auto check = std::ranges::find(schema.checks, name, &CheckSchema::name);
    if (index == schema.indexes.end() && check == schema.checks.end())
      throw Error(sqlstate::kUndefinedObject,
                  "constraint \"" + std::string(name) + "\" for table \"" + key + "\" does not exist");
    const bool check_taken = std::ranges::find(schema.checks, new_name, &CheckSchema::name) != schema.checks.end();
    if (index != schema.indexes.end()) {
      if (is_taken(*snapshot, schema, new_name))
        throw Error(sqlstate::kDuplicateTable, "relation \"" + new_name + "\" already exists");
      index->name = new_name;
    } else {
      if (check_taken || std::ranges::find(schema.indexes, new_name, &IndexSchema::name) != schema.indexes.end())
        throw Error(kDuplicateObject,
                    "constraint \"" + new_name + "\" for relation \"" + key + "\" already exists");
      check->name = new_name;
    }
    transaction->alter_table(key, std::move(schema));
  }, key);
}

/// What ALTER renames, by what the statement calls it.
struct Renamed {
  PgQuery__ObjectType type;
  const char* tag;
  const char* noun;
};
constexpr Renamed kRenamed[] = {
    {PG_QUERY__OBJECT_TYPE__OBJECT_TABLE, "ALTER TABLE", "table"},
    {PG_QUERY__OBJECT_TYPE__OBJECT_VIEW, "ALTER VIEW", "view"},
    {PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE, "ALTER SEQUENCE", "sequence"},
    {PG_QUERY__OBJECT_TYPE__OBJECT_INDEX, "ALTER INDEX", "index"},
};

const Renamed& renamed(PgQuery__ObjectType type) {
  const auto found = std::ranges::find(kRenamed, type, &Renamed::type);
  if (found == std::end(kRenamed)) throw_unsupported("ALTER " + pg::describe(pg_query__object_type__descriptor, type), -1);
  return *found;
}

/// The key of the relation that ALTER names; "" where it does not exist and need not. TABLE and INDEX stand for all kinds.
std::string named_relation(SessionState& session, const PgQuery__RangeVar& range, const Renamed& what, bool missing_ok) {
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = altered_relation(*snapshot, session.search_path(), range, missing_ok);
  if (!snapshot->has_relation(key)) {
    const std::string message = "relation \"" + key + "\" does not exist";
    if (!missing_ok) throw Error(sqlstate::kUndefinedTable, message).at(range.location);
    session.notice("notice: " + message + ", skipping");
    return "";
  }
  const bool fits = what.type == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW       ? snapshot->views.contains(key)
                    : what.type == PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE ? snapshot->sequences.contains(key)
                                                                          : true;
  if (!fits)
    throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a " + what.noun)
        .at(range.location);
  return key;
}

void move_schema(SessionState& session, const std::string& from, const std::string& to) {
  create_schema(session, to);
  for (const std::string& key : relations_in(*session.snapshot(), from)) {
    if (!session.snapshot()->has_relation(key)) continue;  // a sequence that went with its table
    move_relation(session, key, {to, RelationName::of_key(key).name});
  }
  session.change([&](std::shared_ptr<WriteTransaction> transaction) { transaction->drop_schema(from); });
}

void rename_schema(SessionState& session, const std::string& from, const std::string& to) {
  if (!session.snapshot()->schemas.contains(from))
    throw Error(sqlstate::kUndefinedSchema, "schema \"" + from + "\" does not exist");
  const bool alone = !session.in_block();  // all of it, or nothing
  if (alone) session.begin_block(false);
  try {
    move_schema(session, from, to);
  } catch (...) {
    if (alone) session.roll_back_block();
    throw;
  }
  if (alone) session.commit_block();
}

}  // namespace

ResultPtr run_rename(SessionState& session, const PgQuery__RenameStmt& syntax) {
  if (syntax.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA) {
    rename_schema(session, syntax.subname, syntax.newname);
    return make_done("ALTER SCHEMA");
  }
  const bool is_constraint = syntax.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT;
  const bool is_column = syntax.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN;
  const Renamed& what = renamed(is_constraint ? PG_QUERY__OBJECT_TYPE__OBJECT_TABLE
                                : is_column   ? syntax.relation_type
                                              : syntax.rename_type);
  // ALTER TABLE and ALTER INDEX rename indexes alike.
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();  // the table is in it
  const TableVersion* indexed =
      is_column || is_constraint ? nullptr
                                 : find_indexed_table(*snapshot, session.search_path(), RelationName::of(*syntax.relation));
  const bool takes_index = what.type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX || what.type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
  if (indexed != nullptr && takes_index) {
    rename_constraint(session, indexed->schema.name, syntax.relation->relname, syntax.newname);
    return make_done(what.tag);
  }
  const std::string key = named_relation(session, *syntax.relation, what, syntax.missing_ok);
  if (key.empty()) return make_done(what.tag);
  if (is_column) {
    rename_column(session, key, syntax);
  } else if (is_constraint) {
    if (!session.snapshot()->tables.contains(key))
      throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a table").at(syntax.relation->location);
    rename_constraint(session, key, syntax.subname, syntax.newname);
  } else {
    move_relation(session, key, {RelationName::of_key(key).schema, syntax.newname});
  }
  return make_done(what.tag);
}

ResultPtr run_set_schema(SessionState& session, const PgQuery__AlterObjectSchemaStmt& syntax) {
  const Renamed& what = renamed(syntax.object_type);
  const std::string key = named_relation(session, *syntax.relation, what, syntax.missing_ok);
  if (key.empty()) return make_done(what.tag);
  const std::string schema = canonical_schema(syntax.newschema);
  check_schema(*session.snapshot(), schema, -1);
  if (is_temporary(key) || schema == kTemporarySchema)
    throw Error(sqlstate::kFeatureNotSupported, "cannot move objects into or out of temporary schemas");
  const RelationName name = RelationName::of_key(key);
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  if (const auto sequence = snapshot->sequences.find(key);
      sequence != snapshot->sequences.end() && !sequence->second->schema.owner_table.empty())
    throw Error(sqlstate::kFeatureNotSupported, "cannot move an owned sequence into another schema");
  move_relation(session, key, {schema, name.name});
  return make_done(what.tag);
}

}  // namespace cairn
