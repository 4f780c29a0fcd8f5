#include <algorithm>

#include "sql/binder/binder.h"
#include "vector/error.h"

// FOR UPDATE and FOR SHARE. A statement reads a snapshot and two changes of a database never run at once, so that there is
// nothing to lock; where PostgreSQL refuses the clause, it is refused.

namespace cairn {
namespace {

std::string_view clause_name(PgQuery__LockClauseStrength strength) {
  switch (strength) {
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORKEYSHARE: return "FOR KEY SHARE";
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORSHARE: return "FOR SHARE";
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORNOKEYUPDATE: return "FOR NO KEY UPDATE";
    default: return "FOR UPDATE";
  }
}

/// Whether the item of FROM is called that, itself or in a join.
const pg::Node* find_item(const pg::Node& item, std::string_view name) {
  switch (item.node_case) {
    case PG_QUERY__NODE__NODE_JOIN_EXPR: {
      if (item.join_expr->alias != nullptr) return item.join_expr->alias->aliasname == name ? &item : nullptr;
      const pg::Node* left = find_item(*item.join_expr->larg, name);
      return left != nullptr ? left : find_item(*item.join_expr->rarg, name);
    }
    case PG_QUERY__NODE__NODE_RANGE_VAR: return visible_name(*item.range_var) == name ? &item : nullptr;
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT:
      return item.range_subselect->alias != nullptr && item.range_subselect->alias->aliasname == name ? &item : nullptr;
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
      return item.range_function->alias != nullptr && item.range_function->alias->aliasname == name ? &item : nullptr;
    default: return nullptr;
  }
}

void check_locked_names(const PgQuery__SelectStmt& select, const PgQuery__LockingClause& clause) {
  const std::string what(clause_name(clause.strength));
  for (const pg::Node* node : pg::list(clause.locked_rels, clause.n_locked_rels)) {
    const PgQuery__RangeVar& range = *node->range_var;
    if (range.schemaname[0] != '\0')
      throw Error(sqlstate::kSyntaxError, what + " must specify unqualified relation names").at(range.location);
    const pg::Node* found = nullptr;
    for (const pg::Node* item : pg::list(select.from_clause, select.n_from_clause))
      if (found == nullptr) found = find_item(*item, range.relname);
    if (found == nullptr)
      throw Error(sqlstate::kUndefinedTable, "relation \"" + std::string(range.relname) + "\" in " + what +
                                                 " clause not found in FROM clause").at(range.location);
    const char* kind = found->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR        ? "a join"
                       : found->node_case == PG_QUERY__NODE__NODE_RANGE_FUNCTION ? "a function"
                                                                                 : nullptr;
    if (kind != nullptr)
      throw Error(sqlstate::kFeatureNotSupported, what + " cannot be applied to " + kind).at(range.location);
  }
}

}  // namespace

void Binder::check_locking(const PgQuery__SelectStmt& select, const QueryLevel* level) {
  for (const pg::Node* node : pg::list(select.locking_clause, select.n_locking_clause)) {
    const PgQuery__LockingClause& clause = *node->locking_clause;
    const auto refuse = [&](bool there, std::string_view what) {
      if (there)
        throw Error(sqlstate::kFeatureNotSupported,
                    std::string(clause_name(clause.strength)) + " is not allowed with " + std::string(what));
    };
    refuse(select.op != PG_QUERY__SET_OPERATION__SETOP_NONE, "UNION/INTERSECT/EXCEPT");
    if (select.n_values_lists > 0)
      throw Error(sqlstate::kFeatureNotSupported, std::string(clause_name(clause.strength)) + " cannot be applied to VALUES");
    refuse(select.n_distinct_clause > 0, "DISTINCT clause");
    refuse(select.n_group_clause > 0, "GROUP BY clause");
    refuse(select.having_clause != nullptr, "HAVING clause");
    refuse(level != nullptr && !level->aggregates.empty(), "aggregate functions");
    refuse(level != nullptr && !level->windows.empty(), "window functions");
    check_locked_names(select, clause);
  }
}

}  // namespace cairn
