#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/differential/scope.h"
#include "tests/fuzz/differential/sql_tree.h"
#include "tests/fuzz/random.h"

namespace cairn::fuzz {

struct TableColumn {
  std::string name;
  std::string type;
  Sort sort;
};

struct Table {
  std::string name;
  std::vector<TableColumn> columns;
  std::vector<std::string> rows;  ///< each "(1, 'x', NULL)"
  std::shared_ptr<const SqlNode> view;  ///< its query, where it is a view

  /// "z0, z1": what names a view's columns.
  std::string column_names() const;
  std::string create() const;
  /// "" where there are no rows.
  std::string insert() const;
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

/// Tables with NULLs and duplicates; `largest_rows` bounds all but an occasional larger table.
Schema random_schema(Random& random, size_t largest_rows);
/// A literal as a table's row holds it.
std::string random_value(Random& random, const TableColumn& column, bool extreme);

}  // namespace cairn::fuzz
