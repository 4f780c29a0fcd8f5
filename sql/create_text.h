#pragma once

#include <string>
#include <string_view>

#include "io/tables/database.h"

namespace cairn {

/// The name as SQL spells it: in double quotes where it is a reserved word or would not read back as it is.
std::string spelled_name(std::string_view name);

/// The CREATE statement (without ';') that makes the table or view again.
std::string create_text(const TableSchema& table);
std::string create_text(const Snapshot& snapshot, const ViewSchema& view);
/// Of an index that is no constraint's.
std::string create_text(const TableSchema& table, const IndexSchema& index);

}  // namespace cairn
