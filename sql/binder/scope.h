#pragma once

#include <memory>
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
};

/// A bound piece of FROM: a table, a subquery, or a join of such.
struct FromItem {
  LogicalPtr plan;
  std::vector<ScopeRelation> relations;
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
enum class Clause { kFrom, kOn, kWhere, kGroupBy, kHaving, kSelect, kOrderBy, kDistinctOn, kLimit, kValues, kOther };
std::string_view to_string(Clause clause);

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
  std::vector<Attachment>* pending = nullptr;  ///< where subqueries met now go; nullptr: none may stand here
  std::vector<ExpressionPtr> group_by;
  std::vector<ColumnId> group_outputs;
  std::span<pg::Node* const> window_clause;
  std::vector<BoundWindow> windows;
  std::vector<Attachment> below_windows;
  std::string_view no_window_because;  ///< inside a window's call or definition: what is said of another call there
  /// Select-list entries that GROUP BY named by ordinal or alias: they are their group's column.
  std::unordered_map<const pg::Node*, size_t> group_nodes;

  bool aggregates_allowed() const {
    return clause == Clause::kHaving || clause == Clause::kSelect || clause == Clause::kOrderBy ||
           clause == Clause::kDistinctOn;
  }
};

/// WITH entries that the names in FROM see, innermost first.
struct CteEntry {
  std::string name;
  std::vector<std::string> column_names;
  std::shared_ptr<CommonTable> table;          ///< nullptr: refers to outer columns, so that every use binds it anew
  const PgQuery__CommonTableExpr* syntax = nullptr;
  QueryLevel* level = nullptr;                 ///< the level that it was written on
  const struct CteFrame* frame = nullptr;      ///< what its own text sees
  bool is_forward = false;                     ///< not yet bound: only a recursive reference can see it
};
struct CteFrame {
  const CteFrame* outer = nullptr;
  std::vector<std::unique_ptr<CteEntry>> entries;
};

}  // namespace cairn
