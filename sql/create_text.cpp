#include "sql/create_text.h"

#include <algorithm>
#include <array>

#include "sql/relation_name.h"

namespace cairn {
namespace {

/// PostgreSQL's reserved words, and those that can't name a column or table for other reasons; sorted.
constexpr std::array<std::string_view, 104> kReserved = {
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between",
    "binary", "both", "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint",
    "create", "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except",
    "exists", "extract", "false", "fetch", "for", "foreign", "freeze", "from", "full", "grant", "group", "having",
    "ilike", "in", "initially", "inner", "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left",
    "like", "limit", "localtime", "localtimestamp", "natural", "not", "notnull", "null", "offset", "on", "only", "or",
    "order", "outer", "overlaps", "placing", "primary", "references", "returning", "right", "select", "session_user",
    "similar", "some", "symmetric", "table", "tablesample", "then", "to", "trailing", "true", "union", "unique",
    "user", "using", "values", "variadic", "verbose", "when", "where", "window", "with"};
static_assert(std::is_sorted(kReserved.begin(), kReserved.end()));

/// "(a, b)"
std::string column_list(const TableSchema& table, const std::vector<uint32_t>& columns) {
  std::string out;
  for (const uint32_t column : columns) out += (out.empty() ? "(" : ", ") + spelled_name(table.columns[column].name);
  return out + ")";
}

}  // namespace

std::string spelled_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); };
  const bool reads_back = !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), plain) &&
                          !std::binary_search(kReserved.begin(), kReserved.end(), name);
  if (reads_back) return std::string(name);
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string create_text(const TableSchema& table) {
  std::string out = "CREATE TABLE " + RelationName::of_key(table.name).to_sql() + "(";
  for (const ColumnSchema& column : table.columns) {
    if (out.back() != '(') out += ", ";
    out += spelled_name(column.name) + " " + column.type.to_string();
    if (!column.default_sql.empty()) out += " DEFAULT " + column.default_sql;
    if (column.not_null) out += " NOT NULL";
  }
  for (const IndexSchema& index : table.indexes) {
    if (!index.of_constraint()) continue;
    out += ", CONSTRAINT " + spelled_name(index.name) +
           (index.kind == IndexSchema::Kind::kPrimaryKey ? " PRIMARY KEY " : " UNIQUE ") + column_list(table, index.columns);
  }
  for (const CheckSchema& check : table.checks)
    out += ", CONSTRAINT " + spelled_name(check.name) + " CHECK (" + check.sql + ")";
  return out + ")";
}

std::string create_text(const TableSchema& table, const IndexSchema& index) {
  return std::string(index.unique() ? "CREATE UNIQUE INDEX " : "CREATE INDEX ") + spelled_name(index.name) + " ON " +
         spelled_name(table.name) + column_list(table, index.columns);
}

std::string create_text(const ViewSchema& view) {
  std::string out = "CREATE VIEW " + RelationName::of_key(view.name).to_sql();
  for (size_t i = 0; i < view.column_names.size(); i++) out += (i == 0 ? "(" : ", ") + spelled_name(view.column_names[i]);
  return out + (view.column_names.empty() ? "" : ")") + " AS " + view.sql;
}

}  // namespace cairn
