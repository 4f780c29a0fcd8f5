#include "sql/optimizer/join_graph.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"

// Orders the joins of every region of inner joins (with the left, semi, anti, mark and single joins that hang on it) by
// cost over a memo of relation sets.

namespace cairn {
namespace {

LogicalPtr ordered(LogicalPlan& plan, LogicalPtr node, Estimator& estimator);

/// Subplans below the region first: their estimates are needed.
void order_below(LogicalPlan& plan, LogicalNode& node, Estimator& estimator) {
  for (size_t i = 0; i < node.children.size(); ++i) {
    LogicalPtr& child = node.children[i];
    // The right side of an attached join is a relation of its own, whatever it is made of.
    const bool same_region = JoinGraph::starts_region(node) && JoinGraph::starts_region(*child) &&
                             (i == 0 || node.join == JoinKind::kInner);
    if (same_region) {
      order_below(plan, *child, estimator);
    } else {
      child = ordered(plan, std::move(child), estimator);
    }
  }
  widen_outputs(node);
}

LogicalPtr build(JoinGraph& graph, const std::vector<JoinTree>& trees, size_t position) {
  const JoinTree& tree = trees[position];
  if (tree.left < 0) {
    for (size_t i = 0; i < graph.size(); ++i) {
      if (tree.set[i]) return graph.take_plan(i);
    }
  }
  const auto left = static_cast<size_t>(tree.left), right = static_cast<size_t>(tree.right);
  LogicalPtr left_plan = build(graph, trees, left);
  LogicalPtr right_plan = build(graph, trees, right);
  return graph.join(std::move(left_plan), trees[left].set, std::move(right_plan), trees[right].set);
}

/// A filter above a projection of a region moves below it, where it is needed (only without predicate_pushdown one is
/// left there).
LogicalPtr with_filter_in_region(LogicalPtr node) {
  if (node->kind != LogicalNode::Kind::kFilter || node->children[0]->kind != LogicalNode::Kind::kProject) return node;
  LogicalNode& project = *node->children[0];
  if (is_volatile(*node) || is_volatile(project) || !JoinGraph::starts_region(*project.children[0])) return node;
  const Substitution substitution = substitution_by(project);
  for (auto& predicate : node->predicates) substitute(predicate, substitution);
  LogicalPtr result = std::move(node->children[0]);
  node->children[0] = std::move(result->children[0]);
  widen_outputs(*node);
  result->children[0] = std::move(node);
  return result;
}

LogicalPtr ordered(LogicalPlan& plan, LogicalPtr node, Estimator& estimator) {
  node = with_filter_in_region(std::move(node));
  order_below(plan, *node, estimator);
  if (!JoinGraph::starts_region(*node)) return node;
  JoinGraph graph(plan, std::move(node), estimator);
  const std::vector<JoinTree> trees = enumerate_joins(graph);
  LogicalPtr result = build(graph, trees, trees.size() - 1);
  return make_filter(graph.take_constant_predicates(), std::move(result));
}

}  // namespace

void order_joins(LogicalPlan& plan) {
  // What is ordered stays as it is, and every region above it asks for its estimate.
  Estimator estimator(plan, true);
  for (auto& table : plan.common_tables) {
    if (table->plan) table->plan = ordered(plan, std::move(table->plan), estimator);
  }
  plan.root = ordered(plan, std::move(plan.root), estimator);
}

}  // namespace cairn
