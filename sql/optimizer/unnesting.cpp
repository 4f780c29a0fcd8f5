#include "sql/optimizer/expression_index.h"
#include "sql/optimizer/unnesting.h"

#include <algorithm>

#include "sql/optimizer/pass.h"
#include "vector/error.h"

// Turns dependent joins (correlated subqueries, lateral joins) into ordinary ones. First the simple cases, inner ones
// first: correlated predicates that may move up to the join, and scalar aggregates correlated by equalities, which
// become groups. What is left is joined with the domain of its outer columns, outer ones first (Neumann and Kemper,
// "Unnesting Arbitrary Queries", BTW 2015).

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;
using EKind = Expression::Kind;

bool keeps_left_alone(JoinKind kind) {
  return kind == JoinKind::kSemi || kind == JoinKind::kAnti || kind == JoinKind::kMark;
}

ExpressionPtr make_coalesce_false(ExpressionPtr value) {
  auto result = std::make_unique<Expression>();
  result->kind = EKind::kCoalesce;
  result->type = Type::boolean();
  result->arguments.push_back(std::move(value));
  result->arguments.push_back(Expression::make_constant(Value::of_boolean(false)));
  return result;
}

ExpressionPtr make_null_test(EKind kind, ExpressionPtr value) {
  auto result = std::make_unique<Expression>();
  result->kind = kind;
  result->type = Type::boolean();
  result->arguments.push_back(std::move(value));
  return result;
}

ExpressionPtr make_case(std::vector<ExpressionPtr> arguments) {
  auto result = std::make_unique<Expression>();
  result->kind = EKind::kCase;
  result->type = arguments[1]->type;
  result->arguments = std::move(arguments);
  return result;
}

template <typename... Items>
std::vector<ExpressionPtr> list_of(Items... items) {
  std::vector<ExpressionPtr> result;
  (result.push_back(std::move(items)), ...);
  return result;
}

/// EXISTS asks whether there is a row: its columns, their order and duplicates mean nothing.
void strip_for_exists(LogicalPtr& node) {
  for (;;) {
    bool idle = node->kind == Kind::kProject || node->kind == Kind::kSort || node->kind == Kind::kDistinct;
    if (node->kind == Kind::kLimit) {
      const bool some = !node->limit || (node->limit->kind == EKind::kConstant &&
                                         (node->limit->value.null || node->limit->value.integer > 0));
      idle = some && !node->offset;
    }
    if (!idle) return;
    LogicalPtr child = std::move(node->children[0]);
    node = std::move(child);
  }
}

class Unnesting {
 public:
  explicit Unnesting(LogicalPlan& plan) : plan_(plan) {}

  void run() {
    std::vector<std::shared_ptr<CommonTable>> tables = std::move(plan_.common_tables), all;
    for (auto& table : tables) {
      run_on(table->plan);
      for (auto& added : new_tables_) all.push_back(std::move(added));
      new_tables_.clear();
      all.push_back(table);
    }
    run_on(plan_.root);
    for (auto& added : new_tables_) all.push_back(std::move(added));
    plan_.common_tables = std::move(all);
  }

 private:
  void run_on(LogicalPtr& tree) {
    simple(tree);
    for (size_t i = new_tables_.size(); i-- > 0;) simple(new_tables_[i]->plan);
    general(tree);
  }

  static bool is_dependent(const LogicalNode& node) {
    return node.kind == Kind::kJoin && names_any(*node.children[1], ColumnSet(node.children[0]->outputs));
  }

  /// Bottom-up, the cases that need no domain.
  void simple(LogicalPtr& node) {
    for (auto& child : node->children) simple(child);
    if (node->kind != Kind::kJoin) return;
    node->dependent = is_dependent(*node);
    if (node->dependent || needs_split(*node)) try_simple(node);
  }

  /// Joins compare keys in three-valued logic, and everything else in two: a mark over other conditions that may be
  /// NULL is made of two.
  bool needs_split(const LogicalNode& node) const {
    if (node.join != JoinKind::kMark || node.null_is_false) return false;
    const ColumnSet left(node.children[0]->outputs), right(node.children[1]->outputs);
    const bool keys = std::all_of(node.predicates.begin(), node.predicates.end(), [&](const ExpressionPtr& e) {
      if (!is_equality(*e)) return false;
      const ColumnSet a = columns_of(*e->arguments[0]), b = columns_of(*e->arguments[1]);
      return (left.contains_all(a) && right.contains_all(b)) || (left.contains_all(b) && right.contains_all(a));
    });
    return !keys && !never_null_condition(node);
  }

  bool never_null_condition(const LogicalNode& node) const {
    ColumnSet not_null = not_null_columns(plan_, *node.children[0]);
    not_null.insert(not_null_columns(plan_, *node.children[1]));
    return std::all_of(node.predicates.begin(), node.predicates.end(),
                       [&](const ExpressionPtr& e) { return is_never_null(*e, not_null); });
  }

  /// Top-down, everything else.
  void general(LogicalPtr& node) {
    if (node->kind == Kind::kJoin && node->dependent) {
      general(node->children[0]);
      if (is_dependent(*node) && !try_simple(node)) with_domain(node);
    }
    if (node->kind == Kind::kJoin) node->dependent = is_dependent(*node);
    for (auto& child : node->children) general(child);
  }

  /// Decorrelated, the subquery runs once and not for every outer row. (What hoist_projection puts above the join does.)
  static void refuse_volatile(const LogicalNode& subquery) {
    for_each_expression(subquery, [](const Expression& e) {
      if (is_volatile(e)) {
        throw Error(sqlstate::kFeatureNotSupported, "a volatile function in a correlated subquery is not supported")
            .at(e.position);
      }
    });
    for (const auto& child : subquery.children) refuse_volatile(*child);
  }

  bool try_simple(LogicalPtr& node) {
    node->dependent = true;
    if (node->join == JoinKind::kMark && !node->null_is_false) {
      split_mark(node);
      return true;  // its parts were dealt with as far as they can be
    }
    if (keeps_left_alone(node->join)) drop_projections(*node);
    if (try_scalar_aggregate(node)) return true;
    if (hoist_projection(node)) return true;
    refuse_volatile(*node->children[1]);
    return try_pull(*node);
  }

  ColumnSet outer_columns(const LogicalNode& node) const {
    ColumnSet outer;
    const ColumnSet left(node.children[0]->outputs), free = correlated_columns(*node.children[1]);
    for (ColumnId id : free.ids()) {
      if (left.contains(id)) outer.insert(id);
    }
    return outer;
  }

  /// A semi, anti or mark join does not hand on columns of its right side: what its condition says of projected
  /// expressions, it can say of what they are made of.
  void drop_projections(LogicalNode& node) {
    LogicalPtr& right = node.children[1];
    if (node.predicates.empty()) strip_for_exists(right);
    while ((right->kind == Kind::kProject || right->kind == Kind::kSort) && !is_volatile(*right)) {
      if (right->kind == Kind::kProject) {
        const Substitution substitution = substitution_by(*right);
        for (auto& predicate : node.predicates) substitute(predicate, substitution);
      }
      LogicalPtr child = std::move(right->children[0]);
      right = std::move(child);
    }
  }

  /// Correlated predicates become the join's own.
  bool try_pull(LogicalNode& node) {
    LogicalPtr trial = clone_plan(*node.children[1]);
    const ColumnSet outer = outer_columns(node);
    PulledPredicates pulled = pull_predicates(trial, outer, !keeps_left_alone(node.join));
    if (!pulled.complete) return false;
    node.children[1] = std::move(trial);
    DistinctExpressions predicates;
    for (auto* list : {&node.predicates, &pulled.predicates}) {
      for (auto& predicate : *list) predicates.add(std::move(predicate));
    }
    node.predicates = predicates.take();
    node.dependent = false;
    if (node.join != JoinKind::kMark) widen_outputs(node);
    return true;
  }

  /// A mark in three-valued logic, with correlated predicates beside the compared values: TRUE where a row makes the
  /// comparison true, else NULL where a row makes it NULL, else FALSE. Each half is a test for existence.
  void split_mark(LogicalPtr& node) {
    const ColumnId mark = node->outputs.back();
    const bool two_valued = never_null_condition(*node);
    const std::vector<ColumnId> left = node->children[0]->outputs;
    const ColumnId found = plan_.add_column(plan_.columns[mark].name, Type::boolean());
    LogicalPtr other_right;
    Renaming renaming;
    refuse_volatile(*node->children[1]);
    if (!two_valued) other_right = clone_renamed(plan_, *node->children[1], renaming);
    ExpressionPtr comparison = make_conjunction(clone_all(node->predicates));

    node->outputs.back() = found;
    finish_mark(node);
    ExpressionPtr value = make_coalesce_false(column_reference(plan_, found));
    if (!two_valued) {
      const ColumnId unknown = plan_.add_column(plan_.columns[mark].name, Type::boolean());
      rename_columns(*comparison, renaming);
      LogicalPtr second = make_node(Kind::kJoin, {}, std::move(node));
      second->join = JoinKind::kMark;
      second->children.push_back(std::move(other_right));
      second->predicates.push_back(make_null_test(EKind::kIsNull, std::move(comparison)));
      second->outputs = {unknown};
      finish_mark(second);
      node = std::move(second);
      value = make_case(list_of(std::move(value), Expression::make_constant(Value::of_boolean(true)),
                                make_coalesce_false(column_reference(plan_, unknown)),
                                null_constant(Type::boolean()),
                                Expression::make_constant(Value::of_boolean(false))));
    }
    put_mark_on_top(node, left, mark, std::move(value));
  }

  void put_mark_on_top(LogicalPtr& node, const std::vector<ColumnId>& left, ColumnId mark, ExpressionPtr value) {
    LogicalPtr project = make_node(Kind::kProject, {}, std::move(node));
    for (ColumnId id : left) {
      project->outputs.push_back(id);
      project->expressions.push_back(column_reference(plan_, id));
    }
    project->outputs.push_back(mark);
    project->expressions.push_back(std::move(value));
    node = std::move(project);
  }

  /// The existence test of a mark.
  void finish_mark(LogicalPtr& node) {
    node->null_is_false = true;
    node->outputs = {node->outputs.back()};
    widen_outputs(*node);
    node->dependent = true;
    drop_projections(*node);
    if (try_scalar_aggregate(node)) return;
    try_pull(*node);
  }

  /// A lateral or scalar subquery that computes with outer columns in its select list: computes above the join.
  bool hoist_projection(LogicalPtr& node) {
    LogicalPtr& right = node->children[1];
    const ColumnSet outer = outer_columns(*node);
    if (keeps_left_alone(node->join) || node->join == JoinKind::kRight || node->join == JoinKind::kFull) return false;
    if (right->kind != Kind::kProject) return false;
    if (std::none_of(right->expressions.begin(), right->expressions.end(),
                     [&](const ExpressionPtr& e) { return names_any(*e, outer); })) {
      return false;
    }
    LogicalPtr project = std::move(node->children[1]);
    LogicalPtr inner = std::move(project->children[0]);
    LogicalPtr top = make_node(Kind::kProject, {});
    for (ColumnId id : node->children[0]->outputs) {
      top->outputs.push_back(id);
      top->expressions.push_back(column_reference(plan_, id));
    }
    const Substitution substitution = substitution_by(*project);
    for (auto& predicate : node->predicates) substitute(predicate, substitution);

    ColumnId matched = 0;
    const bool extends = node->join != JoinKind::kInner;
    if (extends) {  // tells a row that was found from one that was not
      matched = plan_.add_column("matched", Type::boolean());
      LogicalPtr marker = make_node(Kind::kProject, {});
      for (ColumnId id : inner->outputs) {
        marker->outputs.push_back(id);
        marker->expressions.push_back(column_reference(plan_, id));
      }
      marker->outputs.push_back(matched);
      marker->expressions.push_back(Expression::make_constant(Value::of_boolean(true)));
      marker->children.push_back(std::move(inner));
      inner = std::move(marker);
    }
    for (size_t i = 0; i < project->outputs.size(); ++i) {
      ExpressionPtr value = std::move(project->expressions[i]);
      if (extends) {
        const Type type = value->type;
        value = make_case(list_of(make_null_test(EKind::kIsNotNull, column_reference(plan_, matched)),
                                  std::move(value), null_constant(type)));
      }
      top->outputs.push_back(project->outputs[i]);
      top->expressions.push_back(std::move(value));
    }
    node->children[1] = std::move(inner);
    widen_outputs(*node);
    node->dependent = is_dependent(*node);
    if (node->dependent) try_simple(node);
    top->children.push_back(std::move(node));
    node = std::move(top);
    return true;
  }

  bool try_scalar_aggregate(LogicalPtr& node);
  LogicalPtr as_condition(LogicalPtr joined, const LogicalNode& join, const std::vector<ColumnId>& left);
  void with_domain(LogicalPtr& node);

  LogicalPlan& plan_;
  std::vector<std::shared_ptr<CommonTable>> new_tables_;
};

/// Projections over an aggregate without GROUP BY: exactly one row for every outer row.
const LogicalNode* scalar_aggregate_below(const LogicalNode& node) {
  const LogicalNode* below = &node;
  while (below->kind == Kind::kProject) below = below->children[0].get();
  return below->kind == Kind::kAggregate && below->group_by.empty() ? below : nullptr;
}

/// Pulled equalities as (inner, outer) pairs; empty where one is something else.
std::vector<std::pair<const Expression*, const Expression*>> correlation_keys(
    const std::vector<ExpressionPtr>& predicates, const ColumnSet& outer) {
  std::vector<std::pair<const Expression*, const Expression*>> keys;
  for (const auto& predicate : predicates) {
    if (!is_equality(*predicate)) return {};
    const Expression *a = predicate->arguments[0].get(), *b = predicate->arguments[1].get();
    if (names_any(*a, outer)) std::swap(a, b);
    const ColumnSet inner_columns = columns_of(*a);
    if (inner_columns.empty() || inner_columns.intersects(outer) || !outer.contains_all(columns_of(*b))) return {};
    keys.emplace_back(a, b);
  }
  return keys;
}

bool Unnesting::try_scalar_aggregate(LogicalPtr& node) {
  if (node->join == JoinKind::kRight || node->join == JoinKind::kFull) return false;
  const LogicalNode* original = scalar_aggregate_below(*node->children[1]);
  if (original == nullptr || is_volatile_below(*original)) return false;
  const ColumnSet outer = outer_columns(*node);
  bool arguments_name_outer = false;
  for_each_expression(*original, [&](const Expression& e) {
    arguments_name_outer = arguments_name_outer || names_any(e, outer);
  });
  if (arguments_name_outer) return false;
  LogicalPtr input = clone_plan(*original->children[0]);
  PulledPredicates pulled = pull_predicates(input, outer, true);
  const auto keys = correlation_keys(pulled.predicates, outer);
  if (!pulled.complete || keys.empty()) return false;

  // Take the projections off the aggregate, and group it.
  std::vector<LogicalPtr> projections;
  LogicalPtr aggregate = std::move(node->children[1]);
  while (aggregate->kind == Kind::kProject) {
    LogicalPtr child = std::move(aggregate->children[0]);
    projections.push_back(std::move(aggregate));
    aggregate = std::move(child);
  }
  aggregate->children[0] = std::move(input);
  aggregate->outputs.clear();
  std::vector<ExpressionPtr> predicates;
  std::vector<LogicalAggregate*> counts;
  for (auto [inner, outer_value] : keys) {
    const ColumnId key = plan_.add_column(
        inner->kind == EKind::kColumn ? plan_.columns[inner->column].name : "key", inner->type);
    aggregate->group_by.push_back(inner->clone());
    aggregate->outputs.push_back(key);
    predicates.push_back(Expression::make_compare(Expression::Comparison::kEqual, column_reference(plan_, key),
                                                  outer_value->clone()));
  }
  for (auto& call : aggregate->aggregates) {
    aggregate->outputs.push_back(call.output);
    if (is_count(call)) counts.push_back(&call);
  }
  LogicalPtr left = std::move(node->children[0]);
  const std::vector<ColumnId> left_outputs = left->outputs;
  LogicalNode& groups = *aggregate;
  LogicalPtr joined = make_join(JoinKind::kLeft, std::move(left), std::move(aggregate), std::move(predicates));
  joined = with_zero_counts(plan_, std::move(joined), counts);
  for (size_t i = 0; i < groups.aggregates.size(); ++i) {
    groups.outputs[keys.size() + i] = groups.aggregates[i].output;
  }
  // The projections, innermost first, now hand on the outer columns, too.
  while (!projections.empty()) {
    LogicalPtr project = std::move(projections.back());
    projections.pop_back();
    for (ColumnId id : left_outputs) {
      project->outputs.push_back(id);
      project->expressions.push_back(column_reference(plan_, id));
    }
    project->children[0] = std::move(joined);
    joined = std::move(project);
  }
  node = as_condition(std::move(joined), *node, left_outputs);
  return true;
}

/// `joined` has each left row once, with the subquery's one row: what the join wanted of it.
LogicalPtr Unnesting::as_condition(LogicalPtr joined, const LogicalNode& join, const std::vector<ColumnId>& left) {
  ExpressionPtr condition = make_conjunction(clone_all(join.predicates));
  switch (join.join) {
    case JoinKind::kInner:
    case JoinKind::kSemi: return make_filter(clone_all(join.predicates), std::move(joined));
    case JoinKind::kAnti:
      return make_filter(list_of(Expression::make_not(make_coalesce_false(std::move(condition)))), std::move(joined));
    case JoinKind::kMark:
      put_mark_on_top(joined, left, join.outputs.back(), std::move(condition));
      return joined;
    default: break;
  }
  if (join.predicates.empty()) return joined;
  const ColumnSet left_set(left);
  LogicalPtr project = make_node(Kind::kProject, joined->outputs);
  for (ColumnId id : project->outputs) {
    ExpressionPtr value = column_reference(plan_, id);
    if (!left_set.contains(id)) {
      value = make_case(list_of(condition->clone(), std::move(value),
                                null_constant(plan_.columns[id].type)));
    }
    project->expressions.push_back(std::move(value));
  }
  project->children.push_back(std::move(joined));
  return project;
}

void Unnesting::with_domain(LogicalPtr& node) {
  Domain domain(plan_, node->children[0], outer_columns(*node).ids(), new_tables_);
  Renaming renaming, same;
  for (ColumnId id : outer_columns(*node).ids()) same[id] = id;
  node->children[1] = domain.push_into(std::move(node->children[1]), renaming);
  for (auto& predicate : domain.equal_domains(same, renaming)) node->predicates.push_back(std::move(predicate));
  node->dependent = false;
  const ColumnId mark = node->join == JoinKind::kMark ? node->outputs.back() : 0;
  if (node->join == JoinKind::kMark) node->outputs = {mark};
  widen_outputs(*node);
}

}  // namespace

void unnest(LogicalPlan& plan) { Unnesting(plan).run(); }

}  // namespace cairn
