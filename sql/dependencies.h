#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/session_state.h"

namespace cairn {

/// What a view's text means, as binding it found.
std::vector<ViewRelation> view_relations(const NamesMet& names);
/// The view with its relations; of one that an older version stored they are what its names mean now.
ViewSchema pinned(SessionState& session, const Snapshot& snapshot, const ViewSchema& view);

/// The keys of the views that read the relation; with a column, of those that need it.
std::vector<std::string> dependent_views(SessionState& session, const Snapshot& snapshot, std::string_view relation,
                                         std::string_view column = {});

/// Those that could not be bound any more were the table defined like that (they need its primary key).
std::vector<std::string> broken_views(SessionState& session, const Snapshot& snapshot, const std::string& table,
                                      const TableSchema& schema);

/// The view's columns, with their types; nullopt where it cannot be bound.
std::optional<std::vector<std::pair<std::string, Type>>> columns_of_view(SessionState& session, const ViewSchema& view,
                                                                         std::shared_ptr<const Snapshot> snapshot);

/// The views that read the relation, each with what `edit` makes of its entry: names follow what is renamed, and forget
/// what is dropped.
using ViewEdit = std::function<void(ViewRelation&)>;
std::vector<ViewSchema> edited_views(SessionState& session, const Snapshot& snapshot, std::string_view relation,
                                     const ViewEdit& edit);
/// Those of them that an older version stored, which don't know yet what their names mean: they have to be stored before
/// the relation gets other columns.
std::vector<ViewSchema> unpinned_views(SessionState& session, const Snapshot& snapshot, std::string_view relation);
/// The column is called `to` now; "": it is dropped.
ViewEdit column_becomes(std::string column, std::string to);
/// Stores those of the views that are (not) the session's own, in place of what they were.
void store_views(WriteTransaction& transaction, const std::vector<ViewSchema>& views, bool temporary);
/// Stores temporary views that read a durable relation, where there are any.
void store_temporary_views(SessionState& session, std::string_view relation, const std::vector<ViewSchema>& views);

/// The keys of everything in the schema.
std::vector<std::string> relations_in(const Snapshot& snapshot, std::string_view schema);

}  // namespace cairn
