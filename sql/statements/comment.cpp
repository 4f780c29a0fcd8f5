// COMMENT ON: taken where its object exists, and not kept.

#include "sql/statements/constraint_definition.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {
namespace {

void check_relation(SessionState& session, const RelationName& name, const char* kind, bool (*is_it)(const Snapshot&, const std::string&)) {
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = find_relation(*snapshot, session.search_path(), name, -1);
  if (is_it(*snapshot, key)) return;
  if (snapshot->has_relation(key))
    throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a " + kind);
  throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist");
}

/// The last name is a column's or a constraint's, those before it its table's.
void check_part(SessionState& session, const PgQuery__List& names, bool is_column) {
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string part(pg::last_name(names.items, names.n_items));
  const std::string key = find_relation(*snapshot, session.search_path(), RelationName::of(names.items, names.n_items - 1), -1);
  if (!snapshot->has_relation(key)) throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist");
  const auto table = snapshot->tables.find(key);
  const auto view = snapshot->views.find(key);
  bool found = false;
  if (is_column && view != snapshot->views.end())
    for (const std::string& column : view->second->column_names) found = found || column == part;
  if (table != snapshot->tables.end()) {
    if (is_column) found = table->second->schema.find(part).has_value();
    else for (const IndexSchema& index : table->second->schema.indexes) found = found || index.name == part;
    if (!is_column)
      for (const CheckSchema& check : table->second->schema.checks) found = found || check.name == part;
  }
  if (found) return;
  if (is_column) throw Error(sqlstate::kUndefinedColumn, "column \"" + part + "\" of relation \"" + key + "\" does not exist");
  throw Error(sqlstate::kUndefinedObject, "constraint \"" + part + "\" for table \"" + key + "\" does not exist");
}

}  // namespace

ResultPtr run_comment(SessionState& session, const PgQuery__CommentStmt& syntax) {
  const pg::Node& object = *syntax.object;
  const auto name = [&] { return RelationName::of(object.list->items, object.list->n_items); };
  switch (syntax.objtype) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
      check_relation(session, name(), "table", [](const Snapshot& s, const std::string& key) { return s.tables.contains(key); });
      break;
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
      check_relation(session, name(), "view", [](const Snapshot& s, const std::string& key) { return s.views.contains(key); });
      break;
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
      check_relation(session, name(), "sequence", [](const Snapshot& s, const std::string& key) { return s.sequences.contains(key); });
      break;
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
      if (!name().schema.empty()) check_schema(*session.snapshot(), name().schema, -1);
      if (find_indexed_table(*session.snapshot(), session.search_path(), name()) == nullptr)
        throw Error(sqlstate::kUndefinedTable, "relation \"" + name().key() + "\" does not exist");
      break;
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN: check_part(session, *object.list, true); break;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT: check_part(session, *object.list, false); break;
    case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
      check_schema(*session.snapshot(), canonical_schema(pg::string_value(&object)), -1);
      break;
    default: throw_unsupported("COMMENT ON " + pg::describe(pg_query__object_type__descriptor, syntax.objtype), -1);
  }
  return make_done("COMMENT");
}

}  // namespace cairn
