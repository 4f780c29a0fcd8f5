#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/plan_columns.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// The operator whose truth is this one's falsehood; the same NULLs.
std::string_view negated(std::string_view op) {
  if (op == "=") return "<>";
  if (op == "<>" || op == "!=") return "=";
  if (op == "<") return ">=";
  if (op == "<=") return ">";
  if (op == ">") return "<=";
  if (op == ">=") return "<";
  return "";
}

std::string_view operator_name(const PgQuery__SubLink& link) {
  std::string_view name = pg::last_name(link.oper_name, link.n_oper_name);
  return name.empty() ? "=" : name;  // IN has none
}

}  // namespace

void Binder::conjuncts(const pg::Node& node, QueryLevel& level, Conjunction& result) {
  level.pending = &result.pending;
  if (node.node_case == PG_QUERY__NODE__NODE_BOOL_EXPR) {
    const PgQuery__BoolExpr& syntax = *node.bool_expr;
    if (syntax.boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
      for (const pg::Node* part : pg::list(syntax.args, syntax.n_args)) conjuncts(*part, level, result);
      return;
    }
    if (syntax.boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR &&
        syntax.args[0]->node_case == PG_QUERY__NODE__NODE_SUB_LINK &&
        filter_sublink(*syntax.args[0]->sub_link, true, result))
      return;
  }
  if (node.node_case == PG_QUERY__NODE__NODE_SUB_LINK && filter_sublink(*node.sub_link, false, result)) return;
  ExpressionPtr predicate = boolean(node, to_string(level.clause));
  if (predicate->kind != Expression::Kind::kAnd) {
    result.predicates.push_back(std::move(predicate));
  } else {  // BETWEEN is two conditions
    for (ExpressionPtr& part : predicate->arguments) result.predicates.push_back(std::move(part));
  }
}

/// EXISTS and IN as whole conjuncts keep or drop rows: semi and anti joins. Not taken (false): what needs three-valued
/// logic, because NOT IN over NULLs neither keeps nor rejects by a match alone.
bool Binder::filter_sublink(const PgQuery__SubLink& link, bool negate, Conjunction& result) {
  bool exists = link.sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK;
  if (!exists && link.sub_link_type != PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK) return false;
  Attachment attachment;
  attachment.kind = negate ? JoinKind::kAnti : JoinKind::kSemi;
  BoundQuery bound = subquery(*link.subselect);
  if (!exists) {
    attachment.predicates = quantified_predicates(link, operator_name(link), *bound.plan);
    bool three_valued = std::ranges::any_of(attachment.predicates, [&](const ExpressionPtr& e) { return nullable(*e); });
    if (negate && three_valued) {
      attachment.kind = JoinKind::kMark;
      attachment.mark = add_column("in", Type::boolean(), true);
      attachment.plan = std::move(bound.plan);
      result.predicates.push_back(
          Expression::make_not(Expression::make_column(attachment.mark, Type::boolean())));
      level_->pending->push_back(std::move(attachment));
      return true;
    }
  }
  attachment.plan = std::move(bound.plan);
  result.filters.push_back(std::move(attachment));
  return true;
}

std::vector<ExpressionPtr> Binder::quantified_predicates(const PgQuery__SubLink& link, std::string_view op,
                                                         const LogicalNode& plan) {
  std::vector<ExpressionPtr> left, right;
  if (is_row(*link.testexpr)) {
    left = row(*link.testexpr);
  } else {
    left.push_back(expression(*link.testexpr));
  }
  if (left.size() != plan.outputs.size())
    throw Error(sqlstate::kSyntaxError, std::string("subquery has too ") +
                                            (left.size() < plan.outputs.size() ? "many" : "few") + " columns: expected " +
                                            std::to_string(left.size()) + ", found " +
                                            std::to_string(plan.outputs.size())).at(link.location);
  for (ColumnId id : plan.outputs) right.push_back(Expression::make_column(id, plan_.columns[id].type));
  std::vector<ExpressionPtr> predicates;
  std::optional<Expression::Comparison> comparison = comparison_of(op);
  if (comparison != Expression::Comparison::kEqual &&
      std::ranges::any_of(left, [](const ExpressionPtr& e) { return is_volatile(*e); }))
    throw_unsupported("a volatile function compared with ANY or ALL rows", link.location);
  if (!comparison) {
    if (left.size() != 1) throw_unsupported("operator " + std::string(op) + " over rows", link.location);
    predicates.push_back(binary(op, std::move(left[0]), std::move(right[0]), link.location));
    if (predicates[0]->type.id != TypeId::kBoolean)
      throw Error(sqlstate::kWrongObjectType, "op ANY/ALL requires operator to yield boolean").at(link.location);
  } else if (*comparison == Expression::Comparison::kEqual) {
    for (size_t i = 0; i < left.size(); i++)
      predicates.push_back(compare(*comparison, std::move(left[i]), std::move(right[i]), link.location));
  } else {
    predicates.push_back(compare_rows(*comparison, std::move(left), std::move(right), link.location));
  }
  return predicates;
}

void Binder::check_subquery_allowed(int position) {
  if (level_ == nullptr || level_->pending == nullptr)
    throw_unsupported("a subquery in " + std::string(level_ == nullptr ? "this place" : to_string(level_->clause)), position);
}

BoundQuery Binder::subquery(const pg::Node& subselect) {
  RecursionBarrier here{"a subquery", barrier_};
  Restore<const RecursionBarrier*> barrier(barrier_, &here);
  return query(*subselect.select_stmt, level_, false);
}

std::vector<ExpressionPtr> Binder::scalar_subquery(const pg::Node& subselect, int position) {
  check_subquery_allowed(position);
  Attachment attachment;
  attachment.kind = JoinKind::kSingle;
  BoundQuery bound = subquery(subselect);
  if (!bound.names.empty()) subquery_names_[&subselect] = bound.names[0];
  attachment.plan = std::move(bound.plan);
  std::vector<ExpressionPtr> columns;
  if (level_->inside_branch) columns = delayed_columns(attachment.plan);
  if (columns.empty())
    for (ColumnId id : attachment.plan->outputs) columns.push_back(Expression::make_column(id, plan_.columns[id].type));
  for (ExpressionPtr& column : columns) column->position = position;
  for (ColumnId id : attachment.plan->outputs) plan_.columns[id].nullable = true;  // no row gives NULL
  level_->pending->push_back(std::move(attachment));
  return columns;
}

ExpressionPtr Binder::sublink(const PgQuery__SubLink& link) {
  check_subquery_allowed(link.location);
  Attachment attachment;
  attachment.kind = JoinKind::kMark;
  switch (link.sub_link_type) {
    case PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK: {
      std::vector<ExpressionPtr> columns = scalar_subquery(*link.subselect, link.location);
      if (columns.size() != 1)
        throw Error(sqlstate::kSyntaxError, "subquery must return only one column, not " +
                                                std::to_string(columns.size())).at(link.location);
      return std::move(columns[0]);
    }
    case PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK:
      attachment.plan = subquery(*link.subselect).plan;
      attachment.mark = add_column("exists", Type::boolean(), false);
      break;
    case PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK:
    case PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK: {
      bool all = link.sub_link_type == PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK;
      attachment.plan = subquery(*link.subselect).plan;
      // x op ALL (q) is NOT (x negated-op ANY (q)), NULLs included.
      std::string_view op = operator_name(link);
      if (all && negated(op).empty()) throw_unsupported("operator " + std::string(op) + " with ALL", link.location);
      attachment.predicates = quantified_predicates(link, all ? negated(op) : op, *attachment.plan);
      bool is_nullable =
          std::ranges::any_of(attachment.predicates, [&](const ExpressionPtr& e) { return nullable(*e); });
      attachment.mark = add_column(all ? "all" : "any", Type::boolean(), is_nullable);
      ExpressionPtr mark = Expression::make_column(attachment.mark, Type::boolean());
      mark->position = link.location;
      level_->pending->push_back(std::move(attachment));
      return all ? Expression::make_not(std::move(mark)) : std::move(mark);
    }
    case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK: throw_unsupported("ARRAY(subquery)", link.location);
    default: throw_unsupported("this kind of subquery", link.location);
  }
  ExpressionPtr mark = Expression::make_column(attachment.mark, Type::boolean());
  mark->position = link.location;
  level_->pending->push_back(std::move(attachment));
  return mark;
}

LogicalPtr Binder::attach(LogicalPtr node, std::vector<Attachment> attachments) {
  for (Attachment& attachment : attachments) {
    node = make_join(attachment.kind, std::move(node), std::move(attachment.plan), std::move(attachment.predicates));
    if (attachment.kind == JoinKind::kMark) node->outputs.push_back(attachment.mark);
  }
  return node;
}

LogicalPtr Binder::apply(LogicalPtr node, Conjunction conjunction) {
  node = attach(std::move(node), std::move(conjunction.pending));
  if (!conjunction.predicates.empty()) {
    node = make_node(LogicalNode::Kind::kFilter, std::move(node));
    node->predicates = std::move(conjunction.predicates);
  }
  return attach(std::move(node), std::move(conjunction.filters));
}

}  // namespace cairn
