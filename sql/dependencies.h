#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/session_state.h"

namespace cairn {

/// The keys of the views whose text names the relation. Views are text: what they need is found by binding them.
std::vector<std::string> dependent_views(SessionState& session, const Snapshot& snapshot, std::string_view relation);

/// Those of them that would not have the same columns any more were the table defined like that.
std::vector<std::string> broken_views(SessionState& session, const Snapshot& snapshot, const std::string& table,
                                      const TableSchema& schema);

/// The keys of everything in the schema.
std::vector<std::string> relations_in(const Snapshot& snapshot, std::string_view schema);

}  // namespace cairn
