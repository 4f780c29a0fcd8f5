#include "sql/statements/constraint_definition.h"

#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/plan_columns.h"
#include "sql/parser/column_references.h"
#include "sql/parser/deparse.h"
#include "vector/error.h"

namespace cairn {
namespace {

bool has_index(const TableSchema& table, std::string_view name) {
  return std::ranges::any_of(table.indexes, [&](const IndexSchema& index) { return index.name == name; });
}

bool has_check(const TableSchema& table, std::string_view name) {
  return std::ranges::any_of(table.checks, [&](const CheckSchema& check) { return check.name == name; });
}

Error already_exists(const TableSchema& table, const PgQuery__Constraint& constraint) {
  return Error("42710", "constraint \"" + std::string(constraint.conname) + "\" for relation \"" + table.name + "\" already exists")
      .at(constraint.location);
}

void require_immediate(const PgQuery__Constraint& constraint) {
  if (constraint.deferrable || constraint.initdeferred) throw_unsupported("a DEFERRABLE constraint", constraint.location);
}

std::vector<uint32_t> key_columns(const TableSchema& table, const PgQuery__Constraint& constraint,
                                  std::optional<uint32_t> column, std::string_view kind) {
  if (column) return {*column};
  std::vector<uint32_t> columns;
  for (const pg::Node* key : pg::list(constraint.keys, constraint.n_keys)) {
    const std::string name(pg::string_value(key));
    const std::optional<size_t> found = table.find(name);
    if (!found)
      throw Error(sqlstate::kUndefinedColumn, "column \"" + name + "\" named in key does not exist").at(constraint.location);
    if (std::ranges::find(columns, *found) != columns.end())
      throw Error(sqlstate::kDuplicateColumn, "column \"" + name + "\" appears twice in " + std::string(kind) + " constraint")
          .at(constraint.location);
    columns.push_back(static_cast<uint32_t>(*found));
  }
  return columns;
}

std::string add_key(TableSchema& table, const PgQuery__Constraint& constraint, std::optional<uint32_t> column,
             const Snapshot& snapshot) {
  require_immediate(constraint);
  if (constraint.nulls_not_distinct) throw_unsupported("NULLS NOT DISTINCT", constraint.location);
  if (constraint.indexname != nullptr && constraint.indexname[0] != '\0')
    throw_unsupported("a constraint USING INDEX", constraint.location);
  const bool primary = constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY;
  if (primary && std::ranges::any_of(table.indexes, [](const IndexSchema& other) {
        return other.kind == IndexSchema::Kind::kPrimaryKey;
      }))
    throw Error("42P16", "multiple primary keys for table \"" + table.name + "\" are not allowed")
        .at(constraint.location);
  IndexSchema key;
  key.kind = primary ? IndexSchema::Kind::kPrimaryKey : IndexSchema::Kind::kUniqueConstraint;
  key.columns = key_columns(table, constraint, column, primary ? "primary key" : "unique");
  if (primary)
    for (const uint32_t position : key.columns) table.columns[position].not_null = true;
  key.name = constraint.conname;
  if (key.name.empty()) {
    const std::string columns = primary ? "pkey" : joined_column_names(table, key.columns) + "_key";
    key.name = unused_relation_name(snapshot, table, RelationName::of_key(table.name).name + "_" + columns);
  } else if (has_check(table, key.name)) {
    throw already_exists(table, constraint);
  } else if (is_taken(snapshot, table, key.name)) {
    throw Error(sqlstate::kDuplicateTable, "relation \"" + key.name + "\" already exists").at(constraint.location);
  }
  table.indexes.push_back(std::move(key));
  return table.indexes.back().name;
}

/// "t_a_check" where the condition names one column, else "t_check"; with a number where that is taken.
std::string check_name(const TableSchema& table, const std::vector<uint32_t>& columns) {
  const std::string base =
      RelationName::of_key(table.name).name + (columns.size() == 1 ? "_" + table.columns[columns[0]].name : std::string()) + "_check";
  std::string name = base;
  for (size_t number = 1; has_check(table, name) || has_index(table, name); number++) name = base + std::to_string(number);
  return name;
}

/// The columns that the condition names. Errors: the binder's.
std::vector<uint32_t> condition_columns(const TableSchema& table, const pg::Node& condition) {
  auto version = std::make_shared<TableVersion>();
  version->schema = table;
  Binder binder({});
  std::vector<uint32_t> columns;  // a fresh binder numbers the table's columns from 0
  const LogicalPlan failing = binder.bind_check(condition, version);
  binder.check_no_parameters(pg::location(&condition));
  for_each_column(*failing.root->predicates[0], [&](const Expression& column) {
    if (std::ranges::find(columns, column.column) == columns.end()) columns.push_back(column.column);
  });
  return columns;
}

std::string add_check(TableSchema& table, const PgQuery__Constraint& constraint) {
  CheckSchema check;
  check.name = constraint.conname;
  check.sql = renamed_in_condition(deparse_expression(*constraint.raw_expr), "", "");
  const std::vector<uint32_t> columns = condition_columns(table, *constraint.raw_expr);
  if (check.name.empty()) {
    check.name = check_name(table, columns);
  } else if (has_check(table, check.name) || has_index(table, check.name)) {
    throw already_exists(table, constraint);
  }
  table.checks.push_back(std::move(check));
  return table.checks.back().name;
}

}  // namespace

std::vector<uint32_t> columns_of(const TableSchema& table, const CheckSchema& check) {
  const auto tree = parse_statement("SELECT " + check.sql);
  return condition_columns(table, *tree->statement().select_stmt->target_list[0]->res_target->val);
}

std::string joined_column_names(const TableSchema& table, const std::vector<uint32_t>& columns) {
  std::string names;
  for (const uint32_t column : columns) names += (names.empty() ? "" : "_") + table.columns[column].name;
  return names;
}

const TableVersion* table_of_index(const Snapshot& snapshot, std::string_view key) {
  const RelationName index = RelationName::of_key(key);
  for (const auto& [name, table] : snapshot.tables)
    if (has_index(table->schema, index.name) && RelationName::of_key(name).schema == index.schema) return table.get();
  return nullptr;
}

const TableVersion* find_indexed_table(const Snapshot& snapshot, const SearchPath& path, const RelationName& index) {
  if (!index.schema.empty())
    return table_of_index(snapshot, RelationName{canonical_schema(index.schema), index.name}.key());
  for (const std::string& schema : path.schemas())
    if (const TableVersion* table = table_of_index(snapshot, RelationName{schema, index.name}.key())) return table;
  return nullptr;
}

bool is_taken(const Snapshot& snapshot, const TableSchema& table, std::string_view name) {
  const std::string key = RelationName{RelationName::of_key(table.name).schema, std::string(name)}.key();
  return key == table.name || has_index(table, name) || snapshot.has_relation(key) || table_of_index(snapshot, key) != nullptr;
}

std::string unused_relation_name(const Snapshot& snapshot, const TableSchema& table, const std::string& base) {
  std::string name = base;
  for (size_t number = 1; is_taken(snapshot, table, name); number++) name = base + std::to_string(number);
  return name;
}

std::string renamed_in_condition(const std::string& sql, std::string_view column, const std::string& name) {
  const auto tree = parse_statement("SELECT " + sql);
  std::string renamed = name;
  for_each_column_reference(tree->statement(), [&](PgQuery__ColumnRef& reference) {
    // The table has one name at a time, and its columns are all that the condition sees.
    reference.fields += reference.n_fields - 1;
    reference.n_fields = 1;
    PgQuery__String& field = *reference.fields[0]->string;
    if (field.sval == column) field.sval = renamed.data();
  });
  return deparse_expression(*tree->statement().select_stmt->target_list[0]->res_target->val);
}

std::string add_constraint(TableSchema& table, const PgQuery__Constraint& constraint, std::optional<uint32_t> column,
                    const Snapshot& snapshot) {
  switch (constraint.contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE: return add_key(table, constraint, column, snapshot);
    case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK: return add_check(table, constraint);
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_NOT_DEFERRABLE:
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_IMMEDIATE: return "";
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRABLE:
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRED: throw_unsupported("a DEFERRABLE constraint", constraint.location);
    case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY: throw_unsupported("an IDENTITY column", constraint.location);
    case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED: throw_unsupported("a GENERATED column", constraint.location);
    case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION: throw_unsupported("an EXCLUDE constraint", constraint.location);
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
      throw_unsupported("a REFERENCES or FOREIGN KEY constraint", constraint.location);
    default: throw_unsupported("this constraint", constraint.location);
  }
}

}  // namespace cairn
