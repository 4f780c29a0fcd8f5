#include "sql/optimizer/pass.h"
#include "sql/optimizer/column_set.h"
#include "sql/optimizer/rewrite.h"
#include "sql/optimizer/statistics.h"

// Notes at every join how much of one side the other side's keys let pass: physical planning, which knows what will be
// built, tells the scans below the probe side what the join is going to reject (a semi-join reduction, passed sideways).

namespace cairn {
namespace {

/// Rows of this side that match nothing are in nobody's result.
bool drops_unmatched_left(JoinKind kind) {
  return kind == JoinKind::kInner || kind == JoinKind::kSemi || kind == JoinKind::kRight;
}
bool drops_unmatched_right(JoinKind kind) {
  return kind == JoinKind::kInner || kind == JoinKind::kLeft || kind == JoinKind::kSemi || kind == JoinKind::kAnti;
}

void estimate_shares(LogicalNode& join, Estimator& estimator) {
  const RelationEstimate left = estimator.estimate(*join.children[0]), right = estimator.estimate(*join.children[1]);
  join.key_shares.assign(join.predicates.size(), {});
  for (size_t i = 0; i < join.predicates.size(); ++i) {
    bool null_safe = false;
    if (!is_equality(*join.predicates[i], &null_safe) || null_safe) continue;
    std::vector<ExpressionPtr> one;
    one.push_back(join.predicates[i]->clone());
    std::vector<KeyEstimate> keys = estimate_condition(one, left, right).keys;
    if (keys.empty()) continue;
    if (drops_unmatched_left(join.join)) join.key_shares[i].left = match_fraction(keys, 1, right.rows);
    std::swap(keys[0].left, keys[0].right);
    if (drops_unmatched_right(join.join)) join.key_shares[i].right = match_fraction(keys, 1, left.rows);
  }
}

}  // namespace

void reduce_by_semi_joins(LogicalPlan& plan) {
  Estimator estimator(plan, true);
  for_each_node(plan, [&](LogicalPtr& node) {
    if (node->kind == LogicalNode::Kind::kJoin && !node->dependent) estimate_shares(*node, estimator);
  });
}

}  // namespace cairn
