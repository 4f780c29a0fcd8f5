#include <algorithm>

#include "exec/evaluation/expression_evaluator.h"
#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/nearest_name.h"
#include "sql/binder/overload.h"
#include "sql/optimizer/rewrite.h"
#include "sql/parallel_rows.h"
#include "sql/parser/column_references.h"
#include "sql/parser/deparse.h"
#include "sql/statements/modify.h"
#include "vector/error.h"
#include "vector/read_row.h"

// Functions in FROM: table functions, alone or side by side, and any other expression as a row of its own.

namespace cairn {
namespace {

/// The table function that the node calls; nullptr: it is something else.
const TableFunction* called_table_function(const pg::Node& node) {
  if (node.node_case != PG_QUERY__NODE__NODE_FUNC_CALL) return nullptr;
  return find_table_function(pg::last_name(node.func_call->funcname, node.func_call->n_funcname));
}

}  // namespace

/// The values of the arguments, known before the query runs: constants, or what subqueries give. Before a parameter has
/// its value, what counts is its type, which an argument of known type lends it.
std::vector<Value> Binder::function_arguments(const std::vector<const pg::Node*>& arguments, std::string_view function) {
  std::vector<ExpressionPtr> bound;
  for (const pg::Node* argument : arguments) {
    bound.push_back(has_subquery(*argument) ? Expression::make_constant(run_scalar(*argument)) : fold(expression(*argument)));
  }
  const auto known = std::ranges::find_if(bound, [](const ExpressionPtr& e) { return !is_untyped(*e); });
  if (const TableFunction* called = find_table_function(function); called != nullptr && called->overloads != nullptr)
    choose_types(*called, bound, pg::location(arguments[0]));
  std::vector<Value> values;
  for (size_t i = 0; i < bound.size(); i++) {
    if (bound[i]->kind == Expression::Kind::kParameter && is_untyped(*bound[i]) && known != bound.end())
      bound[i] = coerce(std::move(bound[i]), (*known)->type, CastContext::kImplicit);
    bound[i] = typed(std::move(bound[i]));
    if (contains(*bound[i], Expression::Kind::kParameter)) bound[i] = make_null(bound[i]->type);
    if (!is_constant_tree(*bound[i]))
      throw_unsupported("an argument of \"" + std::string(function) + "\" that is not a constant", pg::location(arguments[i]));
    values.push_back(evaluate_constant(*bound[i]));
  }
  return values;
}

/// The entries of WITH around it that a subquery reads, itself or in others of them; innermost first, by frame.
std::vector<std::vector<const CteEntry*>> Binder::entries_read_by(const pg::Node& node) const {
  std::vector<std::vector<const CteEntry*>> read;
  std::vector<const pg::Node*> texts = {&node};
  const auto is_read = [&](const CteEntry& entry) {
    bool found = false;
    for (const pg::Node* text : texts)
      for_each_range_var(*text, [&](const PgQuery__RangeVar& range) {
        found = found || (range.schemaname[0] == '\0' && entry.name == range.relname);
      });
    return found;
  };
  for (const CteFrame* frame = ctes_; frame != nullptr; frame = frame->outer) {
    std::vector<const CteEntry*>& entries = read.emplace_back();
    for (auto entry = frame->entries.rbegin(); entry != frame->entries.rend(); ++entry) {
      if (!is_read(**entry)) continue;
      if ((*entry)->table == nullptr || is_volatile_below(*(*entry)->table->plan))
        throw_unsupported("this WITH query in a subquery that is the argument of a function in FROM", (*entry)->syntax->location);
      texts.push_back((*entry)->syntax->ctequery);
      entries.insert(entries.begin(), entry->get());
    }
  }
  return read;
}

/// A query of its own, for which the WITH entries that it reads are bound once more.
BoundQuery Binder::query_within(std::span<const std::vector<const CteEntry*>> frames, const PgQuery__SelectStmt& select) {
  if (frames.empty()) return query(select, nullptr, false);
  std::vector<PgQuery__Node> nodes(frames.back().size(), PgQuery__Node(PG_QUERY__NODE__INIT));
  std::vector<PgQuery__Node*> ctes;
  PgQuery__WithClause with = PG_QUERY__WITH_CLAUSE__INIT;
  for (size_t i = 0; i < nodes.size(); i++) {
    nodes[i].node_case = PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR;
    nodes[i].common_table_expr = const_cast<PgQuery__CommonTableExpr*>(frames.back()[i]->syntax);
    ctes.push_back(&nodes[i]);
    with.recursive = with.recursive || frames.back()[i]->frame->recursive;
  }
  with.ctes = ctes.data();
  with.n_ctes = ctes.size();
  WithGuard guard(*this, &with);
  return query_within(frames.first(frames.size() - 1), select);
}

/// What another binder's names mean, under columns of this one.
void Binder::take_names(const NamesMet& names, const LogicalPlan& plan) {
  for (NamesMet::Relation relation : names.relations) {
    for (ScopeColumn& column : relation.columns) {
      const ColumnInfo& info = plan.columns[column.id];
      const ColumnId id = add_column(info.name, info.type, true);
      if (names.used.contains(column.id)) context_.names->used.insert(id);
      column.id = id;
    }
    context_.names->relations.push_back(std::move(relation));
  }
}

/// The arguments as the overload that they choose takes them; exact numbers keep their digits.
void Binder::choose_types(const TableFunction& function, std::vector<ExpressionPtr>& arguments, int position) {
  std::vector<const Function*> overloads;
  for (const Function& overload : function.overloads()) overloads.push_back(&overload);
  std::vector<TypeId> given;
  for (const ExpressionPtr& argument : arguments) given.push_back(argument->type.id);
  const OverloadChoice choice = choose_overload(overloads, given, false);
  if (choice.ambiguous)
    throw Error(sqlstate::kAmbiguousFunction, "function " + std::string(function.name) + " with such arguments is not unique",
                "More than one function takes them; add explicit type casts.").at(position);
  if (choice.function == nullptr)
    throw Error(sqlstate::kUndefinedFunction, "function " + std::string(function.name) + " does not exist with such arguments",
                "Expected " + std::string(function.signature) + "; add explicit type casts.").at(position);
  for (size_t i = 0; i < arguments.size(); i++) {
    const TypeId wanted = choice.function->arguments[i];
    if (arguments[i]->type.is_exact() && wanted == TypeId::kDecimal) continue;
    const Type type = wanted == TypeId::kDecimal ? Type::decimal(kUnconstrainedPrecision, kUnconstrainedScale) : Type{wanted};
    arguments[i] = is_untyped(*arguments[i]) ? literal_beside(std::move(arguments[i]), type)
                                             : coerce(std::move(arguments[i]), type, CastContext::kImplicit);
  }
}

Value Binder::run_scalar(const pg::Node& node) {
  const ExpressionQuery expression_query(node);
  if (context_.session == nullptr || context_.parameter_values == nullptr)
    throw_unsupported("a subquery as the argument of a function in FROM of a prepared statement", pg::location(&node));
  NamesMet names;
  Binder binder(context_);
  if (binder.context_.names != nullptr) binder.context_.names = &names;
  binder.view_ = view_;
  binder.open_views_ = open_views_;
  binder.view_depth_ = view_depth_;
  binder.depth_ = depth_;
  LogicalPlan logical = binder.finish(binder.query_within(entries_read_by(node), expression_query.select));
  if (context_.names != nullptr) take_names(names, logical);
  SessionState& session = *context_.session;
  const PlanPtr plan = session.plan(std::move(logical));
  RunningPlan running(session, plan);
  Value value = Value::null_of(plan->types[0]);
  while (const std::unique_ptr<RowSet::Chunk> chunk = running.next())
    if (chunk->row_count > 0) value = read_value(chunk->columns[0].view(), 0);
  return value;
}

FromItem Binder::range_function(const PgQuery__RangeFunction& range, QueryLevel& level) {
  if (range.n_coldeflist > 0) throw_unsupported("a column definition list", -1);
  for (const pg::Node* list : pg::list(range.functions, range.n_functions))
    if (const pg::Node& node = *list->list->items[0]; node.node_case == PG_QUERY__NODE__NODE_FUNC_CALL)
      check_function_schema(*node.func_call);
  const pg::Node& first = *range.functions[0]->list->items[0];
  if (range.n_functions == 1 && called_table_function(first) == nullptr) return scalar_in_from(first, range, level);
  return table_functions(range);
}

/// Any other function, or an expression that looks like one, is a row of its value.
FromItem Binder::scalar_in_from(const pg::Node& node, const PgQuery__RangeFunction& range, QueryLevel& level) {
  int strength;
  const std::string name = column_name(node, strength);
  if (node.node_case == PG_QUERY__NODE__NODE_FUNC_CALL && find_functions(name).empty()) {
    const std::string nearest = nearest_name(name, table_function_names());
    throw Error(sqlstate::kUndefinedFunction, "table function \"" + name + "\" does not exist",
                nearest.empty() ? "" : "Perhaps you meant \"" + nearest + "\".").at(node.func_call->location);
  }
  std::vector<Attachment> pending;
  std::vector<ExpressionPtr> row;
  {
    Restore<std::vector<Attachment>*> attach_here(level.pending, &pending);
    row.push_back(typed(expression(node)));
  }
  if (range.ordinality) row.push_back(Expression::make_constant(Value::of_integer(Type::big_int(), 1)));
  BoundQuery bound;
  bound.plan = row_of(std::move(row), std::move(pending));
  bound.names = {range.alias != nullptr ? range.alias->aliasname : name};
  if (range.ordinality) bound.names.emplace_back("ordinality");
  FromItem item = subquery_item(std::move(bound), name);
  apply_alias(item, range.alias, pg::location(&node));
  return item;
}

FromItem Binder::table_functions(const PgQuery__RangeFunction& range) {
  std::vector<BoundTableFunction> functions;
  std::string first_name;
  int position = -1;
  for (const pg::Node* list : pg::list(range.functions, range.n_functions)) {
    const pg::Node& node = *list->list->items[0];
    const TableFunction* function = called_table_function(node);
    int strength;
    if (functions.empty()) {
      position = pg::location(&node);
      first_name = column_name(node, strength);
    }
    if (function == nullptr) {
      functions.push_back(single_row(column_name(node, strength), function_arguments({&node}, "ROWS FROM")[0]));
    } else {
      const PgQuery__FuncCall& call = *node.func_call;
      if (call.n_args < function->least_arguments || call.n_args > function->most_arguments)
        throw Error(sqlstate::kUndefinedFunction, "expected " + std::string(function->signature) + ", found " +
                                                      std::to_string(call.n_args) + " arguments").at(call.location);
      const std::vector<Value> arguments =
          function_arguments({call.args, call.args + call.n_args}, function->name);
      try {
        functions.push_back(function->bind(arguments, context_.session));
      } catch (Error& error) {
        throw std::move(error).at(call.location);
      }
    }
  }
  const bool single = functions.size() == 1;
  const bool one_column = single && functions[0].names.size() == 1;
  BoundTableFunction made = single && !range.ordinality ? std::move(functions[0])
                                                        : parallel_rows(std::move(functions), range.ordinality);
  BoundQuery bound;
  bound.plan = make_node(LogicalNode::Kind::kTableFunction);
  bound.plan->function_source = made.source;
  bound.plan->alias = first_name;
  for (size_t i = 0; i < made.types.size(); i++)
    bound.plan->outputs.push_back(add_column(made.names[i], made.types[i], true));
  bound.names = std::move(made.names);
  // A function of one column lends it its alias: FROM generate_series(1, 3) AS i gives i.i.
  if (one_column && range.alias != nullptr) bound.names[0] = range.alias->aliasname;
  FromItem item = subquery_item(std::move(bound), first_name);
  apply_alias(item, range.alias, position);
  return item;
}

}  // namespace cairn
