#include <algorithm>

#include "exec/functions/function.h"
#include "sql/optimizer/column_set.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"

// Limits go below projections, so that they meet the sort that they make a top-N of; sorts whose order nobody sees go. Of
// what is only asked whether it has a row, one is made.

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

/// EXISTS without correlation: a semi, anti or mark join whose condition names nothing of the right side.
bool asks_for_any_row(const LogicalNode& node) {
  if (node.kind != Kind::kJoin || node.dependent || is_volatile_below(*node.children[1])) return false;
  if (node.join != JoinKind::kSemi && node.join != JoinKind::kAnti && node.join != JoinKind::kMark) return false;
  const ColumnSet right(node.children[1]->outputs);
  return std::ranges::none_of(node.predicates, [&](const ExpressionPtr& e) { return columns_of(*e).intersects(right); });
}

LogicalPtr limit_to_one(LogicalPtr child) {
  std::vector<ColumnId> outputs = child->outputs;
  LogicalPtr limit = make_node(Kind::kLimit, std::move(outputs), std::move(child));
  limit->limit = Expression::make_constant(Value::of_integer(Type::big_int(), 1));
  return limit;
}

bool reads_order(const LogicalAggregate& call) {
  const std::string_view name = call.function->name;
  return call.order_by.empty() && (name == "string_agg" || name == "any_value" || name == "first");
}

/// `seen`: whether the order of the node's rows shows in the answer.
void drop_unseen_sorts(LogicalPtr& node, bool seen) {
  if (node->kind == Kind::kSort && !seen && !is_volatile(*node)) {
    LogicalPtr child = std::move(node->children[0]);
    node = std::move(child);
    drop_unseen_sorts(node, false);
    return;
  }
  bool left = seen, others = false;
  switch (node->kind) {
    case Kind::kAggregate:
      left = std::any_of(node->aggregates.begin(), node->aggregates.end(), reads_order);
      break;
    case Kind::kSort: left = false; break;
    case Kind::kLimit: left = true; break;
    case Kind::kDistinct: left = false; break;
    case Kind::kWindow: left = true; break;  // rows that its keys leave open keep their order
    case Kind::kJoin: left = seen && node->join != JoinKind::kInner; break;
    case Kind::kSetOperation: left = others = node->all && seen; break;
    default: others = seen; break;
  }
  for (size_t i = 0; i < node->children.size(); ++i) drop_unseen_sorts(node->children[i], i == 0 ? left : others);
}

}  // namespace

void push_limits_down(LogicalPlan& plan) {
  for_each_node(plan, [](LogicalPtr& node) {
    if (asks_for_any_row(*node)) node->children[1] = push_limit(limit_to_one(std::move(node->children[1])));
    node = push_limit(std::move(node));
  });
  for (auto& table : plan.common_tables) drop_unseen_sorts(table->plan, true);
  drop_unseen_sorts(plan.root, true);
}

}  // namespace cairn
