#include "sql/optimizer/join_graph.h"

#include <algorithm>
#include <cassert>

#include "sql/optimizer/predicate_derivation.h"
#include "sql/optimizer/rewrite.h"

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

bool attaches(const LogicalNode& node) {
  if (node.kind != Kind::kJoin || node.dependent || is_volatile(node)) return false;
  switch (node.join) {
    case JoinKind::kLeft:
    case JoinKind::kSemi:
    case JoinKind::kAnti:
    case JoinKind::kMark:
    case JoinKind::kSingle: return true;
    default: return false;
  }
}

bool is_inner(const LogicalNode& node) {
  return node.kind == Kind::kJoin && node.join == JoinKind::kInner && !node.dependent && !is_volatile(node);
}

/// Filters whose conjuncts may be evaluated anywhere in the region.
bool is_movable_filter(const LogicalNode& node) { return node.kind == Kind::kFilter && !is_volatile(node); }

/// A hundred relations without equalities may have more rows than a double can say; squares of this are finite.
constexpr double kMostRows = 1e100;

size_t leaf_count(const LogicalNode& node) {
  if (is_movable_filter(node)) return leaf_count(*node.children[0]);
  if (is_inner(node)) return leaf_count(*node.children[0]) + leaf_count(*node.children[1]);
  if (attaches(node)) return leaf_count(*node.children[0]) + 1;
  return 1;
}

}  // namespace

bool JoinGraph::starts_region(const LogicalNode& node) {
  if (is_movable_filter(node)) return starts_region(*node.children[0]);
  return is_inner(node) || attaches(node);
}

JoinGraph::JoinGraph(LogicalPlan& plan, LogicalPtr root, Estimator& estimator) : plan_(plan), estimator_(estimator) {
  collect(std::move(root));
  for (auto& relation : relations_) {
    if (!relation.attach) continue;
    ColumnSet used = columns_used_by(*relation.attach);
    used.erase(ColumnSet(relation.plan->outputs));
    relation.required = relations_of(used);
  }
  add_classes();
  add_predicates();
  for (auto& relation : relations_) {
    if (relation.attach) attach_estimates(relation);
  }
  estimate_predicates();
  connect();
  for (size_t i = 0; i < relations_.size(); ++i) {
    if (!relations_[i].attach) by_rows_.push_back(i);
  }
  std::stable_sort(by_rows_.begin(), by_rows_.end(), [&](size_t a, size_t b) {
    return relations_[a].estimate.rows > relations_[b].estimate.rows;
  });
}

void JoinGraph::collect(LogicalPtr node) {
  const bool room = relations_.size() + leaf_count(*node) <= kMostJoinRelations;
  if (is_movable_filter(*node) && room) {
    for (auto& predicate : node->predicates) split_conjunction(std::move(predicate), conjuncts_);
    collect(std::move(node->children[0]));
  } else if (is_inner(*node) && room) {
    for (auto& predicate : node->predicates) split_conjunction(std::move(predicate), conjuncts_);
    collect(std::move(node->children[0]));
    collect(std::move(node->children[1]));
  } else if (attaches(*node) && room) {
    LogicalPtr left = std::move(node->children[0]), right = std::move(node->children[1]);
    node->children.clear();
    collect(std::move(left));
    add_relation(std::move(right), std::move(node));
  } else {
    add_relation(std::move(node), nullptr);
  }
}

void JoinGraph::add_relation(LogicalPtr plan, LogicalPtr attach) {
  JoinRelation relation;
  relation.estimate = estimator_.estimate(*plan);
  if (!attach || attach->join == JoinKind::kLeft || attach->join == JoinKind::kSingle) {
    relation.columns.insert(plan->outputs);
  } else if (attach->join == JoinKind::kMark) {
    relation.columns.insert(attach->outputs.back());
  }
  relation.plan = std::move(plan);
  relation.attach = std::move(attach);
  relations_.push_back(std::move(relation));
}

RelationSet JoinGraph::relations_of(const ColumnSet& columns) const {
  RelationSet set;
  for (size_t i = 0; i < relations_.size(); ++i) {
    if (relations_[i].columns.intersects(columns)) set.set(i);
  }
  return set;
}

void JoinGraph::add_classes() {
  EqualColumns equal;
  std::vector<ExpressionPtr> equalities, others;
  for (auto& conjunct : conjuncts_) {
    const ColumnSet used = columns_of(*conjunct);
    const bool columns = is_equality(*conjunct) && conjunct->arguments[0]->kind == Expression::Kind::kColumn &&
                         conjunct->arguments[1]->kind == Expression::Kind::kColumn &&
                         conjunct->arguments[0]->type == conjunct->arguments[1]->type;
    const bool joins = columns && relations_of(used).count() == 2;
    (joins ? equalities : others).push_back(std::move(conjunct));
  }
  conjuncts_ = std::move(others);
  for (const auto& equality : equalities) equal.add(*equality);

  ColumnSet done;
  for (const auto& equality : equalities) {
    const ColumnId first = equality->arguments[0]->column;
    if (done.contains(first)) continue;
    EqualityClass added;
    for (ColumnId id : equal.members(first)) {
      done.insert(id);
      for (size_t i = 0; i < relations_.size(); ++i) {
        if (relations_[i].columns.contains(id)) added.members.push_back({i, id});
      }
    }
    // Two columns of one relation in a class: the relation's own business.
    for (size_t i = 1; i < added.members.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (added.members[i].relation != added.members[j].relation) continue;
        conjuncts_.push_back(Expression::make_compare(Expression::Comparison::kEqual,
                                                      column_reference(plan_, added.members[j].column),
                                                      column_reference(plan_, added.members[i].column)));
        break;
      }
    }
    classes_.push_back(std::move(added));
  }
  for (auto& equality : equalities) {
    for (auto& one : classes_) {
      const ColumnId id = equality->arguments[0]->column;
      const bool here = std::any_of(one.members.begin(), one.members.end(),
                                    [&](const auto& member) { return member.column == id; });
      if (!here) continue;
      one.written.push_back(std::move(equality));
      break;
    }
  }
  classes_of_.resize(relations_.size());
  for (size_t c = 0; c < classes_.size(); ++c) {
    for (const auto& member : classes_[c].members) {
      auto& list = classes_of_[member.relation];
      if (list.empty() || list.back() != c) list.push_back(c);
    }
  }
}

void JoinGraph::add_predicates() {
  for (auto& conjunct : conjuncts_) {
    const RelationSet used = relations_of(columns_of(*conjunct));
    if (used.none()) {
      constant_predicates_.push_back(std::move(conjunct));
      continue;
    }
    size_t first = 0;
    while (!used[first]) ++first;
    if (used.count() == 1 && !relations_[first].attach) {
      JoinRelation& relation = relations_[first];
      restrict_to(*conjunct, relation.estimate);
      if (relation.plan->kind != Kind::kFilter) {
        std::vector<ColumnId> outputs = relation.plan->outputs;
        relation.plan = make_node(Kind::kFilter, std::move(outputs), std::move(relation.plan));
      }
      relation.plan->predicates.push_back(std::move(conjunct));
      relation.plan->estimated_rows = -1;
      continue;
    }
    predicates_.push_back({std::move(conjunct), used, 1});
  }
  conjuncts_.clear();
}

void JoinGraph::attach_estimates(JoinRelation& relation) {
  RelationEstimate left;
  for (size_t i = 0; i < relations_.size(); ++i) {
    if (!relation.required[i]) continue;
    left.columns.insert(relations_[i].estimate.columns.begin(), relations_[i].estimate.columns.end());
  }
  const LogicalNode& attach = *relation.attach;
  const JoinConditionEstimate condition = estimate_condition(attach.predicates, left, relation.estimate);
  const double right_rows = relation.estimate.rows;
  switch (attach.join) {
    case JoinKind::kSemi: relation.row_factor = match_fraction(condition.keys, condition.residual, right_rows); break;
    case JoinKind::kAnti:
      relation.row_factor = std::max(0.02, 1 - match_fraction(condition.keys, condition.residual, right_rows));
      break;
    case JoinKind::kLeft:
      relation.row_factor =
          std::max(1.0, right_rows * key_selectivity(condition.keys) * condition.residual);
      break;
    case JoinKind::kMark: {
      ColumnEstimate mark;
      mark.distinct = 2;
      mark.has_spread = true;
      mark.mean = match_fraction(condition.keys, condition.residual, right_rows);
      relation.estimate.columns[attach.outputs.back()] = mark;
      break;
    }
    default: break;
  }
}

void JoinGraph::estimate_predicates() {
  for (JoinPredicate& predicate : predicates_) {
    RelationEstimate merged;
    for (size_t i = 0; i < relations_.size(); ++i) {
      if (!predicate.relations[i]) continue;
      merged.columns.insert(relations_[i].estimate.columns.begin(), relations_[i].estimate.columns.end());
    }
    predicate.selectivity = selectivity(*predicate.expression, merged);
    if (predicate.expression->kind != Expression::Kind::kOr) continue;
    // What the OR says about single relations is applied to them already (predicate_derivation).
    for (size_t i = 0; i < relations_.size(); ++i) {
      if (!predicate.relations[i]) continue;
      const ExpressionPtr implied = implied_by_disjunction(*predicate.expression, relations_[i].columns);
      if (implied) predicate.selectivity /= std::max(1e-9, selectivity(*implied, merged));
    }
    predicate.selectivity = std::min(1.0, predicate.selectivity);
  }
}

void JoinGraph::connect() {
  neighbours_.assign(relations_.size(), {});
  auto connect_all = [&](const RelationSet& set) {
    for (size_t i = 0; i < relations_.size(); ++i) {
      if (set[i]) neighbours_[i] |= set;
    }
  };
  for (const auto& predicate : predicates_) connect_all(predicate.relations);
  for (const auto& one : classes_) {
    RelationSet set;
    for (const auto& member : one.members) set.set(member.relation);
    connect_all(set);
  }
  for (size_t i = 0; i < relations_.size(); ++i) {
    if (!relations_[i].attach) continue;
    for (size_t j = 0; j < relations_.size(); ++j) {
      // A condition that names nothing on the left may be attached anywhere.
      const bool linked = relations_[i].required.none() ? !relations_[j].attach : relations_[i].required[j];
      if (!linked || i == j) continue;
      neighbours_[i].set(j);
      neighbours_[j].set(i);
    }
  }
  for (size_t i = 0; i < relations_.size(); ++i) neighbours_[i].reset(i);

  // Parts without any predicate between them: cross products, wherever they are cheapest.
  RelationSet reached;
  std::vector<RelationSet> parts;
  for (size_t i = 0; i < relations_.size(); ++i) {
    if (reached[i]) continue;
    RelationSet part, frontier;
    frontier.set(i);
    while (frontier.any()) {
      part |= frontier;
      RelationSet next;
      for (size_t j = 0; j < relations_.size(); ++j) {
        if (frontier[j]) next |= neighbours_[j];
      }
      frontier = next & ~part;
    }
    reached |= part;
    parts.push_back(part);
  }
  if (parts.size() < 2) return;
  for (size_t i = 0; i < relations_.size(); ++i) {
    for (const RelationSet& part : parts) {
      if (!part[i]) neighbours_[i] |= part;
    }
  }
}

RelationSet JoinGraph::all() const {
  RelationSet set;
  for (size_t i = 0; i < relations_.size(); ++i) set.set(i);
  return set;
}

bool JoinGraph::connected(const RelationSet& a, const RelationSet& b) const {
  for (size_t i = 0; i < relations_.size(); ++i) {
    if (a[i] && (neighbours_[i] & b).any()) return true;
  }
  return false;
}

const ColumnEstimate* JoinGraph::class_estimate(size_t one, size_t relation) const {
  for (const auto& member : classes_[one].members) {
    if (member.relation != relation) continue;
    auto found = relations_[relation].estimate.columns.find(member.column);
    if (found != relations_[relation].estimate.columns.end()) return &found->second;
  }
  return nullptr;
}

/// The keys by which a relation meets those that are there: for every class the fewest distinct values on their side;
/// classes that one of them shares altogether are told to come from it (a composite key).
void JoinGraph::add_keys(size_t relation, const RelationSet& present, std::vector<KeyEstimate>& keys) const {
  for (size_t one : classes_of_[relation]) {
    const ColumnEstimate* own = class_estimate(one, relation);
    if (own == nullptr) continue;
    KeyEstimate key{{}, *own};
    size_t most_shared = 0;
    double least = 0;
    for (const auto& member : classes_[one].members) {
      if (!present[member.relation]) continue;
      const ColumnEstimate* other = class_estimate(one, member.relation);
      if (other == nullptr) continue;
      size_t shared = 0;
      for (size_t c : classes_of_[relation]) {
        const auto& theirs = classes_of_[member.relation];
        shared += std::find(theirs.begin(), theirs.end(), c) != theirs.end();
      }
      least = most_shared == 0 ? other->distinct : std::min(least, other->distinct);
      if (shared <= most_shared) continue;
      most_shared = shared;
      key.left = *other;
    }
    if (most_shared == 0) continue;
    key.left.distinct = least;
    keys.push_back(key);
  }
}

double JoinGraph::rows(const RelationSet& set) const {
  double rows = 1;
  RelationSet present;
  std::vector<KeyEstimate> keys;
  for (size_t i : by_rows_) {
    if (!set[i]) continue;
    keys.clear();
    add_keys(i, present, keys);
    rows = std::min(rows * relations_[i].estimate.rows * key_selectivity(keys), kMostRows);
    present.set(i);
  }
  for (size_t i = 0; i < relations_.size(); ++i) {
    if (set[i]) rows *= relations_[i].row_factor;
  }
  for (const auto& predicate : predicates_) {
    if ((predicate.relations & ~set).none()) rows *= predicate.selectivity;
  }
  return std::clamp(rows, 1e-3, kMostRows);
}

std::vector<ExpressionPtr> JoinGraph::class_predicates(const RelationSet& left, const RelationSet& right) const {
  std::vector<ExpressionPtr> result;
  for (const auto& one : classes_) {
    const EqualityClass::Member *a = nullptr, *b = nullptr;
    for (const auto& member : one.members) {
      if (left[member.relation] && a == nullptr) a = &member;
      if (right[member.relation] && b == nullptr) b = &member;
    }
    if (a == nullptr || b == nullptr) continue;
    const Expression* chosen = nullptr;  // one that stands in the query reads better
    for (const auto& equality : one.written) {
      const RelationSet used = relations_of(columns_of(*equality));
      if ((used & left).any() && (used & right).any() && (used & ~(left | right)).none()) {
        chosen = equality.get();
        break;
      }
    }
    if (chosen != nullptr) {
      result.push_back(chosen->clone());
    } else {
      result.push_back(Expression::make_compare(Expression::Comparison::kEqual, column_reference(plan_, a->column),
                                                column_reference(plan_, b->column)));
    }
  }
  return result;
}

LogicalPtr JoinGraph::join(LogicalPtr left, const RelationSet& left_set, LogicalPtr right,
                           const RelationSet& right_set) {
  const RelationSet both = left_set | right_set;
  std::vector<ExpressionPtr> conjuncts = class_predicates(left_set, right_set);
  for (auto& predicate : predicates_) {
    if (!predicate.expression || (predicate.relations & ~both).any()) continue;
    conjuncts.push_back(std::move(predicate.expression));
  }
  const double output_rows = rows(both);
  for (size_t i = 0; i < relations_.size(); ++i) {
    if (right_set.count() != 1 || !right_set[i] || !relations_[i].attach) continue;
    LogicalPtr node = std::move(relations_[i].attach);
    const ColumnId mark = node->join == JoinKind::kMark ? node->outputs.back() : 0;
    node->children.push_back(std::move(left));
    node->children.push_back(std::move(right));
    if (node->join == JoinKind::kMark) node->outputs = {mark};
    node->outputs = available_columns(*node);
    node->estimated_rows = conjuncts.empty() ? output_rows : -1;
    node = make_filter(std::move(conjuncts), std::move(node));
    node->estimated_rows = output_rows;
    return node;
  }
  LogicalPtr node = make_join(JoinKind::kInner, std::move(left), std::move(right), std::move(conjuncts));
  node->estimated_rows = output_rows;
  return node;
}

LogicalPtr JoinGraph::take_plan(size_t relation) { return std::move(relations_[relation].plan); }

}  // namespace cairn
