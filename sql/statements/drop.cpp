// DROP TABLE, VIEW, SEQUENCE and SCHEMA, with what depends on them.

#include <algorithm>

#include "sql/dependencies.h"
#include "sql/statements/sequence.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {
namespace {

struct Kind {
  std::string_view name, statement;
  bool (*is_it)(const Snapshot& snapshot, std::string_view key);
};
constexpr Kind kTable = {"table", "DROP TABLE", [](const Snapshot& s, std::string_view key) { return s.tables.contains(key); }};
constexpr Kind kView = {"view", "DROP VIEW", [](const Snapshot& s, std::string_view key) { return s.views.contains(key); }};
constexpr Kind kSequence = {"sequence", "DROP SEQUENCE",
                            [](const Snapshot& s, std::string_view key) { return s.sequences.contains(key); }};

const Kind* kind_of(PgQuery__ObjectType type) {
  switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE: return &kTable;
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW: return &kView;
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE: return &kSequence;
    default: return nullptr;
  }
}

const Kind& kind_of(const Snapshot& snapshot, std::string_view key) {
  return kTable.is_it(snapshot, key) ? kTable : kView.is_it(snapshot, key) ? kView : kSequence;
}

/// What DROP does in the end, in an order in which nothing is left without what it needs.
struct Plan {
  std::vector<std::string> dropped;                                ///< keys
  std::vector<std::pair<std::string, std::string>> lost_defaults;  ///< (table, column)
  std::string schema;
};

/// Adds the relation and, with CASCADE, what depends on it. Errors: kDependentObjects.
void add(SessionState& session, const Snapshot& snapshot, const std::string& key, const std::vector<std::string>& named,
         bool cascade, Plan& plan) {
  if (std::ranges::find(plan.dropped, key) != plan.dropped.end()) return;
  const std::string what = std::string(kind_of(snapshot, key).name) + " " + key;
  const auto depends = [&](const std::string& dependent) {
    if (!cascade)
      throw Error(sqlstate::kDependentObjects, "cannot drop " + what + " because other objects depend on it: " + dependent,
                  "Use DROP ... CASCADE to drop the dependent objects too.");
    session.notice("notice: drop cascades to " + dependent);
  };
  for (const std::string& view : dependent_views(session, snapshot, key)) {
    if (std::ranges::find(plan.dropped, view) != plan.dropped.end()) continue;
    if (std::ranges::find(named, view) == named.end()) depends("view " + view);
    add(session, snapshot, view, named, cascade, plan);
  }
  for (const auto& [name, sequence] : snapshot.sequences)
    if (sequence->schema.owner_table == key && name != key) plan.dropped.push_back(name);
  if (auto sequence = snapshot.sequences.find(key); sequence != snapshot.sequences.end())
    for (const auto& [name, table] : snapshot.tables)
      for (const ColumnSchema& column : table->schema.columns)
        if (draws_from(column.default_sql, key)) {
          depends("default value for column " + column.name + " of table " + name);
          plan.lost_defaults.emplace_back(name, column.name);
        }
  plan.dropped.push_back(key);
}

/// One transaction for what is durable, one for what is the session's own.
void drop(SessionState& session, const Snapshot& snapshot, const Plan& plan) {
  for (const bool temporary : {false, true}) {
    const auto is_ours = [&](const std::string& key) { return is_temporary(key) == temporary; };
    const bool any = std::ranges::any_of(plan.dropped, is_ours) || (!temporary && !plan.schema.empty());
    if (!any) continue;
    session.change([&](std::shared_ptr<WriteTransaction> transaction) {
      for (const auto& [table, column] : plan.lost_defaults) {
        if (!is_ours(table) || std::ranges::find(plan.dropped, table) != plan.dropped.end()) continue;
        TableSchema schema = transaction->snapshot()->tables.find(table)->second->schema;
        schema.columns[*schema.find(column)].default_sql.clear();
        transaction->alter_table(table, std::move(schema));
      }
      for (const std::string& key : plan.dropped) {
        if (!is_ours(key)) continue;
        if (kTable.is_it(snapshot, key)) transaction->drop_table(key);
        else if (kView.is_it(snapshot, key)) transaction->drop_view(key);
        else transaction->drop_sequence(key);
      }
      if (!temporary && !plan.schema.empty()) transaction->drop_schema(plan.schema);
    }, temporary ? "pg_temp." : "");
  }
}

ResultPtr run_drop_schema(SessionState& session, const PgQuery__DropStmt& syntax) {
  const bool cascade = syntax.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  for (const pg::Node* object : pg::list(syntax.objects, syntax.n_objects)) {
    const std::string name(pg::string_value(object));
    std::shared_ptr<const Snapshot> snapshot = session.snapshot();
    if (!has_schema(*snapshot, canonical_schema(name))) {
      if (!syntax.missing_ok) throw Error(sqlstate::kUndefinedSchema, "schema \"" + name + "\" does not exist");
      session.notice("notice: schema \"" + name + "\" does not exist, skipping");
      continue;
    }
    if (!snapshot->schemas.contains(name))
      throw Error(sqlstate::kDependentObjects, "cannot drop schema " + name + " because it is required by the database system");
    Plan plan;
    for (const std::string& key : relations_in(*snapshot, name)) {
      if (!cascade)
        throw Error(sqlstate::kDependentObjects, "cannot drop schema " + name + " because other objects depend on it: " +
                                                     std::string(kind_of(*snapshot, key).name) + " " + key,
                    "Use DROP ... CASCADE to drop the dependent objects too.");
      add(session, *snapshot, key, {}, true, plan);
    }
    plan.schema = name;
    drop(session, *snapshot, plan);
  }
  return make_done("DROP SCHEMA");
}

}  // namespace

ResultPtr run_drop(SessionState& session, const Statement& statement) {
  const PgQuery__DropStmt& syntax = *statement.node->drop_stmt;
  if (syntax.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA) return run_drop_schema(session, syntax);
  if (syntax.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX) return run_drop_index(session, syntax);
  const Kind* kind = kind_of(syntax.remove_type);
  if (kind == nullptr) throw_unsupported("DROP of this kind of object", -1);
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  std::vector<std::string> named;
  for (const pg::Node* object : pg::list(syntax.objects, syntax.n_objects)) {
    const RelationName name = RelationName::of(object->list->items, object->list->n_items);
    const bool no_schema = !name.schema.empty() && !has_schema(*snapshot, name.schema);
    if (no_schema && !syntax.missing_ok) check_schema(*snapshot, name.schema, -1);
    const std::string key = no_schema ? name.key() : find_relation(*snapshot, session.search_path(), name, -1);
    if (kind->is_it(*snapshot, key)) {
      named.push_back(key);
      continue;
    }
    if (snapshot->has_relation(key)) {
      const Kind& other = kind_of(*snapshot, key);
      throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a " + std::string(kind->name),
                  "Use " + std::string(other.statement) + " to remove a " + std::string(other.name) + ".");
    }
    const std::string message = std::string(kind->name) + " \"" + key + "\" does not exist";
    if (!syntax.missing_ok) throw Error(sqlstate::kUndefinedTable, message);
    session.notice("notice: " + message + ", skipping");
  }
  Plan plan;
  for (const std::string& key : named)
    add(session, *snapshot, key, named, syntax.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE, plan);
  drop(session, *snapshot, plan);
  return make_done(std::string(kind->statement));
}

}  // namespace cairn
