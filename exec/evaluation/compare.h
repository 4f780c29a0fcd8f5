#pragma once

#include "exec/evaluation/node.h"
#include "exec/plan/expression.h"

namespace cairn::evaluation {

/// The vector, of any type but strings, as integers that order as its values do; never a dictionary.
Vector ordered_integers(const Vector& vector, EvaluationContext& context);

/// The rows of a varying integral vector (no dictionary) whose values lie in `wanted` (negated: do not): decided by
/// ranges alone, or by one kernel.
Truth select_range(Frame& frame, const Vector& vector, ValueRange wanted, bool negated);

/// A varying integral vector (no dictionary) against a constant.
Truth compare_with_constant(Frame& frame, Expression::Comparison comparison, const Vector& vector, int128_t value);

/// Any two vectors of one type and length, none a constant NULL; one of the six ordinary comparisons.
Truth compare_vectors(Frame& frame, Expression::Comparison comparison, const Vector& left, const Vector& right);

/// bit i = test(i)
template <typename Test>
void test_rows(size_t rows, uint64_t* bits, Test test) {
  for (size_t begin = 0; begin < rows; begin += 64) {
    const size_t count = rows - begin < 64 ? rows - begin : 64;
    uint64_t word = 0;
    for (size_t i = 0; i < count; ++i) word |= static_cast<uint64_t>(test(begin + i)) << i;
    bits[begin / 64] = word;
  }
}

}  // namespace cairn::evaluation
