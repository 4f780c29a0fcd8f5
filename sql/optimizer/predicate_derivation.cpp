#include "sql/optimizer/predicate_derivation.h"

#include <algorithm>

#include "sql/optimizer/expression_index.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"
#include "sql/optimizer/simplify.h"

// Adds predicates that follow from those that stand there, where they can be pushed further than their sources:
//  - a = b AND a < 5 gives b < 5 (transitive equality), for inner, semi, left, anti and single joins;
//  - a < b AND b < 5 gives a < 5, where a and b come from different relations;
//  - an OR over several relations gives what it says about each of them.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;
using EKind = Expression::Kind;
using Comparison = Expression::Comparison;

/// The only column of a predicate that compares it with constants; nullopt for anything else, or what may raise.
std::optional<ColumnId> restricted_column(const Expression& predicate) {
  if (predicate.kind != EKind::kCompare && predicate.kind != EKind::kIn && predicate.kind != EKind::kLike &&
      predicate.kind != EKind::kOr && predicate.kind != EKind::kNot) {
    return std::nullopt;
  }
  if (may_raise(predicate)) return std::nullopt;
  const std::vector<ColumnId> columns = columns_of(predicate).ids();
  if (columns.size() != 1) return std::nullopt;
  return columns[0];
}


bool is_column_comparison(const Expression& e) {
  return e.kind == EKind::kCompare && e.arguments[0]->kind == EKind::kColumn &&
         e.arguments[1]->kind == EKind::kColumn && e.arguments[0]->type == e.arguments[1]->type;
}

bool is_less(Comparison c) { return c == Comparison::kLess || c == Comparison::kLessEqual; }
bool is_order(Comparison c) { return is_less(c) || c == Comparison::kGreater || c == Comparison::kGreaterEqual; }

/// a < b AND b <= 5: a < 5. nullptr where nothing follows.
ExpressionPtr chained(const Expression& columns, const Expression& bound, ColumnId target) {
  if (bound.kind != EKind::kCompare || bound.arguments[0]->kind != EKind::kColumn) return nullptr;
  if (bound.arguments[1]->kind != EKind::kConstant) return nullptr;
  const bool target_left = columns.arguments[0]->column == target;
  const ColumnId middle = columns.arguments[target_left ? 1 : 0]->column;
  if (bound.arguments[0]->column != middle) return nullptr;
  const Comparison op = target_left ? columns.comparison : flipped(columns.comparison);  // target op middle
  const Comparison limit = bound.comparison == Comparison::kEqual
                               ? (is_less(op) ? Comparison::kLessEqual : Comparison::kGreaterEqual)
                               : bound.comparison;
  if (!is_order(op) || !is_order(limit) || is_less(op) != is_less(limit)) return nullptr;
  const bool strict = op == Comparison::kLess || op == Comparison::kGreater || limit == Comparison::kLess ||
                      limit == Comparison::kGreater;
  const Comparison result = is_less(op) ? (strict ? Comparison::kLess : Comparison::kLessEqual)
                                        : (strict ? Comparison::kGreater : Comparison::kGreaterEqual);
  return Expression::make_compare(result, columns.arguments[target_left ? 0 : 1]->clone(), bound.arguments[1]->clone());
}

/// One group of conjuncts that hold together, and the relations that they speak of.
class Derivation {
 public:
  explicit Derivation(std::vector<ColumnSet> relations) : relations_(std::move(relations)) {}

  void add_known(ExpressionPtr predicate) {
    equal_.add(*predicate);
    known_.add(std::move(predicate));
  }

  /// What follows and was not known.
  std::vector<ExpressionPtr> run() {
    const size_t given = known_.size();
    for (size_t i = 0; i < known_.size() && known_.size() < given + kMost; ++i) {
      derive_from_disjunction(i);
      derive_by_equality(i);
      derive_by_order(i);
    }
    std::vector<ExpressionPtr> derived = known_.take();
    derived.erase(derived.begin(), derived.begin() + static_cast<ptrdiff_t>(given));
    return derived;
  }

 private:
  static constexpr size_t kMost = 200;  ///< derived predicates, so that strange queries stay quick

  size_t relation_of(ColumnId id) const {
    for (size_t i = 0; i < relations_.size(); ++i) {
      if (relations_[i].contains(id)) return i;
    }
    return relations_.size();
  }

  void derive_from_disjunction(size_t position) {
    if (known_[position].kind != EKind::kOr) return;
    const ColumnSet all = columns_of(known_[position]);
    for (const ColumnSet& relation : relations_) {
      if (!relation.intersects(all) || relation.contains_all(all)) continue;
      if (ExpressionPtr implied = implied_by_disjunction(known_[position], relation)) {
        std::vector<ExpressionPtr> parts;
        split_conjunction(std::move(implied), parts);
        for (auto& part : parts) known_.add(std::move(part));
      }
    }
  }

  void derive_by_equality(size_t position) {
    const auto column = restricted_column(known_[position]);
    if (!column) return;
    for (ColumnId other : equal_.members(*column)) {
      if (other == *column) continue;
      ExpressionPtr derived = known_[position].clone();
      rename_columns(*derived, {{*column, other}});
      known_.add(std::move(derived));
    }
  }

  void derive_by_order(size_t position) {
    if (!is_column_comparison(known_[position])) return;
    const ColumnId left = known_[position].arguments[0]->column, right = known_[position].arguments[1]->column;
    if (relation_of(left) == relation_of(right)) return;
    for (size_t i = 0; i < known_.size(); ++i) {
      for (ColumnId target : {left, right}) {
        if (ExpressionPtr derived = chained(known_[position], known_[i], target)) {
          known_.add(std::move(derived));
        }
      }
    }
  }

  std::vector<ColumnSet> relations_;
  DistinctExpressions known_;
  EqualColumns equal_;
};

/// Inner joins and filters on top of each other.
struct Region {
  std::vector<LogicalNode*> leaves;
  std::vector<LogicalNode*> inner;  ///< the filters and joins themselves
};

void collect_region(LogicalNode& node, Region& region) {
  const bool inside = node.kind == Kind::kFilter || (node.kind == Kind::kJoin && node.join == JoinKind::kInner);
  if (!inside) {
    region.leaves.push_back(&node);
    return;
  }
  region.inner.push_back(&node);
  for (auto& child : node.children) collect_region(*child, region);
}

void derive_in(LogicalNode& node);

void derive_in_region(LogicalNode& node) {
  Region region;
  collect_region(node, region);
  for (LogicalNode* leaf : region.leaves) derive_in(*leaf);

  std::vector<ColumnSet> relations;
  for (const LogicalNode* leaf : region.leaves) relations.emplace_back(leaf->outputs);
  Derivation derivation(std::move(relations));
  for (const LogicalNode* inner : region.inner) {
    for (const auto& predicate : inner->predicates) derivation.add_known(predicate->clone());
  }
  for (const LogicalNode* leaf : region.leaves) {
    for (auto& predicate : known_predicates(*leaf)) derivation.add_known(std::move(predicate));
  }
  for (auto& derived : derivation.run()) node.predicates.push_back(std::move(derived));
}

/// ON conditions tell about the right side what is known of the left; of a semi join, the other way round too.
void derive_in_outer_join(LogicalNode& node) {
  const ColumnSet left(node.children[0]->outputs), right(node.children[1]->outputs);
  Derivation derivation({left, right});
  for (const auto& predicate : node.predicates) derivation.add_known(predicate->clone());
  for (size_t side = 0; side < 2; ++side) {
    if (side == 1 && node.join != JoinKind::kSemi) break;
    for (auto& predicate : known_predicates(*node.children[side])) derivation.add_known(std::move(predicate));
  }
  for (auto& derived : derivation.run()) {
    const ColumnSet columns = columns_of(*derived);
    if (right.contains_all(columns) || (node.join == JoinKind::kSemi && left.contains_all(columns))) {
      node.predicates.push_back(std::move(derived));
    }
  }
}

void derive_in(LogicalNode& node) {
  if (node.kind == Kind::kFilter || (node.kind == Kind::kJoin && node.join == JoinKind::kInner)) {
    derive_in_region(node);
    return;
  }
  for (auto& child : node.children) derive_in(*child);
  if (node.kind != Kind::kJoin) return;
  if (node.join == JoinKind::kSemi || node.join == JoinKind::kAnti || node.join == JoinKind::kLeft ||
      node.join == JoinKind::kSingle) {
    derive_in_outer_join(node);
  }
}

}  // namespace

void EqualColumns::add(const Expression& e) {
  if (!is_column_comparison(e) || e.comparison != Comparison::kEqual) return;
  const ColumnId a = e.arguments[0]->column, b = e.arguments[1]->column;
  std::vector<ColumnId> merged = members(a);
  const std::vector<ColumnId> others = members(b);
  if (merged == others) return;
  merged.insert(merged.end(), others.begin(), others.end());
  std::sort(merged.begin(), merged.end());
  std::erase_if(classes_, [&](const auto& members) {
    return std::find(members.begin(), members.end(), a) != members.end() ||
           std::find(members.begin(), members.end(), b) != members.end();
  });
  classes_.push_back(std::move(merged));
}

std::vector<ColumnId> EqualColumns::members(ColumnId id) const {
  for (const auto& members : classes_) {
    if (std::find(members.begin(), members.end(), id) != members.end()) return members;
  }
  return {id};
}

ExpressionPtr implied_by_disjunction(const Expression& disjunction, const ColumnSet& columns) {
  std::vector<ExpressionPtr> branches;
  for (const auto& branch : disjunction.arguments) {
    std::vector<ExpressionPtr> conjuncts, kept;
    split_conjunction(branch->clone(), conjuncts);
    for (auto& conjunct : conjuncts) {
      const ColumnSet used = columns_of(*conjunct);
      if (columns.contains_all(used)) {
        if (!used.empty() && !is_volatile(*conjunct)) kept.push_back(std::move(conjunct));
      } else if (conjunct->kind == EKind::kOr) {
        if (ExpressionPtr inner = implied_by_disjunction(*conjunct, columns)) kept.push_back(std::move(inner));
      }
    }
    if (kept.empty()) return nullptr;
    branches.push_back(make_conjunction(std::move(kept)));
  }
  return simplified_or(make_disjunction(std::move(branches)));
}

std::vector<ExpressionPtr> known_predicates(const LogicalNode& node) {
  std::vector<ExpressionPtr> known;
  auto add_own = [&] {
    for (const auto& predicate : node.predicates) known.push_back(predicate->clone());
  };
  auto add_child = [&](size_t child) {
    for (auto& predicate : known_predicates(*node.children[child])) known.push_back(std::move(predicate));
  };
  /// A child's predicates over plain columns that the node hands on under other names.
  auto add_renamed = [&](const std::vector<ExpressionPtr>& expressions) {
    Renaming renaming;
    for (size_t i = 0; i < expressions.size(); ++i) {
      if (expressions[i]->kind == EKind::kColumn) renaming.emplace(expressions[i]->column, node.outputs[i]);
    }
    for (auto& predicate : known_predicates(*node.children[0])) {
      const std::vector<ColumnId> used = columns_of(*predicate).ids();
      if (!std::all_of(used.begin(), used.end(), [&](ColumnId id) { return renaming.contains(id); })) continue;
      rename_columns(*predicate, renaming);
      known.push_back(std::move(predicate));
    }
  };
  switch (node.kind) {
    case Kind::kScan: add_own(); break;
    case Kind::kFilter: add_own(); add_child(0); break;
    case Kind::kSort:
    case Kind::kLimit:
    case Kind::kDistinct: add_child(0); break;
    case Kind::kProject: add_renamed(node.expressions); break;
    case Kind::kAggregate: add_renamed(node.group_by); break;
    case Kind::kJoin:
      if (node.join == JoinKind::kRight || node.join == JoinKind::kFull) break;
      add_child(0);
      if (node.join == JoinKind::kInner) {
        add_own();
        add_child(1);
      }
      break;
    default: break;
  }
  const ColumnSet visible(node.outputs);
  std::erase_if(known, [&](const ExpressionPtr& e) { return may_raise(*e) || !visible.contains_all(columns_of(*e)); });
  return known;
}

void derive_predicates(LogicalPlan& plan) {
  for (auto& table : plan.common_tables) {
    if (table->plan) derive_in(*table->plan);
  }
  derive_in(*plan.root);
}

}  // namespace cairn
