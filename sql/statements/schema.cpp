#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {

void create_schema(SessionState& session, const std::string& name) {
  if (name.starts_with("pg_"))
    throw Error("42939", "unacceptable schema name \"" + name + "\"", "The prefix \"pg_\" is reserved for system schemas.");
  if (has_schema(*session.snapshot(), canonical_schema(name)))
    throw Error(sqlstate::kDuplicateSchema, "schema \"" + name + "\" already exists");
  session.change([&](std::shared_ptr<WriteTransaction> transaction) { transaction->create_schema(name); });
}

ResultPtr run_create_schema(SessionState& session, const PgQuery__CreateSchemaStmt& statement) {
  const std::string name = statement.schemaname;
  if (statement.n_schema_elts > 0) throw_unsupported("CREATE SCHEMA with objects in it", -1);
  if (name.empty()) throw_unsupported("CREATE SCHEMA AUTHORIZATION without a name", -1);
  if (statement.if_not_exists && has_schema(*session.snapshot(), canonical_schema(name)))
    session.notice("notice: schema \"" + name + "\" already exists, skipping");
  else
    create_schema(session, name);
  return make_done("CREATE SCHEMA");
}

}  // namespace cairn
