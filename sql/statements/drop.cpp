// DROP TABLE, VIEW, SEQUENCE and SCHEMA, with what depends on them.

#include <algorithm>

#include "sql/dependencies.h"
#include "sql/statements/drop.h"
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

/// Columns whose default draws from the sequence lose it; an identity column's sequence goes with the column alone.
void plan_sequence_drop(const Snapshot& snapshot, const SequenceSchema& sequence, const std::vector<std::string>& named,
                        const std::function<void(const std::string&)>& depends, DropPlan& plan) {
  for (const auto& [name, table] : snapshot.tables)
    for (const ColumnSchema& column : table->schema.columns) {
      if (!draws_from(column.default_sql, sequence.name)) continue;
      const bool table_goes = plan.drops(name) || name == sequence.owner_table;
      const bool is_named = std::ranges::find(named, sequence.name) != named.end();
      if (column.identity != Identity::kNone && is_named)
        throw Error(sqlstate::kDependentObjects, "cannot drop sequence " + sequence.name + " because column " + column.name +
                                                     " of table " + name + " requires it",
                    "You can drop column " + column.name + " of table " + name + " instead.");
      if (table_goes && !is_named) continue;
      depends("default value for column " + column.name + " of table " + name);
      plan.lost_defaults.emplace_back(name, column.name);
    }
}

}  // namespace

bool DropPlan::drops(std::string_view key) const { return std::ranges::find(dropped, key) != dropped.end(); }

bool DropPlan::any(bool temporary) const {
  return (!temporary && !schemas.empty()) ||
         std::ranges::any_of(dropped, [&](const std::string& key) { return is_temporary(key) == temporary; });
}

std::string_view kind_name(const Snapshot& snapshot, std::string_view key) { return kind_of(snapshot, key).name; }

void plan_drop(SessionState& session, const Snapshot& snapshot, const std::string& key,
               const std::vector<std::string>& named, bool cascade, DropPlan& plan) {
  if (std::ranges::find(plan.planned, key) != plan.planned.end()) return;
  plan.planned.push_back(key);
  const std::string what = std::string(kind_name(snapshot, key)) + " " + key;
  const auto depends = [&](const std::string& dependent) {
    if (!cascade)
      throw Error(sqlstate::kDependentObjects, "cannot drop " + what + " because other objects depend on it",
                  dependent + " depends on " + what + ". Use DROP ... CASCADE to drop the dependent objects too.");
    if (!plan.quiet) session.notice("notice: drop cascades to " + dependent);
  };
  for (const std::string& view : dependent_views(session, snapshot, key)) {
    if (plan.drops(view)) continue;
    if (std::ranges::find(named, view) == named.end()) depends("view " + view);
    plan_drop(session, snapshot, view, named, cascade, plan);
  }
  for (const auto& [name, sequence] : snapshot.sequences)
    if (sequence->schema.owner_table == key && name != key) plan_drop(session, snapshot, name, named, cascade, plan);
  if (auto sequence = snapshot.sequences.find(key); sequence != snapshot.sequences.end())
    plan_sequence_drop(snapshot, sequence->second->schema, named, depends, plan);
  plan.dropped.push_back(key);
}

void drop_planned(WriteTransaction& transaction, const Snapshot& snapshot, const DropPlan& plan, bool temporary) {
  for (const auto& [table, column] : plan.lost_defaults) {
    if (is_temporary(table) != temporary || plan.drops(table)) continue;
    TableSchema schema = transaction.snapshot()->tables.find(table)->second->schema;
    schema.columns[*schema.find(column)].default_sql.clear();
    transaction.alter_table(table, std::move(schema));
  }
  for (const std::string& key : plan.dropped) {
    if (is_temporary(key) != temporary) continue;
    if (kTable.is_it(snapshot, key)) transaction.drop_table(key);
    else if (kView.is_it(snapshot, key)) transaction.drop_view(key);
    else transaction.drop_sequence(key);
  }
  if (temporary) return;
  for (const std::string& schema : plan.schemas) transaction.drop_schema(schema);
}

namespace {

/// One transaction for what is durable, one for what is the session's own. What depends on what is asked again where
/// something was committed before the first began: a view that was made meanwhile goes, too, or is in the way.
void drop(SessionState& session, const std::function<DropPlan(const Snapshot&)>& make_plan) {
  const uint64_t before = session.engine().database().snapshot()->number;
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  DropPlan plan = make_plan(*snapshot);
  if (plan.any(false))
    session.change([&](std::shared_ptr<WriteTransaction> transaction) {
      if (session.engine().database().snapshot()->number != before) {
        snapshot = session.snapshot();
        plan = make_plan(*snapshot);
      }
      drop_planned(*transaction, *snapshot, plan, false);
    });
  if (plan.any(true))
    session.change([&](std::shared_ptr<WriteTransaction> transaction) { drop_planned(*transaction, *snapshot, plan, true); },
                   "pg_temp.");
}

DropPlan plan_schemas(SessionState& session, const PgQuery__DropStmt& syntax, const Snapshot& snapshot) {
  const bool cascade = syntax.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  DropPlan plan;
  for (const pg::Node* object : pg::list(syntax.objects, syntax.n_objects)) {
    const std::string name(pg::string_value(object));
    if (!has_schema(snapshot, canonical_schema(name))) {
      if (!syntax.missing_ok) throw Error(sqlstate::kUndefinedSchema, "schema \"" + name + "\" does not exist");
      session.notice("notice: schema \"" + name + "\" does not exist, skipping");
      continue;
    }
    if (!snapshot.schemas.contains(name))
      throw Error(sqlstate::kDependentObjects, "cannot drop schema " + name + " because it is required by the database system");
    if (std::ranges::find(plan.schemas, name) != plan.schemas.end()) continue;  // named twice
    for (const std::string& key : relations_in(snapshot, name)) {
      if (!cascade)
        throw Error(sqlstate::kDependentObjects, "cannot drop schema " + name + " because other objects depend on it",
                    std::string(kind_of(snapshot, key).name) + " " + key + " depends on schema " + name +
                        ". Use DROP ... CASCADE to drop the dependent objects too.");
      plan_drop(session, snapshot, key, {}, true, plan);
    }
    plan.schemas.push_back(name);
  }
  return plan;
}

/// The keys of what the statement names, as far as it is there.
std::vector<std::string> named_relations(SessionState& session, const PgQuery__DropStmt& syntax, const Kind& kind,
                                         const Snapshot& snapshot) {
  std::vector<std::string> named;
  for (const pg::Node* object : pg::list(syntax.objects, syntax.n_objects)) {
    const RelationName name = RelationName::of(object->list->items, object->list->n_items);
    const bool no_schema = !name.schema.empty() && !has_schema(snapshot, name.schema);
    if (no_schema && !syntax.missing_ok) check_schema(snapshot, name.schema, -1);
    const std::string key = no_schema ? name.key() : find_relation(snapshot, session.search_path(), name, -1);
    if (kind.is_it(snapshot, key)) {
      named.push_back(key);
      continue;
    }
    if (snapshot.has_relation(key)) {
      const Kind& other = kind_of(snapshot, key);
      throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a " + std::string(kind.name),
                  "Use " + std::string(other.statement) + " to remove a " + std::string(other.name) + ".");
    }
    const std::string message = std::string(kind.name) + " \"" + key + "\" does not exist";
    if (!syntax.missing_ok) throw Error(sqlstate::kUndefinedTable, message);
    session.notice("notice: " + message + ", skipping");
  }
  return named;
}

}  // namespace

ResultPtr run_drop(SessionState& session, const Statement& statement) {
  const PgQuery__DropStmt& syntax = *statement.node->drop_stmt;
  if (syntax.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX) return run_drop_index(session, syntax);
  if (syntax.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA) {
    drop(session, [&](const Snapshot& snapshot) { return plan_schemas(session, syntax, snapshot); });
    return make_done("DROP SCHEMA");
  }
  const Kind* kind = kind_of(syntax.remove_type);
  if (kind == nullptr) throw_unsupported("DROP " + pg::describe(pg_query__object_type__descriptor, syntax.remove_type), -1);
  drop(session, [&](const Snapshot& snapshot) {
    DropPlan plan;
    const std::vector<std::string> named = named_relations(session, syntax, *kind, snapshot);
    for (const std::string& key : named)
      plan_drop(session, snapshot, key, named, syntax.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE, plan);
    return plan;
  });
  return make_done(std::string(kind->statement));
}

}  // namespace cairn
