#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "exec/plan/expression.h"
#include "vector/vector.h"

namespace cairn {

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

}  // namespace cairn
