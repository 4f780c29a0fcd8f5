#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/tables/database.h"

namespace cairn {

/// The directory that holds a database's checkpoints where the setting names `directory` ("": inside the database).
/// Several databases may keep theirs in one: each has a place of its own there, named by its identity and its path, for
/// a copied database has its original's identity.
std::string checkpoint_place(const Database& database, const std::string& directory);
/// Whether the place is this database's alone: not that of a database of which it is a copy, or before it was moved.
bool is_own_place(const Database& database, const std::string& place);

/// What lies in the place, and the place itself, is Cairn's own: no link is followed there. Its directory is a user's.
void guard_place(Storage& storage, const std::string& place);

/// A durable pin that keeps a query's snapshot. Its name says where the query's checkpoints are, so that whoever opens
/// the database finds them, whatever the settings; inside the database, wherever that has been moved.
struct QueryPin {
  std::string id;
  std::string place;  ///< empty: of another version of Cairn, which did not say

  std::string name(const Database& database) const;
  /// nullopt where the pin keeps no query's snapshot.
  static std::optional<QueryPin> of_name(const Database& database, std::string_view name);
};

}  // namespace cairn
