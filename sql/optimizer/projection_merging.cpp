#include <algorithm>
#include <map>
#include <set>

#include "sql/optimizer/column_set.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"

// Projections that only rename disappear, so that joins on both sides of a derived table meet in one join graph; a
// projection over a projection becomes one.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

/// Nodes whose output positions mean something.
std::set<const LogicalNode*> positional_nodes(LogicalPlan& plan) {
  std::set<const LogicalNode*> result{plan.root.get()};
  for (const auto& table : plan.common_tables) result.insert(table->plan.get());
  for_each_node(plan, [&](LogicalPtr& node) {
    if (!has_positional_children(*node)) return;
    for (const auto& child : node->children) result.insert(child.get());
  });
  return result;
}

bool only_renames(const LogicalNode& node) {
  if (node.kind != Kind::kProject) return false;
  const ColumnSet below(node.children[0]->outputs);  // a column from outside is a value of its own here
  ColumnSet seen;
  for (const auto& e : node.expressions) {
    if (e->kind != Expression::Kind::kColumn || seen.contains(e->column) || !below.contains(e->column)) return false;
    seen.insert(e->column);
  }
  return true;
}

void count_columns(const Expression& e, std::map<ColumnId, size_t>& counts) {
  if (e.kind == Expression::Kind::kColumn) ++counts[e.column];
  for (const auto& argument : e.arguments) count_columns(*argument, counts);
}

/// Project over project: one, where no computation is repeated by it.
void merge_with_child(LogicalPtr& node) {
  if (node->kind != Kind::kProject || node->children[0]->kind != Kind::kProject) return;
  LogicalNode& child = *node->children[0];
  std::map<ColumnId, size_t> counts;
  for (const auto& e : node->expressions) count_columns(*e, counts);
  Substitution substitution;
  for (size_t i = 0; i < child.outputs.size(); ++i) {
    const Expression& e = *child.expressions[i];
    if (is_volatile(e)) return;
    if (!e.arguments.empty() && counts[child.outputs[i]] > 1) return;
    if (may_raise(e) && counts[child.outputs[i]] == 0) return;
    substitution[child.outputs[i]] = &e;
  }
  for (auto& e : node->expressions) substitute(e, substitution);
  LogicalPtr below = std::move(child.children[0]);
  node->children[0] = std::move(below);
}

}  // namespace

void merge_projections(LogicalPlan& plan) {
  const std::set<const LogicalNode*> positional = positional_nodes(plan);
  Renaming renaming;
  for_each_node(plan, [&](LogicalPtr& node) {
    if (positional.contains(node.get()) || !only_renames(*node)) return;
    for (size_t i = 0; i < node->outputs.size(); ++i) {
      const ColumnId input = node->expressions[i]->column;
      const auto earlier = renaming.find(input);
      const ColumnId target = earlier == renaming.end() ? input : earlier->second;
      if (target != node->outputs[i]) renaming[node->outputs[i]] = target;
    }
    LogicalPtr child = std::move(node->children[0]);
    node = std::move(child);
  });
  if (!renaming.empty()) {
    for (auto& table : plan.common_tables) rename_columns(*table->plan, renaming);
    rename_columns(*plan.root, renaming);
  }
  for_each_node(plan, [&](LogicalPtr& node) {
    merge_with_child(node);
    widen_outputs(*node);
  });
}

}  // namespace cairn
