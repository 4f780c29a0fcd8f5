#pragma once

#include "tests/fuzz/language/schema.h"

namespace cairn::fuzz {

/// A schema with what analytical tables have: row groups made one by one, some of them deleted from and updated, columns
/// that are constant, sorted, skewed, nearly all NULL, of wide decimals, CHAR(n), long texts, and in `extreme` ones NaN and
/// infinities. `large`: one table has hundreds of thousands of rows or more, the others some thousands.
Schema wide_schema(Random& random, bool large);

}  // namespace cairn::fuzz
