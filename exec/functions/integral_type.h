#pragma once

#include "vector/error.h"
#include "vector/vector.h"

namespace cairn {

/// The least and greatest value of an integral type. HUGEINT: all of 128 bits, an unknown range.
ValueRange type_range(const Type& type);

/// kNumericOutOfRange (dates and times: kDatetimeOverflow) as PostgreSQL words it: "bigint out of range".
Error out_of_range(const Type& type);

}  // namespace cairn
