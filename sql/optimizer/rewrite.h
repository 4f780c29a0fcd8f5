#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sql/logical_plan.h"

namespace cairn {

// The vocabulary that passes are written in: walking plans, taking conjunctions apart, replacing columns.

/// Calls `visit` with each expression slot of this node alone (predicates, projections, keys, arguments, …).
void for_each_expression_slot(LogicalNode& node, const std::function<void(ExpressionPtr&)>& visit);
void for_each_expression(const LogicalNode& node, const std::function<void(const Expression&)>& visit);

/// Calls `visit` with every subplan's owner, children first: the plans of common tables, then the root.
void for_each_node(LogicalPlan& plan, const std::function<void(LogicalPtr&)>& visit);
void for_each_node_below(LogicalPtr& node, const std::function<void(LogicalPtr&)>& visit);

/// What columns are replaced by; the expressions are cloned at every use.
using Substitution = std::map<ColumnId, const Expression*>;
Substitution substitution_by(const LogicalNode& project);  ///< its outputs: by what computes them
void substitute(ExpressionPtr& expression, const Substitution& substitution);
ExpressionPtr substituted(const Expression& expression, const Substitution& substitution);

/// Columns renamed.
using Renaming = std::map<ColumnId, ColumnId>;
void rename_columns(Expression& expression, const Renaming& renaming);
/// In the node and everything below: outputs and expressions.
void rename_columns(LogicalNode& node, const Renaming& renaming);

/// Takes nested ANDs apart.
void split_conjunction(ExpressionPtr expression, std::vector<ExpressionPtr>& conjuncts);
/// Takes nested ORs apart.
void split_disjunction(ExpressionPtr expression, std::vector<ExpressionPtr>& disjuncts);
/// One expression of them: TRUE where there are none.
ExpressionPtr make_conjunction(std::vector<ExpressionPtr> conjuncts);
ExpressionPtr make_disjunction(std::vector<ExpressionPtr> disjuncts);

std::vector<ExpressionPtr> clone_all(const std::vector<ExpressionPtr>& expressions);

/// Set operations and recursions: outputs are those of the children by position.
bool has_positional_children(const LogicalNode& node);

bool is_true(const Expression& expression);           ///< the constant TRUE
bool is_false_or_null(const Expression& expression);  ///< the constant FALSE or NULL: no row passes it
/// `a = b` (or `a IS NOT DISTINCT FROM b`, where `null_safe` is given and told so).
bool is_equality(const Expression& expression, bool* null_safe = nullptr);
/// Contains a call (or a cast) that some values could make raise an error.
bool may_raise(const Expression& expression);
ExpressionPtr column_reference(const LogicalPlan& plan, ColumnId id);
ExpressionPtr null_constant(const Type& type);

// How often a volatile expression runs shows (is_volatile, exec/plan/expression.h). Passes keep their hands off: conjuncts do
// not pass nodes that have any, nothing is copied that has some below, and columns made by them are not pruned.
/// An expression of this node alone is volatile.
bool is_volatile(const LogicalNode& node);
/// One of the node's, or of a node below it.
bool is_volatile_below(const LogicalNode& node);
/// The columns that the node makes by a volatile expression.
class ColumnSet volatile_outputs(const LogicalNode& node);

LogicalPtr make_node(LogicalNode::Kind kind, std::vector<ColumnId> outputs);
LogicalPtr make_node(LogicalNode::Kind kind, std::vector<ColumnId> outputs, LogicalPtr child);
LogicalPtr make_filter(std::vector<ExpressionPtr> predicates, LogicalPtr child);  ///< the child where there are none
LogicalPtr make_join(JoinKind kind, LogicalPtr left, LogicalPtr right, std::vector<ExpressionPtr> predicates);
/// outputs[i] = renaming of the child's outputs: a projection of plain columns, made of (output, input) pairs.
LogicalPtr make_renaming(const LogicalPlan& plan, const std::vector<std::pair<ColumnId, ColumnId>>& columns,
                         LogicalPtr child);
LogicalPtr make_empty(std::vector<ColumnId> outputs);  ///< no rows

/// Sets the outputs of a filter, sort, limit, window or join to all that is there (pruning narrows them again).
void widen_outputs(LogicalNode& node);
void widen_outputs_below(LogicalNode& node);  ///< the same for the whole subplan, children first

/// A copy of the subplan in which every column that it produces has a new id; `renaming` receives old -> new.
LogicalPtr clone_renamed(LogicalPlan& plan, const LogicalNode& node, Renaming& renaming);
/// The rows of a use of a common table, by a copy of the common table's plan.
LogicalPtr copy_of_common_table(LogicalPlan& plan, const LogicalNode& cte_scan);
/// A copy with the same ids. REQUIRES: only one of the two stays in the plan.
LogicalPtr clone_plan(const LogicalNode& node);

/// Columns that are never NULL in the node's rows, as far as schemas, filters and join kinds tell.
class ColumnSet not_null_columns(const LogicalPlan& plan, const LogicalNode& node);
/// Columns that are not NULL in any row for which the predicate is true.
class ColumnSet null_rejected_columns(const Expression& predicate);
/// Whether the expression can only be NULL where one of its columns is (and none of them can be).
bool is_never_null(const Expression& expression, const ColumnSet& not_null);

}  // namespace cairn
