// CREATE TABLE … (LIKE other INCLUDING …).

#include "sql/binder/binder.h"
#include "sql/statements/constraint_definition.h"
#include "sql/statements/sequence.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// PostgreSQL's TableLikeOption, as the grammar puts it together.
enum Including : uint32_t { kConstraints = 1u << 2, kDefaults = 1u << 3, kIdentity = 1u << 5, kIndexes = 1u << 6 };

/// "t_pkey" of the new table, as if the key had been written for it.
std::string key_name(const Snapshot& snapshot, const TableSchema& table, const IndexSchema& index) {
  const std::string suffix = index.kind == IndexSchema::Kind::kPrimaryKey         ? "pkey"
                             : index.kind == IndexSchema::Kind::kUniqueConstraint ? joined_column_names(table, index.columns) + "_key"
                                                                                  : joined_column_names(table, index.columns) + "_idx";
  return unused_relation_name(snapshot, table, RelationName::of_key(table.name).name + "_" + suffix);
}

}  // namespace

void LikeClause::add_columns(const Snapshot& snapshot, TableSchema& table, std::vector<SequenceSchema>& sequences) {
  first_column = table.columns.size();
  for (const ColumnSchema& column : other.columns) {
    if (table.find(column.name))
      throw Error(sqlstate::kDuplicateColumn, "column \"" + column.name + "\" specified more than once")
          .at(syntax->relation->location);
    ColumnSchema& copy = table.columns.emplace_back(ColumnSchema{column.name, column.type, column.not_null});
    if (column.identity == Identity::kNone) {
      if ((syntax->options & kDefaults) != 0) copy.default_sql = column.default_sql;
    } else if ((syntax->options & kIdentity) != 0) {
      SequenceSchema sequence = make_column_sequence(snapshot, RelationName::of_key(table.name), copy.name, copy.type);
      if (const auto known = sequence_of_column(snapshot, other.name, column.name)) {
        SequenceSchema options = known->schema;
        options.name = sequence.name;
        options.owner_table = sequence.owner_table;
        options.owner_column = sequence.owner_column;
        sequence = std::move(options);
      }
      copy.identity = column.identity;
      copy.default_sql = next_value_sql(sequence);
      sequences.push_back(std::move(sequence));
    }
  }
}

void LikeClause::add_constraints(const Snapshot& snapshot, TableSchema& table) const {
  if ((syntax->options & kConstraints) != 0)
    for (const CheckSchema& check : other.checks) {
      for (const CheckSchema& taken : table.checks)
        if (taken.name == check.name)
          throw Error("42710", "check constraint \"" + check.name + "\" already exists").at(syntax->relation->location);
      table.checks.push_back({check.name, check.sql});
    }
  if ((syntax->options & kIndexes) == 0) return;
  for (const IndexSchema& index : other.indexes) {
    IndexSchema copy = index;
    for (uint32_t& column : copy.columns) column += static_cast<uint32_t>(first_column);
    copy.name = key_name(snapshot, table, copy);
    table.indexes.push_back(std::move(copy));
  }
}

}  // namespace cairn
