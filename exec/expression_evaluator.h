#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "exec/expression.h"
#include "vector/vector.h"

namespace cairn {

/// Scratch memory that lives until the next batch: results of expressions point into it.
class EvaluationContext {
 public:
  /// 64-byte aligned, uninitialized, with 64 readable bytes behind the end. Valid until reset().
  void* allocate(size_t bytes);
  void reset();
  class VolatileSource* volatile_source() const { return volatile_source_; }  ///< of the call that is being computed
  void set_volatile_source(class VolatileSource* source) { volatile_source_ = source; }
  class StringHeap& strings();  ///< for results longer than a StringRef holds; emptied by reset()
  /// No function makes a longer text, in bytes: it is held twice while it is made, and counts in no memory limit.
  static constexpr size_t kLongestText = size_t{1} << 26;
  size_t longest_text() const { return longest_text_; }
  void set_longest_text(size_t bytes) { longest_text_ = bytes; }
  EvaluationContext();
  ~EvaluationContext();
  EvaluationContext(EvaluationContext&&) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
  class VolatileSource* volatile_source_ = nullptr;
  size_t longest_text_ = kLongestText;
};

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

/// A conjunction of predicates applied to batches, for one worker. Cheap comparisons on encoded columns are computed
/// over all rows as bit masks; costly or raising ones only on the rows that are left. Order adapts to what they pass, and
/// does not show: a conjunct raises no error for rows that others reject without raising one.
class PredicateEvaluator {
 public:
  explicit PredicateEvaluator(std::vector<const Expression*> conjuncts);
  ~PredicateEvaluator();

  /// Narrows the batch's selection to the rows for which every conjunct is true. Returns how many are left. The
  /// selection's arrays belong to this object and live until the next call.
  size_t select(Batch& batch);

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
