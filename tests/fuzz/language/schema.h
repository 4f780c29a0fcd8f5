#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/language/scope.h"
#include "tests/fuzz/language/sql_tree.h"
#include "tests/fuzz/random.h"

namespace cairn::fuzz {

struct TableColumn {
  std::string name;
  std::string type;
  Sort sort;
};

/// Rows that are made, not written out.
struct Bulk {
  size_t rows = 0;
  std::string values;  ///< of row i: "i % 10, NULL, 'x' || i"
};

struct Table {
  std::string name;
  std::vector<TableColumn> columns;
  std::vector<std::string> rows;  ///< each "(1, 'x', NULL)"
  std::shared_ptr<const SqlNode> view = nullptr;  ///< its query, where it is a view
  std::vector<Bulk> bulks = {};
  std::vector<std::string> changes = {};  ///< statements after them

  /// "z0, z1": what names a view's columns.
  std::string column_names() const;
  std::string create() const;
  /// "" where there are no rows.
  std::string insert() const;
  size_t row_count() const;
  std::string drop() const;
};

struct Schema {
  std::vector<Table> tables;
  /// Values reach the ends of their types, so that arithmetic may fail: an error of one system alone is then no
  /// difference.
  bool extreme = false;

  /// All statements that make it.
  std::string script() const;
};

/// Random values of the columns, in parentheses.
std::string random_row(Random& random, const Table& table, bool extreme);
/// Tables with NULLs and duplicates; `largest_rows` bounds all but an occasional larger table.
Schema random_schema(Random& random, size_t largest_rows);
/// A literal as a table's row holds it.
std::string random_value(Random& random, const TableColumn& column, bool extreme);

}  // namespace cairn::fuzz
