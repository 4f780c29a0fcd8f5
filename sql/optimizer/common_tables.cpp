#include <algorithm>
#include <map>

#include "sql/optimizer/column_set.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"

// A common table that is used once, is correlated, or costs nothing to compute again, takes the place of its uses.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

/// Scans, filters and projections: reading them again is as cheap as reading rows that were kept.
bool is_cheap(const LogicalNode& node) {
  if (node.kind == Kind::kScan || (node.kind == Kind::kValues && node.rows.size() < 100)) return true;
  if (node.kind != Kind::kFilter && node.kind != Kind::kProject) return false;
  return is_cheap(*node.children[0]);
}

std::map<const CommonTable*, size_t> count_uses(LogicalPlan& plan) {
  std::map<const CommonTable*, size_t> uses;
  for_each_node(plan, [&](LogicalPtr& node) {
    if (node->kind == Kind::kCteScan) ++uses[node->cte.get()];
  });
  return uses;
}

void inline_uses(LogicalPlan& plan, LogicalPtr& tree, const std::shared_ptr<CommonTable>& table) {
  for_each_node_below(tree, [&](LogicalPtr& node) {
    if (node->kind != Kind::kCteScan || node->cte != table) return;
    node = copy_of_common_table(plan, *node);
  });
}

}  // namespace

void inline_common_tables(LogicalPlan& plan) {
  // Inner ones come first: where they go into an outer one, they are counted anew.
  std::vector<std::shared_ptr<CommonTable>> kept;
  for (size_t i = 0; i < plan.common_tables.size(); ++i) {
    const std::shared_ptr<CommonTable> table = plan.common_tables[i];
    const size_t uses = count_uses(plan)[table.get()];
    if (uses == 0) {
      table->plan = make_empty(table->plan->outputs);
      continue;
    }
    const bool is_shared = uses > 1 && !is_cheap(*table->plan);
    if ((is_shared || is_volatile_below(*table->plan)) && correlated_columns(*table->plan).empty()) {
      kept.push_back(table);
      continue;
    }
    for (size_t j = i + 1; j < plan.common_tables.size(); ++j) inline_uses(plan, plan.common_tables[j]->plan, table);
    inline_uses(plan, plan.root, table);
    table->plan = make_empty(table->plan->outputs);
  }
  plan.common_tables = std::move(kept);
}

}  // namespace cairn
