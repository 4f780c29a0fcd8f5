#pragma once

#include <memory>
#include <vector>

#include "sql/logical_plan.h"
#include "sql/optimizer/column_set.h"
#include "sql/optimizer/rewrite.h"

namespace cairn {

/// Predicates that were taken out of a subplan because they name outer columns.
struct PulledPredicates {
  std::vector<ExpressionPtr> predicates;
  bool complete = true;  ///< false: something else in the subplan names outer columns, too
};

/// Whether the node or anything below names one of these columns.
bool names_any(const LogicalNode& node, const ColumnSet& columns);
bool names_any(const Expression& expression, const ColumnSet& columns);

/// Takes the predicates that name `outer` columns out of the filters, scans and joins of the subplan, from where they
/// may move to its top, and makes it hand on the inner columns that they need. `duplicates_matter`: false for EXISTS
/// and the like, where DISTINCT and ORDER BY (and a LIMIT of at least one row) mean nothing.
/// A trial run on a clone tells whether it is complete: the plan is changed in any case.
PulledPredicates pull_predicates(LogicalPtr& node, const ColumnSet& outer, bool duplicates_matter);

/// The distinct values that the outer columns take: a relation that a correlated subplan is joined with instead of
/// being evaluated per row (Neumann and Kemper, BTW 2015).
class Domain {
 public:
  /// `left` is the outer plan; it becomes a use of a common table, which the domain reads, too.
  Domain(LogicalPlan& plan, LogicalPtr& left, std::vector<ColumnId> outer,
         std::vector<std::shared_ptr<CommonTable>>& new_tables);

  /// The subplan joined with the domain: a row of the result is a domain value with a row that the subplan has for it.
  /// `renaming` tells under which ids the outer columns' values stand in the result, which hands them on.
  LogicalPtr push_into(LogicalPtr node, Renaming& renaming);
  /// Predicates that say that two lists of the outer columns' values are the same.
  std::vector<ExpressionPtr> equal_domains(const Renaming& a, const Renaming& b) const;

 private:
  LogicalPtr use(Renaming& renaming);
  LogicalPtr cross(LogicalPtr node, Renaming& renaming);
  LogicalPtr push_into_scan(LogicalPtr node, Renaming& renaming);
  LogicalPtr push_into_values(LogicalPtr node, Renaming& renaming);
  LogicalPtr push_into_project(LogicalPtr node, Renaming& renaming);
  LogicalPtr push_into_limit(LogicalPtr node, Renaming& renaming);
  void add_domain(std::vector<ExpressionPtr>& partition_by, const Renaming& renaming) const;
  LogicalPtr push_into_aggregate(LogicalPtr node, Renaming& renaming);
  LogicalPtr push_into_join(LogicalPtr node, Renaming& renaming);
  LogicalPtr push_into_both_sides(LogicalPtr node, Renaming& renaming);
  LogicalPtr push_into_set_operation(LogicalPtr node, Renaming& renaming);
  LogicalPtr push_into_recursion(LogicalPtr node, Renaming& renaming);
  LogicalPtr push_into_working_table(LogicalPtr node, Renaming& renaming);
  bool needs_domain(const LogicalNode& node) const;
  LogicalPtr with_empty_groups(LogicalPtr aggregate, Renaming& renaming);
  void rename_own(LogicalNode& node, const Renaming& renaming);

  LogicalPlan& plan_;
  std::vector<ColumnId> outer_;
  ColumnSet outer_set_;
  ColumnSet never_null_;  ///< of the outer columns: = does for IS NOT DISTINCT FROM
  std::shared_ptr<CommonTable> values_;
  std::vector<const WorkingTable*> working_tables_;  ///< of recursions that carry the domain along
};

/// Counts of an empty group are 0 where an outer join gives NULL: a projection that says so. Other columns pass by.
LogicalPtr with_zero_counts(LogicalPlan& plan, LogicalPtr node, const std::vector<LogicalAggregate*>& counts);
bool is_count(const LogicalAggregate& call);

}  // namespace cairn
