#include <algorithm>

#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/plan_columns.h"
#include "vector/error.h"

// Calls with OVER. They see the rows that WHERE, GROUP BY and HAVING leave; calls over the same partitions in the same
// order share a window, whatever their frames.

namespace cairn {
namespace {

/// The FRAMEOPTION bit of a definition with a frame clause.
constexpr int32_t kHasFrame = 0x1;

struct WindowFunctionRow {
  std::string_view name;
  WindowFunction function;
  size_t least_arguments, most_arguments;
};
constexpr WindowFunctionRow kFunctions[] = {
    {"row_number", WindowFunction::kRowNumber, 0, 0},   {"rank", WindowFunction::kRank, 0, 0},
    {"dense_rank", WindowFunction::kDenseRank, 0, 0},   {"percent_rank", WindowFunction::kPercentRank, 0, 0},
    {"cume_dist", WindowFunction::kCumeDist, 0, 0},     {"ntile", WindowFunction::kNtile, 1, 1},
    {"lag", WindowFunction::kLag, 1, 3},                {"lead", WindowFunction::kLead, 1, 3},
    {"first_value", WindowFunction::kFirstValue, 1, 1}, {"last_value", WindowFunction::kLastValue, 1, 1},
    {"nth_value", WindowFunction::kNthValue, 2, 2},
};

const WindowFunctionRow* find_window_function(std::string_view name) {
  const auto* found = std::ranges::find(kFunctions, name, &WindowFunctionRow::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

bool is_never_null(const LogicalWindowCall& window) {
  switch (window.function) {
    case WindowFunction::kAggregate: return window.call.function->counts;
    case WindowFunction::kRowNumber:
    case WindowFunction::kRank:
    case WindowFunction::kDenseRank:
    case WindowFunction::kPercentRank:
    case WindowFunction::kCumeDist: return true;
    default: return false;
  }
}

Type result_type(WindowFunction function, const LogicalAggregate& call) {
  switch (function) {
    case WindowFunction::kRowNumber:
    case WindowFunction::kRank:
    case WindowFunction::kDenseRank: return Type::big_int();
    case WindowFunction::kPercentRank:
    case WindowFunction::kCumeDist: return Type::double_();
    case WindowFunction::kNtile: return Type::integer();
    default: return call.arguments[0]->type;
  }
}

bool same(const ExpressionPtr& a, const ExpressionPtr& b) { return a == nullptr || b == nullptr ? a == b : a->equals(*b); }

bool same_window(const BoundWindow& a, const BoundWindow& b) {
  return std::ranges::equal(a.partition_by, b.partition_by, same) &&
         std::ranges::equal(a.sort_keys, b.sort_keys, [](const LogicalSortKey& x, const LogicalSortKey& y) {
           return same(x.expression, y.expression) && x.descending == y.descending && x.nulls_first == y.nulls_first;
         });
}

bool same_call(const LogicalWindowCall& a, const LogicalWindowCall& b) {
  return a.function == b.function && a.call.function == b.call.function && a.frame == b.frame &&
         std::ranges::equal(a.call.arguments, b.call.arguments, same) && same(a.call.filter, b.call.filter) &&
         same(a.start_size, b.start_size) && same(a.end_size, b.end_size);
}

const PgQuery__WindowDef& named_window(std::span<pg::Node* const> clause, std::string_view name, int position) {
  for (const pg::Node* node : clause)
    if (name == node->window_def->name) return *node->window_def;
  throw Error(sqlstate::kUndefinedObject, "window \"" + std::string(name) + "\" does not exist").at(position);
}

}  // namespace

Error windowing_error(const std::string& message, int position) { return Error("42P20", message).at(position); }

bool is_window_function(std::string_view name) { return find_window_function(name) != nullptr; }

std::vector<std::string_view> window_function_names() {
  std::vector<std::string_view> names;
  for (const WindowFunctionRow& row : kFunctions) names.push_back(row.name);
  return names;
}

void check_window_arguments(const PgQuery__FuncCall& call, std::string_view name) {
  const WindowFunctionRow& function = *find_window_function(name);
  const size_t given = call.n_args + (call.agg_within_group ? call.n_agg_order : 0);
  if (given > 0 && is_hypothetical_set_function(name))
    throw Error(sqlstate::kWrongObjectType, "WITHIN GROUP is required for ordered-set aggregate " + std::string(name)).at(call.location);
  if (given < function.least_arguments || given > function.most_arguments)
    throw Error(sqlstate::kUndefinedFunction, "function " + std::string(name) + " does not exist with " +
                                                  (call.agg_star ? "*" : std::to_string(given) + " arguments")).at(call.location);
}

/// The partitions and the order of OVER or of a WINDOW entry, and whose frame counts.
BoundWindow Binder::window_definition(const PgQuery__WindowDef& syntax, const PgQuery__WindowDef*& frame) {
  frame = &syntax;
  std::span<pg::Node* const> clause = level_->window_clause;
  BoundWindow window;
  auto list_entry = std::ranges::find_if(clause, [&](const pg::Node* node) { return node->window_def == &syntax; });
  bool is_entry = list_entry != clause.end();
  if (!is_entry && syntax.name[0] != '\0')  // OVER name: that very window
    return window_definition(named_window(clause, syntax.name, syntax.location), frame);
  if (syntax.refname[0] != '\0') {
    // An entry sees those before it.
    if (is_entry) clause = clause.subspan(0, static_cast<size_t>(list_entry - clause.begin()));
    const std::string name = "\"" + std::string(syntax.refname) + "\"";
    const PgQuery__WindowDef* base_frame;
    window = window_definition(named_window(clause, syntax.refname, syntax.location), base_frame);
    if (syntax.n_partition_clause > 0)
      throw windowing_error("cannot override PARTITION BY clause of window " + name, syntax.location);
    if (syntax.n_order_clause > 0 && !window.sort_keys.empty())
      throw windowing_error("cannot override ORDER BY clause of window " + name, syntax.location);
    if ((base_frame->frame_options & kHasFrame) != 0)
      throw windowing_error("cannot copy window " + name + " because it has a frame clause", syntax.location);
  }
  Restore<std::string_view> inside(level_->no_window_because, "window functions are not allowed in window definitions");
  for (const pg::Node* node : pg::list(syntax.partition_clause, syntax.n_partition_clause))
    window.partition_by.push_back(as_key(typed(expression(*node))));
  for (const pg::Node* node : pg::list(syntax.order_clause, syntax.n_order_clause)) {
    LogicalSortKey key = sort_key(*node->sort_by);
    key.expression = as_key(typed(expression(*node->sort_by->node)));
    window.sort_keys.push_back(std::move(key));
  }
  return window;
}

namespace {

/// Of a frame that nothing looks at: no rows are made to find out.
void check_frame_size(const ExpressionPtr& size, std::string_view end) {
  if (size == nullptr || size->kind != Expression::Kind::kConstant) return;
  if (size->value.null) throw Error("22004", "frame " + std::string(end) + " offset must not be null").at(size->position);
  if (size->type.is_exact() && size->value.integer < 0)
    throw Error("22013", "frame " + std::string(end) + " offset must not be negative").at(size->position);
}

}  // namespace

/// Entries that no call names must be right, too.
void Binder::check_window_clause(QueryLevel& level) {
  std::vector<Attachment> unused;
  Restore<std::vector<Attachment>*> pending(level.pending, &unused);
  for (size_t i = 0; i < level.window_clause.size(); i++) {
    const PgQuery__WindowDef& entry = *level.window_clause[i]->window_def;
    for (size_t j = 0; j < i; j++)
      if (std::string_view(entry.name) == level.window_clause[j]->window_def->name)
        throw windowing_error("window \"" + std::string(entry.name) + "\" is already defined", entry.location);
    const PgQuery__WindowDef* frame;
    LogicalWindowCall call;
    BoundWindow window = window_definition(entry, frame);
    window_frame(*frame, window, call);
  }
}

ExpressionPtr Binder::window_call(const PgQuery__FuncCall& syntax, std::string_view name) {
  if (level_ == nullptr) throw windowing_error("window functions are not allowed here", syntax.location);
  if (level_->inside_aggregate)
    throw Error(sqlstate::kGroupingError, "aggregate function calls cannot contain window function calls")
        .at(syntax.location);
  if (!level_->no_window_because.empty()) throw windowing_error(std::string(level_->no_window_because), syntax.location);
  if (level_->clause != Clause::kSelect && level_->clause != Clause::kOrderBy && level_->clause != Clause::kDistinctOn)
    throw windowing_error("window functions are not allowed in " + std::string(to_string(level_->clause)), syntax.location);

  Restore<std::string_view> inside(level_->no_window_because, "window function calls cannot be nested");
  Restore<std::vector<Attachment>*> pending(level_->pending, &level_->below_windows);
  LogicalWindowCall call;
  fill_window_call(syntax, name, call);
  ExpressionPtr otherwise;
  if (call.function != WindowFunction::kAggregate && call.call.arguments.size() == 3) {
    otherwise = std::move(call.call.arguments.back());
    call.call.arguments.pop_back();
  }
  const PgQuery__WindowDef* frame;
  BoundWindow window = window_definition(*syntax.over, frame);
  window_frame(*frame, window, call);
  // Functions that do not look at their frame share what can be shared.
  if (call.function != WindowFunction::kAggregate && call.function < WindowFunction::kFirstValue) {
    check_frame_size(call.start_size, "starting");
    check_frame_size(call.end_size, "ending");
    call.frame = {};
    for (ExpressionPtr* e : {&call.start_size, &call.end_size, &call.range_key, &call.start_value, &call.end_value}) e->reset();
  }
  ExpressionPtr result = otherwise != nullptr ? with_default(syntax, std::move(window), std::move(call), std::move(otherwise))
                                              : add_window_call(std::move(window), std::move(call), syntax.location);
  return of_any_length(std::move(result));
}

void Binder::fill_window_call(const PgQuery__FuncCall& syntax, std::string_view name, LogicalWindowCall& window) {
  LogicalAggregate& call = window.call;
  if (syntax.func_variadic) throw_unsupported("VARIADIC", syntax.location);
  if (syntax.agg_distinct) throw_unsupported("DISTINCT in a window function", syntax.location);
  if (syntax.n_agg_order > 0 && !syntax.agg_within_group)
    throw_unsupported("ORDER BY inside the call of a window function", syntax.location);
  const AggregateFunction* aggregate = find_aggregate(name);
  const WindowFunctionRow* function = find_window_function(name);
  if (aggregate == nullptr && function == nullptr) {
    if (find_functions(name).empty()) throw_unknown_function(name, {}, syntax.location);
    throw Error(sqlstate::kWrongObjectType, "OVER specified, but " + std::string(name) +
                                                " is not a window function nor an aggregate function").at(syntax.location);
  }
  if (aggregate != nullptr) {
    check_aggregate_form(syntax, *aggregate);
    call.function = aggregate;
    fill_aggregate(syntax, call);
    set_type(call, syntax);
    if (syntax.agg_within_group) throw_unsupported("OVER of an ordered-set aggregate", syntax.location);
    return;
  }
  if (syntax.agg_within_group) throw_unsupported("WITHIN GROUP", syntax.location);
  if (syntax.agg_filter != nullptr) throw_unsupported("FILTER of a window function that is no aggregate", syntax.location);
  window.function = function->function;
  for (const pg::Node* argument : pg::list(syntax.args, syntax.n_args)) call.arguments.push_back(expression(*argument));
  check_window_arguments(syntax, name);
  // All arguments but the first (and ntile's) are numbers; a default has the type of the value.
  bool counts_first = window.function == WindowFunction::kNtile;
  for (size_t i = counts_first ? 0 : 1; i < std::min<size_t>(call.arguments.size(), 2); i++) {
    const TypeId given = call.arguments[i]->type.id;
    if (!is_untyped(*call.arguments[i]) && given != TypeId::kSmallInt && given != TypeId::kInteger)
      throw Error(sqlstate::kUndefinedFunction,
                  "function " + std::string(name) + " does not exist with an argument of type " +
                      type_name(call.arguments[i]->type) + " where it takes an integer",
                  "Add an explicit cast to INTEGER.").at(pg::location(syntax.args[i]));
    call.arguments[i] = coerce(std::move(call.arguments[i]), Type::integer(), CastContext::kImplicit);
  }
  if (call.arguments.size() > 2) {
    if (!common_type(call.arguments[0]->type, call.arguments[2]->type)) throw_unknown_function(name, call.arguments, syntax.location);
    unify({&call.arguments[0], &call.arguments[2]}, name, syntax.location);
  }
  for (size_t i = 0; i < std::min<size_t>(call.arguments.size(), 2); i++) {
    bool is_number = i == 1 || counts_first;
    if (!is_number && is_untyped(*call.arguments[i]))
      throw Error(sqlstate::kDatatypeMismatch, "could not determine polymorphic type because input has type unknown",
                  "Cast it to a type.").at(pg::location(syntax.args[i]));
    call.arguments[i] = is_number ? coerce(std::move(call.arguments[i]), Type::big_int(), CastContext::kImplicit)
                                  : typed(std::move(call.arguments[i]));
  }
  call.type = result_type(window.function, call);
}

ExpressionPtr Binder::add_window_call(BoundWindow window, LogicalWindowCall call, int position) {
  std::vector<BoundWindow>& windows = level_->windows;
  auto at = std::ranges::find_if(windows, [&](const BoundWindow& other) { return same_window(other, window); });
  if (at == windows.end()) at = windows.insert(windows.end(), std::move(window));
  auto known = std::ranges::find_if(at->calls, [&](const LogicalWindowCall& other) { return same_call(other, call); });
  if (known == at->calls.end()) {
    std::string name(call.function == WindowFunction::kAggregate ? call.call.function->name : to_string(call.function));
    call.call.output = add_column(std::move(name), call.call.type, !is_never_null(call));
    known = at->calls.insert(at->calls.end(), std::move(call));
  }
  ExpressionPtr reference = Expression::make_column(known->call.output, known->call.type);
  reference->position = position;
  return reference;
}

/// lag(x, n, d) is d where lag(true, n) finds no row, though n is not NULL.
ExpressionPtr Binder::with_default(const PgQuery__FuncCall& syntax, BoundWindow window, LogicalWindowCall call,
                                   ExpressionPtr otherwise) {
  LogicalWindowCall probe;
  probe.function = call.function;
  probe.call.type = Type::boolean();
  probe.call.arguments.push_back(Expression::make_constant(Value::of_boolean(true)));
  probe.call.arguments.push_back(call.call.arguments[1]->clone());
  BoundWindow same;
  for (const ExpressionPtr& e : window.partition_by) same.partition_by.push_back(e->clone());
  for (const LogicalSortKey& key : window.sort_keys)
    same.sort_keys.push_back({key.expression->clone(), key.descending, key.nulls_first});
  auto null_test = [](Expression::Kind kind, ExpressionPtr argument) {
    auto test = std::make_unique<Expression>();
    test->kind = kind;
    test->type = Type::boolean();
    test->arguments.push_back(std::move(argument));
    return test;
  };
  std::vector<ExpressionPtr> outside;
  outside.push_back(null_test(Expression::Kind::kIsNotNull, call.call.arguments[1]->clone()));
  outside.push_back(null_test(Expression::Kind::kIsNull, add_window_call(std::move(same), std::move(probe), syntax.location)));
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kCase;
  result->type = call.call.type;
  result->arguments.push_back(Expression::make_and(std::move(outside)));
  result->arguments.push_back(std::move(otherwise));
  result->arguments.push_back(add_window_call(std::move(window), std::move(call), syntax.location));
  return result;
}

LogicalPtr Binder::window_nodes(LogicalPtr node, QueryLevel& level) {
  node = attach(std::move(node), std::move(level.below_windows));
  for (BoundWindow& window : level.windows) {
    node = make_node(LogicalNode::Kind::kWindow, std::move(node));
    node->partition_by = std::move(window.partition_by);
    node->sort_keys = std::move(window.sort_keys);
    for (const LogicalWindowCall& call : window.calls) node->outputs.push_back(call.call.output);
    node->window_calls = std::move(window.calls);
  }
  return node;
}

void Binder::replace_grouped(QueryLevel& level, std::vector<BoundWindow>& windows) {
  for (BoundWindow& window : windows) {
    for (ExpressionPtr& e : window.partition_by) replace_grouped(level, e, false);
    for (LogicalSortKey& key : window.sort_keys) replace_grouped(level, key.expression, false);
    for (LogicalWindowCall& call : window.calls) {
      for (ExpressionPtr& e : call.call.arguments) replace_grouped(level, e, false);
      for (ExpressionPtr* e : {&call.call.filter, &call.range_key, &call.start_value, &call.end_value})
        if (*e != nullptr) replace_grouped(level, *e, false);
    }
  }
}

}  // namespace cairn
