#include <algorithm>

#include "sql/optimizer/column_set.h"
#include "sql/optimizer/expression_index.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"

// Carries conjuncts down as far as they go: through projections (by substitution), joins, groups, set operations, sorts,
// into scans. A conjunct that an operator does not let through stays in a filter above it.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;
using Conjuncts = std::vector<ExpressionPtr>;

LogicalPtr push(LogicalPtr node, Conjuncts conjuncts);

/// Moves those that `test` accepts out of `from`, in order.
template <typename Test>
Conjuncts take(Conjuncts& from, Test test) {
  Conjuncts taken, left;
  for (auto& conjunct : from) (test(*conjunct) ? taken : left).push_back(std::move(conjunct));
  from = std::move(left);
  return taken;
}

/// Leaves out what is there already.
void append(Conjuncts& to, Conjuncts from) {
  const ExpressionIndex known(to);
  for (auto& conjunct : from) {
    if (known.find(*conjunct) == nullptr) to.push_back(std::move(conjunct));
  }
}

LogicalPtr push_into_child(LogicalPtr node, Conjuncts conjuncts) {
  node->children[0] = push(std::move(node->children[0]), std::move(conjuncts));
  widen_outputs(*node);
  return node;
}

LogicalPtr push_into_project(LogicalPtr node, Conjuncts conjuncts) {
  const Substitution substitution = substitution_by(*node);
  for (auto& conjunct : conjuncts) substitute(conjunct, substitution);
  node->children[0] = push(std::move(node->children[0]), std::move(conjuncts));
  return node;
}

LogicalPtr push_into_aggregate(LogicalPtr node, Conjuncts conjuncts) {
  ColumnSet groups;
  Substitution substitution;
  for (size_t i = 0; i < node->group_by.size(); ++i) {
    groups.insert(node->outputs[i]);
    substitution[node->outputs[i]] = node->group_by[i].get();
  }
  ColumnSet aggregates(node->outputs);
  aggregates.erase(groups);
  // Without groups there is a row even where the input is empty: nothing may go below.
  Conjuncts below = take(conjuncts, [&](const Expression& e) {
    return !node->group_by.empty() && !columns_of(e).intersects(aggregates);
  });
  for (auto& conjunct : below) substitute(conjunct, substitution);
  node->children[0] = push(std::move(node->children[0]), std::move(below));
  return make_filter(std::move(conjuncts), std::move(node));
}

/// The right rows of INTERSECT and EXCEPT are none of the result: there no conjunct may go that raises for one of them (as a
/// cast to the left side's narrower NUMERIC does).
LogicalPtr push_into_set_operation(LogicalPtr node, Conjuncts conjuncts) {
  const bool all_are_results = node->set_operation == LogicalNode::SetOperation::kUnion;
  for (auto& child : node->children) {
    Renaming renaming;
    for (size_t i = 0; i < node->outputs.size(); ++i) renaming[node->outputs[i]] = child->outputs[i];
    if (!all_are_results && child == node->children[1]) std::erase_if(conjuncts, [](const ExpressionPtr& e) { return may_raise(*e); });
    Conjuncts renamed = clone_all(conjuncts);
    for (auto& conjunct : renamed) rename_columns(*conjunct, renaming);
    child = push(std::move(child), std::move(renamed));
  }
  return node;
}

/// What keeps or drops whole partitions does not change what the others' rows see.
LogicalPtr push_into_window(LogicalPtr node, Conjuncts conjuncts) {
  ColumnSet keys;
  for (const auto& e : node->partition_by) {
    if (e->kind == Expression::Kind::kColumn) keys.insert(e->column);
  }
  Conjuncts below = take(conjuncts, [&](const Expression& e) { return keys.contains_all(columns_of(e)); });
  return make_filter(std::move(conjuncts), push_into_child(std::move(node), std::move(below)));
}

/// What a join lets through to its sides: conjuncts from above it, and those of its own ON condition.
struct JoinRules {
  bool above_to_left, above_to_right;  ///< conjuncts over one side alone, from above
  bool on_to_left, on_to_right;        ///< conjuncts over one side alone, of the join itself
};

JoinRules rules_of(const LogicalNode& node) {
  switch (node.join) {
    case JoinKind::kInner: return {true, true, true, true};
    case JoinKind::kLeft:
    case JoinKind::kSingle: return {true, false, false, true};
    case JoinKind::kSemi: return {true, false, true, true};
    case JoinKind::kAnti: return {true, false, false, true};
    // NULL conditions count in a mark: only what is above it moves.
    case JoinKind::kMark: return {true, false, false, false};
    case JoinKind::kRight: return {false, true, true, false};
    case JoinKind::kRightSemi:  // physical plans only
    case JoinKind::kRightAnti:
    case JoinKind::kFull: return {false, false, false, false};
  }
  return {};
}

LogicalPtr push_into_join(LogicalPtr node, Conjuncts conjuncts) {
  const JoinRules rules = rules_of(*node);
  widen_outputs(*node);
  const ColumnSet left(node->children[0]->outputs), right(node->children[1]->outputs);
  if (node->join == JoinKind::kInner) {
    append(node->predicates, take(conjuncts, [](const Expression&) { return true; }));
  }
  Conjuncts to_left, to_right;
  auto only_left = [&](const Expression& e) { return left.contains_all(columns_of(e)); };
  auto only_right = [&](const Expression& e) {
    const ColumnSet used = columns_of(e);
    return right.contains_all(used) && !used.empty();
  };
  if (rules.above_to_left) append(to_left, take(conjuncts, only_left));
  if (rules.above_to_right) append(to_right, take(conjuncts, only_right));
  if (rules.on_to_left) append(to_left, take(node->predicates, only_left));
  if (rules.on_to_right) append(to_right, take(node->predicates, only_right));
  node->children[0] = push(std::move(node->children[0]), std::move(to_left));
  node->children[1] = push(std::move(node->children[1]), std::move(to_right));
  widen_outputs(*node);
  return make_filter(std::move(conjuncts), std::move(node));
}

/// Conjuncts above a node with a volatile expression stay there, so that it runs as often as before.
LogicalPtr stay_above(LogicalPtr node, Conjuncts conjuncts) {
  for (auto& child : node->children) child = push(std::move(child), {});
  return make_filter(std::move(conjuncts), std::move(node));
}

/// A filter: its own conjuncts and those from above go down, but for volatile ones.
LogicalPtr push_filter(LogicalPtr node, Conjuncts conjuncts) {
  Conjuncts own;
  for (auto& predicate : node->predicates) split_conjunction(std::move(predicate), own);
  append(own, std::move(conjuncts));
  Conjuncts staying = take(own, [](const Expression& e) { return is_volatile(e); });
  return make_filter(std::move(staying), push(std::move(node->children[0]), std::move(own)));
}

LogicalPtr push(LogicalPtr node, Conjuncts conjuncts) {
  if (node->kind != Kind::kFilter && is_volatile(*node)) return stay_above(std::move(node), std::move(conjuncts));
  switch (node->kind) {
    case Kind::kScan: append(node->predicates, std::move(conjuncts)); return node;
    case Kind::kFilter: return push_filter(std::move(node), std::move(conjuncts));
    case Kind::kProject: return push_into_project(std::move(node), std::move(conjuncts));
    case Kind::kAggregate: return push_into_aggregate(std::move(node), std::move(conjuncts));
    case Kind::kJoin: return push_into_join(std::move(node), std::move(conjuncts));
    case Kind::kSort: return push_into_child(std::move(node), std::move(conjuncts));
    case Kind::kDistinct: return push_into_child(std::move(node), std::move(conjuncts));
    case Kind::kSetOperation: return push_into_set_operation(std::move(node), std::move(conjuncts));
    case Kind::kLimit:
      node = push_into_child(std::move(node), {});
      return make_filter(std::move(conjuncts), std::move(node));
    case Kind::kRecursion:
      for (auto& child : node->children) child = push(std::move(child), {});
      return make_filter(std::move(conjuncts), std::move(node));
    case Kind::kWindow: return push_into_window(std::move(node), std::move(conjuncts));
    case Kind::kValues:
    case Kind::kWorkingTable:
    case Kind::kCteScan:
    case Kind::kTableFunction: return make_filter(std::move(conjuncts), std::move(node));
  }
  return node;
}

}  // namespace

void push_predicates_down(LogicalPlan& plan) {
  for (auto& table : plan.common_tables) {
    if (table->plan) table->plan = push(std::move(table->plan), {});
  }
  plan.root = push(std::move(plan.root), {});
}

}  // namespace cairn
