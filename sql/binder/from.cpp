#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/nearest_name.h"
#include "sql/binder/plan_columns.h"
#include "sql/table_functions.h"
#include "vector/error.h"

namespace cairn {
namespace {

constexpr size_t kMaxViewDepth = 64;

void add_relations(FromItem& item, FromItem& part) {
  for (ScopeRelation& relation : part.relations) item.relations.push_back(std::move(relation));
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

void Binder::throw_unknown_table(std::string_view name, int position) {
  std::vector<std::string> names;
  for (const CteFrame* frame = ctes_; frame != nullptr; frame = frame->outer)
    for (const auto& entry : frame->entries) names.push_back(entry->name);
  for (const auto& [table, version] : context_.snapshot->tables) names.push_back(table);
  for (const auto& [view, schema] : context_.snapshot->views) names.push_back(view);
  std::string nearest = nearest_name(name, names);
  throw Error(sqlstate::kUndefinedTable, "table \"" + std::string(name) + "\" does not exist",
              nearest.empty() ? "" : "Perhaps you meant the table \"" + nearest + "\".").at(position);
}

FromItem Binder::range_var(const PgQuery__RangeVar& range) {
  std::string name = range.relname;
  FromItem item;
  CteEntry* found = nullptr;
  if (range.schemaname[0] == '\0')
    for (CteFrame* frame = ctes_; frame != nullptr && found == nullptr; frame = frame->outer)
      for (const auto& entry : frame->entries)
        if (entry->name == name) found = entry.get();
  std::string key;
  if (found == nullptr) {
    key = find_relation(*context_.snapshot, context_.search_path, range);
    if (context_.resolved != nullptr && view_depth_ == 0) context_.resolved->emplace_back(&range, key);
  }
  if (found != nullptr) {
    item = cte_use(*found, range.location);
  } else if (auto table = context_.snapshot->tables.find(key); table != context_.snapshot->tables.end()) {
    item.plan = make_node(LogicalNode::Kind::kScan);
    item.plan->table = table->second;
    item.plan->alias = range.alias != nullptr ? range.alias->aliasname : range.relname;
    item.relations.push_back({name, {}});
    for (const ColumnSchema& column : table->second->schema.columns) {
      ColumnId id = add_column(column.name, column.type, !column.not_null);
      item.plan->scan_columns.push_back(static_cast<uint32_t>(item.plan->outputs.size()));
      item.plan->outputs.push_back(id);
      item.visible.push_back({column.name, id});
    }
    item.relations[0].columns = item.visible;
    item.relations[0].schema = RelationName::of_key(key).schema;
  } else if (auto schema = context_.snapshot->views.find(key); schema != context_.snapshot->views.end()) {
    item = view(*schema->second);
    item.relations[0].schema = RelationName::of_key(key).schema;
  } else if (auto known = context_.snapshot->sequences.find(key); known != context_.snapshot->sequences.end()) {
    item = sequence(*known->second);
  } else {
    throw_unknown_table(key, range.location);
  }
  apply_alias(item, range.alias, range.location);
  return item;
}

/// A sequence as a table of one row.
FromItem Binder::sequence(const Sequence& sequence) {
  const SequencePosition position = sequence.state->position();
  BoundQuery bound;
  bound.names = {"last_value", "log_cnt", "is_called"};
  bound.plan = make_node(LogicalNode::Kind::kValues);
  std::vector<ExpressionPtr>& row = bound.plan->rows.emplace_back();
  row.push_back(Expression::make_constant(Value::of_integer(Type::big_int(), position.value)));
  row.push_back(Expression::make_constant(Value::of_integer(Type::big_int(), 0)));
  row.push_back(Expression::make_constant(Value::of_boolean(position.called)));
  for (size_t i = 0; i < row.size(); i++) bound.plan->outputs.push_back(add_column(bound.names[i], row[i]->type, false));
  return subquery_item(std::move(bound), RelationName::of_key(sequence.schema.name).name);
}

FromItem Binder::subquery_item(BoundQuery bound, std::string name) {
  FromItem item;
  for (size_t i = 0; i < bound.names.size(); i++) item.visible.push_back({bound.names[i], bound.plan->outputs[i]});
  item.relations.push_back({std::move(name), item.visible});
  item.plan = std::move(bound.plan);
  return item;
}

FromItem Binder::view(const ViewSchema& schema) {
  if (view_depth_ >= kMaxViewDepth)
    throw Error(sqlstate::kStatementTooComplex, "views are nested too deeply at \"" + schema.name + "\"");
  Restore<size_t> depth(view_depth_, view_depth_ + 1);
  Restore<CteFrame*> ctes(ctes_, nullptr);
  Restore<SearchPath> path(context_.search_path, SearchPath::of_views());
  LevelGuard guard(*this, nullptr);
  try {
    auto tree = parse_statement(schema.sql);
    view_trees_.push_back(tree);
    BoundQuery bound = query(*tree->statement().select_stmt, nullptr, false);
    for (size_t i = 0; i < schema.column_names.size() && i < bound.names.size(); i++)
      bound.names[i] = schema.column_names[i];
    return subquery_item(std::move(bound), RelationName::of_key(schema.name).name);
  } catch (Error& error) {
    // Positions count in the view's text, not in the statement's.
    error.position = -1;
    error.message = "in view \"" + schema.name + "\": " + error.message;
    throw;
  }
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

FromItem Binder::range_function(const PgQuery__RangeFunction& range, QueryLevel& level) {
  if (range.ordinality) throw_unsupported("WITH ORDINALITY", -1);
  if (range.is_rowsfrom || range.n_functions != 1) throw_unsupported("ROWS FROM", -1);
  if (range.n_coldeflist > 0) throw_unsupported("a column definition list", -1);
  const pg::Node* node = range.functions[0]->list->items[0];
  if (node->node_case != PG_QUERY__NODE__NODE_FUNC_CALL)
    throw_unsupported(pg::describe(*node) + " in FROM", pg::location(node));
  const PgQuery__FuncCall& call = *node->func_call;
  std::string name(pg::last_name(call.funcname, call.n_funcname));
  const TableFunction* function = find_table_function(name);
  if (function == nullptr) {
    std::string nearest = nearest_name(name, table_function_names());
    throw Error(sqlstate::kUndefinedFunction, "table function \"" + name + "\" does not exist",
                nearest.empty() ? "" : "Perhaps you meant \"" + nearest + "\".").at(call.location);
  }
  if (call.n_args < function->least_arguments || call.n_args > function->most_arguments)
    throw Error(sqlstate::kUndefinedFunction, "expected " + std::string(function->signature) + ", found " +
                                                  std::to_string(call.n_args) + " arguments").at(call.location);
  std::vector<Value> arguments;
  for (const pg::Node* argument : pg::list(call.args, call.n_args)) {
    ExpressionPtr bound = fold(expression(*argument));
    if (bound->kind != Expression::Kind::kConstant)
      throw_unsupported("an argument of \"" + name + "\" that is not a constant", pg::location(argument));
    if (is_untyped(*bound)) bound = cast_to(std::move(bound), Type::varchar());
    arguments.push_back(bound->value);
  }
  (void)level;
  BoundTableFunction made;
  try {
    made = function->bind(arguments, context_.session);
  } catch (Error& error) {
    throw std::move(error).at(call.location);
  }
  BoundQuery bound;
  bound.plan = make_node(LogicalNode::Kind::kTableFunction);
  bound.plan->function_source = made.source;
  bound.plan->alias = name;
  for (size_t i = 0; i < made.types.size(); i++)
    bound.plan->outputs.push_back(add_column(made.names[i], made.types[i], true));
  bound.names = made.names;
  // A function of one column lends it its alias: FROM generate_series(1, 3) AS i gives i.i.
  if (made.names.size() == 1 && range.alias != nullptr) bound.names[0] = range.alias->aliasname;
  FromItem item = subquery_item(std::move(bound), name);
  apply_alias(item, range.alias, call.location);
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
  if (syntax.join_using_alias != nullptr) throw_unsupported("an alias of USING", -1);
  if (syntax.alias != nullptr) apply_alias(joined, syntax.alias, -1);
  return joined;
}

void Binder::join_condition(const PgQuery__JoinExpr& syntax, FromItem& left, FromItem& right, FromItem& joined,
                            QueryLevel& level) {
  JoinKind kind = syntax.jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT    ? JoinKind::kLeft
                  : syntax.jointype == PG_QUERY__JOIN_TYPE__JOIN_RIGHT ? JoinKind::kRight
                  : syntax.jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL  ? JoinKind::kFull
                                                                       : JoinKind::kInner;
  std::vector<ColumnId> left_columns = left.plan->outputs, right_columns = right.plan->outputs;
  if (kind != JoinKind::kInner && kind != JoinKind::kLeft && uses_columns(*right.plan, left_columns))
    throw Error(sqlstate::kInvalidColumnReference,
                "a LATERAL item on the right of a RIGHT or FULL JOIN must not refer to its left side");
  auto set_nullable = [&](const std::vector<ColumnId>& columns) {
    for (ColumnId id : columns) plan_.columns[id].nullable = true;
  };

  if (syntax.is_natural || syntax.n_using_clause > 0) {
    std::vector<std::string> names;
    if (syntax.is_natural) {
      for (const ScopeColumn& column : left.visible)
        if (std::ranges::any_of(right.visible, [&](const ScopeColumn& c) { return c.name == column.name; }))
          names.push_back(column.name);
    } else {
      for (const pg::Node* name : pg::list(syntax.using_clause, syntax.n_using_clause))
        names.emplace_back(pg::string_value(name));
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
    predicates.push_back(compare(Expression::Comparison::kEqual, reference(merged.back().first),
                                 reference(merged.back().second), position));
  }
  joined.plan = make_join(kind, std::move(left.plan), std::move(right.plan), std::move(predicates));
  LogicalPtr coalesced;
  for (size_t i = 0; i < names.size(); i++) {
    auto [l, r] = merged[i];
    ColumnId id = kind == JoinKind::kRight ? r : l;
    if (kind == JoinKind::kFull) {
      if (coalesced == nullptr) coalesced = make_node(LogicalNode::Kind::kProject);
      auto both = std::make_unique<Expression>();
      both->kind = Expression::Kind::kCoalesce;
      both->arguments.push_back(reference(l));
      both->arguments.push_back(reference(r));
      both->type = unify({&both->arguments[0], &both->arguments[1]}, "JOIN/USING", position);
      id = add_column(names[i], both->type, true);
      coalesced->outputs.push_back(id);
      coalesced->expressions.push_back(std::move(both));
    }
    joined.visible.push_back({names[i], id});
  }
  if (coalesced != nullptr) {
    for (ColumnId id : joined.plan->outputs) {
      coalesced->outputs.push_back(id);
      coalesced->expressions.push_back(reference(id));
    }
    coalesced->children.push_back(std::move(joined.plan));
    joined.plan = std::move(coalesced);
  }
  for (size_t i = 0; i < left.visible.size(); i++)
    if (!left_merged[i]) joined.visible.push_back(left.visible[i]);
  for (size_t i = 0; i < right.visible.size(); i++)
    if (!right_merged[i]) joined.visible.push_back(right.visible[i]);
  add_relations(joined, left);
  add_relations(joined, right);
}

}  // namespace cairn
