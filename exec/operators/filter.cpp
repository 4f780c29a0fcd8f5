#include "exec/operators/filter.h"

#include "exec/evaluation/predicate_evaluator.h"

namespace cairn {
namespace {

class Filter : public Operator {
 public:
  explicit Filter(const PlanNode& plan) {
    for (const ExpressionPtr& predicate : plan.predicates) conjuncts_.push_back(predicate.get());
  }

  std::unique_ptr<Local> make_local(const WorkerContext&) const override {
    return std::make_unique<FilterLocal>(conjuncts_);
  }

  void push(Batch& batch, Local& local, Consumer& next) const override {
    if (static_cast<FilterLocal&>(local).predicates.select(batch) > 0) next.push(batch);
  }

 private:
  struct FilterLocal : Local {
    explicit FilterLocal(const std::vector<const Expression*>& conjuncts) : predicates(conjuncts) {}
    PredicateEvaluator predicates;
  };
  std::vector<const Expression*> conjuncts_;
};

}  // namespace

std::unique_ptr<Operator> make_filter(const PlanNode& plan) { return std::make_unique<Filter>(plan); }

}  // namespace cairn
