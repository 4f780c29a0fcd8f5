#include <algorithm>

#include "exec/expression_evaluator.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "vector/error.h"

// The rows of INSERT, and DEFAULTs.

namespace cairn {
namespace {

void check_insert_count(size_t found, size_t wanted, int position) {
  if (found > wanted)
    throw Error(sqlstate::kSyntaxError, "INSERT has more expressions than target columns").at(position);
  if (found < wanted)
    throw Error(sqlstate::kSyntaxError, "INSERT has more target columns than expressions").at(position);
}

}  // namespace

BoundQuery Binder::insert_source(const PgQuery__SelectStmt* source, const TableSchema& table,
                                         const std::vector<size_t>& columns) {
  if (source == nullptr) return default_row(table);
  const PgQuery__SelectStmt& select = *source;
  std::vector<Type> types;
  std::vector<std::string> names;
  for (size_t column : columns) {
    types.push_back(table.columns[column].type);
    names.push_back(table.columns[column].name);
  }
  bool bare_values = select.n_values_lists > 0 && select.n_sort_clause == 0 && select.limit_count == nullptr &&
                     select.limit_offset == nullptr && select.with_clause == nullptr;
  BoundQuery bound;
  if (bare_values) {
    bound = insert_values(select, table, columns);
  } else {
    bound = query(select, nullptr, true);
    check_insert_count(bound.plan->outputs.size(), columns.size(), -1);
    bound.plan = cast_outputs(std::move(bound.plan), types, names, CastContext::kAssignment);
  }
  bound.names.clear();
  for (const ColumnSchema& column : table.columns) bound.names.push_back(column.name);
  bool in_order = columns.size() == table.columns.size();
  for (size_t i = 0; i < columns.size(); i++) in_order = in_order && columns[i] == i;
  if (in_order) return bound;

  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(bound.plan));
  std::vector<ColumnId> given = std::move(project->outputs);
  project->outputs.clear();
  for (size_t i = 0; i < table.columns.size(); i++) {
    const ColumnSchema& column = table.columns[i];
    auto found = std::ranges::find(columns, i);
    ExpressionPtr value;
    if (found == columns.end()) {
      value = default_value(column);
    } else {
      value = Expression::make_column(given[static_cast<size_t>(found - columns.begin())], column.type);
    }
    project->outputs.push_back(add_column(column.name, column.type, nullable(*value)));
    project->expressions.push_back(std::move(value));
  }
  bound.plan = std::move(project);
  return bound;
}

LogicalPlan Binder::bind_insert_source(const PgQuery__SelectStmt& select, const TableSchema& table,
                                       const std::vector<size_t>& columns) {
  return finish(insert_source(&select, table, columns));
}

std::vector<std::vector<ExpressionPtr>> Binder::bind_insert_rows(const PgQuery__SelectStmt& select,
                                                                 const TableSchema& table,
                                                                 const std::vector<size_t>& columns) {
  LogicalPtr values = insert_values(select, table, columns).plan;
  if (values->kind != LogicalNode::Kind::kValues) throw_unsupported("a subquery in one of several VALUES rows", -1);
  return std::move(values->rows);
}

BoundQuery Binder::default_row(const TableSchema& table) {
  BoundQuery bound;
  bound.plan = make_node(LogicalNode::Kind::kValues);
  bound.plan->rows.emplace_back();
  for (const ColumnSchema& column : table.columns) {
    bound.names.push_back(column.name);
    bound.plan->outputs.push_back(add_column(column.name, column.type, true));
    bound.plan->rows[0].push_back(default_value(column));
  }
  return bound;
}

Value Binder::default_of(const ColumnSchema& column) {
  ExpressionPtr value = default_value(column);
  if (!is_constant_tree(*value))
    throw Error(sqlstate::kFeatureNotSupported, "the default of column \"" + column.name + "\" is not a constant");
  return evaluate_constant(*value);
}

ExpressionPtr Binder::default_value(const ColumnSchema& column) {
  if (column.default_sql.empty()) return make_null(column.type);
  auto tree = parse_statement("SELECT " + column.default_sql);
  view_trees_.push_back(tree);
  return fold(coerce(expression(*tree->statement().select_stmt->target_list[0]->res_target->val), column.type,
                     CastContext::kAssignment));
}

BoundQuery Binder::insert_values(const PgQuery__SelectStmt& select, const TableSchema& table,
                                         const std::vector<size_t>& columns) {
  QueryLevel level;
  LevelGuard guard(*this, &level);
  level.clause = Clause::kValues;
  LogicalPtr node = make_node(LogicalNode::Kind::kValues);
  std::vector<Attachment> pending;
  level.pending = select.n_values_lists == 1 ? &pending : nullptr;
  for (const pg::Node* list : pg::list(select.values_lists, select.n_values_lists)) {
    std::vector<ExpressionPtr> row;
    for (const pg::Node* item : pg::list(list->list->items, list->list->n_items)) {
      if (row.size() >= columns.size()) check_insert_count(row.size() + 1, columns.size(), pg::location(item));
      const ColumnSchema& column = table.columns[columns[row.size()]];
      if (item->node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT) {
        row.push_back(default_value(column));
      } else {
        row.push_back(coerce(expression(*item), column.type, CastContext::kAssignment, pg::location(item)));
      }
    }
    check_insert_count(row.size(), columns.size(), row.empty() ? -1 : pg::location(list->list->items[0]));
    node->rows.push_back(std::move(row));
  }
  for (size_t column : columns)
    node->outputs.push_back(add_column(table.columns[column].name, table.columns[column].type, true));
  if (!pending.empty()) node = row_of(std::move(node->rows[0]), std::move(pending));
  return {std::move(node), {}};
}

}  // namespace cairn
