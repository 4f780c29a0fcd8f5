#include "sql/dependencies.h"

#include <algorithm>

#include "vector/error.h"

namespace cairn {

std::vector<std::string> dependent_views(SessionState& session, const Snapshot& snapshot, std::string_view relation) {
  std::vector<std::string> views;
  for (const auto& [name, view] : snapshot.views) {
    if (name == relation) continue;
    std::vector<std::pair<const PgQuery__RangeVar*, std::string>> resolved;
    try {
      auto tree = parse_statement(view->sql);
      BindContext context = session.bind_context({});
      context.search_path = SearchPath::of_views();
      context.resolved = &resolved;
      Binder(std::move(context)).bind_query(*tree->statement().select_stmt);
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
