// Rows that count() takes: count((a, b)), count(t) and count(t.*).

#include "sql/binder/binder.h"
#include "sql/binder/choice.h"

namespace cairn {

/// The fields of a row that is an argument, those of rows in it, too.
void Binder::row_fields(const pg::Node& syntax, std::vector<ExpressionPtr>& fields) {
  for (const pg::Node* field : pg::list(syntax.row_expr->args, syntax.row_expr->n_args)) {
    if (is_row(*field)) {
      row_fields(*field, fields);
    } else if (pg::is_star(*field)) {
      for (auto& [column, name] : star_columns(*field->column_ref)) fields.push_back(as_key(std::move(column)));
    } else {
      fields.push_back(as_key(determined(expression(*field))));
    }
  }
}

/// count((a, b)), count(t) and count(t.*): what is NULL where there is no row, as where an outer join found none (a row of
/// NULLs is one); then the row's fields, by which DISTINCT tells it from others. None: it is no row.
std::vector<ExpressionPtr> Binder::row_argument(const pg::Node& syntax, bool distinct) {
  std::vector<ExpressionPtr> result;
  const auto there = [] { return Expression::make_constant(Value::of_boolean(true)); };
  if (is_row(syntax)) {
    result.push_back(there());
    row_fields(syntax, result);
    return result;
  }
  if (syntax.node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return result;
  const PgQuery__ColumnRef& reference = *syntax.column_ref;
  const bool has_star = pg::is_star(syntax);
  if (has_star ? reference.n_fields < 2 || reference.n_fields > 3 : reference.n_fields != 1) return result;
  const std::string schema = reference.n_fields == 3 ? canonical_schema(pg::string_value(reference.fields[0])) : "";
  const std::string name(pg::string_value(reference.fields[reference.n_fields - (has_star ? 2 : 1)]));
  if (!has_star && find_unqualified(name, reference.location) != nullptr) return result;
  for (QueryLevel* level = level_; level != nullptr; level = level->outer)
    for (const FromItem* item : level->items)
      for (const ScopeRelation& relation : item->relations) {
        if (!relation.is_called(schema, name)) continue;
        const auto column = [&](ColumnId id) { return column_expression(id, level, reference.location); };
        // The call belongs to the relation's level, though it may need no column of it.
        if (!relation.mark && !relation.columns.empty()) column(relation.columns[0].id);
        result.push_back(relation.mark ? column(*relation.mark) : there());
        if (!distinct) return result;
        // Rows are told apart by their columns, not by what marks them.
        if (relation.mark) result[0] = choose(is_not_null(std::move(result[0])), there(), make_null(Type::boolean()));
        for (const ScopeColumn& field : relation.columns) result.push_back(as_key(column(field.id)));
        return result;
      }
  if (has_star) star_columns(reference);  // names what is missing
  return result;
}

}  // namespace cairn
