#include "sql/statements/copy.h"

#include <algorithm>

#include "sql/statements/constraint_check.h"
#include "sql/statements/copied_rows.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

std::vector<size_t> table_columns(const PgQuery__CopyStmt& syntax, const TableSchema& table) {
  std::vector<size_t> columns;
  for (const pg::Node* node : pg::list(syntax.attlist, syntax.n_attlist)) {
    std::optional<size_t> column = table.find(pg::string_value(node));
    if (!column)
      throw Error(sqlstate::kUndefinedColumn, "column \"" + std::string(pg::string_value(node)) + "\" of relation \"" +
                                                  table.name + "\" does not exist").at(syntax.relation->location);
    if (std::ranges::find(columns, *column) != columns.end())
      throw Error(sqlstate::kDuplicateColumn, "column \"" + std::string(pg::string_value(node)) +
                                                  "\" specified more than once").at(syntax.relation->location);
    columns.push_back(*column);
  }
  if (columns.empty())
    for (size_t i = 0; i < table.columns.size(); i++) columns.push_back(i);
  return columns;
}

/// Which of COPY's columns an option names. `all`: those that there are, COPY's and others.
std::vector<bool> named_columns(std::string_view option, const std::vector<std::string>& named,
                                const std::vector<std::string>& columns, const std::vector<std::string>& all) {
  std::vector<bool> marked(columns.size(), named == std::vector<std::string>{"*"});
  if (named.empty() || (!marked.empty() && marked[0])) return marked;
  for (const std::string& name : named) {
    const auto found = std::ranges::find(columns, name);
    if (found == columns.end() && std::ranges::find(all, name) == all.end())
      throw Error(sqlstate::kUndefinedColumn, "column \"" + name + "\" does not exist");
    if (found == columns.end())
      throw Error(sqlstate::kInvalidColumnReference,
                  std::string(option) + " column \"" + name + "\" not referenced by COPY");
    const auto column = static_cast<size_t>(found - columns.begin());
    if (marked[column]) throw Error(sqlstate::kDuplicateColumn, "column \"" + name + "\" specified more than once");
    marked[column] = true;
  }
  return marked;
}

std::vector<std::string> names_of(const TableSchema& table) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : table.columns) names.push_back(column.name);
  return names;
}

std::shared_ptr<const TableVersion> find_table(SessionState& session, const Snapshot& snapshot,
                                               const PgQuery__RangeVar& name, bool is_from) {
  const std::string key = find_relation(snapshot, session.search_path(), name);
  auto found = snapshot.tables.find(key);
  if (found != snapshot.tables.end()) return found->second;
  if (snapshot.views.contains(key))
    throw Error(sqlstate::kWrongObjectType, "cannot copy " + std::string(is_from ? "to" : "from") + " view \"" + key + "\"",
                is_from ? "" : "COPY (SELECT * FROM " + key + ") TO writes its rows.").at(name.location);
  throw Error(sqlstate::kUndefinedTable, "table \"" + key + "\" does not exist").at(name.location);
}

ResultPtr run_copy_from(SessionState& session, const Statement& statement, const PgQuery__CopyStmt& syntax) {
  CopyFrom copy;
  copy.path = syntax.filename;
  const CopyOptions options = parse_copy_options(syntax);
  copy.format = options.format;
  copy.interrupted = &session.interrupted();
  copy.bytes_done = &session.work().done;
  copy.bytes_total = &session.work().total;
  uint64_t count = 0;
  const std::string key = find_table(session, *session.snapshot(), *syntax.relation, true)->schema.name;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    // The table as it is now that nobody else can change it.
    const std::shared_ptr<const TableVersion> version = find_table(session, *session.snapshot(), *syntax.relation, true);
    const TableSchema& table = version->schema;
    copy.table = &table;
    copy.columns = table_columns(syntax, table);
    std::vector<std::string> names;
    for (const size_t column : copy.columns) names.push_back(table.columns[column].name);
    copy.format.force_null = named_columns("FORCE_NULL", options.force_null, names, names_of(table));
    copy.format.force_not_null = named_columns("FORCE_NOT_NULL", options.force_not_null, names, names_of(table));
    const auto rows = std::make_shared<const CopiedRows>(session.bind_context(statement), version, copy.columns, syntax.where_clause);
    copy.defaults = rows->constants();
    copy.make_step = CopiedRows::step_maker(rows);
    // Sequences give their numbers in the order of the file.
    copy.threads = rows->is_volatile() ? 1 : session.settings().execution().threads;
    copy.transaction = transaction.get();
    copy.storage = &session.engine().database().storage();
    const ConstraintCheck check(session, *transaction, table.name);
    count = copy_from_file(copy);
    check.run();
  }, key);
  return make_done("COPY " + std::to_string(count), static_cast<int64_t>(count));
}

bool has_returning(const pg::Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_INSERT_STMT: return node.insert_stmt->n_returning_list > 0;
    case PG_QUERY__NODE__NODE_UPDATE_STMT: return node.update_stmt->n_returning_list > 0;
    case PG_QUERY__NODE__NODE_DELETE_STMT: return node.delete_stmt->n_returning_list > 0;
    default: return false;
  }
}

/// Hands on the rows of COPY (…) TO: a query's, or those that a modification returns.
void take_rows(SessionState& session, const Statement& query, const std::function<void(ResultPtr)>& take) {
  if (is_modification(*query.node)) {
    if (!has_returning(*query.node))
      throw Error(sqlstate::kFeatureNotSupported, "COPY query must have a RETURNING clause");
    return modify(session, query, take);
  }
  if (query.node->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
    throw_unsupported("COPY of this statement", pg::location(query.node));
  if (query.node->select_stmt->into_clause != nullptr)
    throw Error(sqlstate::kFeatureNotSupported, "COPY (SELECT INTO) is not supported");
  take(run_select(session, query));
}

}  // namespace

ResultPtr run_copy(SessionState& session, const Statement& statement) {
  const PgQuery__CopyStmt& syntax = *statement.node->copy_stmt;
  int position = syntax.relation != nullptr ? syntax.relation->location : -1;
  if (syntax.is_program) throw_unsupported("COPY with PROGRAM", position);
  if (syntax.filename[0] == '\0') throw_unsupported("COPY with STDIN or STDOUT", position);
  if (syntax.is_from) return run_copy_from(session, statement, syntax);

  CopyTo copy;
  copy.path = syntax.filename;
  const CopyOptions options = parse_copy_options(syntax);
  copy.format = options.format;
  copy.storage = &session.engine().database().storage();
  std::vector<std::string> all_names;
  Statement query = statement;
  std::shared_ptr<const SyntaxTree> made;
  if (syntax.query != nullptr) {
    query.node = syntax.query;
  } else {
    std::shared_ptr<const Snapshot> snapshot = session.snapshot();
    const TableSchema& table = find_table(session, *snapshot, *syntax.relation, false)->schema;
    all_names = names_of(table);
    auto quoted = [](std::string_view name) {
      std::string text = "\"";
      for (char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      return text + "\"";
    };
    std::string text = "SELECT ";
    for (size_t column : table_columns(syntax, table))
      text += (text.size() > 7 ? ", " : "") + quoted(table.columns[column].name);
    made = parse_statement(text + " FROM " + RelationName::of_key(table.name).to_sql());
    query.tree = made;
    query.node = &made->statement();
  }
  uint64_t count = 0;
  take_rows(session, query, [&](const ResultPtr& rows) {
    copy.format.force_quote = named_columns("FORCE_QUOTE", options.force_quote, rows->names(), all_names);
    copy.names = rows->names();
    copy.types = rows->types();
    copy.next = [&] { return rows->next(); };
    count = copy_to_file(copy);
  });
  return make_done("COPY " + std::to_string(count), static_cast<int64_t>(count));
}

}  // namespace cairn
