#pragma once

#include <optional>
#include <string>

#include "tests/peers/answer.h"

namespace cairn::grid {

struct Difference {
  std::string kind;           ///< without values, so that differences of one cause are counted together
  std::string expected, got;  ///< PostgreSQL's and Cairn's: types, values, or "error 22003"
};

/// Cairn's types as PostgreSQL names them: DECIMAL and HUGEINT are numeric; text and varchar are one type.
std::optional<Difference> difference_of_types(const test::Answer& expected, const test::Answer& got);

/// Of rows in order. Numbers are equal whatever zeros end them; where Cairn has DOUBLE or REAL and PostgreSQL numeric, to
/// twelve digits, or to those that PostgreSQL shows where they are nine at least; where both have DOUBLE, to `tolerance` of
/// their size (libraries differ in the last bits of transcendental functions).
std::optional<Difference> difference_of_values(const test::Answer& expected, const test::Answer& got, double tolerance);

}  // namespace cairn::grid
