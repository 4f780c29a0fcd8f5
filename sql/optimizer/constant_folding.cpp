#include <algorithm>

#include "sql/optimizer/expression_index.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"
#include "sql/optimizer/simplify.h"

// Simplifies every expression; drops predicates that are TRUE; what cannot have rows becomes empty values.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

bool is_empty(const LogicalNode& node) { return node.kind == Kind::kValues && node.rows.empty(); }

void simplify_predicates(std::vector<ExpressionPtr>& predicates) {
  std::vector<ExpressionPtr> flat;
  DistinctExpressions kept;
  for (auto& predicate : predicates) split_conjunction(std::move(predicate), flat);
  for (auto& predicate : flat) {
    if (!is_true(*predicate)) kept.add(std::move(predicate));
  }
  predicates = kept.take();
}

bool never_true(const std::vector<ExpressionPtr>& predicates) {
  return std::any_of(predicates.begin(), predicates.end(), [](const auto& e) { return is_false_or_null(*e); });
}

/// A plan reads one version of a table: what that has is known.
bool has_no_rows(const TableVersion& table) { return table.row_count == 0 && table.row_groups.empty(); }

/// The rows of one side, projected: all of the other side's columns are NULL. Their ids stay valid.
LogicalPtr null_extended(const LogicalPlan& plan, LogicalPtr join, size_t side) {
  LogicalPtr kept = std::move(join->children[side]);
  LogicalPtr project = make_node(Kind::kProject, {});
  for (ColumnId id : kept->outputs) {
    project->outputs.push_back(id);
    project->expressions.push_back(column_reference(plan, id));
  }
  for (ColumnId id : join->children[1 - side]->outputs) {
    project->outputs.push_back(id);
    project->expressions.push_back(null_constant(plan.columns[id].type));
  }
  project->children.push_back(std::move(kept));
  return project;
}

/// A full join without matches.
LogicalPtr both_null_extended(LogicalPlan& plan, LogicalPtr join) {
  LogicalPtr all = make_node(Kind::kSetOperation, join->children[0]->outputs);
  all->all = true;
  all->outputs.insert(all->outputs.end(), join->children[1]->outputs.begin(), join->children[1]->outputs.end());
  for (const LogicalPtr& side : join->children) {
    Renaming renaming;
    LogicalPtr project = make_node(Kind::kProject, {}, clone_renamed(plan, *side, renaming));
    for (ColumnId id : all->outputs) {
      const ColumnInfo info = plan.columns[id];
      const auto own = renaming.find(id);
      project->outputs.push_back(plan.add_column(info.name, info.type));
      project->expressions.push_back(own == renaming.end() ? null_constant(info.type) : column_reference(plan, own->second));
    }
    all->children.push_back(std::move(project));
  }
  return all;
}

LogicalPtr simplify_join(LogicalPlan& plan, LogicalPtr node) {
  const bool impossible = never_true(node->predicates);
  const bool left_empty = is_empty(*node->children[0]);
  const bool right_empty = is_empty(*node->children[1]);
  switch (node->join) {
    case JoinKind::kInner:
    case JoinKind::kSemi:
      if (impossible || left_empty || right_empty) return make_empty(node->outputs);
      break;
    case JoinKind::kAnti:
      if (left_empty) return make_empty(node->outputs);
      if (impossible || right_empty) return std::move(node->children[0]);
      break;
    case JoinKind::kLeft:
    case JoinKind::kSingle:
      if (left_empty) return make_empty(node->outputs);
      if (impossible || right_empty) return null_extended(plan, std::move(node), 0);
      break;
    case JoinKind::kMark:
      if (left_empty) return make_empty(node->outputs);
      break;
    case JoinKind::kRight:
      if (right_empty) return make_empty(node->outputs);
      if (impossible || left_empty) return null_extended(plan, std::move(node), 1);
      break;
    case JoinKind::kFull:
      if (right_empty) return null_extended(plan, std::move(node), 0);
      if (left_empty) return null_extended(plan, std::move(node), 1);
      if (impossible) return both_null_extended(plan, std::move(node));
      break;
    case JoinKind::kRightSemi:  // physical plans only
    case JoinKind::kRightAnti: break;
  }
  return node;
}

/// UNION ALL without its empty branches, and so on. Children are projections: their positions stay.
LogicalPtr simplify_set_operation(const LogicalPlan& plan, LogicalPtr node) {
  const bool left_empty = is_empty(*node->children[0]);
  const bool right_empty = is_empty(*node->children[1]);
  const bool is_union = node->set_operation == LogicalNode::SetOperation::kUnion;
  const bool nothing = is_union ? left_empty && right_empty
                                : left_empty || (right_empty && node->set_operation ==
                                                                    LogicalNode::SetOperation::kIntersect);
  if (nothing) return make_empty(node->outputs);
  if (!node->all || (!left_empty && !right_empty)) return node;
  LogicalPtr kept = std::move(node->children[left_empty ? 1 : 0]);
  std::vector<std::pair<ColumnId, ColumnId>> columns;
  for (size_t i = 0; i < node->outputs.size(); ++i) columns.emplace_back(node->outputs[i], kept->outputs[i]);
  return make_renaming(plan, columns, std::move(kept));
}

LogicalPtr simplify_node(LogicalPlan& plan, LogicalPtr node) {
  switch (node->kind) {
    case Kind::kScan:
      simplify_predicates(node->predicates);
      return never_true(node->predicates) || has_no_rows(*node->table) ? make_empty(node->outputs) : std::move(node);
    case Kind::kFilter: {
      simplify_predicates(node->predicates);
      if (never_true(node->predicates) || is_empty(*node->children[0])) return make_empty(node->outputs);
      return node->predicates.empty() ? std::move(node->children[0]) : std::move(node);
    }
    case Kind::kJoin: simplify_predicates(node->predicates); return simplify_join(plan, std::move(node));
    case Kind::kAggregate:
      if (is_empty(*node->children[0]) && !node->group_by.empty()) return make_empty(node->outputs);
      return node;
    case Kind::kLimit: {
      const bool zero = node->limit && node->limit->kind == Expression::Kind::kConstant && !node->limit->value.null &&
                        node->limit->value.integer == 0;
      if (zero || is_empty(*node->children[0])) return make_empty(node->outputs);
      return node;
    }
    case Kind::kProject:
    case Kind::kSort:
    case Kind::kDistinct: return is_empty(*node->children[0]) ? make_empty(node->outputs) : std::move(node);
    case Kind::kSetOperation: return simplify_set_operation(plan, std::move(node));
    default: return node;
  }
}

}  // namespace

void fold_constants(LogicalPlan& plan) {
  for_each_node(plan, [&](LogicalPtr& node) {
    for_each_expression_slot(*node, [](ExpressionPtr& e) { e = simplified(std::move(e)); });
    node = simplify_node(plan, std::move(node));
  });
}

}  // namespace cairn
