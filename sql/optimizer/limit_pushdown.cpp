#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"

// Limits go below projections, so that they meet the sort that they make a top-N of.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

LogicalPtr push_limit(LogicalPtr limit) {
  if (limit->kind != Kind::kLimit || limit->children[0]->kind != Kind::kProject) return limit;
  LogicalPtr project = std::move(limit->children[0]);
  limit->children[0] = std::move(project->children[0]);
  limit->outputs = limit->children[0]->outputs;
  project->children[0] = push_limit(std::move(limit));
  return project;
}

}  // namespace

void push_limits_down(LogicalPlan& plan) {
  for_each_node(plan, [](LogicalPtr& node) { node = push_limit(std::move(node)); });
}

}  // namespace cairn
