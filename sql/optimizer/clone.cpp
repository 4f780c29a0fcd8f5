#include "sql/optimizer/column_set.h"
#include "sql/optimizer/rewrite.h"
#include "vector/error.h"

namespace cairn {
namespace {

LogicalAggregate clone_aggregate(const LogicalAggregate& aggregate) {
  LogicalAggregate copy;
  copy.output = aggregate.output;
  copy.function = aggregate.function;
  copy.arguments = clone_all(aggregate.arguments);
  copy.distinct = aggregate.distinct;
  if (aggregate.filter) copy.filter = aggregate.filter->clone();
  for (const auto& [expression, key] : aggregate.order_by) copy.order_by.emplace_back(expression->clone(), key);
  copy.type = aggregate.type;
  return copy;
}

LogicalWindowCall clone_window_call(const LogicalWindowCall& window) {
  auto clone = [](const ExpressionPtr& e) { return e ? e->clone() : nullptr; };
  return {window.function, clone_aggregate(window.call), window.frame, clone(window.start_size), clone(window.end_size),
          clone(window.range_key), clone(window.start_value), clone(window.end_value)};
}

void collect_produced(const LogicalNode& node, ColumnSet& produced) {
  for (const auto& child : node.children) collect_produced(*child, produced);
  produced.insert(node.outputs);
  for (const auto& aggregate : node.aggregates) produced.insert(aggregate.output);
  for (const auto& window : node.window_calls) produced.insert(window.call.output);
}

}  // namespace

LogicalPtr clone_plan(const LogicalNode& node) {
  auto copy = std::make_unique<LogicalNode>();
  copy->kind = node.kind;
  for (const auto& child : node.children) copy->children.push_back(clone_plan(*child));
  copy->outputs = node.outputs;
  copy->table = node.table;
  copy->alias = node.alias;
  copy->scan_columns = node.scan_columns;
  copy->predicates = clone_all(node.predicates);
  for (const auto& row : node.rows) copy->rows.push_back(clone_all(row));
  copy->expressions = clone_all(node.expressions);
  copy->group_by = clone_all(node.group_by);
  for (const auto& aggregate : node.aggregates) copy->aggregates.push_back(clone_aggregate(aggregate));
  copy->join = node.join;
  copy->dependent = node.dependent;
  copy->null_is_false = node.null_is_false;
  copy->key_shares = node.key_shares;
  for (const auto& key : node.sort_keys) {
    copy->sort_keys.push_back({key.expression->clone(), key.descending, key.nulls_first});
  }
  if (node.limit) copy->limit = node.limit->clone();
  if (node.offset) copy->offset = node.offset->clone();
  copy->partition_by = clone_all(node.partition_by);
  for (const auto& window : node.window_calls) copy->window_calls.push_back(clone_window_call(window));
  copy->set_operation = node.set_operation;
  copy->all = node.all;
  copy->cte = node.cte;
  copy->function_source = node.function_source;
  copy->working_table = node.working_table;
  copy->estimated_rows = node.estimated_rows;
  return copy;
}

LogicalPtr clone_renamed(LogicalPlan& plan, const LogicalNode& node, Renaming& renaming) {
  check_interrupted(plan.interrupted);
  ColumnSet produced;
  collect_produced(node, produced);
  for (ColumnId id : produced.ids()) {
    const ColumnInfo info = plan.columns[id];
    renaming[id] = plan.add_column(info.name, info.type, info.nullable);
  }
  LogicalPtr copy = clone_plan(node);
  rename_columns(*copy, renaming);
  return copy;
}

LogicalPtr copy_of_common_table(LogicalPlan& plan, const LogicalNode& cte_scan) {
  Renaming renaming;
  LogicalPtr copy = clone_renamed(plan, *cte_scan.cte->plan, renaming);
  std::vector<std::pair<ColumnId, ColumnId>> columns;
  for (size_t i = 0; i < cte_scan.outputs.size(); ++i) columns.emplace_back(cte_scan.outputs[i], copy->outputs[i]);
  return make_renaming(plan, columns, std::move(copy));
}

}  // namespace cairn
