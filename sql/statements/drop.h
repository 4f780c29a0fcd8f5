#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/session_state.h"

namespace cairn {

/// What DROP does in the end, in an order in which nothing is left without what it needs.
struct DropPlan {
  std::vector<std::string> dropped;                                ///< keys
  std::vector<std::pair<std::string, std::string>> lost_defaults;  ///< (table, column)
  std::vector<std::string> schemas;
  std::vector<std::string> planned;                                ///< what has had its turn in the planning
  bool quiet = false;                                              ///< no notices of what goes, too

  bool drops(std::string_view key) const;
  /// Whether there is something to do among what is durable, or among what is the session's own.
  bool any(bool temporary) const;
};

/// "a view", "table": what the relation is.
std::string_view kind_name(const Snapshot& snapshot, std::string_view key);

/// Adds the relation and, with CASCADE, what depends on it; what is `named` in the statement, too, goes anyway. Errors:
/// kDependentObjects.
void plan_drop(SessionState& session, const Snapshot& snapshot, const std::string& key,
               const std::vector<std::string>& named, bool cascade, DropPlan& plan);
/// Does one of the plan's two parts in the transaction, which is to the database of that part.
void drop_planned(WriteTransaction& transaction, const Snapshot& snapshot, const DropPlan& plan, bool temporary);

}  // namespace cairn
