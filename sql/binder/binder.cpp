#include "sql/binder/binder.h"

#include <algorithm>

#include "exec/functions/cast.h"
#include "exec/functions/function.h"
#include "sql/binder/guards.h"
#include "vector/error.h"

namespace cairn {

std::string_view to_string(Clause clause) {
  switch (clause) {
    case Clause::kFrom: return "FROM";
    case Clause::kOn: return "JOIN conditions";
    case Clause::kWhere: return "WHERE";
    case Clause::kGroupBy: return "GROUP BY";
    case Clause::kHaving: return "HAVING";
    case Clause::kSelect: return "the select list";
    case Clause::kOrderBy: return "ORDER BY";
    case Clause::kDistinctOn: return "DISTINCT ON";
    case Clause::kLimit: return "LIMIT";
    case Clause::kValues: return "VALUES";
    case Clause::kCheck: return "CHECK constraints";
    case Clause::kReturning: return "RETURNING";
    case Clause::kSet: return "UPDATE";
    case Clause::kCopyWhere: return "COPY FROM WHERE conditions";
    case Clause::kOther: return "this place";
  }
  return "";
}

void throw_unsupported(std::string_view what, int position) {
  throw Error(sqlstate::kFeatureNotSupported, std::string(what) + " is not supported").at(position);
}

LogicalPlan Binder::bind_query(const PgQuery__SelectStmt& select) { return finish(query(select, nullptr, false)); }

LogicalPlan Binder::bind_view_text(const ViewSchema& view, const PgQuery__SelectStmt& select) {
  Restore<const ViewSchema*> pinned(view_, &view);
  return bind_query(select);
}

LogicalPlan Binder::finish(BoundQuery bound) {
  plan_.result_names = std::move(bound.names);
  plan_.root = std::move(bound.plan);
  return std::move(plan_);
}

ExpressionPtr Binder::bind_standalone(const pg::Node& node, const Type* type, CastContext context) {
  QueryLevel level;
  level.clause = Clause::kOther;
  LevelGuard guard(*this, &level);
  ExpressionPtr result = expression(node);
  return type == nullptr ? fold(typed(std::move(result)))
                         : fold(coerce(std::move(result), *type, context, pg::location(&node)));
}

ExpressionPtr Binder::bind_argument(const pg::Node& node, const Type& type) {
  if (type.id != TypeId::kDecimal) return bind_standalone(node, &type, CastContext::kAssignment);
  QueryLevel level;
  level.clause = Clause::kOther;
  LevelGuard guard(*this, &level);
  ExpressionPtr value = fold(expression(node));
  if (!can_cast(value->type, type, CastContext::kAssignment)) return coerce(std::move(value), type, CastContext::kAssignment);
  return as_numeric(std::move(value), pg::location(&node));
}

ExpressionPtr Binder::coerce(ExpressionPtr expression, const Type& type, CastContext context, int position) {
  if (position < 0) position = expression->position;
  if (expression->kind == Expression::Kind::kParameter && is_untyped(*expression)) {
    Type& known = parameter_types_[expression->column];
    const Type wanted = parameter_type(type);
    if (known.id != TypeId::kNull && known != wanted)
      throw Error("42P08", "inconsistent types deduced for parameter $" + std::to_string(expression->column + 1) +
                                                     ": " + type_name(known) + " and " + type_name(wanted),
                  "Cast it to one of them.").at(position);
    known = expression->type = wanted;
  }
  if (!can_cast(expression->type, type, context)) {
    bool assignment = context == CastContext::kAssignment;
    std::string message = assignment ? "expression is of type " + type_name(expression->type) +
                                           " but the column is of type " + type_name(type)
                                     : "cannot cast type " + type_name(expression->type) + " to " + type_name(type);
    throw Error(assignment ? sqlstate::kDatatypeMismatch : sqlstate::kCannotCoerce, message,
                assignment ? "You will need to rewrite or cast the expression." : "").at(position);
  }
  const Type& from = expression->type;
  const bool fits = from == type || (from.id == TypeId::kVarchar && from.limit() <= type.limit());
  if (context == CastContext::kAssignment && type.is_string() && type.limit() != Type::kNoLimit && !is_untyped(*expression) && !fits) {
    std::vector<ExpressionPtr> arguments;
    arguments.push_back(cast_to(std::move(expression), Type::varchar(), position));
    arguments.push_back(Expression::make_constant(Value::of_integer(Type::integer(), type.length)));
    return fold(Expression::make_call(text_assignment(), type, std::move(arguments), position));
  }
  return cast_to(std::move(expression), type, position);
}

ExpressionPtr Binder::typed(ExpressionPtr expression) {
  if (!is_untyped(*expression)) return expression;
  return coerce(std::move(expression), Type::varchar(), CastContext::kImplicit);
}

namespace {

[[noreturn]] void throw_undetermined(size_t parameter, int position) {
  throw Error("42P18", "could not determine data type of parameter $" + std::to_string(parameter + 1), "Cast it to a type.").at(position);
}

}  // namespace

ExpressionPtr Binder::determined(ExpressionPtr expression) {
  if (expression->kind == Expression::Kind::kParameter && is_untyped(*expression))
    throw_undetermined(expression->column, expression->position);
  return typed(std::move(expression));
}

void Binder::check_no_parameters(int position) const {
  if (!parameter_types_.empty())
    throw Error("42P02", "there is no parameter $" + std::to_string(parameter_types_.size()), "Parameters stand in prepared statements.")
        .at(position);
}

const std::vector<Type>& Binder::determined_parameter_types() const {
  for (size_t i = 0; i < parameter_types_.size(); i++)
    if (parameter_types_[i].id == TypeId::kNull) throw_undetermined(i, -1);
  return parameter_types_;
}

namespace {

/// Of one category in PostgreSQL, though not all of them convert to one another.
bool are_points_in_time(const Type& a, const Type& b) {
  const auto is_point = [](const Type& type) {
    return type.id == TypeId::kDate || type.id == TypeId::kTime || type.id == TypeId::kTimestamp;
  };
  return is_point(a) && is_point(b);
}

}  // namespace

void throw_no_common_type(std::string_view what, const Type& a, const Type& b, int position) {
  if (are_points_in_time(a, b))
    throw Error(sqlstate::kCannotCoerce, std::string(what) + " could not convert type " + full_type_name(b) + " to " + full_type_name(a))
        .at(position);
  throw Error(sqlstate::kDatatypeMismatch, std::string(what) + " types " + full_type_name(a) + " and " + full_type_name(b) +
                                               " cannot be matched").at(position);
}

Type Binder::unify(const std::vector<ExpressionPtr*>& expressions, std::string_view what, int position) {
  Type type;
  const auto take = [&](const Expression& expression, bool all_known) {
    const std::optional<Type> common = common_type(type, expression.type);
    if (!common && !all_known && are_points_in_time(type, expression.type)) return;  // told in its turn
    if (!common) throw_no_common_type(what, type, expression.type, expression.position >= 0 ? expression.position : position);
    type = type.id == TypeId::kNull ? expression.type : *common;
  };
  for (ExpressionPtr* expression : expressions)
    if (!is_untyped(**expression)) take(**expression, false);
  if (type.id == TypeId::kNull) type = Type::varchar();
  for (ExpressionPtr* expression : expressions) {
    if (is_untyped(**expression)) *expression = literal_beside(std::move(*expression), type);
    take(**expression, true);
  }
  for (ExpressionPtr* expression : expressions)
    *expression = coerce(std::move(*expression), type, CastContext::kImplicit, position);
  return type;
}

bool Binder::nullable(const Expression& expression) const {
  auto any_argument = [&] {
    return std::ranges::any_of(expression.arguments, [&](const ExpressionPtr& e) { return nullable(*e); });
  };
  switch (expression.kind) {
    case Expression::Kind::kColumn: return plan_.columns[expression.column].nullable;
    case Expression::Kind::kConstant: return expression.value.null;
    case Expression::Kind::kParameter: return true;
    case Expression::Kind::kCall: return !expression.function->strict || any_argument();
    case Expression::Kind::kIsNull:
    case Expression::Kind::kIsNotNull: return false;
    case Expression::Kind::kCompare:
      if (expression.comparison == Expression::Comparison::kDistinct ||
          expression.comparison == Expression::Comparison::kNotDistinct)
        return false;
      return any_argument();
    case Expression::Kind::kCase: {
      if (expression.arguments.size() % 2 == 0) return true;  // no ELSE
      for (size_t i = 1; i < expression.arguments.size(); i += 2)
        if (nullable(*expression.arguments[i])) return true;
      return nullable(*expression.arguments.back());
    }
    case Expression::Kind::kCoalesce:
      return std::ranges::all_of(expression.arguments, [&](const ExpressionPtr& e) { return nullable(*e); });
    default: return any_argument();
  }
}

LogicalPtr Binder::make_node(LogicalNode::Kind kind, LogicalPtr child) {
  auto node = std::make_unique<LogicalNode>();
  node->kind = kind;
  if (child != nullptr) {
    node->outputs = child->outputs;
    node->children.push_back(std::move(child));
  }
  return node;
}

QueryLevel*& Binder::owner(ColumnId id) {
  if (column_owner_.size() <= id) column_owner_.resize(std::max<size_t>(id + 1, column_owner_.size() * 2), nullptr);
  return column_owner_[id];
}

/// The name of an unnamed select-list entry, by PostgreSQL's rules (FigureColname): 2 is sure, 1 a fallback.
std::string Binder::column_name(const pg::Node& node, int& strength) const {
  strength = 2;
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_COLUMN_REF:
      return std::string(pg::last_name(node.column_ref->fields, node.column_ref->n_fields));
    case PG_QUERY__NODE__NODE_FUNC_CALL:
      return std::string(pg::last_name(node.func_call->funcname, node.func_call->n_funcname));
    case PG_QUERY__NODE__NODE_A_EXPR:
      if (node.a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF) return "nullif";
      break;
    case PG_QUERY__NODE__NODE_TYPE_CAST: {
      std::string name = column_name(*node.type_cast->arg, strength);
      if (strength > 1) return name;
      strength = 1;
      return std::string(pg::last_name(node.type_cast->type_name->names, node.type_cast->type_name->n_names));
    }
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE: return column_name(*node.collate_clause->arg, strength);
    case PG_QUERY__NODE__NODE_CASE_EXPR: {
      if (node.case_expr->defresult != nullptr) {
        std::string name = column_name(*node.case_expr->defresult, strength);
        if (strength > 1) return name;
      }
      strength = 1;
      return "case";
    }
    case PG_QUERY__NODE__NODE_COALESCE_EXPR: return "coalesce";
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
      return node.min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST ? "greatest" : "least";
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR: return "array";
    case PG_QUERY__NODE__NODE_GROUPING_FUNC: return "grouping";
    case PG_QUERY__NODE__NODE_ROW_EXPR: return "row";
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
      switch (node.sqlvalue_function->op) {
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE: return "current_date";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N: return "current_time";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N: return "current_timestamp";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N: return "localtimestamp";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N: return "localtime";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE: return "current_role";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_USER: return "user";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_SESSION_USER: return "session_user";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG: return "current_catalog";
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA: return "current_schema";
        default: return "current_user";
      }
    case PG_QUERY__NODE__NODE_SUB_LINK:
      if (node.sub_link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK) return "exists";
      if (auto name = subquery_names_.find(node.sub_link->subselect); name != subquery_names_.end()) return name->second;
      break;
    default: break;
  }
  strength = 0;
  return "?column?";
}

}  // namespace cairn
