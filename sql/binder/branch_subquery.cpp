#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/plan_columns.h"
#include "sql/optimizer/rewrite.h"

// Scalar subqueries in branches of CASE and COALESCE. They are joins, which know nothing of branches; so what they
// could raise for rows whose branch is not taken is kept from them: a second row by the join's condition, and what the
// select list computes by computing it in the branch.

namespace cairn {
namespace {

bool has_one_row(const LogicalNode& node) {
  if (node.kind == LogicalNode::Kind::kProject) return has_one_row(*node.children[0]);
  return (node.kind == LogicalNode::Kind::kAggregate && node.group_by.empty()) ||
         (node.kind == LogicalNode::Kind::kValues && node.rows.size() == 1);
}

}  // namespace

void Binder::guard_subqueries(size_t first, const std::vector<ExpressionPtr>& conditions) {
  for (size_t i = first; i < pending_count(); i++) {
    Attachment& attachment = (*level_->pending)[i];
    if (attachment.kind != JoinKind::kSingle || has_one_row(*attachment.plan)) continue;
    for (const ExpressionPtr& condition : conditions) attachment.predicates.push_back(condition->clone());
  }
}

/// The subquery's select list as expressions over what the subquery then puts out instead; none where nothing in it
/// can raise an error.
std::vector<ExpressionPtr> Binder::delayed_columns(LogicalPtr& plan) {
  bool limited = plan->kind == LogicalNode::Kind::kLimit;
  LogicalNode& project = limited ? *plan->children[0] : *plan;
  if (project.kind != LogicalNode::Kind::kProject ||
      std::ranges::none_of(project.expressions, [](const ExpressionPtr& e) { return may_raise(*e); }))
    return {};
  std::vector<ExpressionPtr> delayed = std::move(project.expressions);
  project.expressions.clear();
  project.outputs.clear();
  auto put_out = [&](ExpressionPtr e, std::string name) {
    project.outputs.push_back(add_column(std::move(name), e->type, true));
    project.expressions.push_back(std::move(e));
    return project.outputs.back();
  };
  Renaming renaming;
  const std::vector<ColumnId>& inner = project.children[0]->outputs;
  for (const ExpressionPtr& e : delayed)
    for_each_column(*e, [&](const Expression& column) {
      if (!renaming.contains(column.column) && std::ranges::find(inner, column.column) != inner.end())
        renaming[column.column] = put_out(column.clone(), plan_.columns[column.column].name);
    });
  ColumnId found = put_out(Expression::make_constant(Value::of_boolean(true)), "found");
  if (limited) plan->outputs = project.outputs;
  for (ExpressionPtr& e : delayed) {
    rename_columns(*e, renaming);
    auto value = std::make_unique<Expression>();
    value->kind = Expression::Kind::kCase;
    value->type = e->type;
    value->arguments.push_back(Expression::make_column(found, Type::boolean()));
    value->arguments.push_back(std::move(e));
    e = std::move(value);
  }
  return delayed;
}

}  // namespace cairn
