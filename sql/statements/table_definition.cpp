#include "sql/statements/table_definition.h"

#include <string>

#include "sql/binder/binder.h"
#include "sql/binder/type_name.h"
#include "sql/parser/deparse.h"
#include "sql/parser/nodes.h"
#include "sql/statements/constraint_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// NULL, NOT NULL and DEFAULT; false: the constraint is one of the table's.
bool set_property(const PgQuery__Constraint& constraint, ColumnSchema& column) {
  switch (constraint.contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_NULL: column.not_null = false; return true;
    case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL: column.not_null = true; return true;
    case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT: {
      // Bound once here, so that a default that cannot work is refused while its author is looking.
      Binder binder({});
      binder.bind_standalone(*constraint.raw_expr, &column.type, CastContext::kAssignment);
      column.default_sql = deparse_expression(*constraint.raw_expr);
      return true;
    }
    default: return false;
  }
}

}  // namespace

void check_table_name(const PgQuery__RangeVar& name) {
  std::string_view schema = name.schemaname;
  if (!schema.empty() && schema != "public" && schema != "main")
    throw Error("3F000", "schema \"" + std::string(schema) + "\" does not exist").at(name.location);
}

TableSchema make_table_schema(const PgQuery__CreateStmt& statement, const Snapshot& snapshot) {
  check_table_name(*statement.relation);
  int position = statement.relation->location;
  if (std::string_view(statement.relation->relpersistence) == "t") throw_unsupported("a TEMPORARY table", position);
  if (statement.n_inh_relations > 0) throw_unsupported("INHERITS", position);
  if (statement.partspec != nullptr || statement.partbound != nullptr) throw_unsupported("PARTITION BY", position);
  if (statement.of_typename != nullptr) throw_unsupported("CREATE TABLE OF a type", position);
  TableSchema schema;
  schema.name = statement.relation->relname;
  // They may name columns that stand behind them.
  std::vector<std::pair<const PgQuery__Constraint*, std::optional<uint32_t>>> constraints;
  for (const pg::Node* element : pg::list(statement.table_elts, statement.n_table_elts)) {
    if (element->node_case == PG_QUERY__NODE__NODE_CONSTRAINT) {
      constraints.emplace_back(element->constraint, std::nullopt);
      continue;
    }
    if (element->node_case != PG_QUERY__NODE__NODE_COLUMN_DEF)
      throw_unsupported(pg::describe(*element) + " in CREATE TABLE", pg::location(element));
    const PgQuery__ColumnDef& definition = *element->column_def;
    ColumnSchema column;
    column.name = definition.colname;
    column.type = resolve_type_name(*definition.type_name).type;
    if (schema.find(column.name))
      throw Error(sqlstate::kDuplicateColumn, "column \"" + column.name + "\" specified more than once")
          .at(definition.location);
    for (const pg::Node* constraint : pg::list(definition.constraints, definition.n_constraints))
      if (!set_property(*constraint->constraint, column))
        constraints.emplace_back(constraint->constraint, static_cast<uint32_t>(schema.columns.size()));
    schema.columns.push_back(std::move(column));
  }
  if (schema.columns.empty())
    throw Error(sqlstate::kFeatureNotSupported, "a table without columns is not supported").at(position);
  for (const auto& [constraint, column] : constraints) add_constraint(schema, *constraint, column, snapshot);
  return schema;
}

}  // namespace cairn
