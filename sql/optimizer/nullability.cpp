#include "exec/functions/function.h"
#include "sql/optimizer/column_set.h"
#include "sql/optimizer/rewrite.h"

namespace cairn {
namespace {

/// Columns whose NULL makes the expression NULL.
void add_strict_columns(const Expression& e, ColumnSet& set) {
  switch (e.kind) {
    case Expression::Kind::kColumn:
      set.insert(e.column);
      return;
    case Expression::Kind::kCall:
      if (e.function == nullptr || !e.function->strict) return;
      break;
    case Expression::Kind::kCompare:
      if (e.comparison == Expression::Comparison::kDistinct || e.comparison == Expression::Comparison::kNotDistinct) {
        return;
      }
      break;
    case Expression::Kind::kIn:
      add_strict_columns(*e.arguments[0], set);
      return;
    case Expression::Kind::kCast:
    case Expression::Kind::kNot:
    case Expression::Kind::kLike:
      break;
    default: return;
  }
  for (const auto& argument : e.arguments) add_strict_columns(*argument, set);
}

void add_all(const std::vector<ExpressionPtr>& predicates, ColumnSet& set) {
  for (const auto& predicate : predicates) set.insert(null_rejected_columns(*predicate));
}

ColumnSet of_join(const LogicalPlan& plan, const LogicalNode& node) {
  ColumnSet set;
  const bool keeps_left = node.join != JoinKind::kRight && node.join != JoinKind::kFull;
  const bool keeps_right = node.join == JoinKind::kInner || node.join == JoinKind::kRight;
  if (keeps_left) set.insert(not_null_columns(plan, *node.children[0]));
  if (keeps_right) set.insert(not_null_columns(plan, *node.children[1]));
  if (node.join == JoinKind::kInner || node.join == JoinKind::kSemi) add_all(node.predicates, set);
  return set;
}

ColumnSet of_aggregate(const LogicalPlan& plan, const LogicalNode& node) {
  ColumnSet set;
  const ColumnSet below = not_null_columns(plan, *node.children[0]);
  for (size_t i = 0; i < node.group_by.size(); ++i) {
    if (is_never_null(*node.group_by[i], below)) set.insert(node.outputs[i]);
  }
  for (const auto& aggregate : node.aggregates) {
    if (aggregate.function != nullptr && aggregate.function->counts) set.insert(aggregate.output);
  }
  return set;
}

}  // namespace

ColumnSet null_rejected_columns(const Expression& predicate) {
  ColumnSet set;
  switch (predicate.kind) {
    case Expression::Kind::kAnd:
      for (const auto& argument : predicate.arguments) set.insert(null_rejected_columns(*argument));
      return set;
    case Expression::Kind::kOr: {
      set = null_rejected_columns(*predicate.arguments[0]);
      for (const auto& argument : predicate.arguments) {
        const ColumnSet other = null_rejected_columns(*argument);
        for (ColumnId id : set.ids()) {
          if (!other.contains(id)) set.erase(id);
        }
      }
      return set;
    }
    case Expression::Kind::kIsNotNull:
      add_strict_columns(*predicate.arguments[0], set);
      return set;
    default: add_strict_columns(predicate, set); return set;
  }
}

bool is_never_null(const Expression& e, const ColumnSet& not_null) {
  switch (e.kind) {
    case Expression::Kind::kColumn:
      return not_null.contains(e.column);
    case Expression::Kind::kConstant:
      return !e.value.null;
    case Expression::Kind::kIsNull:
    case Expression::Kind::kIsNotNull:
      return true;
    case Expression::Kind::kCompare:
      if (e.comparison == Expression::Comparison::kDistinct || e.comparison == Expression::Comparison::kNotDistinct) {
        return true;
      }
      break;
    case Expression::Kind::kCoalesce:
      for (const auto& argument : e.arguments) {
        if (is_never_null(*argument, not_null)) return true;
      }
      return false;
    case Expression::Kind::kCast:
    case Expression::Kind::kAnd:
    case Expression::Kind::kOr:
    case Expression::Kind::kNot:
    case Expression::Kind::kIn:
    case Expression::Kind::kLike:
      break;
    case Expression::Kind::kParameter:
    case Expression::Kind::kCall:  // nullif and its like give NULL for values
    case Expression::Kind::kCase:
      return false;
  }
  for (const auto& argument : e.arguments) {
    if (!is_never_null(*argument, not_null)) return false;
  }
  return true;
}

ColumnSet not_null_columns(const LogicalPlan& plan, const LogicalNode& node) {
  using NodeKind = LogicalNode::Kind;
  ColumnSet set;
  switch (node.kind) {
    case NodeKind::kScan:
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.table->schema.columns[node.scan_columns[i]].not_null) set.insert(node.outputs[i]);
      }
      add_all(node.predicates, set);
      return set;
    case NodeKind::kFilter:
      set = not_null_columns(plan, *node.children[0]);
      add_all(node.predicates, set);
      return set;
    case NodeKind::kProject: {
      const ColumnSet below = not_null_columns(plan, *node.children[0]);
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (is_never_null(*node.expressions[i], below)) set.insert(node.outputs[i]);
      }
      return set;
    }
    case NodeKind::kAggregate: return of_aggregate(plan, node);
    case NodeKind::kJoin: return of_join(plan, node);
    case NodeKind::kSort:
    case NodeKind::kLimit:
    case NodeKind::kDistinct: return not_null_columns(plan, *node.children[0]);
    case NodeKind::kValues:
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        bool never = true;
        for (const auto& row : node.rows) never = never && is_never_null(*row[i], set);
        if (never) set.insert(node.outputs[i]);
      }
      return set;
    case NodeKind::kSetOperation:
    case NodeKind::kCteScan:
    case NodeKind::kTableFunction:
    case NodeKind::kRecursion:
    case NodeKind::kWorkingTable: return set;
    case NodeKind::kWindow:
      set = not_null_columns(plan, *node.children[0]);
      for (const auto& window : node.window_calls) {
        if (!plan.columns[window.call.output].nullable) set.insert(window.call.output);
      }
      return set;
  }
  return set;
}

}  // namespace cairn
