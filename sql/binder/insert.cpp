#include <algorithm>

#include "exec/evaluation/expression_evaluator.h"
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

[[noreturn]] void throw_always_generated(const ColumnSchema& column, int position) {
  throw Error("428C9", "cannot insert a non-DEFAULT value into column \"" + column.name + "\"",
              "Column \"" + column.name + "\" is an identity column defined as GENERATED ALWAYS. Use OVERRIDING SYSTEM VALUE "
              "to override.").at(position);
}

}  // namespace

InsertColumns InsertColumns::of(const PgQuery__InsertStmt& insert, const TargetNames& target) {
  InsertColumns columns{{}, insert.n_cols > 0, insert.override};
  std::vector<const PgQuery__ResTarget*> named;
  std::vector<PgQuery__ResTarget> first(insert.n_cols > 0 ? 0 : target.columns.size());
  if (insert.n_cols == 0 && insert.select_stmt != nullptr) {
    // Without a list, as many leading columns as the source has.
    const PgQuery__SelectStmt& source = *insert.select_stmt->select_stmt;
    if (source.n_values_lists > 0) {
      const PgQuery__List& row = *source.values_lists[0]->list;
      if (row.n_items > first.size()) check_insert_count(row.n_items, first.size(), pg::location(row.items[first.size()]));
      first.resize(row.n_items);
    } else {
      const auto expression = std::ranges::find_if(target.columns, [](const auto& column) { return !column.second; });
      first.resize(static_cast<size_t>(expression - target.columns.begin()));
      if (expression != target.columns.end()) columns.beyond = InsertColumns::Beyond{target.relation, expression->first, target.columns.size()};
    }
    for (size_t i = 0; i < first.size(); i++) {
      first[i] = PG_QUERY__RES_TARGET__INIT;
      first[i].name = const_cast<char*>(target.columns[i].first.c_str());
      first[i].location = -1;
      named.push_back(&first[i]);
    }
  }
  for (const pg::Node* node : pg::list(insert.cols, insert.n_cols)) named.push_back(node->res_target);
  for (const PgQuery__ResTarget* column : named) {
    const size_t position = target.find(*column, "insert into");
    if (std::ranges::find(columns.positions, position) != columns.positions.end())
      throw Error(sqlstate::kDuplicateColumn, "column \"" + std::string(column->name) + "\" specified more than once")
          .at(column->location);
    columns.positions.push_back(position);
  }
  return columns;
}

BoundQuery Binder::insert_source(const PgQuery__SelectStmt* source, const TableSchema& table, InsertColumns columns) {
  if (source == nullptr) return default_row(table);
  const PgQuery__SelectStmt& select = *source;
  bool bare_values = select.n_values_lists > 0 && select.n_sort_clause == 0 && select.limit_count == nullptr &&
                     select.limit_offset == nullptr && select.with_clause == nullptr;
  BoundQuery bound;
  const bool overriding_user = !bare_values && columns.overriding == PG_QUERY__OVERRIDING_KIND__OVERRIDING_USER_VALUE;
  if (bare_values) {
    bound = insert_values(select, table, columns);
  } else {
    bound = query(select, nullptr, true);
    const size_t given = bound.plan->outputs.size();
    if (!columns.listed && columns.beyond && given > columns.positions.size() && given <= columns.beyond->count)
      throw not_assignable(columns.beyond->relation, columns.beyond->expression, "insert into", -1);
    if (!columns.listed) columns.positions.resize(std::min(given, columns.positions.size()));
    check_insert_count(given, columns.positions.size(), -1);
    std::vector<Type> types;
    std::vector<std::string> names;
    for (const size_t position : columns.positions) {
      const ColumnSchema& column = table.columns[position];
      if (column.identity == Identity::kAlways && columns.overriding == PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET)
        throw_always_generated(column, -1);
      types.push_back(column.type);
      names.push_back(column.name);
    }
    bound.plan = cast_outputs(std::move(bound.plan), types, names, CastContext::kAssignment);
  }
  bound.names.clear();
  for (const ColumnSchema& column : table.columns) bound.names.push_back(column.name);
  const std::vector<size_t>& positions = columns.positions;
  bool in_order = positions.size() == table.columns.size();
  for (size_t i = 0; i < positions.size(); i++)
    in_order = in_order && positions[i] == i && (!overriding_user || table.columns[i].identity == Identity::kNone);
  if (in_order) return bound;

  LogicalPtr project = make_node(LogicalNode::Kind::kProject, std::move(bound.plan));
  std::vector<ColumnId> given = std::move(project->outputs);
  project->outputs.clear();
  for (size_t i = 0; i < table.columns.size(); i++) {
    const ColumnSchema& column = table.columns[i];
    auto found = std::ranges::find(positions, i);
    ExpressionPtr value;
    if (found == positions.end() || (overriding_user && column.identity != Identity::kNone)) {
      value = default_value(column);
    } else {
      value = Expression::make_column(given[static_cast<size_t>(found - positions.begin())], column.type);
    }
    project->outputs.push_back(add_column(column.name, column.type, nullable(*value)));
    project->expressions.push_back(std::move(value));
  }
  bound.plan = std::move(project);
  return bound;
}

LogicalPlan Binder::bind_insert_source(const PgQuery__SelectStmt& select, const TableSchema& table,
                                       const InsertColumns& columns) {
  return finish(insert_source(&select, table, columns));
}

std::vector<std::vector<ExpressionPtr>> Binder::bind_insert_rows(const PgQuery__SelectStmt& select,
                                                                 const TableSchema& table,
                                                                 const InsertColumns& columns) {
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
  return fold(coerce(expression(stored_expression(*tree)), column.type, CastContext::kAssignment));
}

const pg::Node& stored_expression(const SyntaxTree& tree) {
  return *tree.statement().select_stmt->target_list[0]->res_target->val;
}

/// What stands for the column in a row of VALUES; as_assigned makes it one of the column's type.
ExpressionPtr Binder::inserted_value(const pg::Node& item, const ColumnSchema& column, PgQuery__OverridingKind overriding) {
  const bool overridden =
      overriding == PG_QUERY__OVERRIDING_KIND__OVERRIDING_USER_VALUE && column.identity != Identity::kNone;
  if (item.node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT || overridden) return default_value(column);
  if (column.identity == Identity::kAlways && overriding != PG_QUERY__OVERRIDING_KIND__OVERRIDING_SYSTEM_VALUE)
    throw_always_generated(column, pg::location(&item));
  return expression(item);
}

std::vector<ExpressionPtr> Binder::inserted_row(std::span<pg::Node* const> items, const TableSchema& table,
                                                const std::vector<size_t>& positions, PgQuery__OverridingKind overriding) {
  std::vector<ExpressionPtr> row;
  for (const pg::Node* item : items) {
    if (row.size() >= positions.size()) check_insert_count(row.size() + 1, positions.size(), pg::location(item));
    row.push_back(inserted_value(*item, table.columns[positions[row.size()]], overriding));
  }
  check_insert_count(row.size(), positions.size(), row.empty() ? -1 : pg::location(items[0]));
  for (size_t i = 0; i < row.size(); i++) row[i] = as_assigned(std::move(row[i]), *items[i], table.columns[positions[i]]);
  return row;
}

BoundQuery Binder::insert_values(const PgQuery__SelectStmt& select, const TableSchema& table,
                                 const InsertColumns& columns) {
  const std::vector<size_t>& positions = columns.positions;
  QueryLevel level;
  LevelGuard guard(*this, &level);
  level.clause = Clause::kValues;
  LogicalPtr node = make_node(LogicalNode::Kind::kValues);
  std::vector<Attachment> pending;
  level.pending = select.n_values_lists == 1 ? &pending : nullptr;
  for (const pg::Node* list : pg::list(select.values_lists, select.n_values_lists)) {
    if (!node->rows.empty() && list->list->n_items != node->rows[0].size())
      throw Error(sqlstate::kSyntaxError, "VALUES lists must all be the same length").at(pg::location(list->list->items[0]));
    node->rows.push_back(inserted_row(pg::list(list->list->items, list->list->n_items), table, positions, columns.overriding));
  }
  for (size_t column : positions)
    node->outputs.push_back(add_column(table.columns[column].name, table.columns[column].type, true));
  if (!pending.empty()) node = row_of(std::move(node->rows[0]), std::move(pending));
  return {std::move(node), {}};
}

}  // namespace cairn
