#include <algorithm>

#include "io/tables/row_identity.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/plan_columns.h"
#include "vector/error.h"

namespace cairn {
namespace {

void add_relations(FromItem& item, FromItem& part) {
  for (ScopeRelation& relation : part.relations) item.relations.push_back(std::move(relation));
  for (ScopeTable& table : part.tables) item.tables.push_back(std::move(table));
}

void check_duplicate_names(const FromItem& left, const FromItem& right) {
  for (const ScopeRelation& relation : right.relations)
    for (const ScopeRelation& other : left.relations)
      if (!relation.name.empty() && relation.name == other.name && relation.schema == other.schema)
        throw Error(sqlstate::kDuplicateAlias, "table name \"" + relation.name + "\" specified more than once",
                    "Give one of them an alias.");
}

}  // namespace

FromItem Binder::from_clause(pg::Node* const* items, size_t count, QueryLevel& level) {
  level.clause = Clause::kFrom;
  FromItem from;
  if (count == 0) {
    from.plan = make_node(LogicalNode::Kind::kValues);
    from.plan->rows.emplace_back();
    return from;
  }
  for (size_t i = 0; i < count; i++) {
    level.items = {&from};  // LATERAL sees what stands to its left
    FromItem item = from_item(*items[i], level);
    if (i == 0) {
      from = std::move(item);
      continue;
    }
    check_duplicate_names(from, item);
    from.plan = make_join(JoinKind::kInner, std::move(from.plan), std::move(item.plan), {});
    add_relations(from, item);
    for (ScopeColumn& column : item.visible) from.visible.push_back(std::move(column));
  }
  level.items.clear();
  return from;
}

FromItem Binder::from_item(const pg::Node& node, QueryLevel& level) {
  DepthGuard depth(*this);
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR: return range_var(*node.range_var);
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT: return range_subselect(*node.range_subselect, level);
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION: return range_function(*node.range_function, level);
    case PG_QUERY__NODE__NODE_JOIN_EXPR: return join(*node.join_expr, level);
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
      throw_unsupported("TABLESAMPLE", node.range_table_sample->location);
    default: throw_unsupported(pg::describe(node), pg::location(&node));
  }
}

FromItem Binder::subquery_item(BoundQuery bound, std::string name) {
  FromItem item;
  for (size_t i = 0; i < bound.names.size(); i++) item.visible.push_back({bound.names[i], bound.plan->outputs[i]});
  item.relations.push_back({std::move(name), item.visible});
  item.plan = std::move(bound.plan);
  return item;
}

FromItem Binder::range_subselect(const PgQuery__RangeSubselect& range, QueryLevel& level) {
  if (range.alias == nullptr)
    throw Error(sqlstate::kSyntaxError, "subquery in FROM must have an alias", "For example, FROM (SELECT ...) AS foo.");
  QueryLevel* outer = range.lateral ? &level : level.outer;
  LevelGuard guard(*this, outer);
  FromItem item = subquery_item(query(*range.subquery->select_stmt, outer, false), range.alias->aliasname);
  apply_alias(item, range.alias, -1);
  return item;
}

void Binder::apply_alias(FromItem& item, const PgQuery__Alias* alias, int position) {
  if (alias == nullptr) return;
  if (alias->n_colnames > item.visible.size())
    throw Error(sqlstate::kInvalidColumnReference, "table \"" + std::string(alias->aliasname) + "\" has " +
                                                       std::to_string(item.visible.size()) +
                                                       " columns available but " + std::to_string(alias->n_colnames) +
                                                       " columns specified").at(position);
  for (size_t i = 0; i < alias->n_colnames; i++) item.visible[i].name = pg::string_value(alias->colnames[i]);
  item.relations.clear();
  item.relations.push_back({alias->aliasname, item.visible});
}

LogicalPtr Binder::make_join(JoinKind kind, LogicalPtr left, LogicalPtr right, std::vector<ExpressionPtr> predicates) {
  LogicalPtr node = make_node(LogicalNode::Kind::kJoin);
  node->join = kind;
  node->outputs = left->outputs;
  if (kind != JoinKind::kSemi && kind != JoinKind::kAnti && kind != JoinKind::kMark)
    node->outputs.insert(node->outputs.end(), right->outputs.begin(), right->outputs.end());
  node->dependent = uses_columns(*right, left->outputs);
  node->predicates = std::move(predicates);
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  return node;
}

FromItem Binder::join(const PgQuery__JoinExpr& syntax, QueryLevel& level) {
  // A recursive reference must not stand on a side that the join extends by NULLs.
  RecursionBarrier outer_join{"an outer join", barrier_};
  auto side = [&](const pg::Node& node, PgQuery__JoinType kept) {
    const bool extended = syntax.jointype == kept || syntax.jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL;
    Restore<const RecursionBarrier*> barrier(barrier_, extended ? &outer_join : barrier_);
    return from_item(node, level);
  };
  FromItem left = side(*syntax.larg, PG_QUERY__JOIN_TYPE__JOIN_RIGHT);
  std::vector<const FromItem*> before = level.items;
  level.items.push_back(&left);
  FromItem right = side(*syntax.rarg, PG_QUERY__JOIN_TYPE__JOIN_LEFT);
  level.items = before;
  check_duplicate_names(left, right);

  FromItem joined;
  join_condition(syntax, left, right, joined, level);
  if (syntax.join_using_alias != nullptr) {  // names the merged columns alone
    ScopeRelation merged{.name = syntax.join_using_alias->aliasname, .columns = {}, .of_join = true};
    for (size_t i = 0; i < syntax.n_using_clause; i++) merged.columns.push_back(joined.visible[i]);
    FromItem alias;
    alias.relations.push_back(std::move(merged));
    check_duplicate_names(joined, alias);
    add_relations(joined, alias);
  }
  apply_alias(joined, syntax.alias, -1);
  if (syntax.alias != nullptr) joined.relations[0].of_join = true;
  return joined;
}

/// Gives the relations of a side that an outer join may miss a column that tells so: one that is never NULL in the side's
/// rows, made where there is none. Those that may be missing in the side itself have one.
void Binder::mark_rows(FromItem& side) {
  const auto unmarked = [](const ScopeRelation& relation) { return !relation.mark && !relation.of_join; };
  if (std::ranges::none_of(side.relations, unmarked)) return;
  const auto never_null = [&](ColumnId id) { return !plan_.columns[id].nullable; };
  std::vector<ColumnId>& outputs = side.plan->outputs;
  ColumnId mark;
  if (const auto known = std::ranges::find_if(outputs, never_null); known != outputs.end()) {
    mark = *known;
  } else if (side.plan->kind == LogicalNode::Kind::kScan) {
    side.plan->table = with_row_identity(*side.plan->table);
    side.plan->scan_columns.push_back(static_cast<uint32_t>(side.plan->table->schema.columns.size() - 1));
    outputs.push_back(mark = add_column("row identity", Type::big_int(), false));
  } else {
    std::vector<ExpressionPtr> columns;
    for (const ColumnId id : outputs) columns.push_back(Expression::make_column(id, plan_.columns[id].type));
    columns.push_back(Expression::make_constant(Value::of_boolean(true)));
    side.plan = make_node(LogicalNode::Kind::kProject, std::move(side.plan));
    side.plan->outputs.push_back(mark = add_column("found", Type::boolean(), false));
    side.plan->expressions = std::move(columns);
  }
  for (ScopeRelation& relation : side.relations)
    if (unmarked(relation)) relation.mark = mark;
}

void Binder::join_condition(const PgQuery__JoinExpr& syntax, FromItem& left, FromItem& right, FromItem& joined,
                            QueryLevel& level) {
  JoinKind kind = syntax.jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT    ? JoinKind::kLeft
                  : syntax.jointype == PG_QUERY__JOIN_TYPE__JOIN_RIGHT ? JoinKind::kRight
                  : syntax.jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL  ? JoinKind::kFull
                                                                       : JoinKind::kInner;
  if (kind != JoinKind::kInner && kind != JoinKind::kLeft && uses_columns(*right.plan, left.plan->outputs))
    throw Error(sqlstate::kInvalidColumnReference,
                "a LATERAL item on the right of a RIGHT or FULL JOIN must not refer to its left side");
  auto set_nullable = [&](const std::vector<ColumnId>& columns) {
    for (ColumnId id : columns) plan_.columns[id].nullable = true;
  };
  if (kind == JoinKind::kLeft || kind == JoinKind::kFull) mark_rows(right);
  if (kind == JoinKind::kRight || kind == JoinKind::kFull) mark_rows(left);
  const std::vector<ColumnId> left_columns = left.plan->outputs, right_columns = right.plan->outputs;

  if (syntax.is_natural || syntax.n_using_clause > 0) {
    std::vector<std::string> names;
    if (syntax.is_natural) {
      for (const ScopeColumn& column : left.visible)
        if (std::ranges::any_of(right.visible, [&](const ScopeColumn& c) { return c.name == column.name; }))
          names.push_back(column.name);
    } else {
      for (const pg::Node* name : pg::list(syntax.using_clause, syntax.n_using_clause)) {
        if (std::ranges::find(names, pg::string_value(name)) != names.end())
          throw Error(sqlstate::kDuplicateColumn,
                      "column name \"" + std::string(pg::string_value(name)) + "\" appears more than once in USING clause");
        names.emplace_back(pg::string_value(name));
      }
    }
    join_using(names, -1, kind, left, right, joined);
  } else {
    add_relations(joined, left);
    add_relations(joined, right);
    joined.visible = left.visible;
    joined.visible.insert(joined.visible.end(), right.visible.begin(), right.visible.end());
    Conjunction on;
    if (syntax.quals != nullptr) {
      // ON sees the join's own columns, and those of enclosing queries.
      std::vector<const FromItem*> before = level.items;
      level.items = {&joined};
      Restore<Clause> clause(level.clause, Clause::kOn);
      Restore<std::vector<Attachment>*> pending(level.pending, nullptr);
      conjuncts(*syntax.quals, level, on);
      level.items = before;
    }
    if (on.pending.empty() && on.filters.empty()) {
      joined.plan = make_join(kind, std::move(left.plan), std::move(right.plan), std::move(on.predicates));
    } else if (kind == JoinKind::kInner) {
      joined.plan = apply(make_join(kind, std::move(left.plan), std::move(right.plan), {}), std::move(on));
    } else if (kind == JoinKind::kLeft) {
      // The condition moves into the right side, which then depends on the left one row by row.
      right.plan = apply(std::move(right.plan), std::move(on));
      joined.plan = make_join(kind, std::move(left.plan), std::move(right.plan), {});
    } else if (kind == JoinKind::kRight) {
      left.plan = apply(std::move(left.plan), std::move(on));
      LogicalPtr swapped = make_join(JoinKind::kLeft, std::move(right.plan), std::move(left.plan), {});
      joined.plan = std::move(swapped);
    } else {
      joined.plan = full_join(left, right, std::move(on), joined, pg::location(syntax.quals));
    }
  }
  if (kind == JoinKind::kLeft || kind == JoinKind::kFull) set_nullable(right_columns);
  if (kind == JoinKind::kRight || kind == JoinKind::kFull) set_nullable(left_columns);
}

/// The column that stands for both of USING's: of their common type, from a side that is always there; of an inner join's,
/// from the one that needs no cast.
ExpressionPtr Binder::merged_column(ExpressionPtr left, ExpressionPtr right, JoinKind kind, int position) {
  const bool right_fits = right->type != left->type && right->type == common_type(left->type, right->type);
  auto both = std::make_unique<Expression>();
  both->kind = Expression::Kind::kCoalesce;
  both->arguments.push_back(std::move(left));
  both->arguments.push_back(std::move(right));
  both->type = unify({&both->arguments[0], &both->arguments[1]}, "JOIN/USING", position);
  if (kind == JoinKind::kFull) return both;
  const bool takes_right = kind == JoinKind::kRight || (kind == JoinKind::kInner && right_fits);
  return exactly_of(std::move(both->arguments[takes_right ? 1 : 0]), both->type);
}

void Binder::join_using(const std::vector<std::string>& names, int position, JoinKind kind, FromItem& left,
                        FromItem& right, FromItem& joined) {
  auto find = [&](const FromItem& item, const std::string& name, std::string_view side) {
    std::optional<size_t> found;
    for (size_t i = 0; i < item.visible.size(); i++) {
      if (item.visible[i].name != name) continue;
      if (found)
        throw Error(sqlstate::kAmbiguousColumn, "common column name \"" + name + "\" appears more than once in " +
                                                    std::string(side) + " table").at(position);
      found = i;
    }
    if (!found)
      throw Error(sqlstate::kUndefinedColumn, "column \"" + name + "\" specified in USING clause does not exist in " +
                                                  std::string(side) + " table").at(position);
    return *found;
  };
  auto reference = [&](ColumnId id) { return Expression::make_column(id, plan_.columns[id].type); };
  std::vector<ExpressionPtr> predicates;
  std::vector<bool> left_merged(left.visible.size()), right_merged(right.visible.size());
  std::vector<std::pair<ColumnId, ColumnId>> merged;
  for (const std::string& name : names) {
    size_t l = find(left, name, "left"), r = find(right, name, "right");
    left_merged[l] = right_merged[r] = true;
    merged.emplace_back(left.visible[l].id, right.visible[r].id);
    note_use(merged.back().first);
    note_use(merged.back().second);
    const Type &left_type = plan_.columns[merged.back().first].type, &right_type = plan_.columns[merged.back().second].type;
    if (!common_type(left_type, right_type)) throw_no_common_type("JOIN/USING", left_type, right_type, position);
    predicates.push_back(compare(Expression::Comparison::kEqual, reference(merged.back().first),
                                 reference(merged.back().second), position));
  }
  joined.plan = make_join(kind, std::move(left.plan), std::move(right.plan), std::move(predicates));
  LogicalPtr computed;
  for (size_t i = 0; i < names.size(); i++) {
    ExpressionPtr column = merged_column(reference(merged[i].first), reference(merged[i].second), kind, position);
    ColumnId id = column->column;
    if (column->kind != Expression::Kind::kColumn) {
      if (computed == nullptr) computed = make_node(LogicalNode::Kind::kProject);
      id = add_column(names[i], column->type, kind != JoinKind::kInner || nullable(*column));
      computed->outputs.push_back(id);
      computed->expressions.push_back(std::move(column));
    }
    joined.visible.push_back({names[i], id});
  }
  if (computed != nullptr) {
    for (ColumnId id : joined.plan->outputs) {
      computed->outputs.push_back(id);
      computed->expressions.push_back(reference(id));
    }
    computed->children.push_back(std::move(joined.plan));
    joined.plan = std::move(computed);
  }
  for (size_t i = 0; i < left.visible.size(); i++)
    if (!left_merged[i]) joined.visible.push_back(left.visible[i]);
  for (size_t i = 0; i < right.visible.size(); i++)
    if (!right_merged[i]) joined.visible.push_back(right.visible[i]);
  add_relations(joined, left);
  add_relations(joined, right);
}

}  // namespace cairn
