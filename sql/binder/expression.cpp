#include <algorithm>

#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "sql/binder/nearest_name.h"
#include "vector/error.h"
#include "vector/parse.h"

namespace cairn {

ExpressionPtr Binder::expression(const pg::Node& node) {
  DepthGuard depth(*this);
  if (level_ != nullptr && !level_->inside_aggregate)
    if (const std::optional<size_t> group = known_group(node)) return level_->group_by[*group]->clone();
  ExpressionPtr result = expression_of_kind(node);
  if (result->position < 0) result->position = pg::location(&node);
  return result;
}

ExpressionPtr Binder::expression_of_kind(const pg::Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_A_CONST: return constant(*node.a_const);
    case PG_QUERY__NODE__NODE_COLUMN_REF: return column_reference(*node.column_ref);
    case PG_QUERY__NODE__NODE_PARAM_REF: return parameter(*node.param_ref);
    case PG_QUERY__NODE__NODE_A_EXPR: return operator_expression(*node.a_expr);
    case PG_QUERY__NODE__NODE_BOOL_EXPR: return bool_expression(*node.bool_expr);
    case PG_QUERY__NODE__NODE_FUNC_CALL: return function_call(*node.func_call);
    case PG_QUERY__NODE__NODE_TYPE_CAST: return type_cast(*node.type_cast);
    case PG_QUERY__NODE__NODE_SUB_LINK: return sublink(*node.sub_link);
    case PG_QUERY__NODE__NODE_CASE_EXPR: return case_expression(*node.case_expr);
    case PG_QUERY__NODE__NODE_COALESCE_EXPR: return coalesce(*node.coalesce_expr);
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR: return min_max(*node.min_max_expr);
    case PG_QUERY__NODE__NODE_GROUPING_FUNC: return grouping_call(*node.grouping_func);
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION: return sql_value(*node.sqlvalue_function);
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST: return boolean_test(*node.boolean_test);
    case PG_QUERY__NODE__NODE_NULL_TEST: {
      bool is_null = node.null_test->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL;
      auto make = [&](ExpressionPtr argument) {
        auto test = std::make_unique<Expression>();
        test->kind = is_null ? Expression::Kind::kIsNull : Expression::Kind::kIsNotNull;
        test->type = Type::boolean();
        test->arguments.push_back(determined(std::move(argument)));
        return test;
      };
      if (!is_row(*node.null_test->arg) && !pg::is_star(*node.null_test->arg)) return make(expression(*node.null_test->arg));
      // A row is (NOT) NULL when all of its fields are.
      std::vector<ExpressionPtr> tests;
      for (ExpressionPtr& field : row(*node.null_test->arg)) tests.push_back(make(std::move(field)));
      return tests.size() == 1 ? std::move(tests[0]) : Expression::make_and(std::move(tests));
    }
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE: {
      std::string_view name = pg::last_name(node.collate_clause->collname, node.collate_clause->n_collname);
      if (name != "C" && name != "POSIX" && name != "default" && name != "ucs_basic")
        throw_unsupported("collation \"" + std::string(name) + "\"", node.collate_clause->location);
      ExpressionPtr text = expression(*node.collate_clause->arg);
      if (!is_untyped(*text) && !text->type.is_string())
        throw Error(sqlstate::kDatatypeMismatch, "collations are not supported by type " + type_name(text->type))
            .at(node.collate_clause->location);
      return text;
    }
    case PG_QUERY__NODE__NODE_SET_TO_DEFAULT:
      throw Error(sqlstate::kSyntaxError, "DEFAULT is not allowed in this context").at(pg::location(&node));
    case PG_QUERY__NODE__NODE_ROW_EXPR: throw_unsupported("a row value in this place", node.row_expr->location);
    default: throw_unsupported(pg::describe(node), pg::location(&node));
  }
}

ExpressionPtr Binder::boolean(const pg::Node& node, std::string_view what) {
  ExpressionPtr bound = expression(node);
  if (!is_untyped(*bound) && bound->type.id != TypeId::kBoolean)
    throw Error(sqlstate::kDatatypeMismatch, "argument of " + std::string(what) + " must be type BOOLEAN, not type " +
                                                 type_name(bound->type)).at(pg::location(&node));
  return coerce(std::move(bound), Type::boolean(), CastContext::kImplicit);
}

ExpressionPtr Binder::column_expression(ColumnId id, QueryLevel* level, int position) {
  owner(id) = level;
  note_use(id);
  if (references_ != nullptr) references_->push_back(id);
  ExpressionPtr column = Expression::make_column(id, plan_.columns[id].type);
  column->position = position;
  return column;
}

ExpressionPtr Binder::find_unqualified(const std::string& name, int position) {
  for (QueryLevel* level = level_; level != nullptr; level = level->outer) {
    const ScopeColumn* found = nullptr;
    for (const FromItem* item : level->items)
      for (const ScopeColumn& column : item->visible) {
        if (column.name != name) continue;
        if (found != nullptr)
          throw Error(sqlstate::kAmbiguousColumn, "column reference \"" + name + "\" is ambiguous",
                      "Put the table's name in front of it.").at(position);
        found = &column;
      }
    if (found != nullptr) return column_expression(found->id, level, position);
  }
  return nullptr;
}

ExpressionPtr Binder::find_qualified(const std::string& schema, const std::string& table, const std::string& name, int position) {
  for (QueryLevel* level = level_; level != nullptr; level = level->outer)
    for (const FromItem* item : level->items)
      for (const ScopeRelation& relation : item->relations) {
        if (!relation.is_called(schema, table)) continue;
        if (std::ranges::count_if(item->relations, [&](const auto& other) { return other.is_called(schema, table); }) > 1)
          throw Error(sqlstate::kDuplicateAlias, "table reference \"" + table + "\" is ambiguous",
                      "Name its schema, or give it an alias.").at(position);
        const ScopeColumn* found = nullptr;
        for (const ScopeColumn& column : relation.columns) {
          if (column.name != name) continue;
          if (found != nullptr)
            throw Error(sqlstate::kAmbiguousColumn, "column reference \"" + name + "\" is ambiguous").at(position);
          found = &column;
        }
        if (found != nullptr) return column_expression(found->id, level, position);
        std::vector<std::string> names;
        for (const ScopeColumn& column : relation.columns) names.push_back(column.name);
        std::string nearest = nearest_name(name, names);
        throw Error(sqlstate::kUndefinedColumn, "column " + table + "." + name + " does not exist",
                    nearest.empty() ? "" : "Perhaps you meant the column \"" + table + "." + nearest + "\".")
            .at(position);
      }
  std::vector<std::string> names;
  for (QueryLevel* level = level_; level != nullptr; level = level->outer)
    for (const FromItem* item : level->items)
      for (const ScopeRelation& relation : item->relations) names.push_back(relation.name);
  std::string nearest = nearest_name(table, names);
  throw Error(sqlstate::kUndefinedTable, "missing FROM-clause entry for table \"" + table + "\"",
              nearest.empty() ? "" : "Perhaps you meant the table \"" + nearest + "\".").at(position);
}

ExpressionPtr Binder::column_reference(const PgQuery__ColumnRef& reference) {
  size_t count = reference.n_fields;
  if (reference.fields[count - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR)
    throw Error(sqlstate::kSyntaxError, "* is not allowed in this place").at(reference.location);
  std::string name(pg::string_value(reference.fields[count - 1]));
  if (count > 1) {
    std::string schema = count > 2 ? canonical_schema(pg::string_value(reference.fields[count - 3])) : "";
    if (count > 3)
      throw Error(sqlstate::kUndefinedTable, "missing FROM-clause entry for table \"" +
                                                 pg::qualified_name(reference.fields, count - 1) + "\"")
          .at(reference.location);
    return find_qualified(schema, std::string(pg::string_value(reference.fields[count - 2])), name, reference.location);
  }
  if (ExpressionPtr found = find_unqualified(name, reference.location)) return found;

  std::vector<std::string> names;
  for (QueryLevel* level = level_; level != nullptr; level = level->outer)
    for (const FromItem* item : level->items) {
      for (const ScopeRelation& relation : item->relations)
        if (relation.name == name)
          throw_unsupported("a whole row (\"" + name + "\" is a table)", reference.location);
      for (const ScopeColumn& column : item->visible) names.push_back(column.name);
    }
  std::string nearest = nearest_name(name, names);
  throw Error(sqlstate::kUndefinedColumn, "column \"" + name + "\" does not exist",
              nearest.empty() ? "" : "Perhaps you meant the column \"" + nearest + "\".").at(reference.location);
}

ExpressionPtr Binder::constant(const PgQuery__AConst& syntax) {
  if (syntax.isnull) return make_null(Type{}, syntax.location);
  ExpressionPtr result;
  switch (syntax.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
      result = Expression::make_constant(Value::of_integer(Type::integer(), syntax.ival->ival));
      break;
    case PG_QUERY__A__CONST__VAL_FVAL:
      try {
        result = Expression::make_constant(parse_numeric_literal(syntax.fval->fval));
      } catch (Error& error) {
        throw std::move(error).at(syntax.location);
      }
      break;
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
      result = Expression::make_constant(Value::of_boolean(syntax.boolval->boolval));
      break;
    case PG_QUERY__A__CONST__VAL_SVAL: return make_untyped_literal(syntax.sval->sval, syntax.location);
    case PG_QUERY__A__CONST__VAL_BSVAL: throw_unsupported("a bit string", syntax.location);
    // protobuf leaves out a zero.
    default: result = Expression::make_constant(Value::of_integer(Type::integer(), 0)); break;
  }
  result->position = syntax.location;
  return result;
}

ExpressionPtr Binder::parameter(const PgQuery__ParamRef& syntax) {
  if (syntax.number < 1 || syntax.number > 65535)
    throw Error(sqlstate::kInvalidParameterValue, "parameter numbers go from $1 to $65535").at(syntax.location);
  auto index = static_cast<size_t>(syntax.number - 1);
  if (parameter_types_.size() <= index) parameter_types_.resize(index + 1);
  const Type& type = parameter_types_[index];
  if (context_.parameter_values != nullptr) {
    if (index >= context_.parameter_values->size())
      throw Error("42P02", "there is no parameter $" + std::to_string(syntax.number),
                  "Parameters stand in prepared statements.").at(syntax.location);
    const Value& value = (*context_.parameter_values)[index];
    ExpressionPtr constant = value.null ? make_null(type.id == TypeId::kNull ? value.type : type)
                                        : Expression::make_constant(value);
    constant->position = syntax.location;
    if (type.id == TypeId::kNull || constant->type == type) return constant;
    if (type.id == TypeId::kDecimal) return as_numeric(std::move(constant), syntax.location);
    return coerce(std::move(constant), type, CastContext::kExplicit, syntax.location);
  }
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kParameter;
  result->column = static_cast<uint32_t>(index);
  result->type = type;
  result->position = syntax.location;
  return result;
}

ExpressionPtr Binder::type_cast(const PgQuery__TypeCast& cast) {
  SpelledType spelled = resolve_type_name(*cast.type_name, true);
  int position = cast.location >= 0 ? cast.location : cast.type_name->location;
  if (cast.arg->node_case == PG_QUERY__NODE__NODE_A_ARRAY_EXPR) throw_unsupported("array constructor", pg::location(cast.arg));
  ExpressionPtr argument = expression(*cast.arg);
  bool is_literal = argument->kind == Expression::Kind::kConstant && is_untyped(*argument) && !argument->value.null;
  if (is_literal && !spelled.interval_unit.empty()) {
    // INTERVAL '90' DAY: the field is the unit of a bare number.
    Value value = Value::null_of(Type::interval());
    value.null = false;
    if (!parse_interval(argument->value.string, value.interval, spelled.interval_unit, spelled.minutes_first))
      throw parse_error(argument->value.string, Type::interval()).at(argument->position);
    argument = Expression::make_constant(std::move(value));
  }
  if (!spelled.interval_unit.empty())
    argument = truncated_interval(coerce(std::move(argument), Type::interval(), CastContext::kExplicit, position),
                                  spelled.interval_unit, position);
  // An explicit cast cuts a text that is too long; on the way into a column it is an error.
  if (is_literal && spelled.type.is_string() && spelled.type.length > 0)
    argument = cast_to(std::move(argument), Type::varchar());
  Type type = spelled.type;
  if (spelled.unconstrained_decimal || spelled.rounded_places > 0) {
    if (is_literal) {
      argument = as_numeric(std::move(argument), position);  // NUMERIC '12.50' keeps its digits
      if (spelled.rounded_places <= 0) return argument;
      type = argument->type;
    } else if (argument->type.is_exact()) {
      type = as_decimal(argument->type);
    }
  }
  argument = exactly_of(coerce(std::move(argument), type, CastContext::kExplicit, position), type);
  if (spelled.rounded_places > 0) {
    std::vector<ExpressionPtr> rounding;
    rounding.push_back(std::move(argument));
    rounding.push_back(Expression::make_constant(Value::of_integer(Type::integer(), -spelled.rounded_places)));
    argument = cast_to(fold(call("round", rounding, position)), spelled.type, position);
  }
  if (spelled.fraction_digits < 0 || spelled.fraction_digits == 6) return argument;
  std::vector<ExpressionPtr> rounding;
  rounding.push_back(std::move(argument));
  rounding.push_back(Expression::make_constant(Value::of_integer(Type::integer(), spelled.fraction_digits)));
  return fold(call("round_fraction", rounding, position));
}

/// INTERVAL DAY TO HOUR keeps nothing below hours.
ExpressionPtr Binder::truncated_interval(ExpressionPtr interval, const std::string& unit, int position) {
  if (unit == "second") return interval;
  std::vector<ExpressionPtr> arguments;
  arguments.push_back(Expression::make_constant(Value::of_string(unit)));
  arguments.push_back(std::move(interval));
  return fold(call("date_trunc", arguments, position));
}

ExpressionPtr Binder::bool_expression(const PgQuery__BoolExpr& syntax) {
  std::vector<ExpressionPtr> arguments;
  std::string_view name = syntax.boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR  ? "AND"
                          : syntax.boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR ? "OR"
                                                                               : "NOT";
  for (const pg::Node* argument : pg::list(syntax.args, syntax.n_args)) arguments.push_back(boolean(*argument, name));
  if (name == "NOT") return Expression::make_not(std::move(arguments[0]));
  return name == "AND" ? Expression::make_and(std::move(arguments)) : Expression::make_or(std::move(arguments));
}

ExpressionPtr Binder::boolean_test(const PgQuery__BooleanTest& test) {
  using enum Expression::Comparison;
  ExpressionPtr argument = boolean(*test.arg, "IS");
  auto is = [&](bool value, Expression::Comparison comparison) {
    return Expression::make_compare(comparison, std::move(argument), Expression::make_constant(Value::of_boolean(value)));
  };
  auto null_test = [&](Expression::Kind kind) {
    auto result = std::make_unique<Expression>();
    result->kind = kind;
    result->type = Type::boolean();
    result->arguments.push_back(std::move(argument));
    return result;
  };
  switch (test.booltesttype) {
    case PG_QUERY__BOOL_TEST_TYPE__IS_TRUE: return is(true, kNotDistinct);
    case PG_QUERY__BOOL_TEST_TYPE__IS_NOT_TRUE: return is(true, kDistinct);
    case PG_QUERY__BOOL_TEST_TYPE__IS_FALSE: return is(false, kNotDistinct);
    case PG_QUERY__BOOL_TEST_TYPE__IS_NOT_FALSE: return is(false, kDistinct);
    case PG_QUERY__BOOL_TEST_TYPE__IS_UNKNOWN: return null_test(Expression::Kind::kIsNull);
    default: return null_test(Expression::Kind::kIsNotNull);
  }
}

ExpressionPtr Binder::sql_value(const PgQuery__SQLValueFunction& function) {
  constexpr int64_t kDayMicros = 86'400'000'000;
  int64_t now = context_.now_micros;
  int64_t day = now / kDayMicros - (now % kDayMicros < 0 ? 1 : 0);
  // CURRENT_TIMESTAMP(2)
  auto rounded = [&](Type type, int64_t micros) {
    ExpressionPtr constant = Expression::make_constant(Value::of_integer(type, micros));
    if (function.typmod < 0 || function.typmod >= 6) return constant;
    std::vector<ExpressionPtr> rounding;
    rounding.push_back(std::move(constant));
    rounding.push_back(Expression::make_constant(Value::of_integer(Type::integer(), function.typmod)));
    return fold(call("round_fraction", rounding, function.location));
  };
  switch (function.op) {
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
      return Expression::make_constant(Value::of_integer(Type::date(), day));
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N:
      return rounded(Type::timestamp(), now);
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N:
      return rounded(Type::time(), now - day * kDayMicros);
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG: return Expression::make_constant(Value::of_string("cairn"));
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA: return current_schema();
    default: return Expression::make_constant(Value::of_string("cairn"));
  }
}

}  // namespace cairn
