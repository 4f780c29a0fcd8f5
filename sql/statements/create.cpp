#include <algorithm>

#include "sql/statements/constraint_definition.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {

void check_free(const Snapshot& snapshot, std::string_view name, int position) {
  if (snapshot.has_relation(name) || table_of_index(snapshot, name) != nullptr)
    throw Error(sqlstate::kDuplicateTable, "relation \"" + std::string(name) + "\" already exists").at(position);
}

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

namespace {

bool exists_already(SessionState& session, std::string_view key, bool if_not_exists) {
  if (!if_not_exists || !session.snapshot()->has_relation(key)) return false;
  session.notice("notice: relation \"" + std::string(key) + "\" already exists, skipping");
  return true;
}

OnCommit on_commit_of(PgQuery__OnCommitAction action, std::string_view key, int position) {
  if (action == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_NOOP || action == PG_QUERY__ON_COMMIT_ACTION__ON_COMMIT_ACTION_UNDEFINED)
    return OnCommit::kPreserveRows;
  if (!is_temporary(key))
    throw Error(sqlstate::kInvalidTableDefinition, "ON COMMIT can only be used on temporary tables").at(position);
  if (action == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DROP) return OnCommit::kDrop;
  return action == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DELETE_ROWS ? OnCommit::kDeleteRows : OnCommit::kPreserveRows;
}

}  // namespace

ResultPtr run_create_table(SessionState& session, const Statement& statement) {
  const PgQuery__CreateStmt& syntax = *statement.node->create_stmt;
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = new_relation(*snapshot, session.search_path(), *syntax.relation);
  std::vector<SequenceSchema> sequences;
  TableSchema schema = make_table_schema(session, syntax, *snapshot, key, sequences);
  schema.on_commit = on_commit_of(syntax.oncommit, key, syntax.relation->location);
  if (exists_already(session, key, syntax.if_not_exists)) return make_done("CREATE TABLE");
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    check_free(*transaction->snapshot(), key, syntax.relation->location);
    for (SequenceSchema& sequence : sequences) transaction->create_sequence(std::move(sequence));
    transaction->create_table(std::move(schema));
  }, key);
  return make_done("CREATE TABLE");
}

ResultPtr create_table_as(SessionState& session, const Statement& query, const PgQuery__IntoClause& into, bool if_not_exists) {
  if (ResultPtr result = session.go_on_here(query)) return result;
  const PgQuery__RangeVar& target = *into.rel;
  const int position = target.location;
  const std::string key = new_relation(*session.snapshot(), session.search_path(), target);
  if (query.resumed != nullptr && session.snapshot()->has_relation(key))
    throw cannot_go_on(*query.resumed, "relation \"" + key + "\" was made meanwhile");
  if (exists_already(session, key, if_not_exists)) return make_done("CREATE TABLE AS");
  const OnCommit on_commit = on_commit_of(into.on_commit, key, position);
  int64_t count = 0;
  std::shared_ptr<QueryCheckpoint> checkpoint;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    check_free(*transaction->snapshot(), key, position);
    SessionState::Planned planned = session.plan_query(query);
    name_columns(planned.names, into.col_names, into.n_col_names, position);
    TableSchema schema;
    schema.name = key;
    schema.on_commit = on_commit;
    for (size_t i = 0; i < planned.names.size(); i++)
      schema.columns.push_back({planned.names[i], planned.plan->types[i], false, ""});
    transaction->create_table(std::move(schema));
    if (is_temporary(key)) planned.snapshot = nullptr;
    if (into.skip_data) return;
    checkpoint = session.make_observer(planned, query, true);
    count = insert_rows(session, planned.plan, key, transaction, checkpoint);
    if (checkpoint != nullptr) checkpoint->leave_receipts(*transaction, "SELECT " + std::to_string(count));
  }, key);
  if (checkpoint != nullptr) checkpoint->finish(true);
  return make_done("SELECT " + std::to_string(count), count);
}

ResultPtr run_create_table_as(SessionState& session, const Statement& statement) {
  const PgQuery__CreateTableAsStmt& syntax = *statement.node->create_table_as_stmt;
  const int position = syntax.into->rel->location;
  if (syntax.objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) throw_unsupported("CREATE MATERIALIZED VIEW", position);
  if (syntax.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) throw_unsupported("CREATE TABLE AS EXECUTE", position);
  Statement query = statement;
  query.node = syntax.query;
  return create_table_as(session, query, *syntax.into, syntax.if_not_exists);
}

}  // namespace cairn
