#pragma once

#include "tests/fuzz/judge.h"

namespace cairn::fuzz {

/// Makes a case and its schema as small as it stays a finding of the same kind in the same variant. Leaves the small
/// schema loaded.
Finding shrink(Case& tested, Schema& schema, const Finding& finding, Judge& judge);

}  // namespace cairn::fuzz
