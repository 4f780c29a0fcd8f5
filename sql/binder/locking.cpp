#include <algorithm>
#include <functional>

#include "sql/binder/binder.h"
#include "sql/parser/column_references.h"
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

using IsEntry = std::function<bool(const PgQuery__RangeVar& range)>;  ///< of WITH

void check_locked_names(const PgQuery__SelectStmt& select, const PgQuery__LockingClause& clause, const IsEntry& is_entry) {
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
    const bool is_table = found->node_case == PG_QUERY__NODE__NODE_RANGE_VAR;
    const char* kind = is_table && is_entry(*found->range_var)                   ? "a WITH query"
                       : found->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR      ? "a join"
                       : found->node_case == PG_QUERY__NODE__NODE_RANGE_FUNCTION ? "a function"
                                                                                 : nullptr;
    if (kind != nullptr)
      throw Error(sqlstate::kFeatureNotSupported, what + " cannot be applied to " + kind).at(range.location);
  }
}

/// Why a query's rows are not those of its tables; "": they are.
std::string_view made_rows(const PgQuery__SelectStmt& select, const QueryLevel* level) {
  if (select.op != PG_QUERY__SET_OPERATION__SETOP_NONE) return "UNION/INTERSECT/EXCEPT";
  if (select.n_distinct_clause > 0) return "DISTINCT clause";
  if (select.n_group_clause > 0) return "GROUP BY clause";
  if (select.having_clause != nullptr) return "HAVING clause";
  if (level != nullptr && !level->aggregates.empty()) return "aggregate functions";
  return level != nullptr && !level->windows.empty() ? "window functions" : "";
}

[[noreturn]] void throw_made_rows(const PgQuery__LockingClause& clause, std::string_view what) {
  throw Error(sqlstate::kFeatureNotSupported,
              std::string(clause_name(clause.strength)) + " is not allowed with " + std::string(what));
}

/// Whether the name is that of an entry of the query's own WITH.
bool is_entry_of(const PgQuery__SelectStmt& select, const PgQuery__RangeVar& range) {
  if (select.with_clause == nullptr || range.schemaname[0] != '\0') return false;
  const auto is_called = [&](const pg::Node* entry) { return std::string_view(entry->common_table_expr->ctename) == range.relname; };
  return std::ranges::any_of(pg::list(select.with_clause->ctes, select.with_clause->n_ctes), is_called);
}

bool is_lockable(const pg::Node& item, const IsEntry& is_entry) {
  switch (item.node_case) {
    case PG_QUERY__NODE__NODE_JOIN_EXPR: return is_lockable(*item.join_expr->larg, is_entry) || is_lockable(*item.join_expr->rarg, is_entry);
    case PG_QUERY__NODE__NODE_RANGE_VAR: return !is_entry(*item.range_var);
    default: return item.node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT;
  }
}

/// Which rows of FROM a clause would lock, and what is said where it cannot.
struct LockedRows {
  const PgQuery__LockingClause& clause;
  const LockableQueries& queries;
  const QueryLevel* level;  ///< nullptr: of a subquery, which the clause means as a whole
  IsEntry is_entry;         ///< these are not locked
  bool of_view = false;     ///< or of a view's query

  bool names(std::string_view name) const {
    const auto is_called = [&](const pg::Node* node) { return node->range_var->relname == name; };
    return level == nullptr || clause.n_locked_rels == 0 ||
           std::ranges::any_of(pg::list(clause.locked_rels, clause.n_locked_rels), is_called);
  }
  /// Whether the condition may be about a column of the relation: then it may make an inner join of the outer one.
  bool may_be_about(const pg::Node& condition, std::string_view name) const {
    bool found = level == nullptr;
    for_each_column_reference(condition, [&](const PgQuery__ColumnRef& reference) {
      if (reference.n_fields > 1) {
        found = found || pg::string_value(reference.fields[reference.n_fields - 2]) == name;
        return;
      }
      for (const FromItem* item : level == nullptr ? std::vector<const FromItem*>() : level->items)
        for (const ScopeRelation& relation : item->relations)
          if (relation.name == name)
            found = found || std::ranges::count(relation.columns, pg::string_value(reference.fields[0]), &ScopeColumn::name) > 0;
    });
    return found;
  }
  /// Errors: kFeatureNotSupported of a relation that is locked and on a side that an outer join may miss. `above`: the
  /// conditions that hold for what the item puts out; nullptr: one that cannot be told.
  void check(const pg::Node& item, bool may_miss, std::vector<const pg::Node*> above) const {
    if (item.node_case == PG_QUERY__NODE__NODE_JOIN_EXPR) {
      const PgQuery__JoinExpr& join = *item.join_expr;
      const bool inner = join.jointype == PG_QUERY__JOIN_TYPE__JOIN_INNER;
      if (inner && (join.is_natural || join.n_using_clause > 0)) above.push_back(nullptr);
      if (inner && join.quals != nullptr) above.push_back(join.quals);
      const bool full = join.jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL;
      check(*join.larg, may_miss || full || join.jointype == PG_QUERY__JOIN_TYPE__JOIN_RIGHT, above);
      check(*join.rarg, may_miss || full || join.jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT, std::move(above));
      return;
    }
    const bool is_table = item.node_case == PG_QUERY__NODE__NODE_RANGE_VAR;
    if (!is_table && item.node_case != PG_QUERY__NODE__NODE_RANGE_SUBSELECT) return;
    const std::string name = is_table ? visible_name(*item.range_var) : item.range_subselect->alias->aliasname;
    if (!names(name) || (is_table && is_entry(*item.range_var))) return;
    if (!is_table) return check_inside(*item.range_subselect->subquery->select_stmt, may_miss);
    if (const auto view = queries.views.find(item.range_var); view != queries.views.end()) {
      const LockedRows inside{clause, queries, nullptr, [](const PgQuery__RangeVar&) { return false; }, true};
      inside.check_inside(*view->second, may_miss);
    }
    const auto may_reject = [&](const pg::Node* node) { return node == nullptr || may_be_about(*node, name); };
    if (may_miss && std::ranges::none_of(above, may_reject))
      throw Error(sqlstate::kFeatureNotSupported, std::string(clause_name(clause.strength)) +
                                                      " cannot be applied to the nullable side of an outer join");
  }
  /// PostgreSQL refuses a subquery of made rows, and a view that has such rows and reads a table; of UNION there it asks nothing.
  void check_inside(const PgQuery__SelectStmt& inner, bool may_miss) const {
    const IsEntry is_own = [&](const PgQuery__RangeVar& range) { return is_entry_of(inner, range) || is_entry(range); };
    const auto from = pg::list(inner.from_clause, inner.n_from_clause);
    const bool reads = std::ranges::any_of(from, [&](const pg::Node* part) { return is_lockable(*part, is_own); });
    const bool united = inner.op != PG_QUERY__SET_OPERATION__SETOP_NONE;
    const auto made = queries.made.find(&inner);
    if (made != queries.made.end() && (!of_view || (reads && !united))) throw_made_rows(clause, made->second);
    if (united) return;
    const LockedRows all{clause, queries, nullptr, is_own, of_view};
    const std::vector<const pg::Node*> where(inner.where_clause == nullptr ? 0 : 1, inner.where_clause);
    for (const pg::Node* part : from) all.check(*part, may_miss, where);
  }
};

}  // namespace

void Binder::check_locking(const PgQuery__SelectStmt& select, const QueryLevel* level) {
  const std::string_view made = made_rows(select, level);
  if (!made.empty()) lockable_.made[&select] = made;
  for (const pg::Node* node : pg::list(select.locking_clause, select.n_locking_clause)) {
    const PgQuery__LockingClause& clause = *node->locking_clause;
    if (select.n_values_lists > 0)
      throw Error(sqlstate::kFeatureNotSupported, std::string(clause_name(clause.strength)) + " cannot be applied to VALUES");
    if (!made.empty()) throw_made_rows(clause, made);
    const IsEntry is_entry = [this](const PgQuery__RangeVar& range) { return find_entry(range) != nullptr; };
    check_locked_names(select, clause, is_entry);
    const std::vector<const pg::Node*> where(select.where_clause == nullptr ? 0 : 1, select.where_clause);
    const LockedRows locked{clause, lockable_, level, is_entry};
    for (const pg::Node* item : pg::list(select.from_clause, select.n_from_clause)) locked.check(*item, false, where);
  }
}

}  // namespace cairn
