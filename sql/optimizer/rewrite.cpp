#include "sql/optimizer/rewrite.h"

#include <cassert>

#include "exec/functions/function.h"
#include "sql/optimizer/column_set.h"
#include "vector/error.h"

namespace cairn {

void for_each_expression_slot(LogicalNode& node, const std::function<void(ExpressionPtr&)>& visit) {
  for (auto& e : node.predicates) visit(e);
  for (auto& row : node.rows) {
    for (auto& e : row) visit(e);
  }
  for (auto& e : node.expressions) visit(e);
  for (auto& e : node.group_by) visit(e);
  for (auto& aggregate : node.aggregates) {
    for (auto& e : aggregate.arguments) visit(e);
    if (aggregate.filter) visit(aggregate.filter);
    for (auto& key : aggregate.order_by) visit(key.first);
  }
  for (auto& key : node.sort_keys) visit(key.expression);
  if (node.limit) visit(node.limit);
  if (node.offset) visit(node.offset);
  for (auto& e : node.partition_by) visit(e);
  for (auto& window : node.window_calls) {
    for (auto& e : window.call.arguments) visit(e);
    for (ExpressionPtr* e : {&window.call.filter, &window.start_size, &window.end_size, &window.range_key,
                             &window.start_value, &window.end_value}) {
      if (*e) visit(*e);
    }
  }
}

void for_each_expression(const LogicalNode& node, const std::function<void(const Expression&)>& visit) {
  for_each_expression_slot(const_cast<LogicalNode&>(node), [&](ExpressionPtr& e) { visit(*e); });
}

void for_each_node_below(LogicalPtr& node, const std::function<void(LogicalPtr&)>& visit) {
  for (auto& child : node->children) for_each_node_below(child, visit);
  visit(node);
}

void for_each_node(LogicalPlan& plan, const std::function<void(LogicalPtr&)>& visit) {
  check_interrupted(plan.interrupted);
  for (auto& table : plan.common_tables) {
    if (table->plan) for_each_node_below(table->plan, visit);
  }
  if (plan.root) for_each_node_below(plan.root, visit);
}

Substitution substitution_by(const LogicalNode& project) {
  Substitution substitution;
  for (size_t i = 0; i < project.outputs.size(); ++i) substitution[project.outputs[i]] = project.expressions[i].get();
  return substitution;
}

void substitute(ExpressionPtr& expression, const Substitution& substitution) {
  if (expression->kind == Expression::Kind::kColumn) {
    if (auto found = substitution.find(expression->column); found != substitution.end()) {
      expression = found->second->clone();
    }
    return;
  }
  for (auto& argument : expression->arguments) substitute(argument, substitution);
}

ExpressionPtr substituted(const Expression& expression, const Substitution& substitution) {
  ExpressionPtr copy = expression.clone();
  substitute(copy, substitution);
  return copy;
}

void rename_columns(Expression& expression, const Renaming& renaming) {
  if (expression.kind == Expression::Kind::kColumn) {
    if (auto found = renaming.find(expression.column); found != renaming.end()) expression.column = found->second;
  }
  for (auto& argument : expression.arguments) rename_columns(*argument, renaming);
}

void rename_columns(LogicalNode& node, const Renaming& renaming) {
  for (auto& child : node.children) rename_columns(*child, renaming);
  for_each_expression_slot(node, [&](ExpressionPtr& e) { rename_columns(*e, renaming); });
  auto rename = [&](ColumnId& id) {
    if (auto found = renaming.find(id); found != renaming.end()) id = found->second;
  };
  for (ColumnId& id : node.outputs) rename(id);
  for (auto& aggregate : node.aggregates) rename(aggregate.output);
  for (auto& window : node.window_calls) rename(window.call.output);
}

void split_conjunction(ExpressionPtr expression, std::vector<ExpressionPtr>& conjuncts) {
  if (expression->kind != Expression::Kind::kAnd) {
    conjuncts.push_back(std::move(expression));
    return;
  }
  for (auto& argument : expression->arguments) split_conjunction(std::move(argument), conjuncts);
}

void split_disjunction(ExpressionPtr expression, std::vector<ExpressionPtr>& disjuncts) {
  if (expression->kind != Expression::Kind::kOr) {
    disjuncts.push_back(std::move(expression));
    return;
  }
  for (auto& argument : expression->arguments) split_disjunction(std::move(argument), disjuncts);
}

ExpressionPtr make_conjunction(std::vector<ExpressionPtr> conjuncts) {
  if (conjuncts.empty()) return Expression::make_constant(Value::of_boolean(true));
  if (conjuncts.size() == 1) return std::move(conjuncts[0]);
  return Expression::make_and(std::move(conjuncts));
}

ExpressionPtr make_disjunction(std::vector<ExpressionPtr> disjuncts) {
  if (disjuncts.empty()) return Expression::make_constant(Value::of_boolean(false));
  if (disjuncts.size() == 1) return std::move(disjuncts[0]);
  return Expression::make_or(std::move(disjuncts));
}

std::vector<ExpressionPtr> clone_all(const std::vector<ExpressionPtr>& expressions) {
  std::vector<ExpressionPtr> copies;
  copies.reserve(expressions.size());
  for (const auto& e : expressions) copies.push_back(e->clone());
  return copies;
}

bool has_positional_children(const LogicalNode& node) {
  return node.kind == LogicalNode::Kind::kSetOperation || node.kind == LogicalNode::Kind::kRecursion;
}

bool is_true(const Expression& e) {
  return e.kind == Expression::Kind::kConstant && !e.value.null && e.value.integer != 0;
}

bool is_false_or_null(const Expression& e) {
  return e.kind == Expression::Kind::kConstant && (e.value.null || e.value.integer == 0);
}

bool is_equality(const Expression& e, bool* null_safe) {
  if (e.kind != Expression::Kind::kCompare) return false;
  const bool distinct = e.comparison == Expression::Comparison::kNotDistinct;
  if (null_safe != nullptr) *null_safe = distinct;
  return e.comparison == Expression::Comparison::kEqual || (distinct && null_safe != nullptr);
}

namespace {

bool call_may_raise(const Expression& call) {
  if (call.function == nullptr) return true;
  std::vector<ValueRange> ranges;
  std::vector<Type> types;
  for (const auto& argument : call.arguments) {
    const Value& value = argument->value;
    const bool known = argument->kind == Expression::Kind::kConstant && !value.null && value.type.is_integral();
    ranges.push_back(known ? ValueRange{value.integer, value.integer} : ValueRange{});
    types.push_back(argument->type);
  }
  return may_raise(*call.function, ranges, types);
}

}  // namespace

bool may_raise(const Expression& e) {
  if (e.kind == Expression::Kind::kCast) return true;
  if (e.kind == Expression::Kind::kCall && call_may_raise(e)) return true;
  for (const auto& argument : e.arguments) {
    if (may_raise(*argument)) return true;
  }
  return false;
}

bool is_volatile(const LogicalNode& node) {
  bool found = false;
  for_each_expression(node, [&](const Expression& e) { found = found || is_volatile(e); });
  return found;
}

bool is_volatile_below(const LogicalNode& node) {
  return is_volatile(node) || std::any_of(node.children.begin(), node.children.end(),
                                          [](const LogicalPtr& child) { return is_volatile_below(*child); });
}

ColumnSet volatile_outputs(const LogicalNode& node) {
  ColumnSet columns;
  for (size_t i = 0; i < node.expressions.size(); ++i) {
    if (is_volatile(*node.expressions[i])) columns.insert(node.outputs[i]);
  }
  for (const auto& row : node.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (is_volatile(*row[i])) columns.insert(node.outputs[i]);
    }
  }
  for (const LogicalAggregate& call : node.aggregates) {
    bool found = call.filter && is_volatile(*call.filter);
    for (const auto& argument : call.arguments) found = found || is_volatile(*argument);
    for (const auto& [key, order] : call.order_by) found = found || is_volatile(*key);
    if (found) columns.insert(call.output);
  }
  return columns;
}

ExpressionPtr column_reference(const LogicalPlan& plan, ColumnId id) {
  return Expression::make_column(id, plan.columns[id].type);
}

ExpressionPtr null_constant(const Type& type) { return Expression::make_constant(Value::null_of(type)); }

LogicalPtr make_node(LogicalNode::Kind kind, std::vector<ColumnId> outputs) {
  auto node = std::make_unique<LogicalNode>();
  node->kind = kind;
  node->outputs = std::move(outputs);
  return node;
}

LogicalPtr make_node(LogicalNode::Kind kind, std::vector<ColumnId> outputs, LogicalPtr child) {
  LogicalPtr node = make_node(kind, std::move(outputs));
  node->children.push_back(std::move(child));
  return node;
}

LogicalPtr make_filter(std::vector<ExpressionPtr> predicates, LogicalPtr child) {
  if (predicates.empty()) return child;
  LogicalPtr node = make_node(LogicalNode::Kind::kFilter, child->outputs);
  node->predicates = std::move(predicates);
  node->children.push_back(std::move(child));
  return node;
}

LogicalPtr make_join(JoinKind kind, LogicalPtr left, LogicalPtr right, std::vector<ExpressionPtr> predicates) {
  assert(kind != JoinKind::kMark);  // its mark column cannot be told here
  LogicalPtr node = make_node(LogicalNode::Kind::kJoin, {});
  node->join = kind;
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  node->predicates = std::move(predicates);
  node->outputs = available_columns(*node);
  return node;
}

LogicalPtr make_renaming(const LogicalPlan& plan, const std::vector<std::pair<ColumnId, ColumnId>>& columns,
                         LogicalPtr child) {
  LogicalPtr node = make_node(LogicalNode::Kind::kProject, {}, std::move(child));
  for (auto [output, input] : columns) {
    node->outputs.push_back(output);
    node->expressions.push_back(column_reference(plan, input));
  }
  return node;
}

LogicalPtr make_empty(std::vector<ColumnId> outputs) {
  return make_node(LogicalNode::Kind::kValues, std::move(outputs));
}

void widen_outputs(LogicalNode& node) { node.outputs = available_columns(node); }

void widen_outputs_below(LogicalNode& node) {
  for (auto& child : node.children) widen_outputs_below(*child);
  widen_outputs(node);
}

}  // namespace cairn
