#include <algorithm>

#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// Order matters for speed, not for answers:
///  - predicates are pushed before unnesting, so that a subquery's domain is made of few outer rows, and after it,
///    through what unnesting made;
///  - derivation runs before each pushdown: it looks for what could be pushed.
constexpr Pass kPasses[] = {
    {"common_table_inlining", inline_common_tables, false},
    {"constant_folding", fold_constants, false},
    {"projection_merging", merge_projections, false},
    {"outer_join_simplification", simplify_outer_joins, false},
    {"predicate_derivation", derive_predicates, false},
    {"predicate_pushdown", push_predicates_down, false},
    {"column_pruning", prune_columns, false},  // a subquery that nobody reads need not be unnested
    {"unnesting", unnest, true},
    {"common_table_inlining", inline_common_tables, false},
    {"constant_folding", fold_constants, false},
    {"projection_merging", merge_projections, false},
    {"predicate_pushdown", push_predicates_down, false},
    {"column_pruning", prune_columns, false},  // a mark that nothing reads any more
    {"mark_join_simplification", simplify_mark_joins, false},
    {"projection_merging", merge_projections, false},
    {"outer_join_simplification", simplify_outer_joins, false},
    {"predicate_derivation", derive_predicates, false},
    {"predicate_pushdown", push_predicates_down, false},
    {"common_subplans", share_common_subplans, false},
    {"join_ordering", order_joins, false},
    {"limit_pushdown", push_limits_down, false},
    {"column_pruning", prune_columns, false},
    {"semi_join_reduction", reduce_by_semi_joins, false},  // what it notes belongs to the plan as it stands
};

/// A projection with new ids, whose positions no pass disturbs.
void pin_positions(LogicalPlan& plan, LogicalPtr& node) {
  if (node->kind == LogicalNode::Kind::kProject) return;
  std::vector<std::pair<ColumnId, ColumnId>> columns;
  for (ColumnId id : node->outputs) {
    const ColumnInfo info = plan.columns[id];
    columns.emplace_back(plan.add_column(info.name, info.type, info.nullable), id);
  }
  node = make_renaming(plan, columns, std::move(node));
}

void normalize(LogicalPlan& plan) {
  for_each_node(plan, [&](LogicalPtr& node) {
    if (!has_positional_children(*node)) return;
    for (auto& child : node->children) pin_positions(plan, child);
  });
  for (auto& table : plan.common_tables) pin_positions(plan, table->plan);
  pin_positions(plan, plan.root);
  for_each_node(plan, [](LogicalPtr& node) { widen_outputs(*node); });
}

}  // namespace

std::span<const Pass> optimizer_passes() { return kPasses; }

std::vector<std::string> optimizer_pass_names() {
  std::vector<std::string> names;
  for (const Pass& pass : kPasses) {
    if (std::find(names.begin(), names.end(), pass.name) == names.end()) names.emplace_back(pass.name);
  }
  return names;
}

void optimize(LogicalPlan& plan, const std::vector<std::string>& disabled, std::vector<PassTrace>* trace) {
  normalize(plan);
  for (const Pass& pass : kPasses) {
    const bool off = std::find(disabled.begin(), disabled.end(), pass.name) != disabled.end();
    if (off && !pass.required) continue;
    check_interrupted(plan.interrupted);
    pass.run(plan);
    if (trace != nullptr) trace->push_back({std::string(pass.name), plan.to_string()});
  }
}

}  // namespace cairn
