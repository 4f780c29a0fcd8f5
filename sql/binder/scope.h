#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sql/logical_plan.h"
#include "sql/parser/nodes.h"

namespace cairn {

struct ScopeColumn {
  std::string name;
  ColumnId id = 0;
};

/// One name in FROM, with the columns that `name.column` reaches.
struct ScopeRelation {
  std::string name;
  std::vector<ScopeColumn> columns;
  std::string schema = {};  ///< of a table or view that has no alias
  std::optional<ColumnId> mark = {};  ///< NULL where an outer join found no row of it; none: it is always there
  bool of_join = false;  ///< the name of a join: its row is put together of columns, wherever they come from, and always there

  bool is_called(std::string_view given_schema, std::string_view given_name) const {
    return name == given_name && (given_schema.empty() || given_schema == schema);
  }
};

/// A table that stands in FROM itself, not in a subquery there.
struct ScopeTable {
  std::shared_ptr<const TableVersion> table;
  std::vector<ColumnId> columns;  ///< all of its columns, in order
};

/// A bound piece of FROM: a table, a subquery, or a join of such.
struct FromItem {
  LogicalPtr plan;
  std::vector<ScopeRelation> relations;
  std::vector<ScopeTable> tables;
  std::vector<ScopeColumn> visible;  ///< what unqualified names and * see: columns merged by USING come once
};

/// A subquery that waits for its join: the row that it decorates is made by the node that it will be put upon.
struct Attachment {
  JoinKind kind = JoinKind::kSingle;
  LogicalPtr plan;
  std::vector<ExpressionPtr> predicates;
  ColumnId mark = 0;  ///< kMark
};

/// Where in a SELECT an expression stands; decides about aggregates, and names the place in errors.
enum class Clause { kFrom, kOn, kWhere, kGroupBy, kHaving, kSelect, kOrderBy, kDistinctOn, kLimit, kValues, kCheck, kReturning, kSet, kCopyWhere, kOther };
std::string_view to_string(Clause clause);

/// GROUPING(…): which of these columns the row's grouping set leaves out, as bits.
struct GroupingCall {
  std::vector<size_t> groups;  ///< positions in group_by
  ColumnId output = 0;
};

/// Window calls that share partitions and order: one kWindow node.
struct BoundWindow {
  std::vector<ExpressionPtr> partition_by;
  std::vector<LogicalSortKey> sort_keys;
  std::vector<LogicalWindowCall> calls;
};

/// One SELECT while it is being bound. Levels form a stack: names that are not found look outward.
struct QueryLevel {
  QueryLevel* outer = nullptr;
  std::vector<const FromItem*> items;  ///< what names see now; grows from left to right while FROM is bound
  Clause clause = Clause::kFrom;
  bool inside_aggregate = false;
  bool inside_branch = false;        ///< of a CASE or COALESCE: what is bound may not be asked for
  std::vector<LogicalAggregate> aggregates;
  std::vector<Attachment> below_aggregation;
  std::vector<ExpressionPtr> direct_arguments;  ///< of WITHIN GROUP calls: of each group they have one value
  std::vector<Attachment>* pending = nullptr;  ///< where subqueries met now go; nullptr: none may stand here
  std::vector<ExpressionPtr> group_by;
  std::vector<ColumnId> group_outputs;
  /// GROUPING SETS, ROLLUP and CUBE: positions in group_by, for each set. Otherwise the one set of all.
  std::vector<std::vector<size_t>> grouping_sets;
  std::vector<GroupingCall> grouping_calls;
  std::vector<ColumnId> determined;  ///< columns of which a group has one value, though it is not grouped by them
  bool reads_working_table = false;  ///< FROM has the recursive reference itself, not in a subquery
  std::span<pg::Node* const> window_clause;
  std::vector<BoundWindow> windows;
  std::vector<Attachment> below_windows;
  std::string_view no_window_because;  ///< inside a window's call or definition: what is said of another call there
  /// Select-list entries that GROUP BY named by ordinal or alias: they are their group's column.
  std::unordered_map<const pg::Node*, size_t> group_nodes;
  /// GROUP BY entries with subqueries, which are known again where they are repeated word by word.
  std::vector<std::pair<const pg::Node*, size_t>> group_subqueries;

  bool aggregates_allowed() const {
    return clause == Clause::kHaving || clause == Clause::kSelect || clause == Clause::kOrderBy ||
           clause == Clause::kDistinctOn;
  }
};

/// A bound SELECT: its plan, and the names of the plan's outputs.
struct BoundQuery {
  LogicalPtr plan;
  std::vector<std::string> names;
};

/// What FOR UPDATE asks of the queries in FROM that are bound by then.
struct LockableQueries {
  std::unordered_map<const PgQuery__SelectStmt*, std::string_view> made;  ///< why their rows are not those of their tables
  std::unordered_map<const PgQuery__RangeVar*, const PgQuery__SelectStmt*> views;
};

/// A place that no reference of a recursive query to itself may stand in; those around it count, too.
struct RecursionBarrier {
  std::string_view what;  ///< "a subquery"
  const RecursionBarrier* outer = nullptr;
};

/// WITH entries that the names in FROM see, innermost first.
struct CteEntry {
  /// In WITH RECURSIVE an entry is seen before it is bound: then it is bound when it is first met, or refers to itself.
  enum class State { kUnbound, kBinding, kBindingBase, kBindingStep, kBound };
  std::string name;
  std::vector<std::string> column_names;
  std::shared_ptr<CommonTable> table;          ///< nullptr: refers to outer columns, so that every use binds it anew
  const PgQuery__CommonTableExpr* syntax = nullptr;
  QueryLevel* level = nullptr;                 ///< the level that it was written on
  struct CteFrame* frame = nullptr;            ///< what its own text sees
  State state = State::kUnbound;
  BoundQuery* base = nullptr;                  ///< kBindingStep: the non-recursive term
  const RecursionBarrier* barrier = nullptr;   ///< kBindingStep: those that stand around the whole query
  std::shared_ptr<const WorkingTable> working_table;  ///< from the first recursive reference on
  int reference = -1;  ///< where that is written: a WITH item inside that refers to outer columns is bound several times
};
struct CteFrame {
  CteFrame* outer = nullptr;
  CteEntry* binding = nullptr;  ///< the one of its entries that is being bound
  bool recursive = false;
  std::vector<std::unique_ptr<CteEntry>> entries;
};

}  // namespace cairn
