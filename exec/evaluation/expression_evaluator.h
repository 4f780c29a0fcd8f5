#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "exec/functions/evaluation_context.h"
#include "exec/plan/expression.h"
#include "vector/vector.h"

namespace cairn {

/// Evaluates a fixed list of expressions over batches, for one worker. Equal subexpressions are computed once per
/// batch. Integral arithmetic runs in the narrowest width that the operands' value ranges prove sufficient (all
/// arithmetic is exact modulo 2^width once the result's range is known to fit); where the range of the declared type
/// may be left, it is checked, and leaving it is kNumericOutOfRange.
class ExpressionEvaluator {
 public:
  explicit ExpressionEvaluator(std::vector<const Expression*> expressions,
                               size_t longest_text = EvaluationContext::kLongestText);
  ~ExpressionEvaluator();

  /// Starts a new batch: forgets the last one's results. The batch must outlive the results.
  void begin(const Batch& batch);

  /// Expression `index` over the batch's selected rows: the vector has batch.row_count() rows, dense.
  Vector evaluate(size_t index);

  /// Over all rows of the batch, selected or not (size batch.size), where neither this nor anything below it can raise
  /// an error given the operands' ranges; returns false (and nothing) otherwise. For sinks that would rather compute
  /// on rubbish rows than compact.
  bool evaluate_all(size_t index, Vector& result);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Evaluates an expression without columns. Errors as the functions raise them.
Value evaluate_constant(const Expression& expression);

/// The same for a plan, which copies and prints its constants: the expression as it was where an error is raised (that
/// belongs to the rows, if there are any) or where a text of more than 64 KiB is made on the way.
ExpressionPtr fold_constant(ExpressionPtr expression);

}  // namespace cairn
