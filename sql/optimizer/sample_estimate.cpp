#include "sql/optimizer/sample_estimate.h"

#include <algorithm>
#include <optional>

#include "exec/evaluation/predicate_evaluator.h"
#include "io/tables/table_sample.h"
#include "sql/optimizer/column_set.h"
#include "sql/optimizer/rewrite.h"
#include "vector/error.h"

namespace cairn {
namespace {

bool is_bound(const Expression& e) {
  if (e.kind == Expression::Kind::kParameter) return false;
  return std::all_of(e.arguments.begin(), e.arguments.end(), [](const ExpressionPtr& a) { return is_bound(*a); });
}

struct Count {
  size_t passed, rows;
};

/// How many of the sample's rows pass; nullopt where that cannot be told.
std::optional<Count> count_passing(const LogicalNode& scan) {
  ColumnSet used;
  for (const auto& predicate : scan.predicates) {
    if (!is_bound(*predicate) || is_volatile(*predicate)) return std::nullopt;
    add_columns(*predicate, used);
  }
  if (!ColumnSet(scan.outputs).contains_all(used)) return std::nullopt;
  std::vector<uint32_t> columns;
  Renaming positions;
  for (size_t i = 0; i < scan.outputs.size(); ++i) {
    if (!used.contains(scan.outputs[i])) continue;
    positions[scan.outputs[i]] = static_cast<ColumnId>(columns.size());
    columns.push_back(scan.scan_columns[i]);
  }
  if (columns.empty()) return std::nullopt;
  Batch batch;
  batch.columns = scan.table->sample->read(*scan.table, columns);
  batch.size = batch.columns[0].size;
  const size_t rows = batch.size;
  if (rows == 0) return std::nullopt;
  std::vector<ExpressionPtr> predicates = clone_all(scan.predicates);
  std::vector<const Expression*> conjuncts;
  for (auto& predicate : predicates) {
    rename_columns(*predicate, positions);
    conjuncts.push_back(predicate.get());
  }
  return Count{PredicateEvaluator(std::move(conjuncts)).select(batch), rows};
}

}  // namespace

double sampled_share(const LogicalNode& scan, double expected) {
  if (scan.predicates.empty() || scan.table->sample == nullptr || expected <= 0) return expected;
  std::optional<Count> count;
  try {
    count = count_passing(scan);
  } catch (const Error&) {  // the query itself will meet it, if it matters
  }
  if (!count) return expected;
  const auto passed = static_cast<double>(count->passed), rows = static_cast<double>(count->rows);
  if (count->rows >= scan.table->row_count) return passed / rows;
  // The number of passing rows is Poisson distributed; a Gamma prior of shape 1 whose mean is the expected share.
  return std::min(1.0, (passed + 1) / (rows + 1 / std::min(expected, 1.0)));
}

}  // namespace cairn
