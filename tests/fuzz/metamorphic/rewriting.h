#pragma once

#include <cstdint>
#include <string>

#include "tests/fuzz/language/sql_tree.h"

namespace cairn::fuzz {

/// The text of a tree in which expressions and queries are exchanged for others that mean the same. `choices` says which
/// rules apply, the same for all nodes of one form.
std::string rewritten(const SqlNode& node, uint64_t choices);

}  // namespace cairn::fuzz
