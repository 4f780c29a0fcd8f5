#include <algorithm>

#include "sql/create_text.h"
#include "sql/parser/source_text.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// Throws where a relation of the name exists.
void check_free(const Snapshot& snapshot, std::string_view name, int position) {
  if (snapshot.has_relation(name) || table_of_index(snapshot, name) != nullptr)
    throw Error(sqlstate::kDuplicateTable, "relation \"" + std::string(name) + "\" already exists").at(position);
}

bool exists_already(SessionState& session, std::string_view key, bool if_not_exists) {
  if (!if_not_exists || !session.snapshot()->has_relation(key)) return false;
  session.notice("notice: relation \"" + std::string(key) + "\" already exists, skipping");
  return true;
}

/// Column names of a result made into a table's or a view's.
void name_columns(std::vector<std::string>& names, pg::Node* const* given, size_t count, int position) {
  if (count > names.size())
    throw Error(sqlstate::kSyntaxError, "too many column names were specified: " + std::to_string(count) + " for " +
                                            std::to_string(names.size()) + " columns").at(position);
  for (size_t i = 0; i < count; i++) names[i] = pg::string_value(given[i]);
  for (size_t i = 0; i < names.size(); i++)
    if (std::find(names.begin(), names.begin() + static_cast<ptrdiff_t>(i), names[i]) != names.begin() + static_cast<ptrdiff_t>(i))
      throw Error(sqlstate::kDuplicateColumn, "column \"" + names[i] + "\" specified more than once",
                  "Give the expressions different names with AS.").at(position);
}

}  // namespace

ResultPtr run_create_table(SessionState& session, const Statement& statement) {
  const PgQuery__CreateStmt& syntax = *statement.node->create_stmt;
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = new_relation(*snapshot, session.search_path(), *syntax.relation);
  std::vector<SequenceSchema> sequences;
  TableSchema schema = make_table_schema(syntax, *snapshot, key, sequences);
  if (exists_already(session, key, syntax.if_not_exists)) return make_done("CREATE TABLE");
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    check_free(*transaction->snapshot(), key, syntax.relation->location);
    for (SequenceSchema& sequence : sequences) transaction->create_sequence(std::move(sequence));
    transaction->create_table(std::move(schema));
  }, key);
  session.set_on_commit(key, syntax.oncommit);
  return make_done("CREATE TABLE");
}

ResultPtr run_create_table_as(SessionState& session, const Statement& statement) {
  const PgQuery__CreateTableAsStmt& syntax = *statement.node->create_table_as_stmt;
  const PgQuery__RangeVar& target = *syntax.into->rel;
  int position = target.location;
  const std::string key = new_relation(*session.snapshot(), session.search_path(), target);
  if (syntax.objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) throw_unsupported("CREATE MATERIALIZED VIEW", position);
  if (syntax.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) throw_unsupported("CREATE TABLE AS EXECUTE", position);
  if (exists_already(session, key, syntax.if_not_exists)) return make_done("CREATE TABLE AS");
  int64_t count = 0;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    check_free(*transaction->snapshot(), key, position);
    Statement query = statement;
    query.node = syntax.query;
    SessionState::Planned planned = session.plan_query(query);
    name_columns(planned.names, syntax.into->col_names, syntax.into->n_col_names, position);
    TableSchema schema;
    schema.name = key;
    for (size_t i = 0; i < planned.names.size(); i++)
      schema.columns.push_back({planned.names[i], planned.plan->types[i], false, ""});
    transaction->create_table(std::move(schema));
    if (!syntax.into->skip_data) count = insert_rows(session, planned.plan, key, transaction);
  }, key);
  session.set_on_commit(key, syntax.into->on_commit);
  return make_done("SELECT " + std::to_string(count), count);
}

namespace {

/// The view's text. Names that public does not have are written with their schemas, so that the text means the same
/// whatever the search path is.
std::string view_text(const Statement& statement, std::vector<std::pair<const PgQuery__RangeVar*, std::string>>& resolved) {
  std::vector<std::string> schemas;
  std::vector<std::pair<size_t, std::string>> insertions;
  std::vector<PgQuery__RangeVar*> unqualified;
  for (const auto& [range, key] : resolved) schemas.push_back(RelationName::of_key(key).schema);
  for (size_t i = 0; i < resolved.size(); i++) {
    auto* range = const_cast<PgQuery__RangeVar*>(resolved[i].first);
    if (schemas[i] == kPublicSchema || *range->schemaname != '\0') continue;
    range->schemaname = schemas[i].data();
    unqualified.push_back(range);
    insertions.emplace_back(static_cast<size_t>(range->location), spelled_name(schemas[i]) + ".");
  }
  std::string text = view_query_text(statement.text, *statement.node->view_stmt, std::move(insertions));
  static char empty[] = "";
  for (PgQuery__RangeVar* range : unqualified) range->schemaname = empty;
  parse_statement(text);
  return text;
}

}  // namespace

ResultPtr run_create_view(SessionState& session, const Statement& statement) {
  const PgQuery__ViewStmt& syntax = *statement.node->view_stmt;
  int position = syntax.view->location;
  if (syntax.with_check_option != PG_QUERY__VIEW_CHECK_OPTION__NO_CHECK_OPTION) throw_unsupported("WITH CHECK OPTION", position);
  if (syntax.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) throw_unsupported("a view over this statement", position);
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  std::vector<std::pair<const PgQuery__RangeVar*, std::string>> resolved;
  BindContext context = session.bind_context(statement);
  context.resolved = &resolved;
  Binder binder(std::move(context));
  ViewSchema view;
  view.name = new_relation(*snapshot, session.search_path(), *syntax.view);
  view.column_names = binder.bind_query(*syntax.query->select_stmt).result_names;
  if (!binder.parameter_types().empty())
    throw Error("42P02", "there is no parameter $1", "A view cannot have parameters.").at(position);
  name_columns(view.column_names, syntax.aliases, syntax.n_aliases, position);
  const bool reads_temporary = std::ranges::any_of(resolved, [](const auto& entry) { return is_temporary(entry.second); });
  if (reads_temporary && !is_temporary(view.name)) {
    session.notice("notice: view \"" + view.name + "\" will be a temporary view");
    view.name = RelationName{std::string(kTemporarySchema), syntax.view->relname}.key();
  }
  view.sql = view_text(statement, resolved);
  const std::string key = view.name;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    const bool replace = syntax.replace && transaction->snapshot()->views.contains(key);
    if (!replace) check_free(*transaction->snapshot(), key, position);
    if (replace) transaction->drop_view(key);
    transaction->create_view(std::move(view));
  }, key);
  return make_done("CREATE VIEW");
}

}  // namespace cairn
