#include <algorithm>

#include "sql/binder/nearest_name.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

std::vector<size_t> target_columns(const PgQuery__InsertStmt& insert, const TableSchema& table) {
  std::vector<size_t> columns;
  for (const pg::Node* node : pg::list(insert.cols, insert.n_cols)) {
    const PgQuery__ResTarget& target = *node->res_target;
    if (target.n_indirection > 0) throw_unsupported("assignment to a part of a column", target.location);
    std::optional<size_t> column = table.find(target.name);
    if (!column) {
      std::vector<std::string> names;
      for (const ColumnSchema& other : table.columns) names.push_back(other.name);
      std::string nearest = nearest_name(target.name, names);
      throw Error(sqlstate::kUndefinedColumn,
                  "column \"" + std::string(target.name) + "\" of table \"" + table.name + "\" does not exist",
                  nearest.empty() ? "" : "Perhaps you meant the column \"" + nearest + "\".").at(target.location);
    }
    if (std::ranges::find(columns, *column) != columns.end())
      throw Error(sqlstate::kDuplicateColumn, "column \"" + std::string(target.name) + "\" specified more than once")
          .at(target.location);
    columns.push_back(*column);
  }
  if (insert.n_cols > 0) return columns;
  // Without a list, as many leading columns as VALUES has; a query must have all or fewer too.
  size_t count = table.columns.size();
  if (insert.select_stmt != nullptr) {
    const PgQuery__SelectStmt& source = *insert.select_stmt->select_stmt;
    if (source.n_values_lists > 0) count = std::min(count, source.values_lists[0]->list->n_items);
    bool has_star = std::ranges::any_of(pg::list(source.target_list, source.n_target_list), [](const pg::Node* target) {
      const pg::Node& value = *target->res_target->val;
      return value.node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
             value.column_ref->fields[value.column_ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
    });
    if (source.n_target_list > 0 && !has_star) count = std::min(count, source.n_target_list);
  }
  for (size_t i = 0; i < count; i++) columns.push_back(i);
  return columns;
}

}  // namespace

LogicalPlan bind_insert(SessionState& session, const PgQuery__InsertStmt& insert, Binder& binder) {
  int position = insert.relation->location;
  check_table_name(*insert.relation);
  if (insert.on_conflict_clause != nullptr) throw_unsupported("ON CONFLICT", insert.on_conflict_clause->location);
  if (insert.n_returning_list > 0) throw_unsupported("RETURNING", pg::location(insert.returning_list[0]));
  if (insert.with_clause != nullptr) throw_unsupported("WITH before INSERT", insert.with_clause->location);
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  auto table = snapshot->tables.find(std::string_view(insert.relation->relname));
  if (table == snapshot->tables.end()) {
    if (snapshot->views.contains(std::string_view(insert.relation->relname)))
      throw Error(sqlstate::kWrongObjectType, "cannot insert into view \"" + std::string(insert.relation->relname) + "\"")
          .at(position);
    std::vector<std::string> names;
    for (const auto& [name, version] : snapshot->tables) names.push_back(name);
    std::string nearest = nearest_name(insert.relation->relname, names);
    throw Error(sqlstate::kUndefinedTable, "table \"" + std::string(insert.relation->relname) + "\" does not exist",
                nearest.empty() ? "" : "Perhaps you meant the table \"" + nearest + "\".").at(position);
  }
  const TableSchema& schema = table->second->schema;
  if (insert.select_stmt == nullptr) return binder.bind_default_row(schema);
  return binder.bind_insert_source(*insert.select_stmt->select_stmt, schema, target_columns(insert, schema));
}

int64_t insert_rows(SessionState& session, PlanPtr rows, const std::string& table,
                    const std::shared_ptr<WriteTransaction>& transaction) {
  auto insert = std::make_shared<PlanNode>();
  insert->kind = PlanNode::Kind::kInsert;
  insert->types = {Type::big_int()};
  insert->names = {"count"};
  insert->estimated_rows = 1;
  insert->target = table;
  insert->transaction = transaction;
  insert->children.push_back(std::move(rows));
  PlanPtr plan = std::move(insert);
  std::unique_ptr<QueryExecution> execution = session.start(plan, nullptr, false);
  session.begin_running(execution.get(), nullptr);
  struct End {
    SessionState& session;
    QueryExecution* execution;
    ~End() { session.end_running(execution); }
  } end{session, execution.get()};
  int64_t count = 0;
  while (std::unique_ptr<RowSet::Chunk> chunk = execution->next())
    for (size_t row = 0; row < chunk->row_count; row++) count += chunk->columns[0].values<int64_t>()[row];
  return count;
}

ResultPtr run_insert(SessionState& session, const Statement& statement) {
  const PgQuery__InsertStmt& insert = *statement.node->insert_stmt;
  int64_t count = 0;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    Binder binder(session.bind_context(statement));
    PlanPtr rows = session.plan(bind_insert(session, insert, binder));
    count = insert_rows(session, std::move(rows), insert.relation->relname, transaction);
  });
  return make_done("INSERT 0 " + std::to_string(count), count);
}

ResultPtr run_large_insert(SessionState& session, std::string_view text, const StatementExtent& extent) {
  int64_t count = 0;
  std::string header(text.substr(0, extent.insert_header_end));
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    for (size_t i = 0; i < extent.insert_pieces.size(); i++) {
      size_t begin = extent.insert_pieces[i];
      // A piece ends in front of the comma behind its last row.
      size_t end = i + 1 < extent.insert_pieces.size() ? extent.insert_pieces[i + 1] - 1 : text.size();
      try {
        Statement piece;
        piece.text = header + " " + std::string(text.substr(begin, end - begin));
        piece.tree = parse_statement(piece.text);
        piece.node = &piece.tree->statement();
        Binder binder(session.bind_context(piece));
        const PgQuery__InsertStmt& insert = *piece.node->insert_stmt;
        PlanPtr rows = session.plan(bind_insert(session, insert, binder));
        count += insert_rows(session, std::move(rows), insert.relation->relname, transaction);
      } catch (Error& error) {
        if (error.position > static_cast<int>(header.size()))
          error.position += static_cast<int>(begin) - static_cast<int>(header.size()) - 1;
        throw;
      }
      session.check_interrupted();
    }
  });
  return make_done("INSERT 0 " + std::to_string(count), count);
}

}  // namespace cairn
