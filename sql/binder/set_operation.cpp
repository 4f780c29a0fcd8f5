#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/row_numbers.h"
#include "vector/error.h"

// UNION, INTERSECT and EXCEPT, and what tells rows apart.

namespace cairn {
namespace {

/// Where a column is made; LIMIT hands it on, as do, where nothing is compared with it (`whatever_is_between`: it has no
/// type yet), those that sort, number and pick rows. nullptr: it is no expression of the query's own.
struct ColumnMaker {
  LogicalNode* node = nullptr;
  size_t column = 0;
};
ColumnMaker maker_of(LogicalNode& node, ColumnId id, bool whatever_is_between) {
  using Kind = LogicalNode::Kind;
  if (node.kind == Kind::kProject || node.kind == Kind::kValues)
    return {&node, static_cast<size_t>(std::ranges::find(node.outputs, id) - node.outputs.begin())};
  const bool picks = node.kind == Kind::kSort || node.kind == Kind::kFilter || node.kind == Kind::kWindow || node.kind == Kind::kJoin;
  if (node.kind != Kind::kLimit && !(picks && whatever_is_between)) return {};
  for (LogicalPtr& child : node.children)
    if (std::ranges::find(child->outputs, id) != child->outputs.end()) return maker_of(*child, id, whatever_is_between);
  return {};
}

}  // namespace

bool Binder::has_keys_of_its_own(const LogicalNode& node) const {
  return std::ranges::any_of(node.outputs, [&](ColumnId id) { return plan_.columns[id].type == Type::character(); });
}

std::vector<ExpressionPtr> Binder::keys_of(const LogicalNode& node) const {
  std::vector<ExpressionPtr> keys;
  for (ColumnId id : node.outputs) keys.push_back(as_key(Expression::make_column(id, plan_.columns[id].type)));
  return keys;
}

/// DISTINCT. Of CHARs that differ only in the blanks at their end any one is kept, with its blanks.
LogicalPtr Binder::distinct_rows(LogicalPtr node) {
  if (!has_keys_of_its_own(*node)) return make_node(LogicalNode::Kind::kDistinct, std::move(node));
  std::vector<ColumnId> outputs = node->outputs;
  std::vector<ExpressionPtr> keys = keys_of(*node);
  LogicalPtr result = distinct_on_targets(std::move(node), std::move(keys), {});
  result->outputs = std::move(outputs);
  return result;
}

/// DISTINCT ON keeps the first row of every group.
LogicalPtr Binder::distinct_on_targets(LogicalPtr node, std::vector<ExpressionPtr> groups,
                                       std::vector<LogicalSortKey> keys) {
  LogicalPtr numbered = number_rows(plan_, std::move(groups), std::move(keys), std::move(node));
  ExpressionPtr first = Expression::make_compare(
      Expression::Comparison::kEqual, Expression::make_column(numbered->outputs.back(), Type::big_int()),
      Expression::make_constant(Value::of_integer(Type::big_int(), 1)));
  LogicalPtr filter = make_node(LogicalNode::Kind::kFilter, std::move(numbered));
  filter->predicates.push_back(std::move(first));
  return filter;
}

/// Equal rows told apart by a number: what INTERSECT ALL and EXCEPT ALL have to count becomes a set.
LogicalPtr Binder::with_duplicate_numbers(LogicalPtr node) {
  std::vector<ExpressionPtr> keys = keys_of(*node);
  return number_rows(plan_, std::move(keys), {}, std::move(node));
}

BoundQuery Binder::set_operation(const PgQuery__SelectStmt& select, QueryLevel* outer) {
  if (CteEntry* entry = recursive_entry(select)) return recursive_union(select, outer, *entry);
  BoundQuery left = operand(*select.larg, outer);
  RecursionBarrier except{"EXCEPT", barrier_};
  Restore<const RecursionBarrier*> barrier(
      barrier_, select.op == PG_QUERY__SET_OPERATION__SETOP_EXCEPT ? &except : barrier_);
  return unite(select, std::move(left), operand(*select.rarg, outer));
}

/// A side of a set operation: literals of a select list may take the other side's type, those of VALUES are texts.
BoundQuery Binder::operand(const PgQuery__SelectStmt& select, QueryLevel* outer) {
  if (select.n_locking_clause > 0)
    throw Error(sqlstate::kFeatureNotSupported, "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT");
  return query(select, outer, select.n_values_lists == 0);
}

/// Types for columns of literals and parameters, taken from the other side.
void Binder::settle_untyped(LogicalNode& node, const LogicalNode& other) {
  for (size_t i = 0; i < node.outputs.size(); i++) {
    ColumnInfo& column = plan_.columns[node.outputs[i]];
    if (column.type.id != TypeId::kNull) continue;
    const Type& beside = plan_.columns[other.outputs[i]].type;
    const ColumnMaker maker = maker_of(node, node.outputs[i], true);
    ExpressionPtr& made = maker.node->expressions[maker.column];
    made = beside.id == TypeId::kNull ? typed(std::move(made)) : literal_beside(std::move(made), beside);
    column.type = made->type;
  }
}

BoundQuery Binder::unite(const PgQuery__SelectStmt& select, BoundQuery left, BoundQuery right) {
  std::string_view name = select.op == PG_QUERY__SET_OPERATION__SETOP_UNION       ? "UNION"
                          : select.op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ? "INTERSECT"
                                                                                  : "EXCEPT";
  size_t column_count = left.plan->outputs.size();
  if (column_count != right.plan->outputs.size())
    throw Error(sqlstate::kSyntaxError, "each " + std::string(name) + " query must have the same number of columns, not " +
                                            std::to_string(column_count) + " and " +
                                            std::to_string(right.plan->outputs.size()));
  settle_untyped(*left.plan, *right.plan);
  settle_untyped(*right.plan, *left.plan);
  std::vector<Type> types, left_types;
  for (size_t i = 0; i < column_count; i++) {
    const Type& a = plan_.columns[left.plan->outputs[i]].type;
    const Type& b = plan_.columns[right.plan->outputs[i]].type;
    std::optional<Type> common = common_type(a, b);
    if (!common) throw_no_common_type(name, a, b, -1);
    types.push_back(*common);
    left_types.push_back(a);
  }
  LogicalPtr node = make_node(LogicalNode::Kind::kSetOperation);
  node->set_operation = select.op == PG_QUERY__SET_OPERATION__SETOP_UNION       ? LogicalNode::SetOperation::kUnion
                        : select.op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ? LogicalNode::SetOperation::kIntersect
                                                                                : LogicalNode::SetOperation::kExcept;
  bool counts = select.all && node->set_operation != LogicalNode::SetOperation::kUnion;
  node->all = select.all && !counts;
  node->children.push_back(cast_outputs(std::move(left.plan), types, left.names, CastContext::kImplicit));
  node->children.push_back(cast_outputs(std::move(right.plan), types, right.names, CastContext::kImplicit));
  for (size_t i = 0; i < column_count; i++) {
    bool is_nullable = plan_.columns[node->children[0]->outputs[i]].nullable ||
                       plan_.columns[node->children[1]->outputs[i]].nullable;
    node->outputs.push_back(add_column(left.names[i], types[i], is_nullable));
  }
  const bool has_own_keys = has_keys_of_its_own(*node);
  if (node->set_operation == LogicalNode::SetOperation::kUnion)
    return {has_own_keys && !node->all ? unite_by_keys(std::move(node), false) : std::move(node), std::move(left.names)};
  if (has_own_keys) {
    node = unite_by_keys(std::move(node), counts);
  } else if (counts) {
    for (LogicalPtr& child : node->children) child = with_duplicate_numbers(std::move(child));
    node->outputs.push_back(add_column("row_number", Type::big_int(), false));
  }
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(node));
  project->outputs.resize(column_count);
  for (size_t i = 0; i < column_count; i++) {
    ColumnId& id = project->outputs[i];
    const ColumnInfo column = plan_.columns[id];
    // All rows are the left side's: its NUMERICs keep their scale.
    const Type type = column.type.id == TypeId::kDecimal ? as_decimal(left_types[i]) : column.type;
    project->expressions.push_back(cast_to(Expression::make_column(id, column.type), type));
    id = add_column(column.name, type, column.nullable);
  }
  return {std::move(project), std::move(left.names)};
}

/// A set operation over columns whose values are not their own keys.
LogicalPtr Binder::unite_by_keys(LogicalPtr node, bool counts) {
  if (node->set_operation == LogicalNode::SetOperation::kUnion) {
    node->all = true;
    return distinct_rows(std::move(node));
  }
  for (LogicalPtr& child : node->children) child = counts ? with_duplicate_numbers(std::move(child)) : distinct_rows(std::move(child));
  LogicalPtr left = std::move(node->children[0]), right = std::move(node->children[1]);
  std::vector<ExpressionPtr> predicates = keys_of(*left), others = keys_of(*right);
  for (size_t i = 0; i < predicates.size(); i++)
    predicates[i] = Expression::make_compare(Expression::Comparison::kNotDistinct, std::move(predicates[i]), std::move(others[i]));
  const bool intersects = node->set_operation == LogicalNode::SetOperation::kIntersect;
  LogicalPtr kept = make_join(intersects ? JoinKind::kSemi : JoinKind::kAnti, std::move(left), std::move(right), std::move(predicates));
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(kept));
  for (size_t i = 0; i < node->outputs.size(); i++)
    project->expressions.push_back(Expression::make_column(project->outputs[i], plan_.columns[project->outputs[i]].type));
  project->outputs = std::move(node->outputs);
  return project;
}

LogicalPtr Binder::cast_outputs(LogicalPtr node, const std::vector<Type>& types, const std::vector<std::string>& names,
                                CastContext context) {
  // Where the columns are made right here, they are made in the right type.
  for (size_t i = 0; i < types.size(); i++) {
    ColumnInfo& column = plan_.columns[node->outputs[i]];
    if (column.type == types[i]) continue;
    const ColumnMaker maker = maker_of(*node, node->outputs[i], column.type.id == TypeId::kNull);
    if (maker.node == nullptr) continue;
    const auto convert = [&](ExpressionPtr& made) { made = exactly_of(coerce(std::move(made), types[i], context), types[i]); };
    if (maker.node->kind == LogicalNode::Kind::kProject) {
      convert(maker.node->expressions[maker.column]);
    } else {
      for (auto& row : maker.node->rows) convert(row[maker.column]);
    }
    column.type = types[i];
  }
  bool fits = true;
  for (size_t i = 0; i < types.size(); i++) fits = fits && plan_.columns[node->outputs[i]].type == types[i];
  if (fits) return node;
  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(node));
  for (size_t i = 0; i < types.size(); i++) {
    ColumnId from = project->outputs[i];
    ColumnInfo column = plan_.columns[from];
    project->expressions.push_back(exactly_of(coerce(Expression::make_column(from, column.type), types[i], context), types[i]));
    project->outputs[i] = add_column(names[i], types[i], column.nullable);
  }
  return project;
}

}  // namespace cairn
