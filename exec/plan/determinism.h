#pragma once

#include <unordered_map>

#include "exec/plan/plan.h"

namespace cairn {

/// Whether this node makes the same rows, bit for bit and in whatever order, of the same rows in whatever order. Decides
/// which breakers' rows may be mixed with others that were computed anew (exec/plan/content.h), so that a wrong yes is a wrong
/// answer, and a wrong no only work done twice: what is not known to be so, is not.
bool is_deterministic(const PlanNode& node);

/// The same of whole plans, nodes that they share looked at once.
class Determinism {
 public:
  bool of(const PlanNode& plan);
  /// Of what a join's build side holds.
  bool of_build(const PlanNode& join) { return of(*join.children[1]); }

 private:
  std::unordered_map<const PlanNode*, bool> known_;
};

}  // namespace cairn
