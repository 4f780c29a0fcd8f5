#include "sql/dependencies.h"

#include <algorithm>

#include "vector/error.h"

namespace cairn {

namespace {

/// Binds the view's text. Errors: the binder's.
LogicalPlan bind_view(SessionState& session, const ViewSchema& view, std::shared_ptr<const Snapshot> snapshot,
                      NamesMet* names) {
  const auto tree = parse_statement(view.sql);
  BindContext context = session.bind_context({});
  context.search_path = SearchPath::of_views();
  context.snapshot = std::move(snapshot);
  context.names = names;
  return Binder(std::move(context)).bind_view_text(view, *tree->statement().select_stmt);
}

}  // namespace

std::vector<ViewRelation> view_relations(const NamesMet& names) {
  std::vector<ViewRelation> relations;
  for (const NamesMet::Relation& met : names.relations) {
    auto known = std::ranges::find(relations, met.written, &ViewRelation::written);
    if (known == relations.end()) {
      relations.push_back({met.written, met.key, {}});
      known = std::prev(relations.end());
    }
    if (known->columns.empty())
      for (const ScopeColumn& column : met.columns) known->columns.push_back({column.name, column.name, false});
    for (size_t i = 0; i < met.columns.size(); i++)
      known->columns[i].used = known->columns[i].used || names.used.contains(met.columns[i].id);
  }
  return relations;
}

ViewSchema pinned(SessionState& session, const Snapshot& snapshot, const ViewSchema& view) {
  if (!view.relations.empty()) return view;
  NamesMet names;
  try {
    bind_view(session, view, std::make_shared<const Snapshot>(snapshot), &names);
  } catch (const Error&) {
    // A view that cannot be bound as it is needs at least what was found so far.
  }
  ViewSchema result = view;
  result.relations = view_relations(names);
  return result;
}

std::vector<std::string> dependent_views(SessionState& session, const Snapshot& snapshot, std::string_view relation,
                                         std::string_view column) {
  std::vector<std::string> views;
  for (const auto& [name, view] : snapshot.views) {
    if (name == relation) continue;
    const ViewSchema known = pinned(session, snapshot, *view);
    const ViewRelation* read = known.find_relation(relation);
    if (read != nullptr && (column.empty() || read->uses(column))) views.push_back(name);
  }
  return views;
}

std::optional<std::vector<std::pair<std::string, Type>>> columns_of_view(SessionState& session, const ViewSchema& view,
                                                                         std::shared_ptr<const Snapshot> snapshot) {
  try {
    const LogicalPlan plan = bind_view(session, view, std::move(snapshot), nullptr);
    std::vector<std::pair<std::string, Type>> columns;
    for (size_t i = 0; i < plan.result_names.size(); i++)
      columns.emplace_back(i < view.column_names.size() ? view.column_names[i] : plan.result_names[i],
                           plan.columns[plan.root->outputs[i]].type);
    return columns;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<std::string> broken_views(SessionState& session, const Snapshot& snapshot, const std::string& table,
                                      const TableSchema& schema) {
  auto before = std::make_shared<const Snapshot>(snapshot);
  auto after = std::make_shared<Snapshot>(snapshot);
  auto version = std::make_shared<TableVersion>();
  version->schema = schema;
  version->statistics.resize(schema.columns.size());
  after->tables.insert_or_assign(table, std::move(version));
  std::vector<std::string> broken;
  for (const std::string& name : dependent_views(session, snapshot, table)) {
    const ViewSchema& view = *snapshot.views.at(name);
    if (columns_of_view(session, view, before) && !columns_of_view(session, view, after)) broken.push_back(name);
  }
  return broken;
}

std::vector<ViewSchema> edited_views(SessionState& session, const Snapshot& snapshot, std::string_view relation,
                                     const ViewEdit& edit) {
  std::vector<ViewSchema> edited;
  for (const std::string& name : dependent_views(session, snapshot, relation)) {
    ViewSchema view = pinned(session, snapshot, *snapshot.views.at(name));
    for (ViewRelation& entry : view.relations)
      if (entry.relation == relation) edit(entry);
    edited.push_back(std::move(view));
  }
  return edited;
}

std::vector<ViewSchema> unpinned_views(SessionState& session, const Snapshot& snapshot, std::string_view relation) {
  std::vector<ViewSchema> views = edited_views(session, snapshot, relation, [](ViewRelation&) {});
  std::erase_if(views, [&](const ViewSchema& view) { return !snapshot.views.at(view.name)->relations.empty(); });
  return views;
}

ViewEdit column_becomes(std::string column, std::string to) {
  return [column = std::move(column), to = std::move(to)](ViewRelation& relation) {
    for (ViewRelation::Column& known : relation.columns)
      if (known.name == column) known.name = to;
  };
}

void store_views(WriteTransaction& transaction, const std::vector<ViewSchema>& views, bool temporary) {
  for (const ViewSchema& view : views) {
    if (is_temporary(view.name) != temporary) continue;
    transaction.drop_view(view.name);
    transaction.create_view(view);
  }
}

void store_temporary_views(SessionState& session, std::string_view relation, const std::vector<ViewSchema>& views) {
  const auto temporary = std::ranges::find_if(views, [](const ViewSchema& view) { return is_temporary(view.name); });
  if (temporary == views.end() || is_temporary(relation)) return;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) { store_views(*transaction, views, true); },
                 temporary->name);
}

std::vector<std::string> relations_in(const Snapshot& snapshot, std::string_view schema) {
  std::vector<std::string> keys;
  const auto add = [&](const auto& relations) {
    for (const auto& [key, relation] : relations)
      if (RelationName::of_key(key).schema == schema) keys.push_back(key);
  };
  add(snapshot.tables);
  add(snapshot.views);
  add(snapshot.sequences);
  return keys;
}

}  // namespace cairn
