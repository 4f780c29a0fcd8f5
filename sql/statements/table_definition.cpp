#include "sql/statements/table_definition.h"

#include <algorithm>
#include <string>

#include "sql/binder/binder.h"
#include "sql/binder/type_name.h"
#include "sql/parser/deparse.h"
#include "sql/parser/nodes.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/sequence.h"
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

/// Errors: kFeatureNotSupported for GENERATED ALWAYS, which refuses values that INSERT gives.
SequenceSchema identity_options(const PgQuery__Constraint& constraint) {
  if (std::string_view(constraint.generated_when) == "a")
    throw_unsupported("GENERATED ALWAYS AS IDENTITY", constraint.location);
  return parse_sequence_options(constraint.options, constraint.n_options, nullptr).schema;
}

Error invalid_identity(int position) {
  return Error(sqlstate::kInvalidParameterValue, "identity column type must be smallint, integer, or bigint").at(position);
}

/// The column's type; where it is SERIAL, the integer type behind it.
Type column_type(const PgQuery__TypeName& name, bool& serial) {
  std::string_view text = pg::last_name(name.names, name.n_names);
  serial = true;
  if (text == "serial" || text == "serial4") return Type::integer();
  if (text == "bigserial" || text == "serial8") return Type::big_int();
  if (text == "smallserial" || text == "serial2") return Type::small_int();
  serial = false;
  return resolve_type_name(name).type;
}

}  // namespace

ColumnSchema make_column(const PgQuery__ColumnDef& definition, const Snapshot& snapshot, const std::string& key,
                         std::vector<SequenceSchema>& sequences,
                         std::vector<const PgQuery__Constraint*>& others) {
  ColumnSchema column;
  column.name = definition.colname;
  bool serial;
  column.type = column_type(*definition.type_name, serial);
  const auto draw_values = [&](SequenceSchema options) {
    if (!column.type.is_integer() || column.type.id == TypeId::kHugeInt) throw invalid_identity(definition.location);
    SequenceSchema sequence = make_column_sequence(snapshot, RelationName::of_key(key), column.name, column.type);
    options.name = sequence.name;
    options.owner_table = sequence.owner_table;
    options.owner_column = sequence.owner_column;
    options.max_value = std::min(options.max_value, sequence.max_value);
    column.not_null = true;
    column.default_sql = next_value_sql(options);
    sequences.push_back(std::move(options));
  };
  if (serial) draw_values({});
  for (const pg::Node* node : pg::list(definition.constraints, definition.n_constraints)) {
    const PgQuery__Constraint& constraint = *node->constraint;
    if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY) draw_values(identity_options(constraint));
    else if (!set_property(constraint, column)) others.push_back(&constraint);
  }
  return column;
}

TableSchema make_table_schema(const PgQuery__CreateStmt& statement, const Snapshot& snapshot, const std::string& key,
                              std::vector<SequenceSchema>& sequences) {
  int position = statement.relation->location;
  if (statement.n_inh_relations > 0) throw_unsupported("INHERITS", position);
  if (statement.partspec != nullptr || statement.partbound != nullptr) throw_unsupported("PARTITION BY", position);
  if (statement.of_typename != nullptr) throw_unsupported("CREATE TABLE OF a type", position);
  TableSchema schema;
  schema.name = key;
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
    if (schema.find(definition.colname))
      throw Error(sqlstate::kDuplicateColumn, "column \"" + std::string(definition.colname) + "\" specified more than once")
          .at(definition.location);
    std::vector<const PgQuery__Constraint*> others;
    const auto column = static_cast<uint32_t>(schema.columns.size());
    schema.columns.push_back(make_column(definition, snapshot, key, sequences, others));
    for (const PgQuery__Constraint* constraint : others) constraints.emplace_back(constraint, column);
  }
  if (schema.columns.empty())
    throw Error(sqlstate::kFeatureNotSupported, "a table without columns is not supported").at(position);
  for (const auto& [constraint, column] : constraints) add_constraint(schema, *constraint, column, snapshot);
  return schema;
}

}  // namespace cairn
