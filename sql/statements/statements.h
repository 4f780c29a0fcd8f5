#pragma once

// One function per kind of statement. Each takes the session and the statement's node and does the work; queries
// return their rows as they come. Adding a statement: a function here, a file beside it, one case in dispatch.cpp.

#include <optional>
#include <span>

#include "sql/session_state.h"
#include "sql/statements/results.h"

namespace cairn {

using ResultPtr = std::unique_ptr<StatementResult>;

/// Finds the function for the node. Errors: kFeatureNotSupported naming the statement.
ResultPtr dispatch(SessionState& session, const Statement& statement);
/// Statements that a failed transaction block still takes: COMMIT, ROLLBACK.
bool ends_block(const pg::Node& node);

ResultPtr run_select(SessionState& session, const Statement& statement);
ResultPtr run_modification(SessionState& session, const Statement& statement);
/// The same, its result taken before the changes become visible: if `take` throws, there are none.
void modify(SessionState& session, const Statement& statement, const std::function<void(ResultPtr)>& take);
/// INSERT, UPDATE, DELETE and MERGE.
bool is_modification(const pg::Node& node);
/// Errors: those of the target's name, and the binder's.
BoundModification bind_modification(SessionState& session, const pg::Node& node, Binder& binder);
ResultPtr run_truncate(SessionState& session, const Statement& statement);
/// INSERT … VALUES with so many rows that they are read while they are inserted.
ResultPtr run_large_insert(SessionState& session, std::string_view text, const StatementExtent& extent);
ResultPtr run_create_table(SessionState& session, const Statement& statement);
/// The query's rows as a new table: CREATE TABLE AS, SELECT INTO.
ResultPtr create_table_as(SessionState& session, const Statement& query, const PgQuery__IntoClause& into, bool if_not_exists);
ResultPtr run_create_table_as(SessionState& session, const Statement& statement);
ResultPtr run_create_view(SessionState& session, const Statement& statement);
ResultPtr run_create_sequence(SessionState& session, const PgQuery__CreateSeqStmt& statement);
ResultPtr run_alter_sequence(SessionState& session, const PgQuery__AlterSeqStmt& statement);
ResultPtr run_alter_table(SessionState& session, const PgQuery__AlterTableStmt& statement);
ResultPtr run_rename(SessionState& session, const PgQuery__RenameStmt& statement);
ResultPtr run_set_schema(SessionState& session, const PgQuery__AlterObjectSchemaStmt& statement);
/// Errors: kDuplicateSchema, and names that are not to be had.
void create_schema(SessionState& session, const std::string& name);
ResultPtr run_create_schema(SessionState& session, const PgQuery__CreateSchemaStmt& statement);
ResultPtr run_drop(SessionState& session, const Statement& statement);
ResultPtr run_comment(SessionState& session, const PgQuery__CommentStmt& statement);
ResultPtr run_create_index(SessionState& session, const Statement& statement);
ResultPtr run_drop_index(SessionState& session, const PgQuery__DropStmt& syntax);
ResultPtr run_copy(SessionState& session, const Statement& statement);
ResultPtr run_explain(SessionState& session, const Statement& statement);
ResultPtr run_call(SessionState& session, const Statement& statement);
ResultPtr run_set(SessionState& session, const PgQuery__VariableSetStmt& statement);
ResultPtr run_show(SessionState& session, const PgQuery__VariableShowStmt& statement);
ResultPtr run_transaction(SessionState& session, const PgQuery__TransactionStmt& statement);
/// Options of BEGIN and SET TRANSACTION; `read_only`: where one of them says. Errors: kFeatureNotSupported.
void check_transaction_options(std::span<pg::Node* const> options, std::optional<bool>& read_only);
ResultPtr run_prepare(SessionState& session, const Statement& statement);
ResultPtr run_execute(SessionState& session, const Statement& statement);
ResultPtr run_deallocate(SessionState& session, const PgQuery__DeallocateStmt& statement);

/// Appends the plan's rows to the table; returns their number.
int64_t insert_rows(SessionState& session, PlanPtr rows, const std::string& table,
                    const std::shared_ptr<WriteTransaction>& transaction,
                    std::shared_ptr<QueryCheckpoint> checkpoint = nullptr);
/// CALL tpch_load(sf): the eight tables and their rows. Returns the number of rows.
int64_t load_tpch(SessionState& session, double scale_factor);

}  // namespace cairn
