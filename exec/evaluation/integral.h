#pragma once

// Arithmetic and conversion on whole integral vectors, in the frame-of-reference domain.

#include "exec/evaluation/expression_evaluator.h"
#include "exec/functions/function.h"
#include "vector/kernels/integer_view.h"
#include "vector/vector.h"

namespace cairn::evaluation {

/// Interval arithmetic: where the results of operands in these ranges lie. False where 128 bits do not hold it, or an
/// operand's range is unknown.
bool propagate_range(Function::Native operation, const ValueRange& a, const ValueRange& b, ValueRange& result);

/// Bytes (1, 2, 4, 8, 16) of the narrowest offsets that hold max - min.
size_t offset_bytes(const ValueRange& range);

/// What is certain of the vector: its encoding's and its type's bounds. REQUIRES: an integral type.
ValueRange certain_range(const Vector& vector);

/// a (operation) b with `type` as result (whose scale is that of the raw operation). kNegate ignores b. The result is
/// of the narrowest width that its range allows; where the type's range may be left, it is checked row by row: then
/// false is returned if `may_raise` is not set, else kNumericOutOfRange is thrown.
bool compute_integral(Function::Native operation, const Vector& a, const Vector& b, Type type, bool may_raise,
                      EvaluationContext& context, Vector& out);

/// The same vector under another integral type of equal scale; the values are known to fit it.
Vector retype(const Vector& vector, Type type, EvaluationContext& context);

/// The vector without a dictionary: flat, constant or frame of reference.
Vector without_dictionary(const Vector& vector, EvaluationContext& context);

/// The offsets from `base` in `bytes` bytes (converted only where they are not that already). REQUIRES: neither
/// constant nor dictionary.
const void* offsets_from(const Vector& vector, int128_t base, size_t bytes, EvaluationContext& context);

/// AND of two validities, as row bits; nullptr: nothing is NULL. REQUIRES: no constant NULL.
const uint64_t* both_valid(const Vector& a, const Vector& b, size_t rows, EvaluationContext& context);

}  // namespace cairn::evaluation
