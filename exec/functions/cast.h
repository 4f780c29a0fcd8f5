#pragma once

#include "exec/functions/function.h"

namespace cairn {

/// How values of one type become values of another.
enum class CastKind : uint8_t {
  kNone,      ///< there is no such cast
  kRelabel,   ///< the values stay as they are (VARCHAR(3) to VARCHAR, anything from a bare NULL)
  kScale,     ///< integral to integral: multiplied by cast_factor(), the result checked against the type's bounds
  kFunction,  ///< find_cast_function
};

CastKind cast_kind(const Type& from, const Type& to);
/// Whether CAST(… AS to) exists; the binder asks before it makes one.
inline bool can_cast(const Type& from, const Type& to) { return cast_kind(from, to) != CastKind::kNone; }
/// kScale: what a value is multiplied with (1, a power of ten).
int128_t cast_factor(const Type& from, const Type& to);
/// kFunction: a function of one argument. Casting to VARCHAR(n) or CHAR(n) cuts, as an explicit cast does in SQL.
const Function* find_cast_function(const Type& from, const Type& to);
/// Text on its way into a column of n characters, (text, n) to VARCHAR(n) or CHAR(n): an error where more than blanks
/// would be cut off.
const Function* text_assignment();

}  // namespace cairn
