#pragma once

#include <span>
#include <string_view>

#include "sql/logical_plan.h"

namespace cairn {

/// A named rewriting of a plan into one with the same answer. README.md says how to add one.
///
/// What every pass may lean on and must keep (optimizer.cpp establishes it):
///  - the roots of the query and of common tables, and the children of set operations and recursions, are projections:
///    their output positions mean something, and no pass changes them but column_pruning;
///  - a filter, sort, limit or join may hand on more columns than is needed (column_pruning narrows them).
struct Pass {
  std::string_view name;
  void (*run)(LogicalPlan& plan);
  bool required = false;  ///< physical planning depends on it: it cannot be disabled
};

/// In the order in which they run; a pass may stand there more than once.
std::span<const Pass> optimizer_passes();

void inline_common_tables(LogicalPlan& plan);
void merge_projections(LogicalPlan& plan);
void fold_constants(LogicalPlan& plan);
void derive_predicates(LogicalPlan& plan);
void push_predicates_down(LogicalPlan& plan);
void simplify_outer_joins(LogicalPlan& plan);
void unnest(LogicalPlan& plan);
void simplify_mark_joins(LogicalPlan& plan);
void share_common_subplans(LogicalPlan& plan);
void order_joins(LogicalPlan& plan);
void prune_columns(LogicalPlan& plan);
void push_limits_down(LogicalPlan& plan);
void reduce_by_semi_joins(LogicalPlan& plan);

}  // namespace cairn
