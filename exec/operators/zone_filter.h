#pragma once

#include <vector>

#include "exec/plan/expression.h"
#include "io/tables/table.h"

namespace cairn {

/// Whether some row of the row group may satisfy the predicate, judged by zone maps alone. Understands comparisons of a
/// column with constants, IN lists, IS [NOT] NULL, bare and negated booleans, AND and OR of these, and columns under
/// a cast to a wider integer type; everything else may pass. The predicate's column i is the table's `columns[i]`.
bool may_pass(const RowGroup& group, const std::vector<uint32_t>& columns, const Expression& predicate);

}  // namespace cairn
