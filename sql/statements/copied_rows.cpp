#include "sql/statements/copied_rows.h"

#include <algorithm>

#include "exec/evaluation/expression_evaluator.h"
#include "exec/evaluation/predicate_evaluator.h"
#include "sql/optimizer/rewrite.h"

namespace cairn {
namespace {

/// One worker's.
struct Evaluators {
  ExpressionEvaluator defaults;
  PredicateEvaluator where;
};

std::vector<const Expression*> pointers(const std::vector<ExpressionPtr>& expressions) {
  std::vector<const Expression*> result;
  for (const ExpressionPtr& e : expressions) result.push_back(e.get());
  return result;
}

}  // namespace

CopiedRows::CopiedRows(BindContext context, std::shared_ptr<const TableVersion> table, const std::vector<size_t>& columns,
                       const pg::Node* where) {
  const std::vector<ColumnSchema>& schema = table->schema.columns;
  constants_.resize(schema.size());
  for (size_t i = 0; i < schema.size(); i++) {
    if (std::ranges::find(columns, i) != columns.end()) continue;
    constants_[i] = Value::null_of(schema[i].type);
    ExpressionPtr value = Binder(context).default_value(schema[i]);
    if (is_constant_tree(*value)) {
      constants_[i] = evaluate_constant(*value);
    } else {
      computed_.emplace_back(i, std::move(value));
    }
  }
  if (where == nullptr) return;
  Binder binder(std::move(context));
  ExpressionPtr condition = binder.bind_row_condition(*where, std::move(table));
  binder.check_no_parameters(pg::location(where));
  split_conjunction(std::move(condition), conditions_);
}

bool CopiedRows::is_volatile() const {
  const auto varies = [](const ExpressionPtr& e) { return cairn::is_volatile(*e); };
  return std::ranges::any_of(conditions_, varies) ||
         std::ranges::any_of(computed_, [&](const auto& column) { return varies(column.second); });
}

std::function<RowStep()> CopiedRows::step_maker(std::shared_ptr<const CopiedRows> rows) {
  if (rows->computed_.empty() && rows->conditions_.empty()) return nullptr;
  return [rows]() -> RowStep {
    std::vector<const Expression*> defaults;
    for (const auto& [column, value] : rows->computed_) defaults.push_back(value.get());
    const std::shared_ptr<Evaluators> own(
        new Evaluators{ExpressionEvaluator(std::move(defaults)), PredicateEvaluator(pointers(rows->conditions_))});
    return [rows, own](Batch& batch) {
      own->defaults.begin(batch);
      for (size_t i = 0; i < rows->computed_.size(); i++) batch.columns[rows->computed_[i].first] = own->defaults.evaluate(i);
      if (!rows->conditions_.empty()) own->where.select(batch);
    };
  };
}

}  // namespace cairn
