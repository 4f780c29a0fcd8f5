#include <algorithm>

#include "sql/statements/constraint_check.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

const TableVersion& indexed_table(const Snapshot& snapshot, const std::string& key, const PgQuery__RangeVar& name) {
  const auto found = snapshot.tables.find(key);
  if (found != snapshot.tables.end()) return *found->second;
  if (snapshot.views.contains(key))
    throw Error(sqlstate::kWrongObjectType, "cannot create index on relation \"" + key + "\"",
                "This operation is not supported for views.").at(name.location);
  throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist").at(name.location);
}

/// The index's columns; `names`: what its made-up name calls its parts. A plain index may be over expressions and of
/// some rows only, which are checked to mean something and then need no further thought.
std::vector<uint32_t> index_columns(SessionState& session, const Statement& statement, const PgQuery__IndexStmt& syntax,
                                    const std::shared_ptr<const TableVersion>& table, std::string& names) {
  std::vector<uint32_t> columns;
  const int position = syntax.relation->location;
  for (const pg::Node* node : pg::list(syntax.index_params, syntax.n_index_params)) {
    const PgQuery__IndexElem& element = *node->index_elem;
    if (element.expr != nullptr) {
      if (syntax.unique) throw_unsupported("a UNIQUE index over an expression", pg::location(element.expr));
      Binder binder(session.bind_context(statement));
      binder.check_row_expression(*element.expr, table);
      names += "_expr";
      continue;
    }
    const std::optional<size_t> column = table->schema.find(element.name);
    if (!column)
      throw Error(sqlstate::kUndefinedColumn, "column \"" + std::string(element.name) + "\" does not exist").at(position);
    columns.push_back(static_cast<uint32_t>(*column));
    names += "_" + table->schema.columns[*column].name;
  }
  if (syntax.where_clause != nullptr) {
    if (syntax.unique) throw_unsupported("a UNIQUE index with WHERE", pg::location(syntax.where_clause));
    Binder binder(session.bind_context(statement));
    binder.bind_check(*syntax.where_clause, table);
  }
  return columns;
}

}  // namespace

ResultPtr run_create_index(SessionState& session, const Statement& statement) {
  const PgQuery__IndexStmt& syntax = *statement.node->index_stmt;
  const int position = syntax.relation->location;
  if (syntax.nulls_not_distinct) throw_unsupported("NULLS NOT DISTINCT", position);
  if (syntax.concurrent && session.in_block())
    throw Error(sqlstate::kActiveTransaction, "CREATE INDEX CONCURRENTLY cannot run inside a transaction block");
  const std::string key = find_relation(*session.snapshot(), session.search_path(), *syntax.relation);
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    const std::shared_ptr<const Snapshot> snapshot = transaction->snapshot();
    const std::string table_name = indexed_table(*snapshot, key, *syntax.relation).schema.name;
    const std::shared_ptr<const TableVersion>& table = snapshot->tables.at(table_name);
    IndexSchema index;
    index.name = syntax.idxname;
    index.kind = syntax.unique ? IndexSchema::Kind::kUnique : IndexSchema::Kind::kPlain;
    if (snapshot->has_relation(index.name) ||
        table_of_index(*snapshot, index.name) != nullptr) {
      const std::string message = "relation \"" + index.name + "\" already exists";
      if (!syntax.if_not_exists) throw Error(sqlstate::kDuplicateTable, message).at(position);
      session.notice("notice: " + message + ", skipping");
      return;
    }
    std::string names;
    index.columns = index_columns(session, statement, syntax, table, names);
    if (index.name.empty()) index.name = unused_relation_name(*snapshot, table->schema, RelationName::of_key(table_name).name + names + "_idx");
    if (index.unique()) ConstraintCheck::check_index(session, *table, index);
    TableSchema schema = table->schema;
    schema.indexes.push_back(std::move(index));
    transaction->alter_table(table_name, std::move(schema));
  }, key);
  return make_done("CREATE INDEX");
}

ResultPtr run_drop_index(SessionState& session, const PgQuery__DropStmt& syntax) {
  for (const pg::Node* object : pg::list(syntax.objects, syntax.n_objects)) {
    const std::string name(pg::last_name(object->list->items, object->list->n_items));
    const TableVersion* indexed = table_of_index(*session.snapshot(), name);
    session.change([&](std::shared_ptr<WriteTransaction> transaction) {
      const std::shared_ptr<const Snapshot> snapshot = transaction->snapshot();
      const TableVersion* table = table_of_index(*snapshot, name);
      if (table == nullptr) {
        if (snapshot->tables.contains(name) || snapshot->views.contains(name))
          throw Error(sqlstate::kWrongObjectType, "\"" + name + "\" is not an index",
                      snapshot->tables.contains(name) ? "Use DROP TABLE to remove a table." : "Use DROP VIEW to remove a view.");
        const std::string message = "index \"" + name + "\" does not exist";
        if (!syntax.missing_ok) throw Error(sqlstate::kUndefinedObject, message);
        session.notice("notice: " + message + ", skipping");
        return;
      }
      TableSchema schema = table->schema;
      const auto index = std::ranges::find(schema.indexes, name, &IndexSchema::name);
      if (index->of_constraint())
        throw Error("2BP01", "cannot drop index " + name + " because constraint " + name + " on table " + schema.name +
                                 " requires it");
      schema.indexes.erase(index);
      transaction->alter_table(table->schema.name, std::move(schema));
    }, indexed == nullptr ? std::string() : indexed->schema.name);
  }
  return make_done("DROP INDEX");
}

}  // namespace cairn
