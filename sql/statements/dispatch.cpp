#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {

bool ends_block(const pg::Node& node) {
  if (node.node_case != PG_QUERY__NODE__NODE_TRANSACTION_STMT) return false;
  return node.transaction_stmt->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT ||
         node.transaction_stmt->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK;
}

namespace {

/// Row groups and statistics are kept in order by every commit: there is nothing to do but to look for what is named.
ResultPtr run_vacuum(SessionState& session, const PgQuery__VacuumStmt& syntax) {
  if (syntax.is_vacuumcmd && session.in_block())
    throw Error(sqlstate::kActiveTransaction, "VACUUM cannot run inside a transaction block");
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  for (const pg::Node* node : pg::list(syntax.rels, syntax.n_rels)) {
    const PgQuery__RangeVar& range = *node->vacuum_relation->relation;
    const std::string key = find_relation(*snapshot, session.search_path(), range);
    if (!snapshot->has_relation(key))
      throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist").at(range.location);
  }
  return make_done(syntax.is_vacuumcmd ? "VACUUM" : "ANALYZE");
}

/// What a read-only transaction refuses whatever it is done to: rows of temporary tables it may change.
bool is_definition(const pg::Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT: return node.select_stmt->into_clause != nullptr || node.select_stmt->n_locking_clause > 0;
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
    case PG_QUERY__NODE__NODE_CREATE_STMT:
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
    case PG_QUERY__NODE__NODE_VIEW_STMT:
    case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT:
    case PG_QUERY__NODE__NODE_ALTER_SEQ_STMT:
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
    case PG_QUERY__NODE__NODE_RENAME_STMT:
    case PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT:
    case PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT:
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
    case PG_QUERY__NODE__NODE_INDEX_STMT:
    case PG_QUERY__NODE__NODE_DROP_STMT: return true;
    default: return false;
  }
}

}  // namespace

ResultPtr dispatch(SessionState& session, const Statement& statement) {
  const pg::Node& node = *statement.node;
  if (session.block_is_read_only() && is_definition(node))
    throw Error(sqlstate::kReadOnly, "cannot execute " + pg::describe(node) + " in a read-only transaction");
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT: return run_select(session, statement);
    case PG_QUERY__NODE__NODE_INSERT_STMT:
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
    case PG_QUERY__NODE__NODE_DELETE_STMT:
    case PG_QUERY__NODE__NODE_MERGE_STMT: return run_modification(session, statement);
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT: return run_truncate(session, statement);
    case PG_QUERY__NODE__NODE_CREATE_STMT: return run_create_table(session, statement);
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT: return run_create_table_as(session, statement);
    case PG_QUERY__NODE__NODE_VIEW_STMT: return run_create_view(session, statement);
    case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT: return run_create_sequence(session, *node.create_seq_stmt);
    case PG_QUERY__NODE__NODE_ALTER_SEQ_STMT: return run_alter_sequence(session, *node.alter_seq_stmt);
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT: return run_alter_table(session, *node.alter_table_stmt);
    case PG_QUERY__NODE__NODE_RENAME_STMT: return run_rename(session, *node.rename_stmt);
    case PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT: return run_set_schema(session, *node.alter_object_schema_stmt);
    case PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT: return run_create_schema(session, *node.create_schema_stmt);
    case PG_QUERY__NODE__NODE_COMMENT_STMT: return run_comment(session, *node.comment_stmt);
    case PG_QUERY__NODE__NODE_INDEX_STMT: return run_create_index(session, statement);
    case PG_QUERY__NODE__NODE_DROP_STMT: return run_drop(session, statement);
    case PG_QUERY__NODE__NODE_COPY_STMT: return run_copy(session, statement);
    case PG_QUERY__NODE__NODE_EXPLAIN_STMT: return run_explain(session, statement);
    case PG_QUERY__NODE__NODE_CALL_STMT: return run_call(session, statement);
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT: return run_set(session, *node.variable_set_stmt);
    case PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT: return run_show(session, *node.variable_show_stmt);
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT: return run_transaction(session, *node.transaction_stmt);
    case PG_QUERY__NODE__NODE_PREPARE_STMT: return run_prepare(session, statement);
    case PG_QUERY__NODE__NODE_EXECUTE_STMT: return run_execute(session, statement);
    case PG_QUERY__NODE__NODE_DEALLOCATE_STMT: return run_deallocate(session, *node.deallocate_stmt);
    case PG_QUERY__NODE__NODE_VACUUM_STMT: return run_vacuum(session, *node.vacuum_stmt);
    case PG_QUERY__NODE__NODE_CHECK_POINT_STMT: return make_done("CHECKPOINT");
    default: throw_unsupported(pg::describe(node), pg::location(&node));
  }
}

}  // namespace cairn
