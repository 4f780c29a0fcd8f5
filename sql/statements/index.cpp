#include <algorithm>

#include "sql/statements/constraint_check.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

const TableVersion& indexed_table(const Snapshot& snapshot, const std::string& key, int position) {
  const auto found = snapshot.tables.find(key);
  if (found != snapshot.tables.end()) return *found->second;
  if (snapshot.views.contains(key))
    throw Error(sqlstate::kWrongObjectType, "cannot create index on relation \"" + key + "\"",
                "This operation is not supported for views.").at(position);
  throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist").at(position);
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
    const TableSchema& indexed = indexed_table(*snapshot, key, position).schema;
    const std::shared_ptr<const TableVersion>& table = snapshot->tables.at(key);
    IndexSchema index;
    index.name = syntax.idxname;
    index.kind = syntax.unique ? IndexSchema::Kind::kUnique : IndexSchema::Kind::kPlain;
    if (!index.name.empty() && is_taken(*snapshot, indexed, index.name)) {
      const std::string message = "relation \"" + index.name + "\" already exists";
      if (!syntax.if_not_exists) throw Error(sqlstate::kDuplicateTable, message).at(position);
      session.notice("notice: " + message + ", skipping");
      return;
    }
    std::string names;
    index.columns = index_columns(session, statement, syntax, table, names);
    if (index.name.empty()) index.name = unused_relation_name(*snapshot, indexed, RelationName::of_key(key).name + names + "_idx");
    if (index.unique()) ConstraintCheck::check_index(session, *table, index);
    TableSchema schema = indexed;
    schema.indexes.push_back(std::move(index));
    transaction->alter_table(key, std::move(schema));
  }, key);
  return make_done("CREATE INDEX");
}

namespace {

/// The table that has the index; nullptr: there is none, and need not be. Errors: kUndefinedObject, kWrongObjectType.
const TableVersion* dropped_index_table(SessionState& session, const Snapshot& snapshot, const RelationName& name, bool missing_ok) {
  if (const TableVersion* table = find_indexed_table(snapshot, session.search_path(), name)) return table;
  if (!name.schema.empty() && !missing_ok) check_schema(snapshot, name.schema, -1);
  const std::string key = relation_key(snapshot, session.search_path(), name);
  if (snapshot.has_relation(key))
    throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not an index",
                snapshot.tables.contains(key) ? "Use DROP TABLE to remove a table." : "Use DROP VIEW to remove a view.");
  const std::string message = "index \"" + name.name + "\" does not exist";
  if (!missing_ok) throw Error(sqlstate::kUndefinedObject, message);
  session.notice("notice: " + message + ", skipping");
  return nullptr;
}

}  // namespace

ResultPtr run_drop_index(SessionState& session, const PgQuery__DropStmt& syntax) {
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  std::map<std::string, TableSchema> changed;
  for (const pg::Node* object : pg::list(syntax.objects, syntax.n_objects)) {
    const RelationName name = RelationName::of(object->list->items, object->list->n_items);
    const TableVersion* table = dropped_index_table(session, *snapshot, name, syntax.missing_ok);
    if (table == nullptr) continue;
    TableSchema& schema = changed.try_emplace(table->schema.name, table->schema).first->second;
    const auto index = std::ranges::find(schema.indexes, name.name, &IndexSchema::name);
    if (index == schema.indexes.end()) continue;  // named twice
    if (index->of_constraint())
      throw Error(sqlstate::kDependentObjects, "cannot drop index " + name.name + " because constraint " + name.name +
                                                   " on table " + schema.name + " requires it");
    schema.indexes.erase(index);
  }
  for (const bool temporary : {false, true}) {
    const auto is_ours = [&](const auto& entry) { return is_temporary(entry.first) == temporary; };
    const auto first = std::ranges::find_if(changed, is_ours);
    if (first == changed.end()) continue;
    session.change([&](std::shared_ptr<WriteTransaction> transaction) {
      for (const auto& entry : changed)
        if (is_ours(entry)) transaction->alter_table(entry.first, entry.second);
    }, first->first);
  }
  return make_done("DROP INDEX");
}

}  // namespace cairn
