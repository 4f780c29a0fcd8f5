#pragma once

#include <string>
#include <vector>

#include "tests/peers/answer.h"

namespace cairn::fuzz {

using test::Answer;
using test::TextRow;

/// Where answers differ, "" where they agree. Rows are compared in order where `ordered`, else as a multiset. Numbers
/// are equal whatever zeros end them (CASE and set operations give Cairn's columns one scale); where `types` has DOUBLE
/// or REAL, numbers agree to 5e-9 of their size (decision 0001: quotients and averages are DOUBLE).
std::string difference(const Answer& expected, const Answer& got, const std::vector<std::string>& types, bool ordered);

}  // namespace cairn::fuzz
