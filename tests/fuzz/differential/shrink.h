#pragma once

#include <functional>

#include "tests/fuzz/differential/checker.h"

namespace cairn::fuzz {

/// Makes a case and its schema as small as it stays a finding of the same kind in the same variant. Leaves the small
/// schema loaded.
Finding shrink(Case& tested, Schema& schema, const Finding& finding, Checker& checker);

}  // namespace cairn::fuzz
