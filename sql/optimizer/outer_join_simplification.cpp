#include "sql/optimizer/column_set.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"

// An outer join whose NULL-extended rows are thrown away above it is an inner (or less outer) one.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

void add_rejected(const std::vector<ExpressionPtr>& predicates, ColumnSet& rejected) {
  for (const auto& predicate : predicates) rejected.insert(null_rejected_columns(*predicate));
}

/// A kind without the rows in which a rejected column is NULL for want of a match.
JoinKind simplified_kind(JoinKind kind, bool left_rejected, bool right_rejected) {
  if (kind == JoinKind::kLeft && right_rejected) return JoinKind::kInner;
  if (kind == JoinKind::kRight && left_rejected) return JoinKind::kInner;
  if (kind == JoinKind::kFull) {
    if (left_rejected && right_rejected) return JoinKind::kInner;
    if (left_rejected) return JoinKind::kLeft;
    if (right_rejected) return JoinKind::kRight;
  }
  return kind;
}

/// `rejected`: rows of the node in which one of these is NULL do not change the answer.
void simplify(LogicalNode& node, ColumnSet rejected);

void simplify_join(LogicalNode& node, const ColumnSet& rejected) {
  const ColumnSet left(node.children[0]->outputs), right(node.children[1]->outputs);
  node.join = simplified_kind(node.join, rejected.intersects(left), rejected.intersects(right));
  ColumnSet on, to_left, to_right;
  add_rejected(node.predicates, on);
  const bool left_kept = node.join == JoinKind::kLeft || node.join == JoinKind::kAnti ||
                         node.join == JoinKind::kSingle || node.join == JoinKind::kMark;
  if (node.join != JoinKind::kRight && node.join != JoinKind::kFull) to_left = rejected;
  if (node.join == JoinKind::kInner || node.join == JoinKind::kRight) to_right = rejected;
  if (!left_kept && node.join != JoinKind::kFull) to_left.insert(on);
  if (node.join != JoinKind::kRight && node.join != JoinKind::kFull && node.join != JoinKind::kMark) {
    to_right.insert(on);
  }
  simplify(*node.children[0], std::move(to_left));
  simplify(*node.children[1], std::move(to_right));
}

ColumnSet below_renaming(const LogicalNode& node, const std::vector<ExpressionPtr>& expressions,
                         const ColumnSet& rejected) {
  ColumnSet below;
  for (size_t i = 0; i < expressions.size(); ++i) {
    if (!rejected.contains(node.outputs[i])) continue;
    // x IS NOT NULL rejects what makes x NULL.
    Expression test;
    test.kind = Expression::Kind::kIsNotNull;
    test.arguments.push_back(expressions[i]->clone());
    below.insert(null_rejected_columns(test));
  }
  return below;
}

void simplify(LogicalNode& node, ColumnSet rejected) {
  switch (node.kind) {
    case Kind::kFilter: add_rejected(node.predicates, rejected); break;
    case Kind::kProject: rejected = below_renaming(node, node.expressions, rejected); break;
    case Kind::kAggregate: rejected = below_renaming(node, node.group_by, rejected); break;
    case Kind::kJoin: simplify_join(node, rejected); return;
    case Kind::kSort:
    case Kind::kDistinct: break;
    default: rejected = ColumnSet();
  }
  for (auto& child : node.children) simplify(*child, rejected);
}

}  // namespace

void simplify_outer_joins(LogicalPlan& plan) {
  for (auto& table : plan.common_tables) {
    if (table->plan) simplify(*table->plan, {});
  }
  simplify(*plan.root, {});
}

}  // namespace cairn
