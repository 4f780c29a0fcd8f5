#include "exec/run/explain.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {
namespace {

struct ExplainOptions {
  bool analyze = false, passes = false, columns = false;
};

ExplainOptions parse_options(const PgQuery__ExplainStmt& syntax) {
  ExplainOptions options;
  for (const pg::Node* node : pg::list(syntax.options, syntax.n_options)) {
    const PgQuery__DefElem& option = *node->def_elem;
    std::string_view name = option.defname;
    bool on = true;
    if (option.arg != nullptr) {
      std::string_view word = pg::string_value(option.arg);
      if (option.arg->node_case == PG_QUERY__NODE__NODE_INTEGER) on = option.arg->integer->ival != 0;
      if (option.arg->node_case == PG_QUERY__NODE__NODE_BOOLEAN) on = option.arg->boolean->boolval;
      if (word == "off" || word == "false") on = false;
      if (name == "format" && word == "text") continue;
    }
    if (name == "analyze") {
      options.analyze = on;
    } else if (name == "passes") {
      options.passes = on;
    } else if (name == "columns") {
      options.columns = on;
    } else if (name == "format") {
      throw_unsupported("EXPLAIN in another format than TEXT", option.location);
    } else if (name != "verbose" && name != "costs" && name != "timing" && name != "summary" && name != "buffers") {
      throw Error(sqlstate::kSyntaxError, "unrecognized EXPLAIN option \"" + std::string(name) + "\"",
                  "There are ANALYZE, PASSES and COLUMNS.").at(option.location);
    }
  }
  return options;
}

void add_lines(RowBuilder& rows, std::string_view text) {
  while (!text.empty()) {
    size_t end = text.find('\n');
    rows.add({Value::of_string(std::string(text.substr(0, end)))});
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

/// Runs the query to its end, rows thrown away.
void analyze(SessionState& session, const SessionState::Planned& planned, const Statement& statement, RowBuilder& rows) {
  std::shared_ptr<QueryCheckpoint> checkpoint = session.make_observer(planned, statement);
  auto begin = std::chrono::steady_clock::now();
  std::unique_ptr<QueryExecution> execution = session.start(planned.plan, checkpoint, true);
  session.begin_running(execution.get(), checkpoint);
  struct End {
    SessionState& session;
    QueryExecution* execution;
    ~End() { session.end_running(execution); }
  } end{session, execution.get()};
  while (execution->next() != nullptr) {
  }
  double milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  add_lines(rows, explain_analyze(*planned.plan, execution->profile()));
  const QueryProfile& profile = execution->profile();
  char line[160];
  std::snprintf(line, sizeof line, "Execution time: %.3f ms, %zu pipelines, %zu of them skipped", milliseconds,
                profile.pipelines_total.load(), profile.pipelines_skipped.load());
  rows.add({Value::of_string(line)});
  if (checkpoint != nullptr) checkpoint->finish(true);
}

/// The definition of the table that the query gives all columns of; nullptr where it is another query.
const TableSchema* whole_table(SessionState& session, const SessionState::Planned& planned,
                               const PgQuery__SelectStmt& select) {
  const bool plain = select.op == PG_QUERY__SET_OPERATION__SETOP_NONE && select.with_clause == nullptr &&
                     select.n_from_clause == 1 && select.from_clause[0]->node_case == PG_QUERY__NODE__NODE_RANGE_VAR;
  if (!plain) return nullptr;
  const std::string name = find_relation(*planned.snapshot, session.search_path(), *select.from_clause[0]->range_var);
  const auto table = planned.snapshot->tables.find(name);
  if (table == planned.snapshot->tables.end()) return nullptr;
  const auto has_name = [](const ColumnSchema& column, const std::string& shown) { return column.name == shown; };
  return std::ranges::equal(table->second->schema.columns, planned.names, has_name) ? &table->second->schema : nullptr;
}

/// What the query gives, without running it; of a table also what it asks of its columns.
ResultPtr describe_columns(SessionState& session, const Statement& query) {
  if (query.node->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
    throw_unsupported("EXPLAIN (columns) of " + pg::describe(*query.node), -1);
  const SessionState::Planned planned = session.plan_query(query, nullptr);
  const TableSchema* table = whole_table(session, planned, *query.node->select_stmt);
  RowBuilder rows({"column_name", "column_type", "nullable", "default"},
                  {Type::varchar(), Type::varchar(), Type::boolean(), Type::varchar()});
  for (size_t i = 0; i < planned.names.size(); i++) {
    const ColumnSchema* column = table != nullptr ? &table->columns[i] : nullptr;
    const bool has_default = column != nullptr && !column->default_sql.empty();
    rows.add({Value::of_string(planned.names[i]), Value::of_string(planned.plan->types[i].to_string()),
              Value::of_boolean(column == nullptr || !column->not_null),
              has_default ? Value::of_string(column->default_sql) : Value::null_of(Type::varchar())});
  }
  return rows.finish("EXPLAIN");
}

}  // namespace

ResultPtr run_explain(SessionState& session, const Statement& statement) {
  const PgQuery__ExplainStmt& syntax = *statement.node->explain_stmt;
  ExplainOptions options = parse_options(syntax);
  Statement query = statement;
  query.node = syntax.query;
  if (query.node->node_case == PG_QUERY__NODE__NODE_EXECUTE_STMT) throw_unsupported("EXPLAIN EXECUTE", -1);
  if (query.node->node_case == PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT && !options.analyze)
    query.node = query.node->create_table_as_stmt->query;
  if (options.columns) return describe_columns(session, query);
  RowBuilder rows({"QUERY PLAN"}, {Type::varchar()});
  std::vector<PassTrace> trace;
  SessionState::Planned planned;
  if (is_modification(*query.node) && !options.analyze) {
    Binder binder(session.bind_context(query));
    BoundModification bound = bind_modification(session, *query.node, binder);
    planned.plan = session.plan(std::move(bound.plan), options.passes ? &trace : nullptr);
    const std::string_view verb = query.node->node_case == PG_QUERY__NODE__NODE_INSERT_STMT   ? "Insert into "
                                  : query.node->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT ? "Update "
                                  : query.node->node_case == PG_QUERY__NODE__NODE_MERGE_STMT  ? "Merge into "
                                                                                              : "Delete from ";
    rows.add({Value::of_string(std::string(verb) + bound.target->schema.name)});
  } else if (query.node->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
    planned = session.plan_query(query, options.passes ? &trace : nullptr);
  } else {
    throw_unsupported((options.analyze ? "EXPLAIN ANALYZE of " : "EXPLAIN of ") + pg::describe(*query.node), -1);
  }
  for (const PassTrace& pass : trace) {
    rows.add({Value::of_string("-- " + pass.pass)});
    add_lines(rows, pass.plan);
  }
  if (options.passes) rows.add({Value::of_string("-- physical plan")});
  if (options.analyze) {
    analyze(session, planned, query, rows);
  } else {
    add_lines(rows, explain(*planned.plan));
  }
  return rows.finish("EXPLAIN");
}

}  // namespace cairn
