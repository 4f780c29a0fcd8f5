// ALTER TABLE: what only concerns the definition is noted; where columns change the rows are written anew.

#include <algorithm>

#include "sql/create_text.h"
#include "sql/dependencies.h"
#include "sql/parser/deparse.h"
#include "sql/statements/constraint_check.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/sequence.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// A table on its way to another definition.
struct Alteration {
  std::string key;
  TableSchema schema;
  std::vector<std::string> sources;         ///< SQL over the old table, one per column of `schema`
  std::vector<SequenceSchema> sequences;    ///< of added SERIAL columns
  std::vector<std::string> lost_sequences;  ///< of dropped columns
  std::vector<std::string> checked;         ///< columns that must be without NULLs, by their old names
  bool rewrites = false;
  bool constrains = false;                  ///< there are new constraints that the rows may break
};

size_t find_column(const Alteration& change, std::string_view name) {
  std::optional<size_t> found = change.schema.find(name);
  if (!found)
    throw Error(sqlstate::kUndefinedColumn,
                "column \"" + std::string(name) + "\" of relation \"" + change.key + "\" does not exist");
  return *found;
}

void add_column(SessionState& session, const Snapshot& snapshot, const PgQuery__AlterTableCmd& command, Alteration& change) {
  const PgQuery__ColumnDef& definition = *command.def->column_def;
  if (change.schema.find(definition.colname)) {
    const std::string message = "column \"" + std::string(definition.colname) + "\" of relation \"" + change.key + "\" already exists";
    if (!command.missing_ok) throw Error(sqlstate::kDuplicateColumn, message);
    session.notice("notice: " + message + ", skipping");
    return;
  }
  std::vector<const PgQuery__Constraint*> constraints;
  ColumnSchema column = make_column(definition, snapshot, change.key, change.sequences, constraints);
  change.sources.push_back(column.default_sql.empty() ? "NULL" : column.default_sql);
  const auto position = static_cast<uint32_t>(change.schema.columns.size());
  change.schema.columns.push_back(std::move(column));
  for (const PgQuery__Constraint* constraint : constraints) add_constraint(change.schema, *constraint, position, snapshot);
  change.rewrites = true;
}

void drop_column(SessionState& session, const Snapshot& snapshot, const PgQuery__AlterTableCmd& command, Alteration& change) {
  if (command.missing_ok && !change.schema.find(command.name)) {
    session.notice("notice: column \"" + std::string(command.name) + "\" of relation \"" + change.key + "\" does not exist, skipping");
    return;
  }
  const size_t column = find_column(change, command.name);
  if (change.schema.columns.size() == 1) throw_unsupported("a table without columns", -1);
  for (const auto& [name, sequence] : snapshot.sequences)
    if (sequence->schema.owner_table == change.key && sequence->schema.owner_column == command.name)
      change.lost_sequences.push_back(name);
  if (!change.schema.checks.empty()) throw_unsupported("DROP COLUMN from a table with a CHECK constraint", -1);
  std::erase_if(change.schema.indexes, [&](const IndexSchema& index) { return std::ranges::count(index.columns, column) > 0; });
  for (IndexSchema& index : change.schema.indexes)
    for (uint32_t& other : index.columns) other -= other > column;
  change.schema.columns.erase(change.schema.columns.begin() + static_cast<ptrdiff_t>(column));
  change.sources.erase(change.sources.begin() + static_cast<ptrdiff_t>(column));
  change.rewrites = true;
}

void alter_type(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const size_t column = find_column(change, command.name);
  const PgQuery__ColumnDef& definition = *command.def->column_def;
  change.schema.columns[column].type = resolve_type_name(*definition.type_name).type;
  if (definition.raw_default != nullptr) change.sources[column] = deparse_expression(*definition.raw_default);
  const std::string& text = change.schema.columns[column].default_sql;
  if (!text.empty()) {  // binds as the new type, or this fails
    auto tree = parse_statement("SELECT " + text);
    Binder({}).bind_standalone(*tree->statement().select_stmt->target_list[0]->res_target->val,
                               &change.schema.columns[column].type, CastContext::kAssignment);
  }
  change.rewrites = true;
}

void set_default(const PgQuery__AlterTableCmd& command, Alteration& change) {
  ColumnSchema& column = change.schema.columns[find_column(change, command.name)];
  column.default_sql.clear();
  if (command.def == nullptr) return;
  Binder({}).bind_standalone(*command.def, &column.type, CastContext::kAssignment);
  column.default_sql = deparse_expression(*command.def);
}

void add_table_constraint(const Snapshot& snapshot, const PgQuery__AlterTableCmd& command, Alteration& change) {
  const PgQuery__Constraint& constraint = *command.def->constraint;
  if (constraint.skip_validation) throw_unsupported("NOT VALID", constraint.location);
  const size_t index_count = change.schema.indexes.size();
  add_constraint(change.schema, constraint, std::nullopt, snapshot);
  change.constrains = true;
  if (change.schema.indexes.size() == index_count || change.schema.indexes.back().kind != IndexSchema::Kind::kPrimaryKey) return;
  for (const uint32_t column : change.schema.indexes.back().columns) change.checked.push_back(change.sources[column]);
}

void drop_constraint(SessionState& session, const PgQuery__AlterTableCmd& command, Alteration& change) {
  const std::string name = command.name;
  const size_t dropped =
      std::erase_if(change.schema.indexes, [&](const IndexSchema& index) { return index.of_constraint() && index.name == name; }) +
      std::erase_if(change.schema.checks, [&](const CheckSchema& check) { return check.name == name; });
  if (dropped > 0) return;
  const std::string message = "constraint \"" + name + "\" of relation \"" + change.key + "\" does not exist";
  if (!command.missing_ok) throw Error(sqlstate::kUndefinedObject, message);
  session.notice("notice: " + message + ", skipping");
}

void check_rows(SessionState& session, const TableVersion& table) {
  for (const IndexSchema& index : table.schema.indexes)
    if (index.unique()) ConstraintCheck::check_index(session, table, index);
  for (const CheckSchema& check : table.schema.checks) ConstraintCheck::check_condition(session, table, check);
}

void apply(SessionState& session, const Snapshot& snapshot, const PgQuery__AlterTableCmd& command, Alteration& change) {
  switch (command.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn: return add_column(session, snapshot, command, change);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn: return drop_column(session, snapshot, command, change);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType: return alter_type(command, change);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault: return set_default(command, change);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull: {
      const size_t column = find_column(change, command.name);
      change.schema.columns[column].not_null = true;
      change.checked.push_back(change.sources[column]);
      return;
    }
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull:
      change.schema.columns[find_column(change, command.name)].not_null = false;
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint: return add_table_constraint(snapshot, command, change);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint: return drop_constraint(session, command, change);
    default: throw_unsupported("this form of ALTER TABLE", -1);
  }
}

/// Whether the table has a row for which the condition holds.
bool has_row(SessionState& session, const std::string& key, const std::string& condition) {
  Statement query;
  query.text = "SELECT 1 FROM " + RelationName::of_key(key).to_sql() + " WHERE " + condition + " LIMIT 1";
  query.tree = parse_statement(query.text);
  query.node = &query.tree->statement();
  ResultPtr rows = run_select(session, query);
  bool found = false;
  while (std::unique_ptr<RowSet::Chunk> chunk = rows->next()) found = found || chunk->row_count > 0;
  return found;
}

/// The rows under the new definition, in a table that takes the old one's place.
void rewrite(SessionState& session, const Alteration& change, const std::shared_ptr<WriteTransaction>& transaction) {
  std::string text = "SELECT ";
  std::vector<size_t> columns;
  for (const std::string& source : change.sources) {
    text += (columns.empty() ? "" : ", ") + source;
    columns.push_back(columns.size());
  }
  Statement query;
  query.text = text + " FROM " + RelationName::of_key(change.key).to_sql();
  query.tree = parse_statement(query.text);
  query.node = &query.tree->statement();
  query.snapshot = transaction->snapshot();  // an added column's sequence is in no other yet
  TableSchema schema = change.schema;
  schema.name += " (rewritten)";
  const std::string place = schema.name;
  Binder binder(session.bind_context(query));
  PlanPtr rows = session.plan(binder.bind_insert_source(*query.node->select_stmt, schema, columns));
  transaction->create_table(std::move(schema));
  insert_rows(session, std::move(rows), place, transaction);
  transaction->drop_table(change.key);
  transaction->alter_table(place, change.schema);
}

}  // namespace

ResultPtr run_alter_table(SessionState& session, const PgQuery__AlterTableStmt& syntax) {
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = find_relation(*snapshot, session.search_path(), *syntax.relation);
  auto table = snapshot->tables.find(key);
  if (table == snapshot->tables.end()) {
    if (snapshot->has_relation(key))
      throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a table").at(syntax.relation->location);
    const std::string message = "relation \"" + key + "\" does not exist";
    if (!syntax.missing_ok) throw Error(sqlstate::kUndefinedTable, message).at(syntax.relation->location);
    session.notice("notice: " + message + ", skipping");
    return make_done("ALTER TABLE");
  }
  Alteration change;
  change.key = key;
  change.schema = table->second->schema;
  for (const ColumnSchema& column : change.schema.columns) change.sources.push_back(spelled_name(column.name));
  for (const pg::Node* command : pg::list(syntax.cmds, syntax.n_cmds)) apply(session, *snapshot, *command->alter_table_cmd, change);

  const std::vector<std::string> broken = change.rewrites ? broken_views(session, *snapshot, key, change.schema)
                                                          : std::vector<std::string>();
  if (!broken.empty())
    throw Error(sqlstate::kDependentObjects, "cannot alter table " + key + " because view " + broken[0] + " depends on it",
                "Drop the view first.");
  if (!change.rewrites)
    for (const std::string& column : change.checked)
      if (has_row(session, key, column + " IS NULL"))
        throw Error(sqlstate::kNotNullViolation, "column " + column + " of relation \"" + key + "\" contains null values");
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    for (const SequenceSchema& sequence : change.sequences) transaction->create_sequence(sequence);
    if (change.rewrites) rewrite(session, change, transaction);
    else transaction->alter_table(key, change.schema);
    if (change.rewrites || change.constrains) check_rows(session, *transaction->snapshot()->tables.at(key));
    for (const std::string& sequence : change.lost_sequences) transaction->drop_sequence(sequence);
  }, key);
  return make_done("ALTER TABLE");
}

}  // namespace cairn
