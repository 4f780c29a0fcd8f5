#include "sql/physical/physical_planner.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "exec/evaluation/expression_evaluator.h"
#include "sql/optimizer/rewrite.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// Stands for a column that nothing names: computed ones, and the column of a row without columns.
constexpr ColumnId kNoColumn = UINT32_MAX;

int64_t row_number(const Expression* expression, int64_t otherwise, std::string_view clause) {
  if (expression == nullptr) return otherwise;
  const Value value = expression->kind == Expression::Kind::kConstant ? expression->value
                                                                      : evaluate_constant(*expression);
  if (value.null) return otherwise;
  if (value.integer < 0) {
    throw Error(sqlstate::kInvalidParameterValue, std::string(clause) + " must not be negative, but it is " +
                                                      value.to_string());
  }
  return value.integer > INT64_MAX ? INT64_MAX : static_cast<int64_t>(value.integer);
}

}  // namespace

PlannedNode PhysicalPlanner::make(PlanNode::Kind kind, std::vector<PlanPtr> children, std::vector<ColumnId> columns,
                                  double estimated_rows) const {
  auto node = std::make_shared<PlanNode>();
  node->kind = kind;
  node->children = std::move(children);
  node->estimated_rows = estimated_rows;
  for (ColumnId id : columns) {
    node->types.push_back(id == kNoColumn ? Type::boolean() : plan_.columns[id].type);
    node->names.push_back(id == kNoColumn ? std::string() : plan_.columns[id].name);
  }
  return {std::move(node), std::move(columns)};
}

ExpressionPtr PhysicalPlanner::resolve(const Expression& expression, const std::vector<ColumnId>& columns) {
  Renaming positions;
  for (ColumnId id : columns_of(expression).ids()) {
    const auto found = std::find(columns.begin(), columns.end(), id);
    if (found == columns.end()) {
      throw Error(sqlstate::kInternalError, "the plan names column #" + std::to_string(id) +
                                                " where it is not produced: " + expression.to_string());
    }
    positions[id] = static_cast<ColumnId>(found - columns.begin());
  }
  ExpressionPtr copy = expression.clone();
  rename_columns(*copy, positions);
  return copy;
}

std::vector<ExpressionPtr> PhysicalPlanner::resolve_all(const std::vector<ExpressionPtr>& expressions,
                                                        const std::vector<ColumnId>& columns) {
  std::vector<ExpressionPtr> resolved;
  for (const auto& e : expressions) resolved.push_back(resolve(*e, columns));
  return resolved;
}

PlannedNode PhysicalPlanner::narrowed(PlannedNode input, const std::vector<ColumnId>& columns) const {
  if (input.columns == columns) return input;
  const double rows = input.node->estimated_rows;
  PlannedNode project = make(PlanNode::Kind::kProject, {input.node}, columns, rows);
  for (ColumnId id : columns) {
    project.node->expressions.push_back(resolve(*column_reference(plan_, id), input.columns));
  }
  return project;
}

PlannedNode PhysicalPlanner::narrowed_to_used(PlannedNode input, const ColumnSet& wanted) const {
  std::vector<ColumnId> kept;
  for (ColumnId id : input.columns) {
    if (id != kNoColumn && wanted.contains(id)) kept.push_back(id);
  }
  if (kept.empty()) {
    if (input.columns.size() <= 1 || input.columns[0] == kNoColumn) return input;
    kept.push_back(input.columns[0]);
  }
  return narrowed(std::move(input), kept);
}

PlannedNode PhysicalPlanner::with_column(PlannedNode input) const {
  if (!input.columns.empty()) return input;
  PlannedNode project = make(PlanNode::Kind::kProject, {input.node}, {kNoColumn}, input.node->estimated_rows);
  project.node->expressions.push_back(Expression::make_constant(Value::of_boolean(true)));
  return project;
}

PlannedNode PhysicalPlanner::with_expressions(PlannedNode input, const std::vector<const Expression*>& expressions,
                                              std::vector<uint32_t>& positions) const {
  std::vector<const Expression*> computed;
  positions.clear();
  for (const Expression* e : expressions) {
    if (e->kind == Expression::Kind::kColumn) {
      positions.push_back(resolve(*e, input.columns)->column);
      continue;
    }
    auto known = std::find_if(computed.begin(), computed.end(), [&](const auto* other) { return other->equals(*e); });
    positions.push_back(static_cast<uint32_t>(input.columns.size() + static_cast<size_t>(known - computed.begin())));
    if (known == computed.end()) computed.push_back(e);
  }
  if (computed.empty()) return input;
  std::vector<ColumnId> columns = input.columns;
  columns.resize(input.columns.size() + computed.size(), kNoColumn);
  PlannedNode project = make(PlanNode::Kind::kProject, {input.node}, std::move(columns), input.node->estimated_rows);
  for (uint32_t i = 0; i < input.columns.size(); ++i) {
    project.node->types[i] = input.node->types[i];
    project.node->expressions.push_back(Expression::make_column(i, input.node->types[i]));
  }
  for (size_t i = 0; i < computed.size(); ++i) {
    project.node->types[input.columns.size() + i] = computed[i]->type;
    project.node->expressions.push_back(resolve(*computed[i], input.columns));
  }
  return project;
}

PlannedNode PhysicalPlanner::grouped_by_all(PlannedNode input, double estimated_rows) const {
  input = with_column(std::move(input));  // else no row would make a group
  PlannedNode aggregate = make(PlanNode::Kind::kAggregate, {input.node}, input.columns, estimated_rows);
  for (uint32_t i = 0; i < input.columns.size(); ++i) aggregate.node->groups.push_back(i);
  return aggregate;
}

PlannedNode PhysicalPlanner::build_scan(const LogicalNode& node) {
  PlannedNode scan = make(PlanNode::Kind::kScan, {}, node.outputs, rows_of(node));
  scan.node->table = node.table;
  scan.node->scan_columns = node.scan_columns;
  scan.node->predicates = resolve_all(node.predicates, scan.columns);
  return scan;
}

PlannedNode PhysicalPlanner::build_values(const LogicalNode& node) {
  std::vector<ColumnId> columns = node.outputs;
  if (columns.empty()) columns.push_back(kNoColumn);
  PlannedNode values = make(PlanNode::Kind::kValues, {}, std::move(columns), static_cast<double>(node.rows.size()));
  for (const auto& row : node.rows) {
    std::vector<ExpressionPtr> resolved = resolve_all(row, {});
    if (node.outputs.empty()) resolved.push_back(Expression::make_constant(Value::of_boolean(true)));
    values.node->rows.push_back(std::move(resolved));
  }
  return values;
}

PlannedNode PhysicalPlanner::build_filter(const LogicalNode& node) {
  const PlannedNode child = build(*node.children[0]);
  PlannedNode filter = make(PlanNode::Kind::kFilter, {child.node}, child.columns, rows_of(node));
  filter.node->types = child.node->types;
  filter.node->predicates = resolve_all(node.predicates, child.columns);
  return filter;
}

PlannedNode PhysicalPlanner::build_project(const LogicalNode& node) {
  const PlannedNode child = build(*node.children[0]);
  const bool same = node.outputs.size() == child.columns.size() &&
                    std::equal(node.expressions.begin(), node.expressions.end(), child.columns.begin(),
                               [](const ExpressionPtr& e, ColumnId id) {
                                 return e->kind == Expression::Kind::kColumn && e->column == id;
                               });
  if (same) return {child.node, node.outputs};
  PlannedNode project = make(PlanNode::Kind::kProject, {child.node}, node.outputs, child.node->estimated_rows);
  project.node->expressions = resolve_all(node.expressions, child.columns);
  for (size_t i = 0; i < node.expressions.size(); ++i) project.node->types[i] = node.expressions[i]->type;
  return project;
}

PlannedNode PhysicalPlanner::build_sort(const LogicalNode& node) {
  ColumnSet used(node.outputs);
  used.insert(columns_used_by(node));
  PlannedNode child = narrowed_to_used(build(*node.children[0]), used);
  std::vector<const Expression*> keys;
  for (const auto& key : node.sort_keys) keys.push_back(key.expression.get());
  std::vector<uint32_t> positions;
  child = with_expressions(std::move(child), keys, positions);
  PlannedNode sort = make(PlanNode::Kind::kSort, {child.node}, child.columns, rows_of(node));
  sort.node->types = child.node->types;
  for (size_t i = 0; i < positions.size(); ++i) {
    const SortKey key{positions[i], node.sort_keys[i].descending, node.sort_keys[i].nulls_first};
    const bool known = std::any_of(sort.node->sort_keys.begin(), sort.node->sort_keys.end(),
                                   [&](const SortKey& earlier) { return earlier.column == key.column; });
    if (!known) sort.node->sort_keys.push_back(key);
  }
  return sort;
}

PlannedNode PhysicalPlanner::build_limit(const LogicalNode& node) {
  const int64_t limit = row_number(node.limit.get(), -1, "LIMIT");
  const int64_t offset = row_number(node.offset.get(), 0, "OFFSET");
  feeds_limit_ = feeds_limit_ || limit >= 0;
  PlannedNode child = build(*node.children[0]);
  if (limit < 0 && offset == 0) return child;
  const double rows = std::min(rows_of(node), child.node->estimated_rows);
  PlanNode& below = *child.node;
  // A sort keeps no rows that are cut; under a limit, they are few: a top-N.
  if (below.kind == PlanNode::Kind::kSort && below.limit < 0 && below.offset == 0) {
    below.limit = limit;
    below.offset = offset;
    below.estimated_rows = rows;
    return child;
  }
  PlannedNode result = make(PlanNode::Kind::kLimit, {child.node}, child.columns, rows);
  result.node->types = child.node->types;
  result.node->limit = limit;
  result.node->offset = offset;
  return result;
}

PlannedNode PhysicalPlanner::build_table_function(const LogicalNode& node) {
  PlannedNode source = make(PlanNode::Kind::kTableFunction, {}, node.outputs, rows_of(node));
  source.node->function_source = node.function_source;
  return source;
}

PlannedNode PhysicalPlanner::materialized(PlannedNode input) const {
  PlannedNode kept = make(PlanNode::Kind::kMaterialize, {input.node}, input.columns, input.node->estimated_rows);
  kept.node->types = input.node->types;
  return kept;
}

namespace {

/// Whether the plan, or a common table that it uses, reads the working table.
bool reads(const LogicalNode& node, const WorkingTable* table) {
  if (node.kind == LogicalNode::Kind::kWorkingTable && node.working_table.get() == table) return true;
  if (node.kind == LogicalNode::Kind::kCteScan && node.cte->plan && reads(*node.cte->plan, table)) return true;
  return std::ranges::any_of(node.children, [&](const LogicalPtr& child) { return reads(*child, table); });
}

/// Nodes that hand on their first child's rows as they come.
bool passes_rows_on(const LogicalNode& node) {
  using Kind = LogicalNode::Kind;
  return node.kind == Kind::kFilter || node.kind == Kind::kProject || node.kind == Kind::kLimit ||
         node.kind == Kind::kJoin || node.kind == Kind::kRecursion || node.kind == Kind::kCteScan ||
         (node.kind == Kind::kSetOperation && node.all);
}

/// Rows of a recursion come out as they are made, which may have no end.
bool streams_recursion(const LogicalNode& node) {
  if (node.kind == LogicalNode::Kind::kRecursion) return true;
  if (node.kind == LogicalNode::Kind::kCteScan) return streams_recursion(*node.cte->plan);
  return passes_rows_on(node) && std::ranges::any_of(node.children, [](const LogicalPtr& child) {
    return streams_recursion(*child);
  });
}

}  // namespace

PlannedNode PhysicalPlanner::build_cte_scan(const LogicalNode& node) {
  const LogicalNode& plan = *node.cte->plan;
  auto found = common_tables_.find(node.cte.get());
  if (found == common_tables_.end() && feeds_limit_ && streams_recursion(plan) && !is_volatile_below(plan)) {
    return {narrowed(build(plan), plan.outputs).node, node.outputs};
  }
  feeds_limit_ = false;
  if (found == common_tables_.end()) {
    found = common_tables_.emplace(node.cte.get(), materialized(narrowed(build(plan), plan.outputs))).first;
  }
  return {found->second.node, node.outputs};
}

PlannedNode PhysicalPlanner::build_recursion(const LogicalNode& node) {
  const bool streams = std::exchange(feeds_limit_, false);
  PlannedNode base = materialized(narrowed(build(*node.children[0]), node.children[0]->outputs));
  const uint32_t number = ++recursion_count_;
  const auto outer = recursions_;
  recursions_[node.working_table.get()] = number;
  PlannedNode step = materialized(narrowed(build(*node.children[1]), node.children[1]->outputs));
  recursions_ = outer;
  // Another copy of this recursion has rounds of its own.
  std::erase_if(common_tables_, [&](const auto& table) { return reads(*table.first->plan, node.working_table.get()); });
  PlannedNode result =
      make(PlanNode::Kind::kRecursion, {base.node, step.node}, node.outputs, rows_of(node));
  result.node->recursion = number;
  result.node->distinct = !node.all;
  return streams ? result : materialized(std::move(result));
}

PlannedNode PhysicalPlanner::build_working_table(const LogicalNode& node) {
  PlannedNode source = make(PlanNode::Kind::kWorkingTable, {}, node.outputs, rows_of(node));
  source.node->recursion = recursions_.at(node.working_table.get());
  return source;
}

PlannedNode PhysicalPlanner::build(const LogicalNode& node) {
  check_interrupted(plan_.interrupted);
  const bool feeds_limit = feeds_limit_;
  feeds_limit_ = feeds_limit && passes_rows_on(node);
  PlannedNode result = build_kind(node);
  feeds_limit_ = feeds_limit;
  return result;
}

PlannedNode PhysicalPlanner::build_kind(const LogicalNode& node) {
  switch (node.kind) {
    case LogicalNode::Kind::kScan: return build_scan(node);
    case LogicalNode::Kind::kValues: return build_values(node);
    case LogicalNode::Kind::kFilter: return build_filter(node);
    case LogicalNode::Kind::kProject: return build_project(node);
    case LogicalNode::Kind::kAggregate: return build_aggregate(node);
    case LogicalNode::Kind::kJoin: return build_join(node);
    case LogicalNode::Kind::kSort: return build_sort(node);
    case LogicalNode::Kind::kLimit: return build_limit(node);
    case LogicalNode::Kind::kDistinct: return build_distinct(node);
    case LogicalNode::Kind::kSetOperation: return build_set_operation(node);
    case LogicalNode::Kind::kCteScan: return build_cte_scan(node);
    case LogicalNode::Kind::kTableFunction: return build_table_function(node);
    case LogicalNode::Kind::kRecursion: return build_recursion(node);
    case LogicalNode::Kind::kWorkingTable: return build_working_table(node);
    case LogicalNode::Kind::kWindow: return build_window(node);
  }
  throw Error(sqlstate::kInternalError, "a logical operator of unknown kind");
}

PlanPtr PhysicalPlanner::run() {
  PlannedNode result = narrowed(build(*plan_.root), plan_.root->outputs);
  // A node that is shared (or already named for its inner use) keeps its names; the root alone bears the result's.
  if (result.node->kind == PlanNode::Kind::kMaterialize) {
    std::vector<ExpressionPtr> same;
    PlannedNode copy = make(PlanNode::Kind::kProject, {result.node}, result.columns, result.node->estimated_rows);
    for (uint32_t i = 0; i < result.columns.size(); ++i) {
      copy.node->expressions.push_back(Expression::make_column(i, copy.node->types[i]));
    }
    result = std::move(copy);
  }
  result.node->names = plan_.result_names;
  return result.node;
}

PlanPtr make_physical_plan(const LogicalPlan& plan) { return PhysicalPlanner(plan).run(); }

}  // namespace cairn
