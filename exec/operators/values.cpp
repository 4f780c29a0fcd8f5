#include "exec/operators/values.h"

#include <algorithm>
#include <cassert>

#include "exec/evaluation/expression_evaluator.h"
#include "exec/operators/row_set_source.h"

namespace cairn {

std::unique_ptr<Source> make_values_source(const PlanNode& plan) {
  auto rows = std::make_shared<RowSet>(plan.types);
  for (size_t begin = 0; begin < plan.rows.size(); begin += kRowGroupRows) {
    const size_t end = std::min(plan.rows.size(), begin + kRowGroupRows);
    RowSet::Chunk chunk;
    chunk.row_count = end - begin;
    for (size_t column = 0; column < plan.types.size(); ++column) {
      ColumnBuffer& buffer = chunk.columns.emplace_back(plan.types[column]);
      for (size_t row = begin; row < end; ++row) {
        assert(plan.rows[row].size() == plan.types.size());
        const Expression& expression = *plan.rows[row][column];
        const Value value = expression.kind == Expression::Kind::kConstant ? expression.value
                                                                           : evaluate_constant(expression);
        value.null ? buffer.append_null() : buffer.append_value(value);
      }
    }
    rows->append_chunk(std::move(chunk));
  }
  rows->seal();
  return make_row_set_source(std::move(rows));
}

}  // namespace cairn
