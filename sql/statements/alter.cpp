// ALTER TABLE: what only concerns the definition is noted; where columns change the rows are written anew.

#include <algorithm>

#include "sql/create_text.h"
#include "sql/parser/deparse.h"
#include "sql/statements/alteration.h"
#include "sql/statements/constraint_check.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/sequence.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "sql/statements/view_options.h"
#include "vector/error.h"

namespace cairn {

size_t Alteration::find_column(std::string_view name) const {
  const std::optional<size_t> found = schema.find(name);
  if (!found) throw Error(sqlstate::kUndefinedColumn, column_text(name) + " does not exist");
  return *found;
}

std::string Alteration::column_text(std::string_view name) const {
  return "column \"" + std::string(name) + "\" of relation \"" + key + "\"";
}

namespace {

void add_column(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const PgQuery__ColumnDef& definition = *command.def->column_def;
  if (change.schema.find(definition.colname)) {
    const std::string message = change.column_text(definition.colname) + " already exists";
    if (!command.missing_ok) throw Error(sqlstate::kDuplicateColumn, message);
    change.session.notice("notice: " + message + ", skipping");
    return;
  }
  std::vector<const PgQuery__Constraint*> constraints;
  ColumnSchema column = make_column(definition, *change.snapshot, change.session.search_path(), change.key,
                                    change.sequences, constraints);
  change.sources.push_back(column.default_sql.empty() ? "NULL" : column.default_sql);
  const auto position = static_cast<uint32_t>(change.schema.columns.size());
  if (column.not_null) change.checked.push_back(position);
  change.schema.columns.push_back(std::move(column));
  for (const PgQuery__Constraint* constraint : constraints)
    change.validated.push_back(add_constraint(change.schema, *constraint, position, *change.snapshot));
  change.rewrites = true;
}

/// Views that need the column go with it, or keep it.
void drop_views_of_column(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const std::string column = command.name;
  const bool cascade = command.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  for (const std::string& view : dependent_views(change.session, *change.snapshot, change.key, column)) {
    if (change.dropped.drops(view)) continue;
    if (!cascade)
      throw Error(sqlstate::kDependentObjects, "cannot drop column " + column + " of table " + change.key +
                                                   " because other objects depend on it",
                  "view " + view + " depends on it. Use DROP ... CASCADE to drop the dependent objects too.");
    change.session.notice("notice: drop cascades to view " + view);
    plan_drop(change.session, *change.snapshot, view, {}, true, change.dropped);
  }
  change.view_edits.push_back(column_becomes(column, ""));
}

void drop_column(const PgQuery__AlterTableCmd& command, Alteration& change) {
  if (command.missing_ok && !change.schema.find(command.name)) {
    change.session.notice("notice: " + change.column_text(command.name) + " does not exist, skipping");
    return;
  }
  const size_t column = change.find_column(command.name);
  drop_views_of_column(command, change);
  for (const auto& [name, sequence] : change.snapshot->sequences)
    if (sequence->schema.owner_table == change.key && sequence->schema.owner_column == command.name)
      change.lost_sequences.push_back(name);
  // Checks that name it go, as PostgreSQL's do.
  std::erase_if(change.schema.checks, [&](const CheckSchema& check) {
    return std::ranges::count(columns_of(change.schema, check), column) > 0;
  });
  std::erase_if(change.schema.indexes, [&](const IndexSchema& index) { return std::ranges::count(index.columns, column) > 0; });
  for (IndexSchema& index : change.schema.indexes)
    for (uint32_t& other : index.columns) other -= other > column;
  std::erase(change.checked, column);
  for (uint32_t& other : change.checked) other -= other > column;
  change.schema.columns.erase(change.schema.columns.begin() + static_cast<ptrdiff_t>(column));
  change.sources.erase(change.sources.begin() + static_cast<ptrdiff_t>(column));
  change.rewrites = true;
}

void alter_type(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const size_t column = change.find_column(command.name);
  const PgQuery__ColumnDef& definition = *command.def->column_def;
  const std::vector<std::string> views = dependent_views(change.session, *change.snapshot, change.key, command.name);
  if (!views.empty())
    throw Error(sqlstate::kFeatureNotSupported, "cannot alter type of a column used by a view or rule",
                "View " + views[0] + " depends on column \"" + command.name + "\"; drop it first.");
  ColumnSchema& altered = change.schema.columns[column];
  altered.type = resolve_type_name(*definition.type_name).type;
  if (altered.identity != Identity::kNone) check_identity_type(altered.type, definition.location);
  if (definition.raw_default != nullptr) change.sources[column] = deparse_expression(*definition.raw_default);
  if (!altered.default_sql.empty()) {  // binds as the new type, or this fails
    auto tree = parse_statement("SELECT " + altered.default_sql);
    Binder({}).bind_standalone(*tree->statement().select_stmt->target_list[0]->res_target->val, &altered.type,
                               CastContext::kAssignment);
  }
  for (const CheckSchema& check : change.schema.checks)
    if (std::ranges::count(columns_of(change.schema, check), column) > 0) change.validated.push_back(check.name);
  for (const IndexSchema& index : change.schema.indexes)
    if (index.unique() && std::ranges::count(index.columns, column) > 0) change.validated.push_back(index.name);
  change.rewrites = true;
}

void set_default(const PgQuery__AlterTableCmd& command, Alteration& change) {
  ColumnSchema& column = change.schema.columns[change.find_column(command.name)];
  if (column.identity != Identity::kNone)
    throw Error(sqlstate::kSyntaxError, change.column_text(command.name) + " is an identity column",
                command.def != nullptr ? "" : "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.");
  column.default_sql.clear();
  if (command.def == nullptr) return;
  column.default_sql =
      with_pinned_sequences(default_text(*command.def, column.type), *change.snapshot, change.session.search_path());
}

void set_not_null(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const size_t column = change.find_column(command.name);
  change.schema.columns[column].not_null = true;
  change.checked.push_back(static_cast<uint32_t>(column));
}

void drop_not_null(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const size_t column = change.find_column(command.name);
  if (change.schema.columns[column].identity != Identity::kNone)
    throw Error(sqlstate::kSyntaxError, change.column_text(command.name) + " is an identity column");
  for (const IndexSchema& index : change.schema.indexes)
    if (index.kind == IndexSchema::Kind::kPrimaryKey && std::ranges::count(index.columns, column) > 0)
      throw Error(sqlstate::kInvalidTableDefinition, "column \"" + std::string(command.name) + "\" is in a primary key");
  change.schema.columns[column].not_null = false;
}

void add_table_constraint(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const PgQuery__Constraint& constraint = *command.def->constraint;
  const size_t index_count = change.schema.indexes.size();
  const std::string name = add_constraint(change.schema, constraint, std::nullopt, *change.snapshot);
  if (constraint.skip_validation) {
    change.schema.checks.back().validated = false;
    return;
  }
  change.validated.push_back(name);
  if (change.schema.indexes.size() == index_count || change.schema.indexes.back().kind != IndexSchema::Kind::kPrimaryKey) return;
  for (const uint32_t column : change.schema.indexes.back().columns) change.checked.push_back(column);
}

void drop_constraint(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const std::string name = command.name;
  const size_t dropped =
      std::erase_if(change.schema.indexes, [&](const IndexSchema& index) { return index.of_constraint() && index.name == name; }) +
      std::erase_if(change.schema.checks, [&](const CheckSchema& check) { return check.name == name; });
  if (dropped == 0) {
    const std::string message = "constraint \"" + name + "\" of relation \"" + change.key + "\" does not exist";
    if (!command.missing_ok) throw Error(sqlstate::kUndefinedObject, message);
    change.session.notice("notice: " + message + ", skipping");
    return;
  }
  // A view that groups by the primary key alone needs it.
  for (const std::string& view : broken_views(change.session, *change.snapshot, change.key, change.schema)) {
    if (command.behavior != PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE)
      throw Error(sqlstate::kDependentObjects, "cannot drop constraint " + name + " on table " + change.key +
                                                   " because other objects depend on it",
                  "view " + view + " depends on it. Use DROP ... CASCADE to drop the dependent objects too.");
    change.session.notice("notice: drop cascades to view " + view);
    plan_drop(change.session, *change.snapshot, view, {}, true, change.dropped);
  }
}

void validate_constraint(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const std::string name = command.name;
  const auto check = std::ranges::find(change.schema.checks, name, &CheckSchema::name);
  if (check == change.schema.checks.end()) {
    if (std::ranges::find(change.schema.indexes, name, &IndexSchema::name) != change.schema.indexes.end())
      throw Error(sqlstate::kWrongObjectType, "constraint \"" + name + "\" of relation \"" + change.key +
                                                  "\" is not a foreign key or check constraint");
    throw Error(sqlstate::kUndefinedObject,
                "constraint \"" + name + "\" of relation \"" + change.key + "\" does not exist");
  }
  if (check->validated) return;
  check->validated = true;
  change.validated.push_back(name);
}

/// An action, and when PostgreSQL takes its turn among those of one statement: what drops comes first, what needs columns
/// behind what makes them.
struct Action {
  PgQuery__AlterTableType type;
  int turn;
  void (*apply)(const PgQuery__AlterTableCmd& command, Alteration& change);
};
constexpr Action kActions[] = {
    {PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn, 0, drop_column},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint, 0, drop_constraint},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull, 0, drop_not_null},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_DropIdentity, 0, drop_identity},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType, 1, alter_type},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn, 2, add_column},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull, 3, set_not_null},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint, 4, add_table_constraint},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault, 5, set_default},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_AddIdentity, 5, add_identity},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_SetIdentity, 6, set_identity},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint, 6, validate_constraint},
};

const Action& action_of(const PgQuery__AlterTableCmd& command) {
  const auto found = std::ranges::find(kActions, command.subtype, &Action::type);
  if (found == std::end(kActions)) throw_unsupported("ALTER TABLE … " + pg::describe(pg_query__alter_table_type__descriptor, command.subtype), -1);
  return *found;
}

void apply_actions(const PgQuery__AlterTableStmt& syntax, Alteration& change) {
  std::vector<std::pair<int, const PgQuery__AlterTableCmd*>> commands;
  for (const pg::Node* node : pg::list(syntax.cmds, syntax.n_cmds)) {
    const PgQuery__AlterTableCmd& command = *node->alter_table_cmd;
    const bool drops_default = command.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault && command.def == nullptr;
    commands.emplace_back(drops_default ? 0 : action_of(command).turn, &command);
  }
  std::ranges::stable_sort(commands, {}, [](const auto& command) { return command.first; });
  for (const auto& [turn, command] : commands) action_of(*command).apply(*command, change);
}

/// The rows under the new definition, in a table that takes the old one's place.
void rewrite(const Alteration& change, const std::shared_ptr<WriteTransaction>& transaction) {
  std::string text = "SELECT ";
  InsertColumns columns{{}, true, PG_QUERY__OVERRIDING_KIND__OVERRIDING_SYSTEM_VALUE};
  for (const std::string& source : change.sources) {
    text += (columns.positions.empty() ? "" : ", ") + source;
    columns.positions.push_back(columns.positions.size());
  }
  Statement query;
  query.text = text + " FROM " + RelationName::of_key(change.key).to_sql();
  query.tree = parse_statement(query.text);
  query.node = &query.tree->statement();
  query.relations = transaction->snapshot();  // an added column's sequence is in no other yet
  TableSchema schema = change.schema;
  schema.name += " (rewritten)";
  // Told about below, by the table's own name.
  for (ColumnSchema& column : schema.columns) column.not_null = false;
  const std::string place = schema.name;
  Binder binder(change.session.bind_context(query));
  PlanPtr rows = change.session.plan(binder.bind_insert_source(*query.node->select_stmt, schema, columns));
  transaction->create_table(std::move(schema));
  insert_rows(change.session, std::move(rows), place, transaction);
  transaction->drop_table(change.key);
  transaction->alter_table(place, change.schema);
}

/// Holds the rows under the new definition against what is new in it.
void check_rows(const Alteration& change, const TableVersion& table) {
  for (const uint32_t column : change.checked)
    if (ConstraintCheck::has_null(change.session, table, column))
      throw Error(sqlstate::kNotNullViolation, change.column_text(table.schema.columns[column].name) + " contains null values");
  const auto is_new = [&](const std::string& name) { return std::ranges::count(change.validated, name) > 0; };
  for (const CheckSchema& check : table.schema.checks)
    if (is_new(check.name)) ConstraintCheck::check_condition(change.session, table, check);
  for (const IndexSchema& index : table.schema.indexes)
    if (index.unique() && is_new(index.name)) ConstraintCheck::check_index(change.session, table, index);
}

void alter(const PgQuery__AlterTableStmt& syntax, const std::string& key, const std::shared_ptr<WriteTransaction>& transaction,
           Alteration& change) {
  change.schema = change.snapshot->tables.at(key)->schema;
  for (const ColumnSchema& column : change.schema.columns) change.sources.push_back(spelled_name(column.name));
  apply_actions(syntax, change);
  for (const SequenceSchema& sequence : change.sequences) transaction->create_sequence(sequence);
  if (change.rewrites) rewrite(change, transaction);
  else transaction->alter_table(key, change.schema);
  check_rows(change, *transaction->snapshot()->tables.at(key));
  for (const std::string& sequence : change.lost_sequences) transaction->drop_sequence(sequence);
  for (const SequenceAlteration& altered : change.sequence_changes) transaction->alter_sequence(altered.schema.name, altered.schema);
}

/// What the views that read the table know of it from now on.
std::vector<ViewSchema> changed_views(const Alteration& change) {
  if (change.view_edits.empty()) return unpinned_views(change.session, *change.snapshot, change.key);
  std::vector<ViewSchema> views = edited_views(change.session, *change.snapshot, change.key, [&](ViewRelation& relation) {
    for (const ViewEdit& edit : change.view_edits) edit(relation);
  });
  std::erase_if(views, [&](const ViewSchema& view) { return change.dropped.drops(view.name); });
  return views;
}

}  // namespace

ResultPtr run_alter_table(SessionState& session, const PgQuery__AlterTableStmt& syntax) {
  const std::string key = altered_relation(*session.snapshot(), session.search_path(), *syntax.relation, syntax.missing_ok);
  const bool means_view = syntax.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW;
  if (session.snapshot()->views.contains(key)) return alter_view(session, syntax, key);
  if (means_view && session.snapshot()->has_relation(key))
    throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a view").at(syntax.relation->location);
  if (!session.snapshot()->tables.contains(key)) {
    if (session.snapshot()->has_relation(key))
      throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a table").at(syntax.relation->location);
    const std::string message = "relation \"" + key + "\" does not exist";
    if (!syntax.missing_ok) throw Error(sqlstate::kUndefinedTable, message).at(syntax.relation->location);
    session.notice("notice: " + message + ", skipping");
    return make_done(means_view ? "ALTER VIEW" : "ALTER TABLE");
  }
  Alteration change{.session = session, .key = key};
  std::vector<ViewSchema> views;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    change.snapshot = session.snapshot();
    if (!change.snapshot->tables.contains(key))
      throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist").at(syntax.relation->location);
    alter(syntax, key, transaction, change);
    views = changed_views(change);
    drop_planned(*transaction, *change.snapshot, change.dropped, is_temporary(key));
    store_views(*transaction, views, is_temporary(key));
    for (const SequenceAlteration& altered : change.sequence_changes) set_position(session, altered);
  }, key);
  if (!is_temporary(key) && change.dropped.any(true))
    session.change([&](std::shared_ptr<WriteTransaction> transaction) {
      drop_planned(*transaction, *change.snapshot, change.dropped, true);
    }, "pg_temp.");
  store_temporary_views(session, key, views);
  return make_done("ALTER TABLE");
}

}  // namespace cairn
