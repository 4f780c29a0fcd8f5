#include <algorithm>

#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/plan_columns.h"
#include "sql/row_numbers.h"
#include "vector/error.h"

// LIMIT, OFFSET and FETCH. A count that is known before the query runs is a limit; any other is asked once for its
// number, which the numbers of the rows are then compared with.

namespace cairn {
namespace {

bool is_known(const ExpressionPtr& count) {
  if (count == nullptr || count->kind == Expression::Kind::kConstant) return true;
  return contains(*count, Expression::Kind::kParameter) && !contains(*count, Expression::Kind::kColumn);
}

}  // namespace

/// BIGINT, never negative; nullptr where there is no limit.
ExpressionPtr Binder::row_count(const pg::Node* syntax, std::string_view clause) {
  if (syntax == nullptr) return nullptr;
  ExpressionPtr count =
      fold(coerce(expression(*syntax), Type::big_int(), CastContext::kAssignment, pg::location(syntax)));
  if (count->kind == Expression::Kind::kConstant) {
    if (count->value.null) return nullptr;  // LIMIT ALL and LIMIT NULL
    if (count->value.integer < 0)
      throw Error(clause == "LIMIT" ? "2201W" : "2201X", std::string(clause) + " must not be negative")
          .at(pg::location(syntax));
    return count;
  }
  if (is_known(count)) return count;
  std::vector<ExpressionPtr> arguments;
  arguments.push_back(std::move(count));
  return call(clause == "LIMIT" ? "limit_row_count" : "offset_row_count", arguments, pg::location(syntax));
}

LogicalPtr Binder::limit(const PgQuery__SelectStmt& select, LogicalPtr node, QueryLevel* outer) {
  if (select.limit_count == nullptr && select.limit_offset == nullptr) return node;
  bool with_ties = select.limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES;
  QueryLevel level;
  level.outer = outer;
  level.clause = Clause::kLimit;
  std::vector<Attachment> pending;
  level.pending = &pending;
  LevelGuard guard(*this, &level);
  ExpressionPtr count = row_count(select.limit_count, "LIMIT"), offset = row_count(select.limit_offset, "OFFSET");
  if (with_ties && count == nullptr)
    throw Error("2201W", "row count cannot be null in FETCH FIRST ... WITH TIES clause")
        .at(pg::location(select.limit_count));
  if (count == nullptr && offset == nullptr) return node;
  if (with_ties || !is_known(count) || !is_known(offset))
    return limit_by_numbers(std::move(node), std::move(count), std::move(offset), std::move(pending), with_ties);
  LogicalPtr result = make_node(LogicalNode::Kind::kLimit, std::move(node));
  result->limit = std::move(count);
  result->offset = std::move(offset);
  return result;
}

LogicalPtr Binder::limit_by_numbers(LogicalPtr node, ExpressionPtr count, ExpressionPtr offset,
                                    std::vector<Attachment> pending, bool with_ties) {
  const std::vector<ColumnId> outputs = node->outputs;
  std::vector<LogicalSortKey> keys;
  if (node->kind == LogicalNode::Kind::kSort) {
    keys = std::move(node->sort_keys);
    node = LogicalPtr(std::move(node->children[0]));
  }
  LogicalPtr numbered = number_rows(plan_, {}, std::move(keys), std::move(node));
  ColumnId number = numbered->outputs.back(), rank = number;
  if (with_ties) rank = add_window_column(plan_, *numbered, WindowFunction::kRank);

  // What is asked for at run time is one row beside all others.
  std::vector<ExpressionPtr*> asked;
  for (ExpressionPtr* e : {&count, &offset})
    if (*e != nullptr && (*e)->kind != Expression::Kind::kConstant) asked.push_back(e);
  if (!asked.empty()) {
    std::vector<ExpressionPtr> row;
    for (ExpressionPtr* e : asked) row.push_back(std::move(*e));
    LogicalPtr counts = row_of(std::move(row), std::move(pending));
    for (size_t i = 0; i < asked.size(); i++)
      *asked[i] = Expression::make_column(counts->outputs[i], Type::big_int());
    numbered = make_join(JoinKind::kSingle, std::move(numbered), std::move(counts), {});
  }
  LogicalPtr filter = make_node(LogicalNode::Kind::kFilter, std::move(numbered));
  if (with_ties) {
    // Those that are equal to the last row have its rank.
    filter->predicates = within_limit(plan_, number, nullptr, offset.get());
    filter->predicates.push_back(before_limit(plan_, rank, *count, offset.get()));
    filter->predicates.push_back(Expression::make_compare(Expression::Comparison::kGreater, count->clone(),
                                                          Expression::make_constant(Value::of_integer(Type::big_int(), 0))));
  } else {
    filter->predicates = within_limit(plan_, number, count.get(), offset.get());
  }
  LogicalPtr sort = make_node(LogicalNode::Kind::kSort, std::move(filter));
  sort->sort_keys.push_back({Expression::make_column(number, Type::big_int()), false, false});
  sort->outputs = outputs;
  return sort;
}

}  // namespace cairn
