#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sql/logical_plan.h"

namespace cairn {

/// What is believed of a column in some intermediate result. Numbers are in natural units: decimals with their point,
/// dates and timestamps in days.
struct ColumnEstimate {
  /// Distinct values in the column's domain, as far as predicates on the column itself restrict it. Predicates on other
  /// columns do not count: there may be more of them than rows. See distinct_among().
  double distinct = 1;
  double null_fraction = 0;
  bool has_range = false;
  double low = 0, high = 0;
  /// Where has_spread: values are spread normally (sums and averages of groups; the share of TRUE in a mark).
  bool has_spread = false;
  double mean = 0, deviation = 0;
  double average_bytes = 8;
  /// Columns of one base table occurrence share an origin, and together have at most its rows' distinct combinations.
  int origin = -1;
  double origin_rows = 0;     ///< before filters and joins: the size of the domain of keys
  double origin_present = 0;  ///< as far as filters and joins left them
};

struct RelationEstimate {
  double rows = 1;
  std::map<ColumnId, ColumnEstimate> columns;

  /// The expression's values; what is not known is guessed.
  ColumnEstimate describe(const Expression& expression) const;
};

/// Distinct values expected among `rows` draws from a domain of `distinct` (Cardenas' formula).
double distinct_among(double distinct, double rows);

/// The number as it lies on the line that ranges are measured on; 0 for strings and intervals.
double natural_value(const Value& value);
/// A number, and a finite one.
bool has_natural_value(const Value& value);

/// The share of rows for which the predicate is true.
double selectivity(const Expression& predicate, const RelationEstimate& input);

/// Keeps the rows for which it is true: fewer rows, narrower ranges.
void restrict_to(const Expression& predicate, RelationEstimate& relation);
void restrict_to(const std::vector<ExpressionPtr>& predicates, RelationEstimate& relation);

/// A pair of equal keys as a join sees it: one estimate per side.
struct KeyEstimate {
  ColumnEstimate left, right;
};

/// The share of the cross product that equal keys let pass: 1 / max(distinct) for a single key (containment). The
/// distinct combinations of several keys between the same two tables are at most the tables' rows, so that a composite
/// foreign key is not taken for independent coincidences.
double key_selectivity(const std::vector<KeyEstimate>& keys);

/// The share of left rows with at least one match.
double match_fraction(const std::vector<KeyEstimate>& keys, double residual_selectivity, double right_rows);

/// Distinct combinations of the columns among so many rows; columns of one origin are capped together.
double group_count(const std::vector<ColumnEstimate>& columns, double rows);

/// Splits join predicates into keys (equalities of an expression per side) and the selectivity of the rest.
struct JoinConditionEstimate {
  std::vector<KeyEstimate> keys;
  double residual = 1;
};
JoinConditionEstimate estimate_condition(const std::vector<ExpressionPtr>& predicates, const RelationEstimate& left,
                                         const RelationEstimate& right);

/// Estimates whole subplans, bottom-up, from table statistics.
class Estimator {
 public:
  /// `remember`: the plan does not change any more, and nodes are asked for again and again.
  explicit Estimator(const LogicalPlan& plan, bool remember = false) : plan_(plan), remember_(remember) {}

  RelationEstimate estimate(const LogicalNode& node);
  /// The result of a join of these inputs.
  RelationEstimate estimate_join(const LogicalNode& join, const RelationEstimate& left, const RelationEstimate& right);

 private:
  RelationEstimate estimate_anew(const LogicalNode& node);
  RelationEstimate estimate_scan(const LogicalNode& node);
  RelationEstimate estimate_window(const LogicalNode& node);
  double sampled_share_of(const LogicalNode& scan, double expected);
  RelationEstimate estimate_aggregate(const LogicalNode& node);
  RelationEstimate estimate_set_operation(const LogicalNode& node);
  RelationEstimate estimate_cte(const LogicalNode& node);
  /// The rows are a table of their own: no more combinations of any columns than there are rows.
  void give_origin(RelationEstimate& relation);
  ColumnEstimate estimate_aggregate_call(const LogicalAggregate& call, const RelationEstimate& input, double groups);

  const LogicalPlan& plan_;
  bool remember_;
  std::map<const LogicalNode*, RelationEstimate> remembered_;
  std::map<std::string, double> sampled_shares_;  ///< by table and predicates
  int next_origin_ = 0;
  std::map<const CommonTable*, RelationEstimate> common_tables_;
};

}  // namespace cairn
