#pragma once

#include "exec/plan/expression.h"
#include "io/csv/csv_reader.h"
#include "sql/binder/binder.h"

namespace cairn {

/// What COPY FROM makes of a file's rows before they are stored: columns that the file lacks get their defaults, and WHERE
/// drops rows.
class CopiedRows {
 public:
  /// `columns`: those that the file has. `where`: nullptr where there is none. Errors: the binder's.
  CopiedRows(BindContext context, std::shared_ptr<const TableVersion> table, const std::vector<size_t>& columns,
             const pg::Node* where);

  const std::vector<Value>& constants() const { return constants_; }  ///< per column: its default, where that is a constant
  bool is_volatile() const;
  /// What is left to do row by row, for each worker; nullptr: nothing.
  static std::function<RowStep()> step_maker(std::shared_ptr<const CopiedRows> rows);

 private:
  std::vector<Value> constants_;
  std::vector<std::pair<size_t, ExpressionPtr>> computed_;  ///< defaults that are no constants, and their columns
  std::vector<ExpressionPtr> conditions_;                   ///< kColumn holds a position in the table
};

}  // namespace cairn
