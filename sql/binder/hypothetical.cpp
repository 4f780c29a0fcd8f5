#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "vector/error.h"

// rank(x) WITHIN GROUP (ORDER BY k) and its like: what the window function would be for a row with k = x, were it there.
// With n rows, b of them before it and p beside it, rank is b + 1, percent_rank b / n and cume_dist (b + p + 1) / (n + 1);
// dense_rank counts the distinct keys before it. So all of them are made of counts.

namespace cairn {
namespace {

using Comparison = Expression::Comparison;

ExpressionPtr null_test(Expression::Kind kind, const Expression& argument) {
  auto test = std::make_unique<Expression>();
  test->kind = kind;
  test->type = Type::boolean();
  test->arguments.push_back(argument.clone());
  return test;
}

struct HypotheticalKey {
  ExpressionPtr key, given;
  LogicalSortKey order;  ///< expression unused

  /// True where the row's key stands before the given one; otherwise false or NULL.
  ExpressionPtr before() const {
    std::vector<ExpressionPtr> either, null_first;
    either.push_back(Expression::make_compare(order.descending ? Comparison::kGreater : Comparison::kLess, key->clone(),
                                              given->clone()));
    null_first.push_back(null_test(Expression::Kind::kIsNull, order.nulls_first ? *key : *given));
    null_first.push_back(null_test(Expression::Kind::kIsNotNull, order.nulls_first ? *given : *key));
    either.push_back(Expression::make_and(std::move(null_first)));
    return Expression::make_or(std::move(either));
  }
  ExpressionPtr beside() const {
    return Expression::make_compare(Comparison::kNotDistinct, key->clone(), given->clone());
  }
};

/// Rows before the hypothetical one, in the order of all keys.
ExpressionPtr rows_before(const std::vector<HypotheticalKey>& keys) {
  std::vector<ExpressionPtr> cases;
  for (size_t i = 0; i < keys.size(); i++) {
    std::vector<ExpressionPtr> all;
    for (size_t j = 0; j < i; j++) all.push_back(keys[j].beside());
    all.push_back(keys[i].before());
    cases.push_back(all.size() == 1 ? std::move(all[0]) : Expression::make_and(std::move(all)));
  }
  return cases.size() == 1 ? std::move(cases[0]) : Expression::make_or(std::move(cases));
}

ExpressionPtr rows_before_or_beside(const std::vector<HypotheticalKey>& keys) {
  std::vector<ExpressionPtr> beside, either;
  for (const HypotheticalKey& key : keys) beside.push_back(key.beside());
  either.push_back(rows_before(keys));
  either.push_back(beside.size() == 1 ? std::move(beside[0]) : Expression::make_and(std::move(beside)));
  return Expression::make_or(std::move(either));
}

ExpressionPtr one_row() { return Expression::make_constant(Value::of_integer(Type::big_int(), 1)); }

}  // namespace

bool is_hypothetical_set_function(std::string_view name) {
  return name == "rank" || name == "dense_rank" || name == "percent_rank" || name == "cume_dist";
}

ExpressionPtr Binder::hypothetical_call(const PgQuery__FuncCall& call, std::string_view name) {
  if (call.n_args != call.n_agg_order)
    throw Error(sqlstate::kUndefinedFunction,
                "function " + std::string(name) + " does not exist with " + std::to_string(call.n_args) +
                    " direct arguments for " + std::to_string(call.n_agg_order) + " columns of WITHIN GROUP",
                "To use the hypothetical-set aggregate, give as many direct arguments as there are ordering columns.")
        .at(call.location);
  std::vector<HypotheticalKey> keys(call.n_args);
  ExpressionPtr filter;
  QueryLevel& level = bind_aggregate(call, [&] {
    if (call.agg_filter != nullptr) filter = boolean(*call.agg_filter, "FILTER");
    for (size_t i = 0; i < keys.size(); i++) {
      keys[i].order = sort_key(*call.agg_order[i]->sort_by);
      keys[i].key = expression(*call.agg_order[i]->sort_by->node);
      keys[i].given = expression(*call.args[i]);
      unify({&keys[i].key, &keys[i].given}, "WITHIN GROUP", pg::location(call.args[i]));
    }
  });
  for (const HypotheticalKey& key : keys) level.direct_arguments.push_back(key.given->clone());

  auto count = [&](ExpressionPtr condition, bool distinct) {
    LogicalAggregate aggregate;
    aggregate.function = find_aggregate("count");
    aggregate.type = Type::big_int();
    aggregate.distinct = distinct;
    if (distinct) {  // of whole keys: the first argument is one that is never NULL
      aggregate.arguments.push_back(Expression::make_constant(Value::of_boolean(true)));
      for (const HypotheticalKey& key : keys) aggregate.arguments.push_back(key.key->clone());
    }
    std::vector<ExpressionPtr> conditions;
    if (filter != nullptr) conditions.push_back(filter->clone());
    if (condition != nullptr) conditions.push_back(std::move(condition));
    if (!conditions.empty())
      aggregate.filter = conditions.size() == 1 ? std::move(conditions[0]) : Expression::make_and(std::move(conditions));
    return add_aggregate(std::move(aggregate), level, call.location);
  };
  auto as_double = [&](ExpressionPtr number) { return coerce(std::move(number), Type::double_(), CastContext::kImplicit); };
  const int position = call.location;
  if (name == "rank" || name == "dense_rank")
    return binary("+", count(rows_before(keys), name == "dense_rank"), one_row(), position);
  if (name == "cume_dist")
    return binary("/", as_double(binary("+", count(rows_before_or_beside(keys), false), one_row(), position)),
                  as_double(binary("+", count(nullptr, false), one_row(), position)), position);
  const ExpressionPtr rows = count(nullptr, false);
  ExpressionPtr share = binary("/", as_double(count(rows_before(keys), false)), as_double(rows->clone()), position);
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kCase;
  result->type = Type::double_();
  result->arguments.push_back(Expression::make_compare(Comparison::kGreaterEqual, rows->clone(), one_row()));
  result->arguments.push_back(std::move(share));
  result->arguments.push_back(as_double(Expression::make_constant(Value::of_integer(Type::big_int(), 0))));
  return result;
}

}  // namespace cairn
