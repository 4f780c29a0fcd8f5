#include "exec/plan/determinism.h"

#include <algorithm>

#include "exec/functions/function.h"
#include "exec/plan/plan_nodes.h"

namespace cairn {
namespace {

/// Equal values are the same value: not 0.0 and -0.0, nor one month and thirty days.
bool has_one_form(const Type& type) { return !type.is_floating() && type.id != TypeId::kInterval; }

bool all_have_one_form(const std::vector<uint32_t>& columns, const std::vector<Type>& types) {
  return std::ranges::all_of(columns, [&](uint32_t column) { return has_one_form(types[column]); });
}

/// Rows that are equal in these keys are equal in `columns`.
bool keys_cover(const std::vector<SortKey>& keys, const std::vector<uint32_t>& columns, const std::vector<Type>& types) {
  return std::ranges::all_of(columns, [&](uint32_t column) {
    return has_one_form(types[column]) &&
           std::ranges::any_of(keys, [&](const SortKey& key) { return key.column == column; });
  });
}

/// Functions of the values alone; sums of floating-point numbers are the same in any order.
bool is_deterministic(const AggregateCall& call, const std::vector<Type>& types) {
  // Which of several equal values it is that they see, or give out, shows.
  const bool one_form = all_have_one_form(call.arguments, types);
  switch (call.function->shows) {
    case AggregateFunction::Shows::kBits: return true;
    case AggregateFunction::Shows::kSum: return !call.distinct || one_form;
    case AggregateFunction::Shows::kValue: return one_form;
    case AggregateFunction::Shows::kOrder: return keys_cover(call.order, call.arguments, types);
    case AggregateFunction::Shows::kChance: return false;
  }
  return false;
}

/// Ranks see peers as one; the others see the order among them.
bool is_deterministic(const WindowCall& call, const std::vector<Type>& types) {
  switch (call.function) {
    case WindowFunction::kRank:
    case WindowFunction::kDenseRank:
    case WindowFunction::kPercentRank:
    case WindowFunction::kCumeDist: return true;
    case WindowFunction::kAggregate: break;
    default: return false;
  }
  using Bound = WindowFrame::Bound;
  const bool whole = call.frame.start == Bound::kUnbounded && call.frame.end == Bound::kUnbounded;
  if (call.frame.unit == WindowFrame::Unit::kRows && !whole) return false;
  // What moves may be subtracted again: only exact numbers give the same either way.
  return all_have_one_form(call.call.arguments, types) && is_deterministic(call.call, types);
}

bool is_deterministic_window(const PlanNode& plan) {
  const std::vector<Type>& types = plan.children[0]->types;
  std::vector<uint32_t> others;  // columns in which the rows of a partition may differ
  for (uint32_t column = 0; column < types.size(); ++column) {
    const bool parts = std::ranges::find(plan.groups, column) != plan.groups.end() && has_one_form(types[column]);
    if (!parts) others.push_back(column);
  }
  if (keys_cover(plan.sort_keys, others, types)) {  // then no two rows that differ are peers
    return std::ranges::all_of(plan.window_calls, [&](const WindowCall& call) {
      return call.function != WindowFunction::kAggregate ||
             (all_have_one_form(call.call.arguments, types) && is_deterministic(call.call, types));
    });
  }
  return std::ranges::all_of(plan.window_calls, [&](const WindowCall& call) { return is_deterministic(call, types); });
}

bool is_deterministic_top(const PlanNode& plan) {
  if (plan.limit < 0 && plan.offset == 0) return true;
  std::vector<uint32_t> columns(plan.types.size());
  for (uint32_t column = 0; column < columns.size(); ++column) columns[column] = column;
  return keys_cover(plan.sort_keys, columns, plan.types);
}

}  // namespace

bool is_deterministic(const PlanNode& node) {
  switch (node.kind) {
    case PlanNode::Kind::kScan:
    case PlanNode::Kind::kValues:
    case PlanNode::Kind::kFilter:
    case PlanNode::Kind::kProject:
    case PlanNode::Kind::kJoin:
    case PlanNode::Kind::kTableFunction: return !is_volatile_node(node);
    case PlanNode::Kind::kUnionAll:
    case PlanNode::Kind::kMaterialize:
    case PlanNode::Kind::kWorkingTable: return true;
    case PlanNode::Kind::kAggregate:
      return all_have_one_form(node.groups, node.children[0]->types) &&
             std::ranges::all_of(node.aggregates, [&](const AggregateCall& call) {
               return is_deterministic(call, node.children[0]->types);
             });
    case PlanNode::Kind::kWindow: return is_deterministic_window(node);
    case PlanNode::Kind::kSort: return is_deterministic_top(node);
    case PlanNode::Kind::kRecursion: return !node.distinct || std::ranges::all_of(node.types, has_one_form);
    case PlanNode::Kind::kLimit: return node.limit < 0 && node.offset == 0;  // whichever rows come first
    case PlanNode::Kind::kInsert: return true;  // which rows
  }
  return false;
}

bool Determinism::of(const PlanNode& plan) {
  if (const auto known = known_.find(&plan); known != known_.end()) return known->second;
  bool deterministic = is_deterministic(plan);
  for (const PlanPtr& child : plan.children) deterministic &= of(*child);
  // (The build sides of joins above a scan never contain it.)
  for (const KeyReduction& reduction : plan.reductions) deterministic &= of_build(*reduction.join);
  return known_[&plan] = deterministic;
}

}  // namespace cairn
