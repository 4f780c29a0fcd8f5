#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exec/plan/expression.h"

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

/// The type of what may have either (UNION, CASE, COALESCE, USING), as PostgreSQL's select_common_type finds it: the one
/// that the other converts to; of two texts the first, without a length where these differ. nullopt for none.
std::optional<Type> common_type(const Type& a, const Type& b);

/// The type in which a comparison operator takes both operands; nullopt where there is no such operator.
std::optional<Type> compared_type(const Type& a, const Type& b);

/// VARCHAR(n) and CHAR(n) without their length; other types as they are.
Type without_length(Type type);

/// What a parameter is that stands where a value of `type` is wanted: its modifiers limit the column, not the parameter.
Type parameter_type(Type type);

/// DECIMAL that holds every value of an integer type: 5, 10, 19 or 38 digits. A DECIMAL is its own.
Type as_decimal(const Type& exact);

/// Whether the tree has an expression of that kind.
bool contains(const Expression& expression, Expression::Kind kind);

/// Constant, or made of constants by casts, calls and comparisons.
bool is_constant_tree(const Expression& expression);
/// The tree's value where it is constant and evaluates without an error; otherwise the tree itself.
ExpressionPtr fold(ExpressionPtr expression);

/// Adds a cast where the types differ; folds casts of constants. Does not ask whether the cast is allowed, and leaves
/// casts that fail for run time. Untyped literals and NULLs become typed constants: errors of kInvalidTextRepresentation
/// and its kin, with the position.
ExpressionPtr cast_to(ExpressionPtr expression, const Type& type, int position = -1);

/// After cast_to: texts that it left as they are, shorter than they might be, under the type itself. Columns and results
/// show their types.
ExpressionPtr exactly_of(ExpressionPtr expression, const Type& type);

/// A text under its type without a length, which results have where PostgreSQL's functions forget it.
ExpressionPtr of_any_length(ExpressionPtr expression);

/// A text as TEXT without the blanks at its end: what of a CHAR counts where two are compared, grouped or sorted.
ExpressionPtr without_blanks(ExpressionPtr text);

/// What a value is grouped, sorted and told apart by: a CHAR without a length without its blanks, all else as it is.
ExpressionPtr as_key(ExpressionPtr expression);

/// 12, 12.50, .5e3: INTEGER, BIGINT or HUGEINT where there is neither point nor exponent and it fits, else DECIMAL with
/// exactly its digits, else (more than 38 digits) DOUBLE.
Value parse_numeric_literal(std::string_view text);

/// The text, blanks around it left out, as an exact number with its own digits; nullopt where it is none.
std::optional<Value> parse_exact_number(std::string_view text);

/// A constant as a NUMERIC without precision: with its own digits. Others, and texts that are no numbers, are cast.
ExpressionPtr as_numeric(ExpressionPtr constant, int position = -1);

/// Digits with at most one point among them, and perhaps a sign in front: what parse_numeric_literal reads exactly.
bool is_plain_number(std::string_view text);

/// The constant as a value of `type` where that is exact (24 as 24.00, a midnight TIMESTAMP as a DATE); else nullopt.
std::optional<Value> convert_exactly(const Value& constant, const Type& type);

}  // namespace cairn
