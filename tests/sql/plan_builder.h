#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sql/logical_plan.h"
#include "sql/optimizer/pass.h"

namespace cairn {

/// Builds logical plans by hand, as the binder would, over tables without rows but with statistics.
class PlanBuilder {
 public:
  struct FakeColumn {
    std::string name;
    Type type;
    double distinct = 100;
    double low = 0, high = 0;  ///< stored form; no bounds where equal
    bool not_null = true;
  };
  static std::shared_ptr<const TableVersion> table(std::string name, uint64_t rows, std::vector<FakeColumn> columns);
  /// TPC-H's eight tables with the statistics of SF 1 (the columns that its joins and filters use).
  static const std::map<std::string, std::shared_ptr<const TableVersion>>& tpch();

  /// A scan of all columns; columns are then named "alias.column", or "column" where that is not ambiguous.
  LogicalPtr scan(std::shared_ptr<const TableVersion> table, std::string alias = "");
  LogicalPtr scan(const std::string& tpch_table, std::string alias = "") { return scan(tpch().at(tpch_table), alias); }

  ColumnId id(std::string_view name) const;
  ExpressionPtr column(std::string_view name) const;
  ExpressionPtr operator[](std::string_view name) const { return column(name); }

  static LogicalPtr filter(LogicalPtr child, std::vector<ExpressionPtr> predicates);
  LogicalPtr join(JoinKind kind, LogicalPtr left, LogicalPtr right, std::vector<ExpressionPtr> predicates = {},
                  std::string mark = "");
  LogicalPtr dependent_join(JoinKind kind, LogicalPtr left, LogicalPtr right,
                            std::vector<ExpressionPtr> predicates = {}, std::string mark = "");
  /// New columns, which can then be named.
  LogicalPtr project(LogicalPtr child, std::vector<std::pair<std::string, ExpressionPtr>> columns);
  struct Call {
    std::string name, function;
    ExpressionPtr argument;  ///< nullptr: *
  };
  LogicalPtr aggregate(LogicalPtr child, std::vector<std::string> groups, std::vector<Call> calls);
  LogicalPtr sort(LogicalPtr child, std::vector<std::string> keys);
  static LogicalPtr limit(LogicalPtr child, int64_t count);
  static LogicalPtr distinct(LogicalPtr child);
  LogicalPtr set_operation(LogicalNode::SetOperation operation, bool all, LogicalPtr left, LogicalPtr right,
                           std::vector<std::string> names);
  LogicalPtr cte_scan(std::shared_ptr<CommonTable> table, std::vector<std::string> names);

  /// The finished plan, whose result is `root`.
  LogicalPlan& finish(LogicalPtr root);
  LogicalPlan& plan() { return plan_; }

 private:
  ColumnId add(std::string name, Type type);
  LogicalPlan plan_;
  std::map<std::string, ColumnId, std::less<>> names_;
};

template <typename... Items>
std::vector<ExpressionPtr> list(Items... items) {
  std::vector<ExpressionPtr> result;
  (result.push_back(std::move(items)), ...);
  return result;
}
ExpressionPtr compare(Expression::Comparison op, ExpressionPtr left, ExpressionPtr right);
inline ExpressionPtr eq(ExpressionPtr a, ExpressionPtr b) {
  return compare(Expression::Comparison::kEqual, std::move(a), std::move(b));
}
inline ExpressionPtr ne(ExpressionPtr a, ExpressionPtr b) {
  return compare(Expression::Comparison::kNotEqual, std::move(a), std::move(b));
}
inline ExpressionPtr lt(ExpressionPtr a, ExpressionPtr b) {
  return compare(Expression::Comparison::kLess, std::move(a), std::move(b));
}
inline ExpressionPtr gt(ExpressionPtr a, ExpressionPtr b) {
  return compare(Expression::Comparison::kGreater, std::move(a), std::move(b));
}
inline ExpressionPtr le(ExpressionPtr a, ExpressionPtr b) {
  return compare(Expression::Comparison::kLessEqual, std::move(a), std::move(b));
}
inline ExpressionPtr ge(ExpressionPtr a, ExpressionPtr b) {
  return compare(Expression::Comparison::kGreaterEqual, std::move(a), std::move(b));
}
ExpressionPtr integer(int64_t value);
ExpressionPtr text(std::string value);
ExpressionPtr decimal(int64_t scaled, int precision, int scale);
ExpressionPtr date(int days);
ExpressionPtr boolean(bool value);
ExpressionPtr null_of(Type type);
ExpressionPtr in(ExpressionPtr operand, std::vector<ExpressionPtr> values);
ExpressionPtr like(ExpressionPtr operand, std::string pattern);
ExpressionPtr is_null(ExpressionPtr operand);
ExpressionPtr call(std::string_view function, std::vector<ExpressionPtr> arguments);
template <typename... Items>
ExpressionPtr both(Items... items) { return Expression::make_and(list(std::move(items)...)); }
template <typename... Items>
ExpressionPtr either(Items... items) { return Expression::make_or(list(std::move(items)...)); }

/// The plan as text after one pass.
std::string after(void (*pass)(LogicalPlan&), LogicalPlan& plan);

}  // namespace cairn
