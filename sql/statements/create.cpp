#include <algorithm>

#include "sql/parser/deparse.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// Throws where a table or view of the name exists.
void check_free(const Snapshot& snapshot, std::string_view name, int position) {
  if (snapshot.tables.contains(name) || snapshot.views.contains(name) || table_of_index(snapshot, name) != nullptr)
    throw Error(sqlstate::kDuplicateTable, "relation \"" + std::string(name) + "\" already exists").at(position);
}

bool exists_already(SessionState& session, const PgQuery__RangeVar& name, bool if_not_exists) {
  if (!if_not_exists) return false;
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  std::string_view text = name.relname;
  if (!snapshot->tables.contains(text) && !snapshot->views.contains(text)) return false;
  session.notice("notice: relation \"" + std::string(text) + "\" already exists, skipping");
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
  TableSchema schema = make_table_schema(syntax, *session.snapshot());
  if (!exists_already(session, *syntax.relation, syntax.if_not_exists))
    session.change([&](std::shared_ptr<WriteTransaction> transaction) {
      check_free(*transaction->snapshot(), schema.name, syntax.relation->location);
      transaction->create_table(std::move(schema));
    });
  return make_done("CREATE TABLE");
}

ResultPtr run_create_table_as(SessionState& session, const Statement& statement) {
  const PgQuery__CreateTableAsStmt& syntax = *statement.node->create_table_as_stmt;
  const PgQuery__RangeVar& target = *syntax.into->rel;
  int position = target.location;
  check_table_name(target);
  if (syntax.objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) throw_unsupported("CREATE MATERIALIZED VIEW", position);
  if (std::string_view(target.relpersistence) == "t") throw_unsupported("a TEMPORARY table", position);
  if (syntax.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) throw_unsupported("CREATE TABLE AS EXECUTE", position);
  if (exists_already(session, target, syntax.if_not_exists)) return make_done("CREATE TABLE AS");
  int64_t count = 0;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    check_free(*transaction->snapshot(), target.relname, position);
    Statement query = statement;
    query.node = syntax.query;
    SessionState::Planned planned = session.plan_query(query);
    name_columns(planned.names, syntax.into->col_names, syntax.into->n_col_names, position);
    TableSchema schema;
    schema.name = target.relname;
    for (size_t i = 0; i < planned.names.size(); i++)
      schema.columns.push_back({planned.names[i], planned.plan->types[i], false, ""});
    transaction->create_table(std::move(schema));
    if (!syntax.into->skip_data) count = insert_rows(session, planned.plan, target.relname, transaction);
  });
  return make_done("SELECT " + std::to_string(count), count);
}

ResultPtr run_create_view(SessionState& session, const Statement& statement) {
  const PgQuery__ViewStmt& syntax = *statement.node->view_stmt;
  int position = syntax.view->location;
  check_table_name(*syntax.view);
  if (std::string_view(syntax.view->relpersistence) == "t") throw_unsupported("a TEMPORARY view", position);
  if (syntax.with_check_option != PG_QUERY__VIEW_CHECK_OPTION__NO_CHECK_OPTION) throw_unsupported("WITH CHECK OPTION", position);
  if (syntax.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) throw_unsupported("a view over this statement", position);
  ViewSchema view;
  view.name = syntax.view->relname;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    std::shared_ptr<const Snapshot> snapshot = transaction->snapshot();
    bool replace = syntax.replace && snapshot->views.contains(view.name);
    if (!replace) check_free(*snapshot, view.name, position);
    BindContext context = session.bind_context(statement);
    context.snapshot = snapshot;
    Binder binder(std::move(context));
    view.column_names = binder.bind_query(*syntax.query->select_stmt).result_names;
    if (!binder.parameter_types().empty())
      throw Error("42P02", "there is no parameter $1", "A view cannot have parameters.").at(position);
    name_columns(view.column_names, syntax.aliases, syntax.n_aliases, position);
    view.sql = deparse(*syntax.query);
    parse_statement(view.sql);
    if (replace) transaction->drop_view(view.name);
    transaction->create_view(std::move(view));
  });
  return make_done("CREATE VIEW");
}

ResultPtr run_drop(SessionState& session, const Statement& statement) {
  const PgQuery__DropStmt& syntax = *statement.node->drop_stmt;
  if (syntax.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX) return run_drop_index(session, syntax);
  bool is_table = syntax.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
  if (!is_table && syntax.remove_type != PG_QUERY__OBJECT_TYPE__OBJECT_VIEW) throw_unsupported("DROP of this kind of object", -1);
  std::string_view kind = is_table ? "table" : "view";
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    for (const pg::Node* object : pg::list(syntax.objects, syntax.n_objects)) {
      std::string name(pg::last_name(object->list->items, object->list->n_items));
      std::shared_ptr<const Snapshot> snapshot = transaction->snapshot();
      bool has_table = snapshot->tables.contains(name), has_view = snapshot->views.contains(name);
      if (is_table ? has_view : has_table)
        throw Error(sqlstate::kWrongObjectType, "\"" + name + "\" is not a " + std::string(kind),
                    is_table ? "Use DROP VIEW to remove a view." : "Use DROP TABLE to remove a table.");
      if (!has_table && !has_view) {
        std::string message = std::string(kind) + " \"" + name + "\" does not exist";
        if (!syntax.missing_ok) throw Error(sqlstate::kUndefinedTable, message);
        session.notice("notice: " + message + ", skipping");
        continue;
      }
      if (is_table) transaction->drop_table(name);
      else transaction->drop_view(name);
    }
  });
  return make_done(is_table ? "DROP TABLE" : "DROP VIEW");
}

}  // namespace cairn
