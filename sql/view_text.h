#pragma once

#include <string>

#include "io/tables/database.h"

namespace cairn {

/// The view's query as it has to be written now to mean what it meant when the view was made: as it was written, but
/// that relations which have other names or columns by now stand as subqueries that give them their old ones.
std::string view_text(const Snapshot& snapshot, const ViewSchema& view);

}  // namespace cairn
