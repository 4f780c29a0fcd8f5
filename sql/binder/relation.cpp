// Names of relations in FROM: tables, views and sequences. Inside a view they mean what they meant when it was made.

#include <algorithm>

#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/nearest_name.h"
#include "sql/create_text.h"
#include "vector/error.h"

namespace cairn {
namespace {

constexpr size_t kMaxViewDepth = 64;

/// The id of a column that the relation had when the view was made, and has no more: it keeps its place among those that
/// an alias may rename.
constexpr ColumnId kDroppedColumn = UINT32_MAX;

}  // namespace

void Binder::throw_unknown_table(std::string_view name, int position) {
  std::vector<std::string> names;
  for (const CteFrame* frame = ctes_; frame != nullptr; frame = frame->outer)
    for (const auto& entry : frame->entries) names.push_back(entry->name);
  for (const auto& [table, version] : context_.snapshot->tables) names.push_back(table);
  for (const auto& [view, schema] : context_.snapshot->views) names.push_back(view);
  std::string nearest = nearest_name(name, names);
  throw Error(sqlstate::kUndefinedTable, "table \"" + std::string(name) + "\" does not exist",
              nearest.empty() ? "" : "Perhaps you meant the table \"" + nearest + "\".").at(position);
}

CteEntry* Binder::find_entry(const PgQuery__RangeVar& range) {
  if (range.schemaname[0] != '\0') return nullptr;
  for (CteFrame* frame = ctes_; frame != nullptr; frame = frame->outer)
    for (const auto& entry : frame->entries)
      if (entry->name == range.relname) return entry.get();
  return nullptr;
}

FromItem Binder::range_var(const PgQuery__RangeVar& range) {
  FromItem item;
  if (CteEntry* entry = find_entry(range)) {
    item = cte_use(*entry, range.location);
    apply_alias(item, range.alias, range.location);
    return item;
  }
  const ViewRelation* pinned = view_ == nullptr ? nullptr : view_->find_written(RelationName::of(range).key());
  const std::string key =
      pinned != nullptr ? pinned->relation : relation_key(*context_.snapshot, context_.search_path, RelationName::of(range));
  item = relation(key, range);
  if (pinned != nullptr) show_pinned(item, *pinned);
  if (context_.names != nullptr && view_depth_ == 0) context_.names->relations.push_back({&range, key, item.visible, key});
  apply_alias(item, range.alias, range.location);
  hide_dropped(item);
  return item;
}

FromItem Binder::relation(const std::string& key, const PgQuery__RangeVar& range) {
  FromItem item;
  if (auto table = context_.snapshot->tables.find(key); table != context_.snapshot->tables.end()) {
    item.plan = make_node(LogicalNode::Kind::kScan);
    item.plan->table = table->second;
    item.plan->alias = range.alias != nullptr ? range.alias->aliasname : range.relname;
    for (const ColumnSchema& column : table->second->schema.columns) {
      ColumnId id = add_column(column.name, column.type, !column.not_null);
      item.plan->scan_columns.push_back(static_cast<uint32_t>(item.plan->outputs.size()));
      item.plan->outputs.push_back(id);
      item.visible.push_back({column.name, id});
    }
    item.relations.push_back({range.relname, item.visible});
    item.tables.push_back({table->second, item.plan->outputs});
  } else if (auto schema = context_.snapshot->views.find(key); schema != context_.snapshot->views.end()) {
    item = view(*schema->second, range);
  } else if (auto known = context_.snapshot->sequences.find(key); known != context_.snapshot->sequences.end()) {
    item = sequence(*known->second);
  } else {
    throw_unknown_table(key, range.location);
  }
  item.relations[0].schema = RelationName::of_key(key).schema;
  return item;
}

/// The relation as the view's text knows it: under its name and with its columns of then.
void Binder::show_pinned(FromItem& item, const ViewRelation& pinned) const {
  std::vector<ScopeColumn> columns;
  for (const ViewRelation::Column& column : pinned.columns) {
    const auto now = std::ranges::find(item.visible, column.name, &ScopeColumn::name);
    columns.push_back({column.written, column.name.empty() || now == item.visible.end() ? kDroppedColumn : now->id});
  }
  const RelationName written = RelationName::of_key(pinned.written);
  item.visible = std::move(columns);
  item.relations = {{written.name, item.visible, written.schema}};
}

void Binder::hide_dropped(FromItem& item) const {
  std::erase_if(item.visible, [](const ScopeColumn& column) { return column.id == kDroppedColumn; });
  for (ScopeRelation& relation : item.relations)
    std::erase_if(relation.columns, [](const ScopeColumn& column) { return column.id == kDroppedColumn; });
}

void Binder::pin_sequence(Expression& call) {
  const std::string_view name = call.function->name;
  if (name != "nextval" && name != "currval" && name != "setval") return;
  Expression& argument = *call.arguments[0];
  if (argument.kind != Expression::Kind::kConstant || argument.value.null) return;
  const std::string written = RelationName::parse(argument.value.string).key();
  if (const ViewRelation* pinned = view_ == nullptr ? nullptr : view_->find_written(written)) {
    const RelationName now = RelationName::of_key(pinned->relation);
    argument.value.string = spelled_name(now.schema) + "." + spelled_name(now.name);
  } else if (context_.names != nullptr && view_depth_ == 0) {
    std::string key = find_relation(*context_.snapshot, context_.search_path, RelationName::parse(argument.value.string), -1);
    if (context_.snapshot->sequences.contains(key)) context_.names->relations.push_back({nullptr, std::move(key), {}, written});
  }
}

/// A sequence as a table of one row.
FromItem Binder::sequence(const Sequence& sequence) {
  const SequencePosition position = sequence.state->position();
  BoundQuery bound;
  bound.names = {"last_value", "log_cnt", "is_called"};
  bound.plan = make_node(LogicalNode::Kind::kValues);
  std::vector<ExpressionPtr>& row = bound.plan->rows.emplace_back();
  row.push_back(Expression::make_constant(Value::of_integer(Type::big_int(), position.value)));
  row.push_back(Expression::make_constant(Value::of_integer(Type::big_int(), 0)));
  row.push_back(Expression::make_constant(Value::of_boolean(position.called)));
  for (size_t i = 0; i < row.size(); i++) bound.plan->outputs.push_back(add_column(bound.names[i], row[i]->type, false));
  return subquery_item(std::move(bound), RelationName::of_key(sequence.schema.name).name);
}

FromItem Binder::view(const ViewSchema& schema, const PgQuery__RangeVar& range) {
  if (view_depth_ >= kMaxViewDepth)
    throw Error(sqlstate::kStatementTooComplex, "views are nested too deeply at \"" + schema.name + "\"");
  if (std::ranges::find(open_views_, schema.name) != open_views_.end())
    throw Error("42P17", "infinite recursion detected in rules for relation \"" + schema.name + "\"");
  Restore<size_t> depth(view_depth_, view_depth_ + 1);
  std::vector<std::string> inside = open_views_;
  inside.push_back(schema.name);
  Restore<std::vector<std::string>> open(open_views_, std::move(inside));
  Restore<CteFrame*> ctes(ctes_, nullptr);
  Restore<const ViewSchema*> pinned(view_, &schema);
  Restore<SearchPath> path(context_.search_path, SearchPath::of_views());
  LevelGuard guard(*this, nullptr);
  try {
    auto tree = parse_statement(schema.sql);
    view_trees_.push_back(tree);
    lockable_.views[&range] = tree->statement().select_stmt;
    BoundQuery bound = query(*tree->statement().select_stmt, nullptr, false);
    for (size_t i = 0; i < schema.column_names.size() && i < bound.names.size(); i++)
      bound.names[i] = schema.column_names[i];
    return subquery_item(std::move(bound), RelationName::of_key(schema.name).name);
  } catch (Error& error) {
    // Positions count in the view's text, not in the statement's.
    error.position = -1;
    error.message = "in view \"" + schema.name + "\": " + error.message;
    throw;
  }
}

}  // namespace cairn
