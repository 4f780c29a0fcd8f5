#include <algorithm>

#include "sql/binder/binder.h"
#include "sql/binder/plan_columns.h"
#include "sql/optimizer/rewrite.h"
#include "sql/row_numbers.h"

namespace cairn {

/// A FULL JOIN whose condition has subqueries. Both sides' rows are numbered; an inner join, which may have any
/// condition, tells which numbers belong together, and the full join compares numbers.
LogicalPtr Binder::full_join(FromItem& left, FromItem& right, Conjunction on, FromItem& joined, int position) {
  struct Side {
    std::shared_ptr<CommonTable> rows;
    std::vector<ColumnId> columns;  ///< what the condition names
    Renaming renaming;              ///< to what the join puts out
  };
  auto number = [&](LogicalPtr plan) {
    if (!free_columns(*plan).empty()) throw_unsupported("a subquery in the condition of a FULL JOIN with LATERAL", position);
    Side side;
    side.columns = plan->outputs;
    Renaming copied;
    side.rows = std::make_shared<CommonTable>();
    side.rows->name = "numbered";
    side.rows->plan = number_rows(plan_, {}, {}, clone_renamed(plan_, *plan, copied));
    plan_.common_tables.push_back(side.rows);
    for (ColumnId id : side.columns)
      side.renaming[id] = add_column(plan_.columns[id].name, plan_.columns[id].type, true);
    return side;
  };
  auto use = [&](const Side& side, bool renamed) {
    LogicalPtr scan = make_node(LogicalNode::Kind::kCteScan);
    scan->cte = side.rows;
    scan->alias = side.rows->name;
    for (ColumnId id : side.columns) scan->outputs.push_back(renamed ? side.renaming.at(id) : id);
    scan->outputs.push_back(add_column("row_number", Type::big_int(), false));
    return scan;
  };
  auto equal = [&](ColumnId a, ColumnId b) {
    std::vector<ExpressionPtr> predicates;
    predicates.push_back(Expression::make_compare(Expression::Comparison::kEqual, Expression::make_column(a, Type::big_int()),
                                                  Expression::make_column(b, Type::big_int())));
    return predicates;
  };
  Side left_side = number(std::move(left.plan)), right_side = number(std::move(right.plan));

  LogicalPtr left_rows = use(left_side, false), right_rows = use(right_side, false);
  ColumnId left_number = left_rows->outputs.back(), right_number = right_rows->outputs.back();
  LogicalPtr pairs = apply(make_join(JoinKind::kInner, std::move(left_rows), std::move(right_rows), {}), std::move(on));
  ColumnId left_match = add_column("row_number", Type::big_int(), true);
  ColumnId right_match = add_column("row_number", Type::big_int(), true);
  pairs = make_renaming(plan_, {{left_match, left_number}, {right_match, right_number}}, std::move(pairs));

  left_rows = use(left_side, true);
  right_rows = use(right_side, true);
  left_number = left_rows->outputs.back();
  right_number = right_rows->outputs.back();
  for (Side* side : {&left_side, &right_side}) {
    auto rename = [&](ColumnId& id) {
      if (auto found = side->renaming.find(id); found != side->renaming.end()) id = found->second;
    };
    for (ScopeColumn& column : joined.visible) rename(column.id);
    for (ScopeTable& table : joined.tables) std::ranges::for_each(table.columns, rename);
    for (ScopeRelation& relation : joined.relations) {
      for (ScopeColumn& column : relation.columns) rename(column.id);
      if (relation.mark) rename(*relation.mark);
    }
  }
  LogicalPtr matched = make_join(JoinKind::kLeft, std::move(left_rows), std::move(pairs), equal(left_number, left_match));
  return make_join(JoinKind::kFull, std::move(matched), std::move(right_rows), equal(right_match, right_number));
}

}  // namespace cairn
