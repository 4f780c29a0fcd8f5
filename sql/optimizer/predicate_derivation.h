#pragma once

#include <vector>

#include "sql/logical_plan.h"
#include "sql/optimizer/column_set.h"

namespace cairn {

/// What an OR says about these columns alone: (a = 1 AND b = 2) OR (a = 3 AND c) implies a IN (1, 3). nullptr where
/// some branch says nothing about them.
ExpressionPtr implied_by_disjunction(const Expression& disjunction, const ColumnSet& columns);

/// Predicates that hold for every row of the node, over its output columns.
std::vector<ExpressionPtr> known_predicates(const LogicalNode& node);

/// Columns known equal to each other by `a = b` conjuncts of one type.
class EqualColumns {
 public:
  void add(const Expression& conjunct);  ///< where it is an equality of two columns
  /// All columns equal to this one, itself included, ascending.
  std::vector<ColumnId> members(ColumnId id) const;

 private:
  std::vector<std::vector<ColumnId>> classes_;
};

}  // namespace cairn
