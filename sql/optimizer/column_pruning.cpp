#include <algorithm>
#include <map>

#include "sql/optimizer/column_set.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"

// Every node produces what is used above it, and no more. A subquery whose column nobody reads is not evaluated.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

class ColumnPruning {
 public:
  explicit ColumnPruning(LogicalPlan& plan) : plan_(plan) {}

  void run() {
    prune(plan_.root, ColumnSet(plan_.root->outputs));
    // Outer common tables use inner ones, which come first. Those without a use would use inner ones as they were.
    auto& tables = plan_.common_tables;
    for (size_t i = tables.size(); i-- > 0;) {
      if (uses_.contains(tables[i].get())) prune_common_table(*tables[i]);
      else tables.erase(tables.begin() + static_cast<ptrdiff_t>(i));
    }
  }

 private:
  static void keep(std::vector<ColumnId>& outputs, const ColumnSet& required) {
    std::erase_if(outputs, [&](ColumnId id) { return !required.contains(id); });
  }

  /// Of what its pruned children give.
  static void hand_on(LogicalNode& node, const ColumnSet& required) {
    node.outputs = available_columns(node);
    keep(node.outputs, required);
  }

  /// Removes the positions that are not required from parallel lists; keeps one, the `cheapest`, where all would go.
  template <typename... Lists>
  static void keep_positions(std::vector<ColumnId>& outputs, const ColumnSet& required, size_t cheapest,
                             Lists&... lists) {
    std::vector<bool> kept(outputs.size());
    bool any = false;
    for (size_t i = 0; i < outputs.size(); ++i) any = (kept[i] = required.contains(outputs[i])) || any;
    if (!any && !outputs.empty()) kept[cheapest] = true;
    auto filter = [&](auto& list) {
      size_t to = 0;
      for (size_t i = 0; i < kept.size(); ++i) {
        if (kept[i] && to++ != i) list[to - 1] = std::move(list[i]);
      }
      list.resize(to);
    };
    (filter(lists), ...);
    filter(outputs);
  }

  size_t narrowest(const std::vector<ColumnId>& outputs) const {
    auto bytes = [&](ColumnId id) { return physical_bytes(plan_.columns[id].type.physical()); };
    size_t best = 0;
    for (size_t i = 1; i < outputs.size(); ++i) {
      if (bytes(outputs[i]) < bytes(outputs[best])) best = i;
    }
    return best;
  }

  void prune_children(LogicalNode& node, ColumnSet required) {
    required.insert(columns_used_by(node));
    for (auto& child : node.children) prune(child, required);
  }

  void prune(LogicalPtr& owner, ColumnSet required) {
    while (is_unread_subquery(*owner, required)) owner = LogicalPtr(std::move(owner->children[0]));
    LogicalNode& node = *owner;
    required.insert(volatile_outputs(node));
    switch (node.kind) {
      case Kind::kScan:
        for (const auto& predicate : node.predicates) add_columns(*predicate, required);
        keep_positions(node.outputs, required, narrowest(node.outputs), node.scan_columns);
        return;
      case Kind::kFilter:
      case Kind::kSort:
      case Kind::kLimit:
        prune_children(node, required);
        hand_on(node, required);
        return;
      case Kind::kJoin: prune_join(node, required); return;
      case Kind::kProject: prune_project(node, required); return;
      case Kind::kAggregate: prune_aggregate(node, required); return;
      case Kind::kDistinct: prune_children(node, ColumnSet(node.outputs)); return;
      case Kind::kSetOperation: prune_set_operation(node, required); return;
      case Kind::kValues: prune_values(node, required); return;
      case Kind::kCteScan: prune_cte_scan(node, required); return;
      case Kind::kTableFunction: return;
      case Kind::kWorkingTable: return;  // its columns are the recursion's
      case Kind::kRecursion:
        for (auto& child : node.children) prune(child, ColumnSet(child->outputs));
        return;
      case Kind::kWindow:
        std::erase_if(node.window_calls, [&](const auto& window) { return !required.contains(window.call.output); });
        if (node.window_calls.empty()) {  // nothing is left of it but its child's rows
          node.partition_by.clear();
          node.sort_keys.clear();
        }
        prune_children(node, required);
        hand_on(node, required);
        return;
    }
  }

  /// A mark or a scalar subquery gives each row of the left side a column, and does nothing else. PostgreSQL does not
  /// evaluate what is not read, either: a subquery of more rows than one is no error there.
  static bool is_unread_subquery(const LogicalNode& node, const ColumnSet& required) {
    if (node.kind != Kind::kJoin || (node.join != JoinKind::kMark && node.join != JoinKind::kSingle)) return false;
    const bool read = node.join == JoinKind::kMark ? required.contains(node.outputs.back())
                                                   : required.intersects(ColumnSet(node.children[1]->outputs));
    return !read && !is_volatile(node) && !is_volatile_below(*node.children[1]);
  }

  /// Before unnesting, the right side may read columns of the left.
  void prune_join(LogicalNode& node, ColumnSet required) {
    ColumnSet below = required;
    below.insert(columns_used_by(node));
    prune(node.children[1], below);
    below.insert(correlated_columns(*node.children[1]));
    prune(node.children[0], std::move(below));
    if (node.join == JoinKind::kMark) required.insert(node.outputs.back());
    hand_on(node, required);
  }

  void prune_project(LogicalNode& node, const ColumnSet& required) {
    size_t cheapest = 0;
    for (size_t i = 0; i < node.expressions.size(); ++i) {
      if (node.expressions[i]->arguments.empty()) cheapest = i;
    }
    keep_positions(node.outputs, required, cheapest, node.expressions);
    prune_children(node, {});
  }

  void prune_aggregate(LogicalNode& node, const ColumnSet& required) {
    const size_t groups = node.group_by.size();
    std::vector<LogicalAggregate> kept;
    for (auto& aggregate : node.aggregates) {
      if (required.contains(aggregate.output)) kept.push_back(std::move(aggregate));
    }
    if (kept.empty() && groups == 0) {
      // A row without columns: count(*) stands for it.
      kept.push_back(std::move(node.aggregates[0]));
    }
    node.aggregates = std::move(kept);
    node.outputs.resize(groups);
    for (const auto& aggregate : node.aggregates) node.outputs.push_back(aggregate.output);
    prune_children(node, {});
  }

  /// UNION ALL may lose columns; the others compare whole rows.
  void prune_set_operation(LogicalNode& node, const ColumnSet& required) {
    const bool prunable = node.all && node.set_operation == LogicalNode::SetOperation::kUnion;
    ColumnSet kept(node.outputs);
    if (prunable) {
      kept = ColumnSet();
      for (ColumnId id : node.outputs) {
        if (required.contains(id)) kept.insert(id);
      }
      if (kept.empty() && !node.outputs.empty()) kept.insert(node.outputs[narrowest(node.outputs)]);
      for (const auto& child : node.children) {
        const ColumnSet staying = volatile_outputs(*child);
        for (size_t i = 0; i < node.outputs.size(); ++i) {
          if (staying.contains(child->outputs[i])) kept.insert(node.outputs[i]);
        }
      }
    }
    for (auto& child : node.children) {
      ColumnSet child_required;
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (kept.contains(node.outputs[i])) child_required.insert(child->outputs[i]);
      }
      prune(child, child_required);
    }
    keep(node.outputs, kept);
  }

  void prune_values(LogicalNode& node, const ColumnSet& required) {
    ColumnSet kept;
    for (ColumnId id : node.outputs) {
      if (required.contains(id)) kept.insert(id);
    }
    if (kept.empty() && !node.outputs.empty()) kept.insert(node.outputs[0]);
    for (auto& row : node.rows) {
      std::vector<ColumnId> outputs = node.outputs;
      keep_positions(outputs, kept, 0, row);
    }
    keep(node.outputs, kept);
  }

  void prune_cte_scan(LogicalNode& node, const ColumnSet& required) {
    CommonUse& use = uses_[node.cte.get()];
    use.scans.push_back(&node);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (required.contains(node.outputs[i])) use.required.insert(node.cte->plan->outputs[i]);
    }
  }

  void prune_common_table(CommonTable& table) {
    const CommonUse& use = uses_.at(&table);
    const std::vector<ColumnId> before = table.plan->outputs;
    prune(table.plan, use.required);
    const ColumnSet kept(table.plan->outputs);
    for (LogicalNode* scan : use.scans) {
      std::vector<ColumnId> outputs;
      for (size_t i = 0; i < before.size(); ++i) {
        if (kept.contains(before[i])) outputs.push_back(scan->outputs[i]);
      }
      scan->outputs = std::move(outputs);
    }
  }

  struct CommonUse {
    std::vector<LogicalNode*> scans;
    ColumnSet required;
  };
  LogicalPlan& plan_;
  std::map<const CommonTable*, CommonUse> uses_;
};

}  // namespace

void prune_columns(LogicalPlan& plan) { ColumnPruning(plan).run(); }

}  // namespace cairn
