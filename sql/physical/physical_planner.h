#pragma once

#include <map>
#include <vector>

#include "exec/plan/plan.h"
#include "sql/logical_plan.h"
#include "sql/optimizer/column_set.h"
#include "sql/optimizer/statistics.h"

namespace cairn {

/// A physical subplan, and which logical column stands at each of its output positions.
struct PlannedNode {
  PlanPtr node;
  std::vector<ColumnId> columns;
};

/// The call without the positions of its arguments, order and filter.
AggregateCall make_call(const LogicalAggregate& logical);
/// Of an aggregate's arguments, how many become columns; others are constants of the call.
size_t column_argument_count(const LogicalAggregate& call);

/// Turns an optimized logical plan into a physical one. Column ids become positions; a subplan may put out more
/// columns than its logical node lists (a filter hands on all of its input), breakers and the result are narrowed.
class PhysicalPlanner {
 public:
  explicit PhysicalPlanner(const LogicalPlan& plan) : plan_(plan), estimator_(plan, true) {}
  PlanPtr run();

 private:
  PlannedNode build(const LogicalNode& node);
  PlannedNode build_kind(const LogicalNode& node);
  PlannedNode build_scan(const LogicalNode& node);
  PlannedNode build_values(const LogicalNode& node);
  PlannedNode build_filter(const LogicalNode& node);
  PlannedNode build_project(const LogicalNode& node);
  PlannedNode build_aggregate(const LogicalNode& node);
  PlannedNode build_join(const LogicalNode& node);
  PlannedNode build_sort(const LogicalNode& node);
  PlannedNode build_window(const LogicalNode& node);
  PlannedNode build_limit(const LogicalNode& node);
  PlannedNode build_distinct(const LogicalNode& node);
  PlannedNode build_set_operation(const LogicalNode& node);
  PlannedNode build_cte_scan(const LogicalNode& node);
  PlannedNode build_table_function(const LogicalNode& node);
  PlannedNode build_recursion(const LogicalNode& node);
  PlannedNode build_working_table(const LogicalNode& node);

  /// A node over `child` with these columns out; types and names follow from the ids.
  PlannedNode make(PlanNode::Kind kind, std::vector<PlanPtr> children, std::vector<ColumnId> columns,
                   double estimated_rows) const;
  /// The expression with positions in `columns` for ids.
  static ExpressionPtr resolve(const Expression& expression, const std::vector<ColumnId>& columns);
  static std::vector<ExpressionPtr> resolve_all(const std::vector<ExpressionPtr>& expressions,
                                                const std::vector<ColumnId>& columns);
  /// Exactly these columns, in this order: a projection of plain columns where it is not so already.
  PlannedNode narrowed(PlannedNode input, const std::vector<ColumnId>& columns) const;
  /// The wanted ones among the columns that are there, in their order; at least one.
  PlannedNode narrowed_to_used(PlannedNode input, const ColumnSet& wanted) const;
  /// The input, with a constant where it has no column.
  PlannedNode with_column(PlannedNode input) const;
  /// The input with further columns: computes each expression that is not a plain column of it, equal ones once.
  /// positions[i] tells where expressions[i] stands.
  PlannedNode with_expressions(PlannedNode input, const std::vector<const Expression*>& expressions,
                               std::vector<uint32_t>& positions) const;
  /// Groups of all columns: what DISTINCT and the set operations are made of.
  PlannedNode grouped_by_all(PlannedNode input, double estimated_rows) const;
  double rows_of(const LogicalNode& node) { return estimator_.estimate(node).rows; }

  /// The input's rows, kept.
  PlannedNode materialized(PlannedNode input) const;

  struct JoinKeys;
  JoinKeys split_keys(const LogicalNode& node, const PlannedNode& left, const PlannedNode& right, bool swapped) const;

  const LogicalPlan& plan_;
  Estimator estimator_;
  std::map<const CommonTable*, PlannedNode> common_tables_;
  std::map<const WorkingTable*, uint32_t> recursions_;  ///< those being built: their numbers in the plan
  uint32_t recursion_count_ = 0;
  /// Rows go on one by one to a LIMIT, which ends what it does not need: a recursion is not kept as a whole.
  bool feeds_limit_ = false;
};

}  // namespace cairn
