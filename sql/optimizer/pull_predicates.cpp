#include <algorithm>

#include "sql/optimizer/unnesting.h"

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

class Pull {
 public:
  Pull(const ColumnSet& outer, bool duplicates_matter) : outer_(outer), duplicates_matter_(duplicates_matter) {}

  PulledPredicates run(LogicalPtr& node) {
    visit(node);
    return std::move(result_);
  }

 private:
  bool is_outer(const Expression& e) const { return names_any(e, outer_); }

  void take_from(std::vector<ExpressionPtr>& predicates) {
    std::vector<ExpressionPtr> flat, kept;
    for (auto& predicate : predicates) split_conjunction(std::move(predicate), flat);
    for (auto& predicate : flat) (is_outer(*predicate) ? result_.predicates : kept).push_back(std::move(predicate));
    predicates = std::move(kept);
  }

  /// The inner columns that the pulled predicates name.
  ColumnSet needed() const {
    ColumnSet set;
    for (const auto& predicate : result_.predicates) add_columns(*predicate, set);
    set.erase(outer_);
    return set;
  }

  void visit(LogicalPtr& node) {
    if (!names_any(*node, outer_)) return;
    switch (node->kind) {
      case Kind::kScan: take_from(node->predicates); return;
      case Kind::kFilter:
        visit(node->children[0]);
        take_from(node->predicates);
        widen_outputs(*node);
        if (node->predicates.empty()) node = LogicalPtr(std::move(node->children[0]));
        return;
      case Kind::kProject: visit_project(*node); return;
      case Kind::kJoin: visit_join(*node); return;
      case Kind::kSort:  // without a limit above it, a subquery's order means nothing
        visit(node->children[0]);
        node = LogicalPtr(std::move(node->children[0]));
        return;
      case Kind::kDistinct:
        if (duplicates_matter_) break;
        visit(node->children[0]);
        node = LogicalPtr(std::move(node->children[0]));
        return;
      default: break;
    }
    result_.complete = false;
  }

  void visit_project(LogicalNode& node) {
    visit(node.children[0]);
    for (const auto& e : node.expressions) {
      if (is_outer(*e)) result_.complete = false;
    }
    ColumnSet missing = needed();
    missing.erase(ColumnSet(node.outputs));
    const ColumnSet below(node.children[0]->outputs);
    for (ColumnId id : missing.ids()) {
      if (!below.contains(id)) continue;
      node.outputs.push_back(id);
      node.expressions.push_back(Expression::make_column(id, type_of(id)));
    }
  }

  void visit_join(LogicalNode& node) {
    if (node.dependent || node.join == JoinKind::kRight || node.join == JoinKind::kFull) {
      result_.complete = false;
      return;
    }
    visit(node.children[0]);
    if (node.join == JoinKind::kInner) {
      visit(node.children[1]);
      take_from(node.predicates);
    } else if (names_any(*node.children[1], outer_) ||
               std::any_of(node.predicates.begin(), node.predicates.end(), [&](const auto& e) { return is_outer(*e); })) {
      result_.complete = false;
    }
    widen_outputs(node);
  }

  Type type_of(ColumnId id) const {
    Type type;
    for (const auto& predicate : result_.predicates) find_type(*predicate, id, type);
    return type;
  }
  static void find_type(const Expression& e, ColumnId id, Type& type) {
    if (e.kind == Expression::Kind::kColumn && e.column == id) type = e.type;
    for (const auto& argument : e.arguments) find_type(*argument, id, type);
  }

  const ColumnSet& outer_;
  bool duplicates_matter_;
  PulledPredicates result_;
};

}  // namespace

bool names_any(const Expression& expression, const ColumnSet& columns) {
  if (expression.kind == Expression::Kind::kColumn) return columns.contains(expression.column);
  return std::any_of(expression.arguments.begin(), expression.arguments.end(),
                     [&](const auto& argument) { return names_any(*argument, columns); });
}

bool names_any(const LogicalNode& node, const ColumnSet& columns) {
  bool found = false;
  for_each_expression(node, [&](const Expression& e) { found = found || names_any(e, columns); });
  return found || std::any_of(node.children.begin(), node.children.end(),
                              [&](const auto& child) { return names_any(*child, columns); });
}

PulledPredicates pull_predicates(LogicalPtr& node, const ColumnSet& outer, bool duplicates_matter) {
  return Pull(outer, duplicates_matter).run(node);
}

}  // namespace cairn
