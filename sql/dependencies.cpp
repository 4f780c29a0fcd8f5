#include "sql/dependencies.h"

#include <algorithm>

#include "vector/error.h"

namespace cairn {

namespace {

using ResolvedNames = std::vector<std::pair<const PgQuery__RangeVar*, std::string>>;

BindContext view_context(SessionState& session, ResolvedNames* resolved) {
  BindContext context = session.bind_context({});
  context.search_path = SearchPath::of_views();
  context.resolved = resolved;
  return context;
}

/// The columns of the view's query as the snapshot makes them; nullopt where it cannot be bound.
std::optional<std::vector<std::pair<std::string, Type>>> columns_of_view(SessionState& session, const ViewSchema& view,
                                                                         std::shared_ptr<const Snapshot> snapshot) {
  try {
    auto tree = parse_statement(view.sql);
    BindContext context = view_context(session, nullptr);
    context.snapshot = std::move(snapshot);
    LogicalPlan plan = Binder(std::move(context)).bind_query(*tree->statement().select_stmt);
    std::vector<std::pair<std::string, Type>> columns;
    for (size_t i = 0; i < plan.result_names.size(); i++)
      columns.emplace_back(plan.result_names[i], plan.columns[plan.root->outputs[i]].type);
    return columns;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<std::string> broken_views(SessionState& session, const Snapshot& snapshot, const std::string& table,
                                      const TableSchema& schema) {
  auto before = std::make_shared<const Snapshot>(snapshot);
  auto after = std::make_shared<Snapshot>(snapshot);
  auto version = std::make_shared<TableVersion>();
  version->schema = schema;
  version->statistics.resize(schema.columns.size());
  after->tables[table] = std::move(version);
  std::vector<std::string> broken;
  for (const auto& [name, view] : snapshot.views) {
    const auto columns = columns_of_view(session, *view, before);
    if (columns && columns != columns_of_view(session, *view, after)) broken.push_back(name);
  }
  return broken;
}

std::vector<std::string> dependent_views(SessionState& session, const Snapshot& snapshot, std::string_view relation) {
  std::vector<std::string> views;
  for (const auto& [name, view] : snapshot.views) {
    if (name == relation) continue;
    ResolvedNames resolved;
    try {
      auto tree = parse_statement(view->sql);
      Binder(view_context(session, &resolved)).bind_query(*tree->statement().select_stmt);
    } catch (const Error&) {
      // A view that cannot be bound as it is needs at least what was found so far.
    }
    if (std::ranges::any_of(resolved, [&](const auto& entry) { return entry.second == relation; })) views.push_back(name);
  }
  return views;
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
