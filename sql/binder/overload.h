#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "exec/functions/function.h"

namespace cairn {

namespace sqlstate {
inline constexpr std::string_view kAmbiguousFunction = "42725";
}

/// PostgreSQL's choice among functions or operators of one name (its manual's chapter 10; parse_func.c and parse_oper.c):
/// an exact match, else, of those that all arguments convert to implicitly, the one with the most exact matches, then with
/// the most preferred types, then by the category of types that the untyped arguments may have.
struct OverloadChoice {
  const Function* function = nullptr;  ///< nullptr: none fits, or none is best
  bool ambiguous = false;
};

/// `given`: the arguments' types, kNull where untyped. `is_operator`: one untyped operand of two is first taken to have the
/// other's type.
OverloadChoice choose_overload(const std::vector<const Function*>& overloads, std::span<const TypeId> given, bool is_operator);

}  // namespace cairn
