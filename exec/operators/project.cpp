#include "exec/operators/project.h"

#include <algorithm>

#include "exec/evaluation/expression_evaluator.h"

namespace cairn {
namespace {

class Project : public Operator {
 public:
  explicit Project(const PlanNode& plan) {
    for (const ExpressionPtr& expression : plan.expressions) expressions_.push_back(expression.get());
    only_columns_ = std::all_of(expressions_.begin(), expressions_.end(), [](const Expression* expression) {
      return expression->kind == Expression::Kind::kColumn;
    });
  }

  std::unique_ptr<Local> make_local(const WorkerContext&) const override {
    return std::make_unique<ProjectLocal>(expressions_);
  }

  void push(Batch& batch, Local& base, Consumer& next) const override {
    auto& local = static_cast<ProjectLocal&>(base);
    local.output.columns.resize(expressions_.size());
    if (only_columns_) {
      for (size_t i = 0; i < expressions_.size(); ++i) local.output.columns[i] = batch.columns[expressions_[i]->column];
      keep_rows(batch, local.output);
    } else {
      local.evaluator.begin(batch);
      if (!evaluate_all(batch, local)) {
        for (size_t i = 0; i < expressions_.size(); ++i) local.output.columns[i] = local.evaluator.evaluate(i);
        local.output.size = batch.row_count();
        local.output.selected = false;
      }
    }
    next.push(local.output);
  }

 private:
  struct ProjectLocal : Local {
    explicit ProjectLocal(const std::vector<const Expression*>& expressions) : evaluator(expressions) {}
    ExpressionEvaluator evaluator;
    Batch output;
    unsigned refusals = 0;  ///< batches over all of whose rows something could not be computed
  };

  static void keep_rows(const Batch& batch, Batch& output) {
    output.size = batch.size;
    output.selected = batch.selected;
    output.selection = batch.selection;
  }

  /// Where most rows are selected, computing all of them and keeping the selection beats compacting the inputs. False
  /// where that does not pay or could raise an error for a row that does not exist.
  bool evaluate_all(const Batch& batch, ProjectLocal& local) const {
    static constexpr unsigned kRefusalsBelieved = 4;
    if (!batch.selected || batch.selection.count * 4 < batch.size * 3 || local.refusals >= kRefusalsBelieved) return false;
    for (size_t i = 0; i < expressions_.size(); ++i) {
      if (!local.evaluator.evaluate_all(i, local.output.columns[i])) {
        ++local.refusals;
        return false;
      }
    }
    keep_rows(batch, local.output);
    return true;
  }

  std::vector<const Expression*> expressions_;
  bool only_columns_ = false;
};

}  // namespace

std::unique_ptr<Operator> make_project(const PlanNode& plan) { return std::make_unique<Project>(plan); }

}  // namespace cairn
