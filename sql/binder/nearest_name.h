#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// The candidate with the least edit distance to `name` (insert, delete, replace and swap of neighbours cost 1), where
/// it is at most a third of the name's length (at least 1 is allowed, but never more than half of the longer name);
/// upper and lower case are the same. "" where nothing is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace cairn
