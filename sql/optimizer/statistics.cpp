#include "sql/optimizer/statistics.h"

#include <algorithm>
#include <cmath>

#include "exec/functions/function.h"
#include "sql/optimizer/column_set.h"
#include "sql/optimizer/rewrite.h"
#include "sql/optimizer/sample_estimate.h"

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

constexpr double kUnknownTableRows = 1000;  // of functions
constexpr double kAssumedRounds = 10;       // of recursions

/// Distinct combinations of one side's key columns, as far as the table that they all come from bounds them.
double distinct_combinations(const std::vector<const KeyEstimate*>& keys, bool left, bool& capped) {
  double product = 1;
  for (const KeyEstimate* key : keys) product *= std::max((left ? key->left : key->right).distinct, 1.0);
  const ColumnEstimate& first = left ? keys[0]->left : keys[0]->right;
  capped = keys.size() > 1 && first.origin >= 0 && product > first.origin_rows;
  return capped ? std::max(first.origin_rows, 1.0) : product;
}

/// Keys between the same two tables belong together.
std::map<std::pair<int, int>, std::vector<const KeyEstimate*>> by_origins(const std::vector<KeyEstimate>& keys) {
  std::map<std::pair<int, int>, std::vector<const KeyEstimate*>> groups;
  int unknown = -2;  // never together with another
  for (const KeyEstimate& key : keys) {
    const bool known = key.left.origin >= 0 && key.right.origin >= 0;
    groups[known ? std::pair{key.left.origin, key.right.origin} : std::pair{unknown--, -1}].push_back(&key);
  }
  return groups;
}

}  // namespace

double key_selectivity(const std::vector<KeyEstimate>& keys) {
  double selectivity = 1;
  for (const auto& [origins, together] : by_origins(keys)) {
    double combinations = 1;
    for (const KeyEstimate* key : together) {
      combinations *= std::max({key->left.distinct, key->right.distinct, 1.0});
      selectivity *= (1 - key->left.null_fraction) * (1 - key->right.null_fraction);
    }
    bool left_capped = false, right_capped = false;
    const double left = distinct_combinations(together, true, left_capped);
    const double right = distinct_combinations(together, false, right_capped);
    if (left_capped) combinations = std::min(combinations, left);
    if (right_capped) combinations = std::min(combinations, right);
    selectivity /= std::max(combinations, 1.0);
  }
  return selectivity;
}

double match_fraction(const std::vector<KeyEstimate>& keys, double residual_selectivity, double right_rows) {
  if (right_rows < 1) return right_rows;
  if (keys.empty()) return 1 - std::pow(1 - std::min(residual_selectivity, 0.999), right_rows);
  double matched = 1, left_domain = 1, right_values = 1;
  for (const KeyEstimate& key : keys) matched *= 1 - key.left.null_fraction;
  for (const auto& [origins, together] : by_origins(keys)) {
    bool capped = false;
    left_domain *= distinct_combinations(together, true, capped);
    right_values *= distinct_combinations(together, false, capped);
  }
  const double present = std::max(distinct_among(right_values, right_rows), 1e-6);
  matched *= std::min(1.0, present / std::max(left_domain, 1.0));
  if (residual_selectivity < 1) {
    matched *= 1 - std::pow(1 - residual_selectivity, std::max(1.0, right_rows / std::max(present, 1.0)));
  }
  return matched;
}

double group_count(const std::vector<ColumnEstimate>& columns, double rows) {
  std::map<int, std::pair<double, double>> by_origin;  // product, bound
  double count = 1;
  for (const ColumnEstimate& column : columns) {
    const double values = std::max(column.distinct, 1.0) + (column.null_fraction > 0 ? 1 : 0);
    if (column.origin < 0) {
      count = std::min(count * values, 1e18);
      continue;
    }
    auto [entry, added] = by_origin.try_emplace(column.origin, 1, column.origin_present);
    entry->second.first = std::min(entry->second.first * values, 1e18);
  }
  for (const auto& [origin, product_bound] : by_origin) {
    count = std::min(count * std::min(product_bound.first, std::max(product_bound.second, 1.0)), 1e18);
  }
  return std::min(distinct_among(count, rows), std::max(rows, 0.0));
}

JoinConditionEstimate estimate_condition(const std::vector<ExpressionPtr>& predicates, const RelationEstimate& left,
                                         const RelationEstimate& right) {
  JoinConditionEstimate result;
  ColumnSet left_columns, right_columns;
  for (const auto& [id, column] : left.columns) left_columns.insert(id);
  for (const auto& [id, column] : right.columns) right_columns.insert(id);
  RelationEstimate both = left;
  both.columns.insert(right.columns.begin(), right.columns.end());
  both.rows = 1;
  for (const auto& predicate : predicates) {
    bool null_safe = false;
    if (is_equality(*predicate, &null_safe)) {
      const ColumnSet a = columns_of(*predicate->arguments[0]), b = columns_of(*predicate->arguments[1]);
      const bool straight = left_columns.contains_all(a) && right_columns.contains_all(b);
      const bool crossed = left_columns.contains_all(b) && right_columns.contains_all(a);
      if ((straight || crossed) && !a.empty() && !b.empty()) {
        result.keys.push_back({left.describe(*predicate->arguments[straight ? 0 : 1]),
                               right.describe(*predicate->arguments[straight ? 1 : 0])});
        continue;
      }
    }
    restrict_to(*predicate, both);
  }
  result.residual = std::min(1.0, both.rows);
  return result;
}

RelationEstimate Estimator::estimate_scan(const LogicalNode& node) {
  RelationEstimate result;
  result.rows = static_cast<double>(node.table->row_count);
  const int origin = next_origin_++;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    ColumnEstimate column;
    column.origin = origin;
    column.origin_rows = column.origin_present = std::max(1.0, result.rows);
    column.distinct = std::max(1.0, result.rows);
    const size_t position = node.scan_columns[i];
    if (position < node.table->statistics.size()) {
      const ColumnStatistics& known = node.table->statistics[position];
      column.distinct = std::clamp(known.distinct_count, 1.0, std::max(1.0, result.rows));
      column.null_fraction = result.rows > 0 ? static_cast<double>(known.null_count) / result.rows : 0;
      column.average_bytes = known.average_bytes > 0 ? known.average_bytes : 8;
      if (known.has_bounds && has_natural_value(known.min) && has_natural_value(known.max)) {
        column.has_range = true;
        column.low = natural_value(known.min);
        column.high = natural_value(known.max);
      }
    }
    result.columns[node.outputs[i]] = column;
  }
  const double all = result.rows;
  restrict_to(node.predicates, result);
  if (all > 0 && !node.predicates.empty()) result.rows = all * sampled_share_of(node, result.rows / all);
  return result;
}

/// The same scan is asked about again and again while joins are ordered.
double Estimator::sampled_share_of(const LogicalNode& scan, double expected) {
  std::string text = std::to_string(scan.table->table_id);
  for (const auto& predicate : scan.predicates) text += '\n' + predicate->to_string();
  auto [entry, added] = sampled_shares_.try_emplace(std::move(text), 0);
  if (added) entry->second = sampled_share(scan, expected);
  return entry->second;
}

ColumnEstimate Estimator::estimate_aggregate_call(const LogicalAggregate& call, const RelationEstimate& input,
                                                  double groups) {
  const double per_group = std::max(1.0, input.rows / std::max(groups, 1.0));
  ColumnEstimate result;
  result.distinct = std::max(1.0, groups);
  const std::string_view name = call.function ? call.function->name : std::string_view();
  if (name == "count") {
    result.has_spread = true;
    result.mean = per_group;
    result.deviation = std::sqrt(per_group);
    result.distinct = std::min(result.distinct, 1 + 6 * result.deviation);
    return result;
  }
  if (call.arguments.empty()) return result;
  const ColumnEstimate argument = input.describe(*call.arguments[0]);
  if (name == "min" || name == "max") {
    result = argument;
    result.origin = -1;
    result.distinct = std::min(argument.distinct, std::max(1.0, groups));
    return result;
  }
  if (!argument.has_range || (name != "sum" && name != "avg")) return result;
  // Values spread evenly over their range; a sum over a group whose size is Poisson distributed (compound Poisson).
  const double mean = (argument.low + argument.high) / 2;
  const double variance = (argument.high - argument.low) * (argument.high - argument.low) / 12;
  result.has_spread = true;
  result.mean = name == "sum" ? per_group * mean : mean;
  result.deviation = name == "sum" ? std::sqrt(per_group * (variance + mean * mean)) : std::sqrt(variance / per_group);
  return result;
}

void Estimator::give_origin(RelationEstimate& relation) {
  const int origin = next_origin_++;
  for (auto& [id, column] : relation.columns) {
    column.origin = origin;
    column.origin_rows = column.origin_present = std::max(1.0, relation.rows);
  }
}

RelationEstimate Estimator::estimate_aggregate(const LogicalNode& node) {
  const RelationEstimate input = estimate(*node.children[0]);
  RelationEstimate result;
  std::vector<ColumnEstimate> keys;
  for (const auto& key : node.group_by) keys.push_back(input.describe(*key));
  result.rows = keys.empty() ? 1 : group_count(keys, input.rows);
  for (size_t i = 0; i < keys.size(); ++i) {
    keys[i].distinct = std::min(keys[i].distinct, std::max(1.0, distinct_among(keys[i].distinct, input.rows)));
    result.columns[node.outputs[i]] = keys[i];
  }
  for (const auto& call : node.aggregates) {
    result.columns[call.output] = estimate_aggregate_call(call, input, result.rows);
  }
  give_origin(result);
  return result;
}

RelationEstimate Estimator::estimate_window(const LogicalNode& node) {
  RelationEstimate result = estimate(*node.children[0]);
  std::vector<ColumnEstimate> keys;
  for (const auto& key : node.partition_by) keys.push_back(result.describe(*key));
  const double partitions = keys.empty() ? 1 : std::max(1.0, group_count(keys, result.rows));
  for (const auto& window : node.window_calls) {
    ColumnEstimate& column = result.columns[window.call.output];
    column.distinct = std::max(1.0, result.rows);
    if (window.function != WindowFunction::kRowNumber && window.function != WindowFunction::kRank &&
        window.function != WindowFunction::kDenseRank) {
      continue;
    }
    column.distinct = std::max(1.0, result.rows / partitions);
    column.has_range = true;
    column.low = 1;
    column.high = column.distinct;
  }
  return result;
}

RelationEstimate Estimator::estimate_set_operation(const LogicalNode& node) {
  const RelationEstimate left = estimate(*node.children[0]), right = estimate(*node.children[1]);
  RelationEstimate result;
  std::vector<ColumnEstimate> columns;
  const bool is_union = node.set_operation == LogicalNode::SetOperation::kUnion;
  result.rows = is_union ? left.rows + right.rows
                         : (node.set_operation == LogicalNode::SetOperation::kIntersect
                                ? std::min(left.rows, right.rows) / 2
                                : left.rows);
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    auto a = left.columns.find(node.children[0]->outputs[i]);
    auto b = right.columns.find(node.children[1]->outputs[i]);
    ColumnEstimate column;
    if (a != left.columns.end() && b != right.columns.end()) {
      column = a->second;
      if (is_union) {
        column.distinct = std::min(a->second.distinct + b->second.distinct, std::max(result.rows, 1.0));
        column.has_range = a->second.has_range && b->second.has_range;
        column.low = std::min(a->second.low, b->second.low);
        column.high = std::max(a->second.high, b->second.high);
      }
    }
    column.origin = -1;
    column.has_spread = false;
    columns.push_back(column);
    result.columns[node.outputs[i]] = column;
  }
  if (!node.all) result.rows = group_count(columns, result.rows);
  return result;
}

RelationEstimate Estimator::estimate_cte(const LogicalNode& node) {
  auto found = common_tables_.find(node.cte.get());
  if (found == common_tables_.end()) {
    common_tables_.emplace(node.cte.get(), RelationEstimate{});  // ends recursion
    found = common_tables_.find(node.cte.get());
    RelationEstimate estimated = estimate(*node.cte->plan);
    found->second = std::move(estimated);
  }
  RelationEstimate result;
  result.rows = found->second.rows;
  for (size_t i = 0; i < node.outputs.size() && i < node.cte->plan->outputs.size(); ++i) {
    auto column = found->second.columns.find(node.cte->plan->outputs[i]);
    if (column != found->second.columns.end()) result.columns[node.outputs[i]] = column->second;
  }
  give_origin(result);
  return result;
}

RelationEstimate Estimator::estimate_join(const LogicalNode& node, const RelationEstimate& left,
                                          const RelationEstimate& right) {
  const JoinConditionEstimate condition = estimate_condition(node.predicates, left, right);
  const double inner = left.rows * right.rows * key_selectivity(condition.keys) *
                       condition.residual;
  RelationEstimate result = left;
  const bool left_only = node.join == JoinKind::kSemi || node.join == JoinKind::kAnti || node.join == JoinKind::kMark;
  if (!left_only) {
    result.columns.insert(right.columns.begin(), right.columns.end());
    for (const auto& predicate : node.predicates) {
      if (!is_equality(*predicate) || node.join != JoinKind::kInner) continue;
      const Expression &a = *predicate->arguments[0], &b = *predicate->arguments[1];
      if (a.kind != Expression::Kind::kColumn || b.kind != Expression::Kind::kColumn) continue;
      auto x = result.columns.find(a.column), y = result.columns.find(b.column);
      if (x == result.columns.end() || y == result.columns.end()) continue;
      x->second.distinct = y->second.distinct = std::min(x->second.distinct, y->second.distinct);
    }
  }
  const double matched = left_only ? match_fraction(condition.keys, condition.residual, right.rows) : 0;
  switch (node.join) {
    case JoinKind::kInner: result.rows = inner; break;
    case JoinKind::kLeft: result.rows = std::max(left.rows, inner); break;
    case JoinKind::kSingle: result.rows = left.rows; break;
    case JoinKind::kRight: result.rows = std::max(right.rows, inner); break;
    case JoinKind::kFull: result.rows = std::max({left.rows, right.rows, inner}); break;
    case JoinKind::kSemi: result.rows = left.rows * matched; break;
    case JoinKind::kRightSemi:  // physical plans only
    case JoinKind::kRightAnti: break;
    case JoinKind::kAnti: result.rows = left.rows * std::max(1 - matched, 0.02); break;
    case JoinKind::kMark: {
      ColumnEstimate mark;
      mark.distinct = 2;
      mark.has_spread = true;
      mark.mean = matched;
      if (!node.outputs.empty()) result.columns[node.outputs.back()] = mark;
      break;
    }
  }
  return result;
}

RelationEstimate Estimator::estimate(const LogicalNode& node) {
  if (remember_) {
    if (auto found = remembered_.find(&node); found != remembered_.end()) return found->second;
  }
  RelationEstimate result = estimate_anew(node);
  // Join ordering knows better: it looks at all the joins of a region at once.
  const bool ordered = node.kind == Kind::kJoin || node.kind == Kind::kFilter;
  if (ordered && node.estimated_rows >= 0) result.rows = node.estimated_rows;
  for (auto& [id, column] : result.columns) {
    column.origin_present = std::min(column.origin_present, std::max(1.0, result.rows));
  }
  if (remember_) remembered_.emplace(&node, result);
  return result;
}

RelationEstimate Estimator::estimate_anew(const LogicalNode& node) {
  switch (node.kind) {
    case Kind::kScan: return estimate_scan(node);
    case Kind::kFilter: {
      RelationEstimate result = estimate(*node.children[0]);
      restrict_to(node.predicates, result);
      return result;
    }
    case Kind::kProject: {
      const RelationEstimate input = estimate(*node.children[0]);
      RelationEstimate result;
      result.rows = input.rows;
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        result.columns[node.outputs[i]] = input.describe(*node.expressions[i]);
      }
      return result;
    }
    case Kind::kAggregate: return estimate_aggregate(node);
    case Kind::kJoin: return estimate_join(node, estimate(*node.children[0]), estimate(*node.children[1]));
    case Kind::kSort: return estimate(*node.children[0]);
    case Kind::kLimit: {
      RelationEstimate result = estimate(*node.children[0]);
      const bool constant = node.limit && node.limit->kind == Expression::Kind::kConstant && !node.limit->value.null;
      if (constant) result.rows = std::min(result.rows, static_cast<double>(node.limit->value.integer));
      return result;
    }
    case Kind::kDistinct: {
      RelationEstimate result = estimate(*node.children[0]);
      std::vector<ColumnEstimate> keys;
      for (ColumnId id : node.outputs) keys.push_back(result.describe(*column_reference(plan_, id)));
      result.rows = group_count(keys, result.rows);
      give_origin(result);
      return result;
    }
    case Kind::kSetOperation: return estimate_set_operation(node);
    case Kind::kCteScan: return estimate_cte(node);
    case Kind::kValues: {
      RelationEstimate result;
      result.rows = static_cast<double>(node.rows.size());
      for (ColumnId id : node.outputs) result.columns[id].distinct = std::max(1.0, result.rows);
      return result;
    }
    case Kind::kWindow: return estimate_window(node);
    case Kind::kTableFunction:
    case Kind::kWorkingTable:
    case Kind::kRecursion: {
      RelationEstimate result;
      result.rows = node.children.empty() ? kUnknownTableRows : estimate(*node.children[0]).rows;
      if (node.kind == Kind::kRecursion) result.rows *= kAssumedRounds;
      for (ColumnId id : node.outputs) result.columns[id].distinct = std::max(1.0, result.rows);
      return result;
    }
  }
  return {};
}

}  // namespace cairn
