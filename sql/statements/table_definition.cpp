#include "sql/statements/table_definition.h"

#include <algorithm>
#include <string>

#include "exec/functions/integral_type.h"
#include "sql/binder/binder.h"
#include "sql/binder/type_name.h"
#include "sql/dependencies.h"
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
    case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT: column.default_sql = default_text(*constraint.raw_expr, column.type); return true;
    default: return false;
  }
}

void draw_from(ColumnSchema& column, const SequenceSchema& sequence) {
  column.not_null = true;
  column.default_sql = next_value_sql(sequence);
}

/// Errors: kSyntaxError where what is declared of the column contradicts itself.
void check_declarations(const PgQuery__ColumnDef& definition, const std::string& key, bool serial) {
  const std::string column = " for column \"" + std::string(definition.colname) + "\" of table \"" + key + "\"";
  bool null = false, not_null = serial, has_default = serial, identity = false;
  for (const pg::Node* node : pg::list(definition.constraints, definition.n_constraints)) {
    const PgQuery__Constraint& constraint = *node->constraint;
    const auto contradiction = [&](const char* what) {
      return Error(sqlstate::kSyntaxError, what + column).at(constraint.location);
    };
    switch (constraint.contype) {
      case PG_QUERY__CONSTR_TYPE__CONSTR_NULL: null = true; break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL: not_null = true; break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
        if (has_default) throw contradiction("multiple default values specified");
        has_default = true;
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
        if (identity) throw contradiction("multiple identity specifications");
        identity = not_null = true;
        break;
      default: break;
    }
    if (identity && has_default) throw contradiction("both default and identity specified");
    if (null && not_null) throw contradiction("conflicting NULL/NOT NULL declarations");
  }
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

std::string default_text(const pg::Node& value, const Type& type) {
  Binder binder({});
  binder.bind_standalone(value, &type, CastContext::kAssignment);
  binder.check_no_parameters(pg::location(&value));
  return deparse_expression(value);
}

void check_identity_type(const Type& type, int position) {
  if (!type.is_integer() || type.id == TypeId::kHugeInt)
    throw Error(sqlstate::kInvalidParameterValue, "identity column type must be smallint, integer, or bigint").at(position);
}

SequenceSchema make_identity(const PgQuery__Constraint& constraint, const Snapshot& snapshot, const std::string& key,
                             ColumnSchema& column) {
  check_identity_type(column.type, constraint.location);
  const SequenceSchema made = make_column_sequence(snapshot, RelationName::of_key(key), column.name, column.type);
  SequenceChange change = parse_sequence_options(constraint.options, constraint.n_options, nullptr);
  SequenceSchema sequence = std::move(change.schema);
  sequence.name = made.name;
  if (!change.name.name.empty()) {
    if (change.name.schema.empty()) change.name.schema = RelationName::of_key(key).schema;
    sequence.name = change.name.key();
    check_free(snapshot, sequence.name, constraint.location);
  }
  sequence.owner_table = made.owner_table;
  sequence.owner_column = made.owner_column;
  const ValueRange range = type_range(column.type);
  sequence.max_value = std::min(sequence.max_value, static_cast<int64_t>(range.max));
  sequence.min_value = std::max(sequence.min_value, static_cast<int64_t>(range.min));
  column.identity = std::string_view(constraint.generated_when) == "a" ? Identity::kAlways : Identity::kByDefault;
  draw_from(column, sequence);
  return sequence;
}

ColumnSchema make_column(const PgQuery__ColumnDef& definition, const Snapshot& snapshot, const SearchPath& path,
                         const std::string& key, std::vector<SequenceSchema>& sequences,
                         std::vector<const PgQuery__Constraint*>& others) {
  ColumnSchema column;
  column.name = definition.colname;
  bool serial;
  column.type = column_type(*definition.type_name, serial);
  if (serial) {
    sequences.push_back(make_column_sequence(snapshot, RelationName::of_key(key), column.name, column.type));
    draw_from(column, sequences.back());
  }
  check_declarations(definition, key, serial);
  for (const pg::Node* node : pg::list(definition.constraints, definition.n_constraints)) {
    const PgQuery__Constraint& constraint = *node->constraint;
    if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY)
      sequences.push_back(make_identity(constraint, snapshot, key, column));
    else if (!set_property(constraint, column)) others.push_back(&constraint);
  }
  column.default_sql = with_pinned_sequences(std::move(column.default_sql), snapshot, path);
  return column;
}

namespace {

/// What LIKE copies: a table, or the columns of a view.
TableSchema liked_table(SessionState& session, const PgQuery__RangeVar& range) {
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = find_relation(*snapshot, session.search_path(), range);
  if (const auto table = snapshot->tables.find(key); table != snapshot->tables.end()) return table->second->schema;
  const auto view = snapshot->views.find(key);
  if (view == snapshot->views.end())
    throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist").at(range.location);
  TableSchema schema;
  schema.name = key;
  const auto columns = columns_of_view(session, *view->second, snapshot);
  if (!columns) throw Error(sqlstate::kUndefinedTable, "view \"" + key + "\" cannot be read any more").at(range.location);
  for (const auto& [name, type] : *columns) schema.columns.push_back({name, type});
  return schema;
}

}  // namespace

TableSchema make_table_schema(SessionState& session, const PgQuery__CreateStmt& statement, const Snapshot& snapshot,
                              const std::string& key, std::vector<SequenceSchema>& sequences) {
  int position = statement.relation->location;
  if (statement.n_inh_relations > 0) throw_unsupported("INHERITS", position);
  if (statement.partspec != nullptr || statement.partbound != nullptr) throw_unsupported("PARTITION BY", position);
  if (statement.of_typename != nullptr) throw_unsupported("CREATE TABLE OF a type", position);
  TableSchema schema;
  schema.name = key;
  // They may name columns that stand behind them.
  std::vector<std::pair<const PgQuery__Constraint*, std::optional<uint32_t>>> constraints;
  std::vector<LikeClause> likes;
  for (const pg::Node* element : pg::list(statement.table_elts, statement.n_table_elts)) {
    if (element->node_case == PG_QUERY__NODE__NODE_CONSTRAINT) {
      constraints.emplace_back(element->constraint, std::nullopt);
      continue;
    }
    if (element->node_case == PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE) {
      LikeClause& like = likes.emplace_back(LikeClause{element->table_like_clause, liked_table(session, *element->table_like_clause->relation)});
      like.add_columns(snapshot, schema, sequences);
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
    schema.columns.push_back(make_column(definition, snapshot, session.search_path(), key, sequences, others));
    for (const PgQuery__Constraint* constraint : others) constraints.emplace_back(constraint, column);
  }
  for (const LikeClause& like : likes) like.add_constraints(snapshot, schema);
  for (const auto& [constraint, column] : constraints) add_constraint(schema, *constraint, column, snapshot);
  return schema;
}

}  // namespace cairn
