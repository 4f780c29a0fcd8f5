#include <algorithm>
#include <map>

#include "sql/optimizer/column_set.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"

// A mark that only decides whether its row stays is a semi join; its negation, where it cannot be NULL, an anti join.
// A single join with a side of exactly one row is a plain cross product.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;
using EKind = Expression::Kind;

void count_uses(const Expression& e, std::map<ColumnId, size_t>& uses) {
  if (e.kind == EKind::kColumn) ++uses[e.column];
  for (const auto& argument : e.arguments) count_uses(*argument, uses);
}

/// The mark join that makes this column, below filters and other joins' left sides; nullptr where there is none.
LogicalNode* find_mark_join(LogicalNode& node, ColumnId mark) {
  if (node.kind == Kind::kFilter) return find_mark_join(*node.children[0], mark);
  if (node.kind != Kind::kJoin || node.join == JoinKind::kRight || node.join == JoinKind::kFull) return nullptr;
  if (node.join == JoinKind::kMark && node.outputs.back() == mark) return &node;
  if (LogicalNode* found = find_mark_join(*node.children[0], mark)) return found;
  return node.join == JoinKind::kInner ? find_mark_join(*node.children[1], mark) : nullptr;
}

bool is_two_valued(const LogicalPlan& plan, const LogicalNode& join) {
  ColumnSet not_null = not_null_columns(plan, *join.children[0]);
  not_null.insert(not_null_columns(plan, *join.children[1]));
  return std::all_of(join.predicates.begin(), join.predicates.end(),
                     [&](const ExpressionPtr& e) { return is_never_null(*e, not_null); });
}

/// The column of `mark`, `coalesce(mark, false)`, or their negations.
struct MarkTest {
  ColumnId mark;
  bool negated = false;
  bool null_is_false = false;
};
std::optional<MarkTest> mark_test(const Expression& e) {
  if (e.kind == EKind::kColumn) return MarkTest{e.column};
  if (e.kind == EKind::kNot) {
    auto inner = mark_test(*e.arguments[0]);
    if (inner) inner->negated = !inner->negated;
    return inner;
  }
  if (e.kind != EKind::kCoalesce || e.arguments.size() != 2 || !is_false_or_null(*e.arguments[1])) return std::nullopt;
  auto inner = mark_test(*e.arguments[0]);
  if (!inner || inner->negated) return std::nullopt;
  inner->null_is_false = true;
  return inner;
}

void erase_column(LogicalPlan& plan, ColumnId id) {
  for_each_node(plan, [&](LogicalPtr& node) { std::erase(node->outputs, id); });
}

bool has_exactly_one_row(const LogicalNode& node) {
  if (node.kind == Kind::kProject) return has_exactly_one_row(*node.children[0]);
  return (node.kind == Kind::kAggregate && node.group_by.empty()) || (node.kind == Kind::kValues && node.rows.size() == 1);
}

void simplify_filter(LogicalPlan& plan, LogicalPtr& node, const std::map<ColumnId, size_t>& uses) {
  std::vector<ExpressionPtr> kept;
  for (auto& predicate : node->predicates) {
    const auto test = mark_test(*predicate);
    LogicalNode* join = test && uses.at(test->mark) == 1 ? find_mark_join(*node->children[0], test->mark) : nullptr;
    const bool possible = join != nullptr && (!test->negated || test->null_is_false || is_two_valued(plan, *join));
    if (!possible) {
      kept.push_back(std::move(predicate));
      continue;
    }
    join->join = test->negated ? JoinKind::kAnti : JoinKind::kSemi;
    erase_column(plan, test->mark);
  }
  node->predicates = std::move(kept);
  if (node->predicates.empty()) node = LogicalPtr(std::move(node->children[0]));
}

}  // namespace

void simplify_mark_joins(LogicalPlan& plan) {
  std::map<ColumnId, size_t> uses;
  for_each_node(plan, [&](LogicalPtr& node) {
    for_each_expression(*node, [&](const Expression& e) { count_uses(e, uses); });
  });
  for_each_node(plan, [&](LogicalPtr& node) {
    if (node->kind == Kind::kFilter) simplify_filter(plan, node, uses);
    if (node->kind == Kind::kJoin && node->join == JoinKind::kSingle && node->predicates.empty() && !node->dependent &&
        has_exactly_one_row(*node->children[1])) {
      node->join = JoinKind::kInner;
    }
  });
}

}  // namespace cairn
