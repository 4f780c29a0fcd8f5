#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "vector/error.h"

// Views as the targets of INSERT, UPDATE and DELETE: those whose rows are the rows of one table or of one such view
// (PostgreSQL calls them automatically updatable).

namespace cairn {

Error not_updatable(const ViewSchema& view, std::string_view verb, std::string_view which) {
  return Error(sqlstate::kNotInPrerequisiteState, "cannot " + std::string(verb) + " view \"" + view.name + "\"",
               "Views " + std::string(which) + " are not automatically updatable.");
}

namespace {

/// Errors: kNotInPrerequisiteState where the view's rows are not those of one relation.
void check_shape(const ViewSchema& view, std::string_view verb, const PgQuery__SelectStmt& select) {
  if (select.n_distinct_clause > 0) throw not_updatable(view, verb, "containing DISTINCT");
  if (select.n_group_clause > 0) throw not_updatable(view, verb, "containing GROUP BY");
  if (select.having_clause != nullptr) throw not_updatable(view, verb, "containing HAVING");
  if (select.op != PG_QUERY__SET_OPERATION__SETOP_NONE) throw not_updatable(view, verb, "containing UNION, INTERSECT, or EXCEPT");
  if (select.with_clause != nullptr) throw not_updatable(view, verb, "containing WITH");
  if (select.limit_count != nullptr || select.limit_offset != nullptr)
    throw not_updatable(view, verb, "containing LIMIT or OFFSET");
  if (select.n_values_lists > 0 || select.n_from_clause != 1 ||
      select.from_clause[0]->node_case != PG_QUERY__NODE__NODE_RANGE_VAR)
    throw not_updatable(view, verb, "that do not select from a single table or view");
}

}  // namespace

/// `rows` are those of the relation that the view reads, all of whose columns are visible; they become the view's.
FromItem Binder::through_view(const ViewSchema& view, std::string_view verb, FromItem rows, ViewFilter filter,
                              std::vector<ColumnId>* conditions) {
  Restore<size_t> depth(view_depth_, view_depth_ + 1);
  Restore<CteFrame*> ctes(ctes_, nullptr);
  Restore<const ViewSchema*> pinned(view_, &view);
  Restore<SearchPath> path(context_.search_path, SearchPath::of_views());
  auto tree = parse_statement(view.sql);
  view_trees_.push_back(tree);
  const PgQuery__SelectStmt& select = *tree->statement().select_stmt;
  check_shape(view, verb, select);
  const PgQuery__RangeVar& range = *select.from_clause[0]->range_var;
  if (const ViewRelation* relation = view.find_written(RelationName::of(range).key())) show_pinned(rows, *relation);
  else rows.relations[0].name = range.relname;
  apply_alias(rows, range.alias, -1);
  hide_dropped(rows);

  QueryLevel level;
  LevelGuard guard(*this, &level);
  level.items = {&rows};
  LogicalPtr node = std::move(rows.plan);
  std::vector<Attachment> attachments;
  std::vector<ExpressionPtr> added;
  if (select.where_clause != nullptr && filter == ViewFilter::kApply) {
    Conjunction where;
    level.clause = Clause::kWhere;
    conjuncts(*select.where_clause, level, where);
    node = apply(std::move(node), std::move(where));
  } else if (select.where_clause != nullptr && filter == ViewFilter::kOutput && conditions != nullptr) {
    level.clause = Clause::kWhere;
    level.pending = &attachments;
    added.push_back(boolean(*select.where_clause, "WHERE"));
  }
  const bool has_condition = !added.empty();
  level.clause = Clause::kSelect;
  level.pending = &attachments;
  std::vector<Target> targets;
  select_list(select, level, targets);
  if (!level.aggregates.empty()) throw not_updatable(view, verb, "that return aggregate functions");
  if (!level.windows.empty()) throw not_updatable(view, verb, "that return window functions");

  LogicalPtr project = make_node(LogicalNode::Kind::kProject, attach(std::move(node), std::move(attachments)));
  project->outputs = project->children[0]->outputs;
  for (const ColumnId id : project->outputs)
    project->expressions.push_back(Expression::make_column(id, plan_.columns[id].type));
  const auto put = [&](ExpressionPtr value, const std::string& name) {
    project->outputs.push_back(add_column(name, value->type, nullable(*value)));
    project->expressions.push_back(std::move(value));
    return project->outputs.back();
  };
  if (has_condition) conditions->push_back(put(std::move(added[0]), "is visible"));
  FromItem seen;
  for (size_t i = 0; i < targets.size(); i++) {
    ExpressionPtr value = typed(std::move(targets[i].expression));
    const ColumnId id = value->kind == Expression::Kind::kColumn ? value->column : put(std::move(value), targets[i].name);
    seen.visible.push_back({i < view.column_names.size() ? view.column_names[i] : targets[i].name, id});
  }
  seen.plan = std::move(project);
  seen.relations.push_back({RelationName::of_key(view.name).name, seen.visible});
  return seen;
}

FromItem Binder::seen_through(const ModificationTarget& target, FromItem rows, const PgQuery__RangeVar& range,
                              ViewFilter filter) {
  for (auto view = target.views.rbegin(); view != target.views.rend(); ++view)
    rows = through_view(**view, target.verb, std::move(rows), filter, nullptr);
  rows.relations[0].name = visible_name(range);
  const std::string& key = target.views.empty() ? target.table->schema.name : target.views[0]->name;
  rows.relations[0].schema = range.alias == nullptr ? RelationName::of_key(key).schema : "";
  return rows;
}

FromItem Binder::target_item(const PgQuery__RangeVar& range, const ModificationTarget& target, ViewFilter filter,
                             std::vector<ColumnId>& row, ColumnId& identity) {
  FromItem item = table_item(target.table, visible_name(range), identity);
  for (const ScopeColumn& column : item.visible) row.push_back(column.id);
  return seen_through(target, std::move(item), range, filter);
}

TargetNames Binder::names_of(const ModificationTarget& target, const FromItem& seen, const std::vector<ColumnId>& row) const {
  TargetNames names{target.views.empty() ? target.table->schema.name : target.views[0]->name, {}};
  for (const ScopeColumn& column : seen.relations[0].columns) {
    const auto found = std::ranges::find(row, column.id);
    const bool is_column = found != row.end();
    names.columns.emplace_back(column.name, is_column ? std::optional<size_t>(found - row.begin()) : std::nullopt);
  }
  return names;
}

TargetNames Binder::target_names(const ModificationTarget& target) {
  if (target.views.empty()) return TargetNames::of(target.table->schema);
  FromItem item = plain_item(target.table);
  std::vector<ColumnId> row;
  for (const ScopeColumn& column : item.visible) row.push_back(column.id);
  for (auto view = target.views.rbegin(); view != target.views.rend(); ++view)
    item = through_view(**view, target.verb, std::move(item), ViewFilter::kIgnore, nullptr);
  return names_of(target, item, row);
}

LogicalPtr Binder::with_view_checks(const ModificationTarget& target, LogicalPtr node, const std::vector<ColumnId>& row,
                                    BoundModification& result, Tail& tail) {
  FromItem rows = row_item(target.table->schema.name, target.table->schema, row);
  rows.plan = std::move(node);
  // A cascaded option holds for the views below, too.
  size_t cascaded_from = target.views.size();
  for (size_t i = target.views.size(); i-- > 0;)
    if (target.views[i]->check_option == CheckOption::kCascaded) cascaded_from = i;
  for (size_t i = target.views.size(); i-- > 0;) {
    const ViewSchema& view = *target.views[i];
    const bool checks = i >= cascaded_from || view.check_option != CheckOption::kNone;
    rows = through_view(view, target.verb, std::move(rows), ViewFilter::kOutput, checks ? &tail.checks : nullptr);
    if (tail.checks.size() > result.checking_views.size()) result.checking_views.push_back(view.name);
  }
  return std::move(rows.plan);
}

}  // namespace cairn
