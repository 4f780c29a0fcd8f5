#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exec/expression.h"

namespace cairn {

/// How eagerly a type may be changed: inside expressions, on the way into a column, or where the user says CAST.
enum class CastContext { kImplicit, kAssignment, kExplicit };

/// NULL, a quoted literal or a parameter that no context has given a type yet: PostgreSQL's "unknown". A quoted literal
/// is a constant of type kNull that is not NULL and has its text in value.string.
bool is_untyped(const Expression& expression);
ExpressionPtr make_untyped_literal(std::string text, int position);
ExpressionPtr make_null(Type type, int position = -1);

/// The type in error messages, as PostgreSQL spells it: "integer", "unknown".
std::string type_name(const Type& type);

/// The type as pg_typeof prints it: "timestamp without time zone".
std::string full_type_name(const Type& type);

/// PostgreSQL's cast matrix (pg_cast), over Cairn's types.
bool can_cast(const Type& from, const Type& to, CastContext context);

/// Whether PostgreSQL converts the one type to the other wherever an expression needs it; an untyped literal to any.
bool converts_implicitly(TypeId from, TypeId to);

/// The type that both convert to implicitly without loss (UNION, CASE, COALESCE, comparisons); nullopt for none.
std::optional<Type> common_type(const Type& a, const Type& b);

/// DECIMAL that holds every value of an integer type: 5, 10, 19 or 38 digits. A DECIMAL is its own.
Type as_decimal(const Type& exact);

/// Constant, or made of constants by casts, calls and comparisons.
bool is_constant_tree(const Expression& expression);
/// The tree's value where it is constant and evaluates without an error; otherwise the tree itself.
ExpressionPtr fold(ExpressionPtr expression);

/// Adds a cast where the types differ; folds casts of constants. Does not ask whether the cast is allowed, and leaves
/// casts that fail for run time. Untyped literals and NULLs become typed constants: errors of kInvalidTextRepresentation
/// and its kin, with the position.
ExpressionPtr cast_to(ExpressionPtr expression, const Type& type, int position = -1);

/// 12, 12.50, .5e3: INTEGER, BIGINT or HUGEINT where there is neither point nor exponent and it fits, else DECIMAL with
/// exactly its digits, else (more than 38 digits) DOUBLE.
Value parse_numeric_literal(std::string_view text);

/// Digits with at most one point among them, and perhaps a sign in front: what parse_numeric_literal reads exactly.
bool is_plain_number(std::string_view text);

/// The constant as a value of `type` where that is exact (24 as 24.00, a midnight TIMESTAMP as a DATE); else nullopt.
std::optional<Value> convert_exactly(const Value& constant, const Type& type);

}  // namespace cairn
