#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exec/plan/expression.h"
#include "exec/plan/plan.h"
#include "io/tables/database.h"

namespace cairn {

/// Names one column of one relation occurrence in one query: unique over the whole query, so that passes move
/// expressions about without renumbering. Expression::kColumn holds it until physical planning.
using ColumnId = uint32_t;

struct ColumnInfo {
  std::string name;   ///< for EXPLAIN
  Type type;
  bool nullable = true;
};

struct LogicalAggregate {
  ColumnId output = 0;
  const AggregateFunction* function = nullptr;
  std::vector<ExpressionPtr> arguments;  ///< empty: count(*)
  bool distinct = false;
  ExpressionPtr filter;                  ///< or nullptr
  std::vector<std::pair<ExpressionPtr, SortKey>> order_by;  ///< inside the call; SortKey::column unused
  Type type;
};

/// One function over a node's window.
struct LogicalWindowCall {
  WindowFunction function = WindowFunction::kAggregate;
  LogicalAggregate call;  ///< of functions that are no aggregates: output, arguments and type
  WindowFrame frame;
  ExpressionPtr start_size, end_size;              ///< n of `n PRECEDING` and `n FOLLOWING`, or nullptr
  ExpressionPtr range_key, start_value, end_value; ///< RANGE with sizes: the sort key, and what it is compared with
};

struct LogicalSortKey {
  ExpressionPtr expression;
  bool descending = false;
  bool nulls_first = false;
};

/// A logical operator. Every node lists the columns it produces (`outputs`); a child's columns that a parent does not
/// list are dropped there.
struct LogicalNode {
  enum class Kind : uint8_t {
    kScan,       ///< table; outputs[i] is table column scan_columns[i]; predicates pushed into it
    kValues,     ///< rows of expressions without columns (or with outer ones)
    kFilter,     ///< predicates: a conjunction
    kProject,    ///< outputs[i] = expressions[i]
    kAggregate,  ///< group_by[i] gives outputs[i]; then aggregates
    kJoin,       ///< join kind over predicates (a conjunction); kMark: mark column is outputs.back()
    kSort,       ///< sort_keys
    kLimit,      ///< limit, offset (constants after folding)
    kDistinct,   ///< over all outputs
    kSetOperation,  ///< UNION/INTERSECT/EXCEPT [ALL]; outputs are new ids, child columns match by position
    kCteScan,    ///< one use of a shared subplan: outputs[i] is its cte->plan->outputs[i] under a new id
    kTableFunction,
    kWindow,     ///< the child's columns and those of window_calls, per partition of partition_by, ordered by sort_keys
    kRecursion,  ///< UNION [ALL] of children[0] and, again and again, children[1]; outputs are new ids, by position
    kWorkingTable,  ///< inside children[1]: the rows that were new the time before, by position under new ids
  };
  enum class SetOperation : uint8_t { kUnion, kIntersect, kExcept };

  Kind kind;
  std::vector<std::unique_ptr<LogicalNode>> children;
  std::vector<ColumnId> outputs;

  std::shared_ptr<const TableVersion> table;          // kScan
  std::string alias;
  std::vector<uint32_t> scan_columns;
  std::vector<ExpressionPtr> predicates;              // kScan, kFilter, kJoin
  std::vector<std::vector<ExpressionPtr>> rows;       // kValues
  std::vector<ExpressionPtr> expressions;             // kProject
  std::vector<ExpressionPtr> group_by;                // kAggregate
  std::vector<LogicalAggregate> aggregates;
  JoinKind join = JoinKind::kInner;                   // kJoin
  /// kJoin: children[1] uses columns of children[0] (a lateral join or a correlated subquery). No plan leaves the
  /// unnesting pass with such a join (Neumann and Kemper, "Unnesting Arbitrary Queries", BTW 2015).
  bool dependent = false;
  bool null_is_false = false;  ///< kMark: only whether some row makes the condition true is asked (EXISTS)
  /// kJoin, by predicate, where the semi_join_reduction pass has been: for an equality of keys, the share of either
  /// side's rows that the other side's keys are expected to let pass.
  struct KeyShare { double left = 1, right = 1; };
  std::vector<KeyShare> key_shares;
  std::vector<LogicalSortKey> sort_keys;              // kSort, kWindow
  std::vector<ExpressionPtr> partition_by;            // kWindow
  std::vector<LogicalWindowCall> window_calls;
  ExpressionPtr limit, offset;                        // kLimit
  SetOperation set_operation = SetOperation::kUnion;  // kSetOperation
  bool all = false;
  std::shared_ptr<struct CommonTable> cte;            // kCteScan
  std::shared_ptr<TableFunctionSource> function_source;  // kTableFunction
  std::shared_ptr<const struct WorkingTable> working_table;  // kRecursion, kWorkingTable: which belong together

  double estimated_rows = -1;  ///< set by the join ordering pass and refreshed before physical planning
};
using LogicalPtr = std::unique_ptr<LogicalNode>;

/// What a recursive WITH query reads of itself. Copies of a recursion share it; uses belong to the innermost kRecursion
/// around them that has it.
struct WorkingTable {
  std::string name;
};

/// WITH name AS (…), used one or more times.
struct CommonTable {
  std::string name;
  LogicalPtr plan;
};

/// A bound query: the tree, what its column ids mean, and the names of its result.
struct LogicalPlan {
  LogicalPtr root;
  std::vector<ColumnInfo> columns;        ///< by ColumnId
  std::vector<std::string> result_names;  ///< of root->outputs
  std::vector<std::shared_ptr<CommonTable>> common_tables;  ///< inner ones first
  const std::atomic<bool>* interrupted = nullptr;  ///< set while it is made: planning ends with kQueryCanceled

  ColumnId add_column(std::string name, Type type, bool nullable = true) {
    columns.push_back({std::move(name), type, nullable});
    return static_cast<ColumnId>(columns.size() - 1);
  }
  std::string to_string() const;  ///< the tree, as EXPLAIN (passes) shows it
  std::string describe(const LogicalNode& node) const;  ///< its line there: all that makes its rows, but its children
};

/// sql/optimizer: runs the named passes in order; `disabled` names those to leave out (correctness does not depend on
/// any but those marked required). `trace`, where there, receives each pass's name and the plan after it.
struct PassTrace { std::string pass, plan; };
void optimize(LogicalPlan& plan, const std::vector<std::string>& disabled, std::vector<PassTrace>* trace = nullptr);
std::vector<std::string> optimizer_pass_names();

/// sql/physical: picks operators, resolves column ids to positions.
PlanPtr make_physical_plan(const LogicalPlan& plan);

}  // namespace cairn
