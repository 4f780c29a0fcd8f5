#include <algorithm>
#include <map>

#include "exec/functions/function.h"
#include "sql/binder/binder.h"
#include "sql/binder/guards.h"
#include "vector/error.h"

namespace cairn {

std::optional<Expression::Comparison> comparison_of(std::string_view op) {
  using Comparison = Expression::Comparison;
  if (op == "=") return Comparison::kEqual;
  if (op == "<>" || op == "!=") return Comparison::kNotEqual;
  if (op == "<") return Comparison::kLess;
  if (op == "<=") return Comparison::kLessEqual;
  if (op == ">") return Comparison::kGreater;
  if (op == ">=") return Comparison::kGreaterEqual;
  return std::nullopt;
}

namespace {

using Comparison = Expression::Comparison;

std::string_view to_sql(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual: return "=";
    case Comparison::kNotEqual: return "<>";
    case Comparison::kLess: return "<";
    case Comparison::kLessEqual: return "<=";
    case Comparison::kGreater: return ">";
    case Comparison::kGreaterEqual: return ">=";
    case Comparison::kDistinct: return "IS DISTINCT FROM";
    case Comparison::kNotDistinct: return "IS NOT DISTINCT FROM";
  }
  return "";
}

[[noreturn]] void throw_no_operator(std::string_view op, const Type* left, const Type& right, int position) {
  auto name = [](const Type& type) { return type.id == TypeId::kNull ? std::string("unknown") : type_name(type); };
  throw Error(sqlstate::kUndefinedFunction,
              "operator does not exist: " + (left == nullptr ? "" : name(*left) + " ") + std::string(op) + " " + name(right),
              "No operator matches the given argument types; add explicit type casts.").at(position);
}

/// A constant that the other side's type can hold exactly takes that type, so that the column itself needs no cast and
/// the comparison can go down to the scan: l_shipdate <= TIMESTAMP '1998-09-02 00:00:00' compares days.
bool narrow_constant(ExpressionPtr& constant, const Expression& other) {
  if (constant->kind != Expression::Kind::kConstant || !compared_type(constant->type, other.type)) return false;
  if (constant->type.id == TypeId::kChar && other.type.id == TypeId::kChar && other.type.length != 0) {
    constant = without_blanks(std::move(constant));
    constant->type = constant->value.type = other.type;
    return true;
  }
  if (!other.type.is_exact() && other.type.id != TypeId::kDate) return false;
  std::optional<Value> value = convert_exactly(constant->value, other.type);
  if (!value) return false;
  constant->value = std::move(*value);
  constant->type = other.type;
  return true;
}

/// Compared as they are stored.
bool same_values(const Type& a, const Type& b) {
  if (a.id == TypeId::kChar && b.id == TypeId::kChar) return a.length != 0 && b.length != 0;
  return a == b || (a.id == TypeId::kVarchar && b.id == TypeId::kVarchar);
}

/// The left operand's type as PostgreSQL's = takes it, beside a `right` one: there are operators of integers of two widths, of a
/// DATE and a TIMESTAMP, of a REAL and a DOUBLE; for all other pairs both come to one type.
Type equality_operand(const Type& left, const Type& right) {
  const std::optional<Type> compared = compared_type(left, right);
  if (!compared) return left;
  const bool as_it_is = (left.is_integer() && right.is_integer()) || left.is_floating() || left.id == TypeId::kDate ||
                        (left.id == compared->id && left.id != TypeId::kVarchar);
  if (as_it_is) return left;
  return compared->id == TypeId::kDecimal ? as_decimal(left) : *compared;
}

}  // namespace

bool Binder::is_row(const pg::Node& node) { return node.node_case == PG_QUERY__NODE__NODE_ROW_EXPR; }

/// The fields of a row, or of t.*
std::vector<ExpressionPtr> Binder::row(const pg::Node& node) {
  std::vector<ExpressionPtr> fields;
  const auto add = [&](const pg::Node& field) {
    if (!pg::is_star(field)) return fields.push_back(expression(field));
    for (auto& [column, name] : star_columns(*field.column_ref)) fields.push_back(std::move(column));
  };
  if (is_row(node))
    for (const pg::Node* field : pg::list(node.row_expr->args, node.row_expr->n_args)) add(*field);
  else
    add(node);
  return fields;
}

ExpressionPtr Binder::operator_expression(const PgQuery__AExpr& syntax) {
  std::string_view op = pg::last_name(syntax.name, syntax.n_name);
  switch (syntax.kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP: return plain_operator(syntax);
    case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT: {
      Comparison comparison = syntax.kind == PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT ? Comparison::kDistinct
                                                                                     : Comparison::kNotDistinct;
      if (is_row(*syntax.lexpr) && is_row(*syntax.rexpr))
        return compare_rows(comparison, row(*syntax.lexpr), row(*syntax.rexpr), syntax.location);
      ExpressionPtr left = expression(*syntax.lexpr);
      return compare(comparison, std::move(left), expression(*syntax.rexpr), syntax.location);
    }
    case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF: return null_if(syntax);
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN: return in_list(syntax);
    case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
    case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE: return like(syntax);
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM: return between(syntax);
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY: return any_or_all_array(syntax, false);
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL: return any_or_all_array(syntax, true);
    case PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR: {  // the pattern is a call of similar_to_escape, made by the parser
      ExpressionPtr left = expression(*syntax.lexpr);
      return binary(op == "!~" ? "!~" : "~", std::move(left), fold(expression(*syntax.rexpr)), syntax.location);
    }
    default: throw_unsupported("operator " + std::string(op), syntax.location);
  }
}

ExpressionPtr Binder::plain_operator(const PgQuery__AExpr& syntax) {
  std::string_view op = pg::last_name(syntax.name, syntax.n_name);
  if (syntax.lexpr == nullptr) {
    std::vector<ExpressionPtr> arguments;
    arguments.push_back(expression(*syntax.rexpr));
    if (op == "+" && arguments[0]->type.is_numeric()) return std::move(arguments[0]);
    ExpressionPtr result = call(op, arguments, syntax.location);
    if (result == nullptr) throw_no_operator(op, nullptr, arguments[0]->type, syntax.location);
    // Constants stay constants: LIMIT -1 and DEFAULT -1.5 need no evaluation.
    return op == "-" ? fold(std::move(result)) : std::move(result);
  }
  std::optional<Comparison> comparison = comparison_of(op);
  if (comparison && (is_row(*syntax.lexpr) || is_row(*syntax.rexpr))) {
    auto fields = [&](const pg::Node& node) {
      if (is_row(node)) return row(node);
      if (node.node_case == PG_QUERY__NODE__NODE_SUB_LINK &&
          node.sub_link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK)
        return scalar_subquery(*node.sub_link->subselect, node.sub_link->location);
      throw Error(sqlstate::kSyntaxError, "a row can only be compared with a row or a subquery").at(pg::location(&node));
    };
    std::vector<ExpressionPtr> left = fields(*syntax.lexpr);
    return compare_rows(*comparison, std::move(left), fields(*syntax.rexpr), syntax.location);
  }
  ExpressionPtr left = expression(*syntax.lexpr);
  return binary(op, std::move(left), expression(*syntax.rexpr), syntax.location);
}

ExpressionPtr Binder::binary(std::string_view op, ExpressionPtr left, ExpressionPtr right, int position) {
  if (std::optional<Comparison> comparison = comparison_of(op))
    return compare(*comparison, std::move(left), std::move(right), position);
  if (op == "~~" || op == "!~~" || op == "~~*" || op == "!~~*") {
    auto result = std::make_unique<Expression>();
    result->kind = Expression::Kind::kLike;
    result->type = Type::boolean();
    result->case_insensitive = op.ends_with('*');
    for (ExpressionPtr* side : {&left, &right})
      if (!is_untyped(**side) && !(*side)->type.is_string()) throw_no_operator(op, &left->type, right->type, position);
    // Patterns see the blanks of a CHAR(n).
    const Type subject = left->type.id == TypeId::kChar ? Type::character() : Type::varchar();
    result->arguments.push_back(coerce(std::move(left), subject, CastContext::kImplicit));
    result->arguments.push_back(coerce(std::move(right), Type::varchar(), CastContext::kImplicit));
    result->position = position;
    return op.starts_with('!') ? Expression::make_not(std::move(result)) : std::move(result);
  }
  Type left_type = left->type, right_type = right->type;
  std::vector<ExpressionPtr> arguments;
  if (op == "||") {
    // text || anything prints the other side.
    bool any_text = left->type.is_string() || right->type.is_string() || (is_untyped(*left) && is_untyped(*right));
    bool literal_text = is_untyped(*left) || is_untyped(*right);
    if (!any_text && !literal_text) throw_no_operator(op, &left_type, right_type, position);
    arguments.push_back(coerce(std::move(left), Type::varchar(), CastContext::kAssignment));
    arguments.push_back(coerce(std::move(right), Type::varchar(), CastContext::kAssignment));
  } else {
    arguments.push_back(std::move(left));
    arguments.push_back(std::move(right));
  }
  bool negate = op == "!~" || op == "!~*";
  std::vector<const Function*> overloads = find_functions(op);
  if (negate && overloads.empty()) op = op.substr(1);
  ExpressionPtr result = call(op, arguments, position);
  if (result == nullptr) throw_no_operator(op, &left_type, right_type, position);
  return negate && overloads.empty() ? Expression::make_not(std::move(result)) : std::move(result);
}

ExpressionPtr Binder::literal_beside(ExpressionPtr literal, const Type& type) {
  const bool is_text = literal->kind == Expression::Kind::kConstant && !literal->value.null;
  if (type.id == TypeId::kDecimal && is_text) return as_numeric(std::move(literal));
  return coerce(std::move(literal), without_length(type), CastContext::kImplicit);
}

ExpressionPtr Binder::as_compared(ExpressionPtr operand, const Type& type) {
  return type == Type::character() ? without_blanks(std::move(operand)) : coerce(std::move(operand), type, CastContext::kImplicit);
}

ExpressionPtr Binder::compare(Comparison comparison, ExpressionPtr left, ExpressionPtr right, int position) {
  auto make = [&] {
    ExpressionPtr result = Expression::make_compare(comparison, std::move(left), std::move(right));
    result->position = position;
    return result;
  };
  if (is_untyped(*left) && is_untyped(*right)) {
    left = typed(std::move(left));
    right = typed(std::move(right));
    return make();
  }
  for (auto [literal, other] : {std::pair{&left, &right}, std::pair{&right, &left}}) {
    if (!is_untyped(**literal)) continue;
    *literal = literal_beside(std::move(*literal), (*other)->type);
  }
  left = fold(std::move(left));
  right = fold(std::move(right));
  if (narrow_constant(right, *left) || narrow_constant(left, *right) || same_values(left->type, right->type)) return make();
  std::optional<Type> type = compared_type(left->type, right->type);
  if (!type) throw_no_operator(to_sql(comparison), &left->type, right->type, position);
  left = as_compared(std::move(left), *type);
  right = as_compared(std::move(right), *type);
  return make();
}

ExpressionPtr Binder::compare_rows(Comparison comparison, std::vector<ExpressionPtr> left,
                                   std::vector<ExpressionPtr> right, int position) {
  if (left.size() != right.size())
    throw Error(sqlstate::kSyntaxError, "unequal number of entries in row expressions: " + std::to_string(left.size()) +
                                            " and " + std::to_string(right.size())).at(position);
  if (left.empty()) throw Error(sqlstate::kFeatureNotSupported, "cannot compare rows of zero length").at(position);
  if (left.size() == 1) return compare(comparison, std::move(left[0]), std::move(right[0]), position);
  std::vector<ExpressionPtr> parts;
  bool all = comparison == Comparison::kEqual || comparison == Comparison::kNotDistinct;
  bool any = comparison == Comparison::kNotEqual || comparison == Comparison::kDistinct;
  if (all || any) {
    for (size_t i = 0; i < left.size(); i++)
      parts.push_back(compare(comparison, std::move(left[i]), std::move(right[i]), position));
    return all ? Expression::make_and(std::move(parts)) : Expression::make_or(std::move(parts));
  }
  // (a, b) < (c, d) is a < c OR (a = c AND b < d); only the last pair may be equal.
  Comparison strict = comparison == Comparison::kLess || comparison == Comparison::kLessEqual ? Comparison::kLess
                                                                                             : Comparison::kGreater;
  for (size_t i = 0; i < left.size(); i++) {
    std::vector<ExpressionPtr> prefix;
    for (size_t j = 0; j < i; j++) prefix.push_back(compare(Comparison::kEqual, left[j]->clone(), right[j]->clone(), position));
    prefix.push_back(compare(i + 1 == left.size() ? comparison : strict, left[i]->clone(), right[i]->clone(), position));
    parts.push_back(prefix.size() == 1 ? std::move(prefix[0]) : Expression::make_and(std::move(prefix)));
  }
  return Expression::make_or(std::move(parts));
}

ExpressionPtr Binder::in_list(const PgQuery__AExpr& syntax) {
  bool negate = pg::last_name(syntax.name, syntax.n_name) != "=";
  std::vector<ExpressionPtr> items;
  const PgQuery__List& list = *syntax.rexpr->list;
  ExpressionPtr result;
  if (is_row(*syntax.lexpr)) {
    std::vector<ExpressionPtr> left = row(*syntax.lexpr);
    for (const pg::Node* item : pg::list(list.items, list.n_items)) {
      if (!is_row(*item)) throw Error(sqlstate::kSyntaxError, "expected a row in the IN list").at(pg::location(item));
      std::vector<ExpressionPtr> copy;
      for (const ExpressionPtr& field : left) copy.push_back(field->clone());
      items.push_back(compare_rows(Comparison::kEqual, std::move(copy), row(*item), syntax.location));
    }
    result = items.size() == 1 ? std::move(items[0]) : Expression::make_or(std::move(items));
  } else {
    ExpressionPtr left = expression(*syntax.lexpr);
    for (const pg::Node* item : pg::list(list.items, list.n_items)) items.push_back(expression(*item));
    result = in_values(std::move(left), std::move(items), syntax.location);
  }
  return negate ? Expression::make_not(std::move(result)) : std::move(result);
}

/// PostgreSQL brings the items without columns, and only those, to one type with the left side before it compares them.
/// Where they have none, or there is but one, each is compared by itself.
ExpressionPtr Binder::in_values(ExpressionPtr left, std::vector<ExpressionPtr> items, int position) {
  std::optional<Type> common = left->type;
  size_t constants = 0;
  for (const ExpressionPtr& item : items) {
    if (!contains(*item, Expression::Kind::kColumn)) constants++;
    if (common && !is_untyped(*item) && !contains(*item, Expression::Kind::kColumn)) common = common_type(*common, item->type);
  }
  const bool together = common && constants > 1;
  if (common) common = common->id == TypeId::kNull ? Type::varchar() : without_length(*common);
  std::vector<ExpressionPtr> alone, list;
  for (ExpressionPtr& item : items) {
    if (!together || contains(*item, Expression::Kind::kColumn)) {
      alone.push_back(compare(Comparison::kEqual, left->clone(), std::move(item), position));
      continue;
    }
    if (is_untyped(*item)) item = literal_beside(std::move(item), *common);
    list.push_back(fold(std::move(item)));
  }
  if (together) alone.push_back(in_list_of(std::move(left), std::move(list), *common, position));
  return alone.size() == 1 ? std::move(alone[0]) : Expression::make_or(std::move(alone));
}

/// `items`: of types that convert to `common`.
ExpressionPtr Binder::in_list_of(ExpressionPtr left, std::vector<ExpressionPtr> items, const Type& common, int position) {
  if (is_untyped(*left)) left = literal_beside(std::move(left), common);
  const bool fits = std::ranges::all_of(items, [&](ExpressionPtr& item) {
    return same_values(item->type, left->type) || narrow_constant(item, *left);
  });
  if (!fits) {
    const std::optional<Type> type = compared_type(left->type, common);
    if (!type) throw_no_operator("=", &left->type, common, position);
    left = as_compared(std::move(left), *type);
    for (ExpressionPtr& item : items) item = as_compared(coerce(std::move(item), common, CastContext::kImplicit), *type);
  }
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kIn;
  result->type = Type::boolean();
  result->position = position;
  result->arguments.push_back(std::move(left));
  for (ExpressionPtr& item : items) result->arguments.push_back(std::move(item));
  return result;
}

/// The elements have one type: that of the array's cast, or the one that they have in common.
std::vector<ExpressionPtr> Binder::array_elements(const PgQuery__AArrayExpr& list, const PgQuery__TypeName* type) {
  std::vector<ExpressionPtr> elements;
  for (const pg::Node* element : pg::list(list.elements, list.n_elements)) elements.push_back(expression(*element));
  if (type != nullptr) {
    PgQuery__TypeName of_element = *type;
    of_element.n_array_bounds = 0;
    const Type wanted = resolve_type_name(of_element, true).type;
    for (ExpressionPtr& element : elements) element = coerce(std::move(element), wanted, CastContext::kExplicit);
    return elements;
  }
  std::vector<ExpressionPtr*> all;
  for (ExpressionPtr& element : elements) all.push_back(&element);
  unify(all, "ARRAY", list.location);
  return elements;
}

ExpressionPtr Binder::any_or_all_array(const PgQuery__AExpr& syntax, bool all) {
  std::string_view op = pg::last_name(syntax.name, syntax.n_name);
  const pg::Node* array = syntax.rexpr;
  const PgQuery__TypeName* type = nullptr;
  if (array->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) {
    type = array->type_cast->type_name;
    array = array->type_cast->arg;
  }
  if (array->node_case != PG_QUERY__NODE__NODE_A_ARRAY_EXPR)
    throw_unsupported(std::string(all ? "ALL" : "ANY") + " over an array", syntax.location);
  const PgQuery__AArrayExpr& list = *array->a_array_expr;
  if (list.n_elements == 0 && type == nullptr)
    throw Error("42P18", "cannot determine type of empty array", "Cast it: ARRAY[]::integer[].").at(pg::location(array));
  if (list.n_elements == 0) return Expression::make_constant(Value::of_boolean(all));
  ExpressionPtr left = expression(*syntax.lexpr);
  std::vector<ExpressionPtr> items = array_elements(list, type);
  // A CHAR is compared as what the array holds.
  const bool as_list = op == "=" && !all && (left->type.id != TypeId::kChar || items[0]->type.id == TypeId::kChar);
  if (as_list) return in_values(std::move(left), std::move(items), syntax.location);
  std::vector<ExpressionPtr> parts;
  for (ExpressionPtr& item : items) {
    parts.push_back(binary(op, left->clone(), std::move(item), syntax.location));
    if (parts.back()->type.id != TypeId::kBoolean)
      throw Error(sqlstate::kWrongObjectType, "op ANY/ALL (array) requires operator to yield boolean").at(syntax.location);
  }
  if (parts.size() == 1) return std::move(parts[0]);
  return all ? Expression::make_and(std::move(parts)) : Expression::make_or(std::move(parts));
}

ExpressionPtr Binder::between(const PgQuery__AExpr& syntax) {
  bool symmetric = syntax.kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM ||
                   syntax.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
  bool negate = syntax.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN ||
                syntax.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
  const PgQuery__List& bounds = *syntax.rexpr->list;
  // A value, or the fields of a row.
  auto fields_of = [&](const pg::Node& node) {
    if (is_row(node)) return row(node);
    std::vector<ExpressionPtr> one;
    one.push_back(expression(node));
    return one;
  };
  const std::vector<ExpressionPtr> value = fields_of(*syntax.lexpr);
  const std::vector<ExpressionPtr> low = fields_of(*bounds.items[0]), high = fields_of(*bounds.items[1]);
  auto compared = [&](Comparison comparison, const std::vector<ExpressionPtr>& bound) {
    std::vector<ExpressionPtr> left, right;
    for (const ExpressionPtr& field : value) left.push_back(field->clone());
    for (const ExpressionPtr& field : bound) right.push_back(field->clone());
    return compare_rows(comparison, std::move(left), std::move(right), syntax.location);
  };
  auto inside = [&](const std::vector<ExpressionPtr>& from, const std::vector<ExpressionPtr>& to) {
    std::vector<ExpressionPtr> both;
    both.push_back(compared(Comparison::kGreaterEqual, from));
    both.push_back(compared(Comparison::kLessEqual, to));
    return Expression::make_and(std::move(both));
  };
  ExpressionPtr result = inside(low, high);
  if (symmetric) {
    std::vector<ExpressionPtr> either;
    either.push_back(std::move(result));
    either.push_back(inside(high, low));
    result = Expression::make_or(std::move(either));
  }
  return negate ? Expression::make_not(std::move(result)) : std::move(result);
}

ExpressionPtr Binder::like(const PgQuery__AExpr& syntax) {
  std::string_view op = pg::last_name(syntax.name, syntax.n_name);
  ExpressionPtr left = expression(*syntax.lexpr);
  const PgQuery__FuncCall* call = syntax.rexpr->node_case == PG_QUERY__NODE__NODE_FUNC_CALL ? syntax.rexpr->func_call : nullptr;
  if (call == nullptr || call->n_args != 2 || pg::last_name(call->funcname, call->n_funcname) != "like_escape")
    return binary(op, std::move(left), expression(*syntax.rexpr), syntax.location);
  // An escape of one byte is the match's own; any other is replaced by backslashes in the pattern.
  const pg::Node& character = *call->args[1];
  const bool literal = character.node_case == PG_QUERY__NODE__NODE_A_CONST && character.a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL;
  const std::string_view text = literal ? pg::string_value(&character) : std::string_view();
  if (!literal || text.size() > 1) return binary(op, std::move(left), fold(expression(*syntax.rexpr)), syntax.location);
  ExpressionPtr result = binary(op, std::move(left), expression(*call->args[0]), syntax.location);
  Expression& match = result->kind == Expression::Kind::kNot ? *result->arguments[0] : *result;
  match.escape = text.empty() ? '\0' : text[0];
  return result;
}

ExpressionPtr Binder::null_if(const PgQuery__AExpr& syntax) {
  ExpressionPtr left = expression(*syntax.lexpr), right = expression(*syntax.rexpr);
  if (is_untyped(*left)) left = is_untyped(*right) ? typed(std::move(left)) : literal_beside(std::move(left), right->type);
  const Type type = equality_operand(left->type, is_untyped(*right) ? left->type : right->type);
  ExpressionPtr value = exactly_of(cast_to(left->clone(), type), type);
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kCase;
  result->type = type;
  result->arguments.push_back(compare(Comparison::kEqual, std::move(left), std::move(right), syntax.location));
  result->arguments.push_back(make_null(value->type));
  result->arguments.push_back(std::move(value));
  return result;
}

}  // namespace cairn
