#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/logical_plan.h"
#include "sql/parser/nodes.h"

namespace cairn {

/// What INSERT, UPDATE, DELETE and MERGE name as their target: a table, or a view whose rows are those of one.
struct ModificationTarget {
  std::shared_ptr<const TableVersion> table;
  std::vector<std::shared_ptr<const ViewSchema>> views = {};  ///< from the one that is named down to the one over the table
  std::string_view verb = "change rows through";  ///< "insert into": what errors say is to be done with it
};

/// The columns that a statement sees of its target, each with its position in the table; nullopt: it is an expression.
struct TargetNames {
  std::string relation;
  std::vector<std::pair<std::string, std::optional<size_t>>> columns;

  static TargetNames of(const TableSchema& table);
  /// The position in the table of the column that is assigned to. Errors: kUndefinedColumn; kFeatureNotSupported of an
  /// expression; `verb`: "insert into", "update".
  size_t find(const PgQuery__ResTarget& target, std::string_view verb) const;
};

/// What INSERT gives: positions in the table, in the order of the source's columns.
struct InsertColumns {
  std::vector<size_t> positions;
  bool listed = false;  ///< by the statement; where they are not, a query may give fewer
  PgQuery__OverridingKind overriding = PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET;  ///< of identities
  /// Of a view whose column behind `positions` is an expression: a query that gives that one, too, is an error.
  struct Beyond {
    std::string relation, expression;
    size_t count = 0;  ///< of all columns of the view
  };
  std::optional<Beyond> beyond = {};

  /// Errors: those of TargetNames::find, kDuplicateColumn.
  static InsertColumns of(const PgQuery__InsertStmt& insert, const TargetNames& target);
};

/// Where a bound modification's rows have what is beside the new row and RETURNING's columns.
struct ModificationColumns {
  std::optional<size_t> identity;   ///< of the row that goes (io/tables/row_identity.h); with ON CONFLICT NULL where none is
  std::optional<size_t> applies;    ///< whether the WHERE of DO UPDATE is true
  std::optional<size_t> action;     ///< of MERGE: the number of the WHEN clause, from 1; NULL: none
  std::optional<size_t> violation;  ///< of ON CONFLICT: which constraint the proposed row breaks, from 1; NULL: none
  std::vector<size_t> checks;       ///< whether the new row is one of the view's, for each of `checking_views`
};

/// A bound INSERT, UPDATE, DELETE or MERGE: a query whose rows say what becomes of the target. Its outputs: the new row
/// (all of the table's columns; none for DELETE), RETURNING's columns, and what `columns` finds.
struct BoundModification {
  enum class Conflict { kError, kDoNothing, kDoUpdate, kMerge };
  enum class Action { kStore, kDelete, kNothing };
  LogicalPlan plan;
  std::shared_ptr<const TableVersion> target;
  size_t row_columns = 0;
  size_t returning_columns = 0;
  bool has_returning = false;
  ModificationColumns columns = {};
  Conflict conflict = Conflict::kError;
  std::vector<std::vector<uint32_t>> arbiters;  ///< keys that ON CONFLICT looks at
  std::vector<Action> actions;                  ///< of MERGE's WHEN clauses
  std::vector<std::string> checking_views;      ///< with a CHECK OPTION that the new rows are held against

  /// Whether its rows can be stored as they come.
  bool only_stores() const {
    return !columns.identity && !columns.violation && !has_returning && checking_views.empty();
  }
};

}  // namespace cairn
